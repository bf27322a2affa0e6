//! Stores that hold a record as another release of the bot may have written it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest};
use vimbiso_state::{
    CommitId, Direction, Flow as _, JwtToken, MemoryStore, StateStore, StoreError, UserId,
};

use crate::desk::{Desk, Manager, user};

pub fn record(
    stage: &'static str,
    option: Option<&'static str>,
    format: u32,
    data: &str,
) -> Record {
    Record {
        version: Version::after(None),
        flow: Desk::NAME.into(),
        entered_by: CommitId::random(),
        format,
        stage: stage.into(),
        option: option.map(Into::into),
        direction: Direction::Out,
        menu: Some("short~7f3a1c0b2d4e5f60:weigh,back".into()),
        pending_call: None,
        data: data.into(),
    }
}

/// A store that holds this record, as another release of the bot may have written it.
pub async fn holding(record: Record) -> MemoryStore {
    let store = MemoryStore::new();
    let user = user(1);
    put(&store, &user, record).await;
    Manager::new(store.clone())
        .set_jwt_token(&user, &JwtToken::new("opaque").unwrap())
        .await
        .unwrap();
    store
}

/// Puts this record, over another one if there is one.
pub async fn put(store: &MemoryStore, user: &UserId, record: Record) {
    assert!(matches!(
        try_put(store, user, record).await.unwrap(),
        CommitOutcome::Applied(_)
    ));
}

/// The same, for a store that may be full.
pub async fn try_put(
    store: &MemoryStore,
    user: &UserId,
    record: Record,
) -> Result<CommitOutcome, StoreError> {
    let deadline = Instant::now() + Duration::from_secs(1);
    let loaded = store.load(user, None, deadline).await.unwrap();
    let commit = CommitRequest {
        id: &record.entered_by.clone(),
        precondition: &loaded.precondition,
        record: &Arc::new(record),
        reply: None,
        drop_token: false,
        ttl: Duration::from_secs(300),
        max_lifetime: Duration::from_secs(3600),
        deadline,
    };
    store.commit(user, commit).await
}
