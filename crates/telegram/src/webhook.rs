//! The webhook: confirms an update after its commit.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use vimbiso_state::bot::Conversation;

use crate::telegram::{Inner, Taken, Telegram};
use crate::token::{WebhookSecret, verify};
use crate::update::{Received, parse};

const SECRET_HEADER: HeaderName = HeaderName::from_static("x-telegram-bot-api-secret-token");

/// A text of 4,096 characters with its entities has less than a tenth.
const MAX_BODY: usize = 1024 * 1024;

/// Telegram sends a body in one piece.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Telegram waits longer than that. The update goes on being handled, and its next delivery is a
/// duplicate.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

struct Door<C: Conversation> {
    telegram: Arc<Inner<C>>,
    secret: WebhookSecret,
    permits: Arc<Semaphore>,
}

impl<C: Conversation> Telegram<C>
where
    C::Input: From<Received>,
{
    /// A router with one route, `POST /`, to be nested into your own at the path of the URL that
    /// [`set_webhook`](crate::Client::set_webhook) was told. It answers:
    ///
    /// | status | if |
    /// |---|---|
    /// | 200 | the update is committed, was handled before, is ignored or was given up |
    /// | 400 | it is no update |
    /// | 401 | the secret is missing or wrong: nothing was read |
    /// | 408, 413 | the body does not come within 10 s, or has more than 1 MiB |
    /// | 500 | [`Alert`](vimbiso_state::Redelivery::Alert): a person must act, see the log |
    /// | 503 | [`Retry`](vimbiso_state::Redelivery::Retry), or too many are being handled |
    ///
    /// Telegram delivers again after each but the first.
    ///
    /// Handling goes on if Telegram hangs up. To shut down, stop serving, then call
    /// [`Bot::shutdown`](vimbiso_state::bot::Bot::shutdown).
    ///
    /// # Examples
    /// ```no_run
    /// # mod cafe_bot {
    /// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
    /// # }
    /// # use cafe_bot::Cafe;
    /// use axum::Router;
    /// use vimbiso_telegram::{Telegram, WebhookSecret};
    ///
    /// # async fn run(telegram: Telegram<Cafe>) -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = WebhookSecret::new(std::env::var("WEBHOOK_SECRET")?)?;
    /// let app = Router::new().nest("/telegram", telegram.webhook(secret));
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// axum::serve(listener, app).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn webhook(&self, secret: WebhookSecret) -> Router {
        let door = Door {
            telegram: Arc::clone(&self.inner),
            secret,
            permits: Arc::new(Semaphore::new(self.inner.settings.max_in_flight)),
        };
        Router::new()
            .route("/", post(deliver::<C>))
            .with_state(Arc::new(door))
    }
}

async fn deliver<C: Conversation>(State(door): State<Arc<Door<C>>>, request: Request) -> Response
where
    C::Input: From<Received>,
{
    let header = request.headers().get(SECRET_HEADER);
    if !verify(&door.secret, header.map(HeaderValue::as_bytes)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(permit) = Arc::clone(&door.permits).try_acquire_owned() else {
        return again(StatusCode::SERVICE_UNAVAILABLE);
    };
    let body = match timeout(BODY_WITHIN, to_bytes(request.into_body(), MAX_BODY)).await {
        Ok(Ok(body)) => body,
        // A connection that broke reads no answer.
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let Ok(update) = parse(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let telegram = Arc::clone(&door.telegram);
    // In a task of its own, so that the permit is held for as long as the update is handled.
    let handling = tokio::spawn(async move {
        let _permit: OwnedSemaphorePermit = permit;
        telegram.take(update).await
    });
    match timeout(ANSWER_WITHIN, handling).await {
        Ok(Ok(Taken::Confirm)) => StatusCode::OK.into_response(),
        Ok(Ok(Taken::Alert)) => again(StatusCode::INTERNAL_SERVER_ERROR),
        // Also if the runtime ends before the task does.
        Ok(Ok(Taken::Again) | Err(_)) | Err(_) => again(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// Telegram waits as long as it is told, and then longer and longer.
fn again(status: StatusCode) -> Response {
    (status, [(RETRY_AFTER, HeaderValue::from_static("1"))]).into_response()
}
