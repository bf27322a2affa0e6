//! What a store is given and gives back, as `Debug` shows it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vimbiso_state::session::{Corruption, Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, ExpectedToken, Lease, LeaseHolder, Precondition, Session,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, UserId};

use crate::nothing_leaks::Shown;
use crate::{SECRET, TOKEN};

/// The same session at a version of its own.
fn next(record: &Record, data: &str) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(Some(record.version)),
        data: data.into(),
        ..record.clone()
    })
}

/// Commits a secret: it is applied, a duplicate, and refused.
pub(crate) async fn show_sessions(store: &MemoryStore, user: &UserId, shown: &mut Shown) {
    let deadline = Instant::now() + Duration::from_secs(1);
    let loaded = store.load(user, None, deadline).await.unwrap();
    shown.debug("Loaded", &loaded);
    let Session::Live(found) = &loaded.session else {
        panic!("{loaded:?}")
    };
    let id = CommitId::random();
    let data = format!(r#"{{"name":"{SECRET}"}}"#);
    let record = next(found, &data);
    let request = CommitRequest {
        id: &id,
        precondition: &loaded.precondition,
        record: &record,
        reply: Some(SECRET.as_bytes()),
        drop_token: false,
        ttl: Duration::from_secs(300),
        max_lifetime: Duration::from_secs(3000),
        deadline,
    };
    shown.debug("CommitRequest", &request);
    let applied = store.commit(user, request.clone()).await.unwrap();
    assert!(matches!(applied, CommitOutcome::Applied(Some(_))));
    shown.debug("Applied", &applied);

    let other = next(&record, &data);
    let again = CommitRequest {
        record: &other,
        ..request.clone()
    };
    let duplicate = store.commit(user, again).await.unwrap();
    match &duplicate {
        CommitOutcome::Duplicate { reply, .. } => {
            assert_eq!(reply.as_deref(), Some(SECRET.as_bytes()));
        }
        other => panic!("{other:?}"),
    }
    shown.debug("CommitOutcome::Duplicate", &duplicate);

    let late = CommitRequest {
        id: &CommitId::random(),
        record: &other,
        ..request
    };
    let conflict = store.commit(user, late).await.unwrap();
    assert!(matches!(conflict, CommitOutcome::Conflict(_)));
    shown.debug("Conflict", &conflict);

    let loaded = store.load(user, Some(&id), deadline).await.unwrap();
    assert!(loaded.commit_status.is_some());
    shown.debug("CommitStatus", &loaded.commit_status);
    let corrupt = Session::Corrupt {
        why: Corruption::State,
        flow: None,
        version: Some(record.version),
        data: Some((1, SECRET.into())),
    };
    shown.debug("Corrupt", &corrupt);
    // A store may keep there what it could not read.
    let precondition = Precondition::new(SECRET.as_bytes());
    shown.debug("Precondition", &precondition);
}

/// Puts a token where there is one: the refusal carries that one.
pub(crate) async fn show_tokens(store: &MemoryStore, user: &UserId, shown: &mut Shown) {
    let deadline = Instant::now() + Duration::from_secs(1);
    let loaded = store.load_token(user, deadline).await.unwrap();
    assert!(loaded.is_some());
    shown.debug("StoredToken", &loaded);
    let token = StoredToken::new(TOKEN);
    let put = TokenPut {
        token: Some(&token),
        expected: ExpectedToken::Absent,
        ttl: Duration::from_secs(1),
        deadline,
    };
    shown.debug("TokenPut", &put);
    let outcome = store.put_token(user, put).await.unwrap();
    assert!(matches!(
        outcome,
        TokenOutcome::Conflict { current: Some(_) }
    ));
    shown.debug("TokenOutcome", &outcome);
    let holder = LeaseHolder::random();
    let lease = store
        .acquire_refresh_lease(user, &holder, Duration::from_secs(1), deadline)
        .await
        .unwrap();
    assert_eq!(lease, Lease::Acquired);
    shown.debug("Lease", &lease);
    store
        .release_refresh_lease(user, &holder, deadline)
        .await
        .unwrap();
}
