//! The webhook of the bot, and the health check.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use vimbiso_state::{Error, UserId};
use vimbiso_whatsapp::{AppSecret, Webhook, WhatsApp};
use vimbisopay::{Bot, StateManager};

/// `/webhook`: what Meta delivers goes to the bot, and the statuses to its channel.
pub(crate) fn webhook(
    bot: &Bot,
    whatsapp: &WhatsApp,
    app_secret: AppSecret,
    verify_token: &str,
    phone_number_id: &str,
) -> Result<Router, Error> {
    Webhook::new(bot.clone(), app_secret, verify_token, |message| {
        message.content.answer().map(str::to_owned)
    })
    .phone_number_id(phone_number_id)
    .statuses_to(whatsapp)
    .router()
}

/// `/healthz`: 200 if the store answers, 503 if it does not.
pub(crate) fn health(manager: StateManager) -> Router {
    Router::new()
        .route("/healthz", get(check))
        .with_state(manager)
}

async fn check(State(manager): State<StateManager>) -> (StatusCode, &'static str) {
    let answers = match UserId::new("healthz") {
        Ok(user) => manager.load(&user).await.is_ok(),
        Err(_) => false,
    };
    match answers {
        true => (StatusCode::OK, "ok\n"),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}
