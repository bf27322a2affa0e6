//! Tokens: read strictly, refreshed once for all callers, and sealed if the host asks for that.

mod ends;
mod host_errors;
mod malformed;
mod new_login;
#[cfg(all(feature = "redis", feature = "vault"))]
mod on_redis;
mod paying;
mod pending_call;
mod refresh;
mod refresh_midway;
mod runtimes;
#[cfg(feature = "vault")]
mod sealed;
#[cfg(feature = "vault")]
mod sealed_outbox;
#[cfg(feature = "vault")]
mod sealed_replies;
mod source_failures;
