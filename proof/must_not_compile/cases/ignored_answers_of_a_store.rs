//! The answers of a store must be used: a refused call has changed nothing.
#![deny(unused_must_use)]
use std::time::Duration;

use vimbiso_state::store::{CommitRequest, LeaseHolder, StateStore, TokenPut, TokenStore};
use vimbiso_state::{StoreError, UserId};

async fn ignored<S: StateStore + TokenStore>(
    store: S,
    user: UserId,
    request: CommitRequest<'_>,
    put: TokenPut<'_>,
) -> Result<(), StoreError> {
    let deadline = request.deadline;
    let minute = Duration::from_secs(60);
    store.commit(&user, request).await?;
    store.put_token(&user, put).await?;
    store.acquire_refresh_lease(&user, &LeaseHolder::random(), minute, deadline).await?;
    Ok(())
}

fn main() {}
