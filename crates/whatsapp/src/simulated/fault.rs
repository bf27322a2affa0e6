//! What goes wrong with a request.

use std::time::Duration;

/// What becomes of a request to send a message. See [`SimulatedGraph::plan`].
///
/// [`SimulatedGraph::plan`]: super::SimulatedGraph::plan
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: it succeeds.
    Success,
    /// It is refused with an error of the API.
    Error {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: i64,
        /// The header `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// A server before the API answers with this HTTP status and a page. The message is not sent.
    Gateway(u16),
    /// The message is sent, and the answer comes so late.
    Late(Duration),
    /// The message is not sent, and the connection ends without an answer.
    LoseRequest,
    /// The message is sent, and the connection ends without an answer.
    LoseAnswer,
    /// The message is sent twice, as if something between had repeated the request.
    Twice,
    /// The message is accepted. A status says afterwards that it was not delivered, with this code.
    FailLater(i64),
}

impl Fault {
    /// It is refused with this code and the HTTP status that the API documents for it.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::simulated::Fault;
    ///
    /// let expired = Fault::code(190);
    /// assert_eq!(expired, Fault::Error { status: 401, code: 190, retry_after: None });
    /// ```
    #[must_use]
    pub fn code(code: i64) -> Self {
        let status = match code {
            0 | 190 => 401,
            10 | 200..=299 | 368 | 131_005 | 131_031 => 403,
            4 | 80_007 | 130_429 | 131_048 | 131_056 => 429,
            3 | 131_000 | 131_016 => 500,
            2 => 503,
            _ => 400,
        };
        Self::Error {
            status,
            code,
            retry_after: None,
        }
    }
}
