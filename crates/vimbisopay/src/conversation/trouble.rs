//! What the user reads if a message cannot be handled.

use vimbiso_state::Error;

use crate::api::ApiError;
use crate::reply::Reply;
use crate::size_limit::is_storable;

pub(crate) fn query_failed(error: &ApiError) -> Reply {
    Reply::new(match error {
        ApiError::Refused { reason } => format!("❌ {reason}"),
        ApiError::Unavailable => {
            "⚠️ We cannot reach the accounts just now. Nothing was changed: please try again."
                .to_owned()
        }
    })
}

/// The reply to a message that would have stored what no session or reply may hold. `None` if that
/// is not what went wrong.
pub(crate) fn refused(text: &str, error: &Error) -> Option<Reply> {
    match error {
        Error::State(_) | Error::ReplyTooLarge { .. } if is_storable(&text) => {
            Some(api_data_not_storable())
        }
        Error::State(_) | Error::Call(_) | Error::ReplyTooLarge { .. } => {
            Some(message_not_storable())
        }
        _ => None,
    }
}

fn message_not_storable() -> Reply {
    Reply::new("❌ That cannot be used here. Nothing was changed: please write it in another way.")
}

fn api_data_not_storable() -> Reply {
    Reply::new(
        "⚠️ The accounts sent something that cannot be used. Nothing was changed: \
         please try again later, or send *menu*.",
    )
}
