//! What the Bot API answers.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// The longest answer that is read. An update of the longest texts, which answers another of them,
/// has about 100 KiB, and a hundred come at a time: what is not read would come again for a day.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// The longest description that is kept.
const MAX_DESCRIPTION: usize = 200;

#[derive(Debug, Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u64>,
    #[serde(default)]
    migrate_to_chat_id: Option<i64>,
}

pub(super) async fn read<T: DeserializeOwned>(
    mut response: reqwest::Response,
) -> Result<T, ApiError> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ApiError::of)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ApiError::Unclear { status });
        }
        body.extend_from_slice(&chunk);
    }
    // A proxy answers in words of its own, and says nothing about the call.
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| ApiError::Unclear { status })?;
    if answer.ok {
        return serde_json::from_value(answer.result).map_err(|_| ApiError::Unclear { status });
    }
    let code = answer.error_code.unwrap_or(status);
    let mut description = answer.description.unwrap_or_default();
    if let Some((end, _)) = description.char_indices().nth(MAX_DESCRIPTION) {
        description.truncate(end);
    }
    let parameters = answer.parameters;
    let migrated = parameters.as_ref().and_then(|p| p.migrate_to_chat_id);
    let retry_after = parameters.and_then(|p| p.retry_after);
    Err(match (code, migrated) {
        (_, Some(to)) => ApiError::Migrated { to },
        (401 | 404, _) => ApiError::TokenRefused,
        (409, _) => ApiError::Conflict { description },
        (429, _) => ApiError::TooManyRequests {
            retry_after: retry_after.map(Duration::from_secs),
        },
        (400..=499, _) => ApiError::Refused { code, description },
        _ => ApiError::Unclear { status: code },
    })
}
