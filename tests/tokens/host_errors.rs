//! The host's own errors come out of a call by `?`, of any type, and no type is written for that.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use harness::desk::{Manager, user};
use harness::tokens::{AnyError, Api};
use vimbiso_state::MemoryStore;
use vimbiso_state::token::{CallError, TokenRejected};

/// Like the error of an HTTP client.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("error sending request")]
struct HttpError {
    status: u16,
}

async fn get(status: u16) -> Result<u32, HttpError> {
    match status {
        200 => Ok(7),
        status => Err(HttpError { status }),
    }
}

/// Like `anyhow::Error`: not an error itself, so that it can be made of any.
struct AnyhowLike(AnyError);

impl fmt::Debug for AnyhowLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for AnyhowLike {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<AnyhowLike> for AnyError {
    fn from(error: AnyhowLike) -> Self {
        error.0
    }
}

/// An enum of the host's own, one variant of which says that the token was rejected.
#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("the session at the API is over")]
    Unauthorized(#[source] TokenRejected),
    #[error(transparent)]
    Http(#[from] HttpError),
}

fn start() -> (Manager, Arc<Api>) {
    (Manager::new(MemoryStore::new()), Api::new())
}

// Nothing in the functions below names a type of error but their own signatures.

async fn with_a_client() -> Result<u32, CallError> {
    let (manager, api) = start();
    manager
        .with_token(&user(1), &api, |_token| async {
            let points = get(500).await?;
            Ok(points + 1)
        })
        .await
}

async fn with_io() -> Result<u32, Box<dyn Error>> {
    let (manager, api) = start();
    let length = manager
        .with_token(&user(1), &api, |token| async move {
            let path = token.expose().to_owned();
            let text = std::fs::read_to_string(path)?;
            Ok(text.len())
        })
        .await?;
    Ok(u32::try_from(length)?)
}

async fn with_any_error() -> Result<u32, AnyError> {
    let (manager, api) = start();
    let points = manager
        .with_token(&user(1), &api, async |_token| {
            let parsed: Result<u32, AnyError> = "seven".parse().map_err(AnyError::from);
            let points = parsed?;
            Ok(points + 1)
        })
        .await?;
    Ok(points)
}

async fn with_anyhow() -> Result<u32, AnyhowLike> {
    async fn points() -> Result<u32, AnyhowLike> {
        let points = "seven".parse::<u32>()?;
        Ok(points + get(200).await?)
    }
    let (manager, api) = start();
    let points = manager
        .with_token(&user(1), &api, |_token| async { Ok(points().await? + 1) })
        .await?;
    Ok(points)
}

async fn with_several() -> Result<u32, CallError> {
    let (manager, api) = start();
    manager
        .with_token(&user(1), &api, |token| async move {
            if token.expose().is_empty() {
                return Err("a text will do".into());
            }
            let number: u32 = "7".parse()?;
            let text = String::from_utf8(vec![0xff])?;
            Ok(number + get(200).await? + u32::try_from(text.len())?)
        })
        .await
}

#[tokio::test]
async fn any_error_comes_out_unchanged() {
    let http = with_a_client().await.unwrap_err().into_host::<HttpError>();
    assert_eq!(http.unwrap(), HttpError { status: 500 });
    let io = with_io()
        .await
        .unwrap_err()
        .downcast::<CallError>()
        .unwrap();
    let io = io.into_host::<std::io::Error>().unwrap();
    assert_eq!(io.kind(), std::io::ErrorKind::NotFound);
    let any = with_any_error().await.unwrap_err().downcast::<CallError>();
    let any = any.unwrap().into_host::<HttpError>().unwrap_err();
    any.into_host::<std::num::ParseIntError>().unwrap();
    let anyhow = with_anyhow().await.unwrap_err();
    assert_eq!(format!("{anyhow:?}"), "invalid digit found in string");
    let several = with_several().await.unwrap_err();
    several.into_host::<std::string::FromUtf8Error>().unwrap();
}

#[tokio::test]
async fn rejection_is_found_inside_an_error_of_the_host() {
    for status in [401, 403] {
        let (manager, api) = start();
        let failed = manager
            .with_token(&user(1), &api, async |_token| {
                let points = get(status).await.map_err(|error| match error.status {
                    401 => ApiError::Unauthorized(TokenRejected),
                    _ => ApiError::from(error),
                });
                Ok(points?)
            })
            .await;
        let rejected = matches!(failed, Err(CallError::TokenRejected));
        assert_eq!(
            (rejected, api.issued()),
            if status == 401 { (true, 2) } else { (false, 1) }
        );
    }
}

#[tokio::test]
async fn rejection_of_an_inner_call_is_not_ours() {
    let (manager, api) = start();
    let failed = manager
        .with_token(&user(1), &api, |_token| async {
            let other = user(2);
            let inner = manager.with_token(&other, &api, async |_token| {
                Err::<u32, _>(TokenRejected.into())
            });
            Ok(inner.await?)
        })
        .await;
    let inner = failed.unwrap_err().into_host::<CallError>().unwrap();
    assert!(matches!(inner, CallError::TokenRejected));
    assert_eq!(api.issued(), 3, "one for this user, two for the other");
}
