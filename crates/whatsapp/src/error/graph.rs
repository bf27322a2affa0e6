//! An error of the Graph API.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// An error that the Graph API answered with.
///
/// `Display` and `Debug` show the codes. What Meta wrote may hold a number or a text of the user,
/// so only [`details`](Self::details) returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct GraphError {
    status: u16,
    code: Option<i64>,
    subcode: Option<i64>,
    is_transient: bool,
    retry_after: Option<Duration>,
    details: Option<String>,
    trace: Option<String>,
}

/// What an error asks for. See [the table](crate::error).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// Only a template may be sent.
    WindowClosed,
    /// To wait before the next message to this user.
    PairRate,
    /// To wait before the next message to anyone.
    Rate,
    /// To try again.
    Fault,
    /// An operator to act. Then a further attempt succeeds.
    Operator,
    /// Nothing: it is never accepted.
    Rejected,
}

/// The code of an error whose class does not depend on the HTTP status.
pub(crate) fn class_of(code: i64, subcode: Option<i64>) -> Option<Class> {
    Some(match code {
        131_047 => Class::WindowClosed,
        131_056 => Class::PairRate,
        4 | 80_007 | 130_429 | 131_048 | 131_057 => Class::Rate,
        1 | 2 | 131_000 | 131_016 | 133_004 => Class::Fault,
        0 | 3 | 10 | 190 | 200..=299 => Class::Operator,
        // The phone number id is wrong, or the token may not use it.
        100 if subcode == Some(33) => Class::Operator,
        33 | 368 | 131_005 | 131_031 | 131_037 | 131_042 | 131_045 | 133_010 => Class::Operator,
        100 | 130_472 | 131_008 | 131_009 | 131_021 | 131_026 => Class::Rejected,
        131_049..=131_053 | 131_062 | 132_000..=132_099 => Class::Rejected,
        _ => return None,
    })
}

/// What a code means, in words of our own: a status and an error may be logged.
fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 | 190 => "the access token is expired or was withdrawn",
        3 | 10 | 200..=299 => "the access token lacks a permission",
        4 | 80_007 | 130_429 => "too many messages are being sent",
        33 => "the phone number id does not exist",
        100 | 131_009 => "a parameter is invalid",
        368 | 131_031 => "the account is restricted",
        130_472 | 131_049 | 131_050 => "Meta does not deliver it to this user",
        131_000 | 131_016 | 1 | 2 => "a fault of the API",
        131_008 => "a parameter is missing",
        131_021 => "the user is the bot's own number",
        131_026 => "the user cannot get messages",
        131_042 => "the account has no valid payment method",
        131_045 | 133_010 => "the phone number is not registered",
        131_047 => "the user has not written for 24 hours",
        131_048 => "the number is limited because users reported it",
        131_051 => "the type of message is not supported",
        131_052 | 131_053 => "the media cannot be loaded",
        131_056 => "too many messages to this user",
        131_062 => "it cannot go to a business-scoped user id",
        132_000..=132_099 => "the template cannot be used",
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    code: Option<i64>,
    error_subcode: Option<i64>,
    is_transient: Option<bool>,
    message: Option<String>,
    error_data: Option<ErrorData>,
    fbtrace_id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorData {
    details: Option<String>,
}

impl GraphError {
    /// Reads an answer that is not a success. `None` if it leaves open whether the message was
    /// accepted: a server before the API answered, and not the API.
    pub(crate) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Option<Self> {
        let answer: Option<Answer> = serde_json::from_slice(body).ok();
        let fields = answer.and_then(|answer| answer.error);
        if fields.is_none() && !(300..500).contains(&status) {
            return None;
        }
        let mut error = Self {
            status,
            code: None,
            subcode: None,
            is_transient: false,
            retry_after,
            details: None,
            trace: None,
        };
        if let Some(fields) = fields {
            error.code = fields.code;
            error.subcode = fields.error_subcode;
            error.is_transient = fields.is_transient.unwrap_or(false);
            let details = fields.error_data.and_then(|data| data.details);
            error.details = details.or(fields.message);
            // It goes to the log, so it must be what it is said to be.
            let is_trace = |id: &String| {
                let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                id.len() <= 64 && id.chars().all(is_allowed)
            };
            error.trace = fields.fbtrace_id.filter(is_trace);
        }
        Some(error)
    }

    /// The code of the API, if it answered with one.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// How long to wait, if the API said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What Meta wrote about it. It may hold a number or a text of the user: keep it out of logs.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        self.details.as_deref()
    }

    /// What it asks for.
    #[must_use]
    pub fn class(&self) -> Class {
        let of_code = self.code.and_then(|code| class_of(code, self.subcode));
        let of_status = || match self.status {
            _ if self.is_transient => Class::Fault,
            429 => Class::Rate,
            408 => Class::Fault,
            401 | 403 => Class::Operator,
            // Without an error of the API, the address is wrong.
            404 if self.code.is_none() => Class::Operator,
            300..=399 => Class::Operator,
            400..=499 => Class::Rejected,
            _ => Class::Fault,
        };
        of_code.unwrap_or_else(of_status)
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => {
                write!(f, "error {code} of the Graph API, HTTP {}", self.status)?;
                if let Some(meaning) = meaning(code) {
                    write!(f, ": {meaning}")?;
                }
            }
            None => write!(f, "HTTP {} of the Graph API", self.status)?,
        }
        match &self.trace {
            Some(trace) => write!(f, " (trace {trace})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphError")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("subcode", &self.subcode)
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for GraphError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, error: &str) -> Option<Class> {
        let body = format!("{{\"error\": {error}}}");
        GraphError::read(status, None, body.as_bytes()).map(|error| error.class())
    }

    fn code(code: i64) -> Option<Class> {
        read(400, &format!("{{\"code\": {code}}}"))
    }

    #[test]
    fn codes_have_the_class_of_the_table() {
        let table = [
            (Class::WindowClosed, &[131_047][..]),
            (Class::PairRate, &[131_056]),
            (Class::Rate, &[4, 80_007, 130_429, 131_048, 131_057]),
            (Class::Fault, &[1, 2, 131_000, 131_016, 133_004]),
            (
                Class::Operator,
                &[0, 3, 10, 190, 200, 299, 33, 368, 131_005],
            ),
            (
                Class::Operator,
                &[131_031, 131_037, 131_042, 131_045, 133_010],
            ),
            (
                Class::Rejected,
                &[100, 131_026, 131_021, 131_051, 131_052, 131_053],
            ),
            (
                Class::Rejected,
                &[131_008, 131_009, 130_472, 131_049, 131_050],
            ),
            (
                Class::Rejected,
                &[131_062, 132_000, 132_001, 132_015, 999_999],
            ),
        ];
        for (class, codes) in table {
            for each in codes {
                assert_eq!(code(*each), Some(class), "{each}");
            }
        }
    }

    #[test]
    fn wrong_phone_number_id_is_for_the_operator() {
        let error = "{\"code\": 100, \"error_subcode\": 33}";
        assert_eq!(read(400, error), Some(Class::Operator));
        assert_eq!(read(400, "{\"code\": 100}"), Some(Class::Rejected));
    }

    #[test]
    fn unknown_error_has_the_class_of_its_status() {
        let class = |status| read(status, "{\"code\": 5555555}");
        assert_eq!(class(400), Some(Class::Rejected));
        assert_eq!(class(404), Some(Class::Rejected));
        assert_eq!(class(401), Some(Class::Operator));
        assert_eq!(class(408), Some(Class::Fault));
        assert_eq!(class(429), Some(Class::Rate));
        assert_eq!(class(500), Some(Class::Fault));
        let transient = "{\"code\": 5555555, \"is_transient\": true}";
        assert_eq!(read(400, transient), Some(Class::Fault));
    }

    #[test]
    fn answer_without_an_error_has_that_too() {
        let class = |status, body: &str| {
            GraphError::read(status, None, body.as_bytes()).map(|error| error.class())
        };
        assert_eq!(class(502, "<html>Bad Gateway</html>"), None);
        assert_eq!(class(500, ""), None);
        assert_eq!(class(200, "{}"), None);
        assert_eq!(class(404, "<html>"), Some(Class::Operator));
        assert_eq!(class(307, ""), Some(Class::Operator));
        assert_eq!(class(429, ""), Some(Class::Rate));
        assert_eq!(
            class(413, "{\"error\": \"too large\"}"),
            Some(Class::Rejected)
        );
    }

    #[test]
    fn log_has_the_codes_and_no_details() {
        let body = br#"{"error": {"code": 131047, "message": "to 263771234567", "fbtrace_id":
            "AbC_1", "error_data": {"details": "263771234567 has not written"}}}"#;
        let error = GraphError::read(400, None, body).unwrap();
        let text = error.to_string();
        assert_eq!(
            text,
            "error 131047 of the Graph API, HTTP 400: the user has not written for 24 hours \
             (trace AbC_1)"
        );
        assert!(!format!("{error:?}").contains("26377"));
        assert_eq!(error.details(), Some("263771234567 has not written"));
        let body = br#"{"error": {"code": 1, "fbtrace_id": "to 263771234567"}}"#;
        let error = GraphError::read(400, None, body).unwrap();
        assert!(!error.to_string().contains("26377"));
    }
}
