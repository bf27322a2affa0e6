//! Requests and replies that are lost, torn, late or garbled on their way.

use std::time::{Duration, Instant};

use vimbiso_state::store::{CommitOutcome, ExpectedToken, Resolution, StoredToken, TokenOutcome, TokenPut};
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::sessions::{TTL, assert_applied, assert_discreet, begin, load, soon, state, user, within, write};
use crate::support::proxy::{Mishap, Proxy};
use crate::support::server::Server;

const MISHAPS: [Mishap; 8] = [
    Mishap::RequestLost,
    Mishap::RequestTorn,
    Mishap::ReplyLost,
    Mishap::ReplyCut,
    Mishap::ReplyTorn,
    Mishap::ReplyLate(Duration::from_millis(250)),
    Mishap::Garbage(b"!!! this is no reply\r\n"),
    Mishap::Garbage(b"$99999999999999\r\nabsurd\r\n"),
];

async fn unreliable() -> (Server, Proxy, RedisStore) {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::builder().response_timeout(Duration::from_millis(100)).connect(proxy.url()).await.unwrap();
    (server, proxy, store)
}

#[tokio::test]
async fn one_mishap_is_not_seen_by_the_caller_and_nothing_happens_twice() {
    let (_server, proxy, store) = unreliable().await;
    for (n, mishap) in MISHAPS.into_iter().enumerate() {
        let text = format!(r#"{{"n":{n}}}"#);
        let attempt = begin(&store, &text).await;
        proxy.once(mishap);
        assert_applied(&attempt.send(&store, soon()).await);
        assert!(proxy.has_struck(), "{mishap:?}");
        assert_eq!(state(&store).await, Some(text.into()), "{mishap:?}");
        assert_eq!(load(&store).await.session.version(), Some(attempt.record.version));

        proxy.once(mishap);
        assert_eq!(load(&store).await.session.version(), Some(attempt.record.version), "{mishap:?}");
        proxy.once(mishap);
        assert_eq!(
            store.resolve(&user(), &attempt.id, soon()).await.unwrap(),
            Resolution::Applied(attempt.record.version),
            "{mishap:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_stored_by_a_sending_whose_reply_was_lost_is_stored() {
    let (_server, proxy, store) = unreliable().await;
    let (one, two) = (StoredToken::new("one"), StoredToken::new("two"));
    let put = |token, expected| TokenPut { token, expected, ttl: TTL, release: None, deadline: soon() };
    for mishap in MISHAPS {
        for (token, expected) in [
            (Some(&one), ExpectedToken::Absent),
            (Some(&two), ExpectedToken::Exactly(&one)),
            (None, ExpectedToken::Exactly(&two)),
        ] {
            proxy.once(mishap);
            let outcome = store.put_token(&user(), put(token, expected)).await.unwrap();
            assert_eq!(outcome, TokenOutcome::Stored, "{mishap:?} {expected:?}");
            assert_eq!(load(&store).await.token.as_ref(), token, "{mishap:?}");
        }
    }
}

#[tokio::test]
async fn when_no_reply_comes_back_the_outcome_is_unknown_and_can_be_asked_for_later() {
    let (_server, proxy, store) = unreliable().await;
    let started = Instant::now();
    for mishap in MISHAPS {
        let (arrives, attempt) = (mishap != Mishap::RequestLost && mishap != Mishap::RequestTorn, begin(&store, "{}").await);
        proxy.always(match mishap {
            Mishap::ReplyLate(_) => Mishap::ReplyLate(Duration::from_secs(5)),
            other => other,
        });
        let asked = Instant::now();
        let error = attempt.send(&store, within(Duration::from_millis(400))).await.unwrap_err();
        assert!(asked.elapsed() < Duration::from_millis(1400), "{mishap:?}: {:?}", asked.elapsed());
        assert!(matches!(error, StoreError::Unknown { commit_id, .. } if commit_id == attempt.id), "{mishap:?}: {error:?}");
        assert_discreet(&error);
        proxy.heal();
        let resolved = store.resolve(&user(), &attempt.id, soon()).await.unwrap();
        let expected = if arrives { Resolution::Applied(attempt.record.version) } else { Resolution::Fenced };
        assert_eq!(resolved, expected, "{mishap:?}");
        // What is said once is said for good.
        let outcome = attempt.send(&store, soon()).await.unwrap();
        assert_eq!(matches!(outcome, CommitOutcome::Applied(_)), arrives, "{mishap:?}: {outcome:?}");
        assert_eq!(matches!(outcome, CommitOutcome::Fenced), !arrives, "{mishap:?}: {outcome:?}");
    }
    eprintln!("{} mishaps in {:?}", MISHAPS.len(), started.elapsed());
}

#[tokio::test]
async fn a_late_reply_is_handed_to_nobody_else() {
    let (_server, proxy, store) = unreliable().await;
    let one = write(&store, r#"{"n":1}"#).await;
    for _ in 0..10 {
        proxy.once(Mishap::ReplyLate(Duration::from_millis(60)));
        let dropped = store.resolve(&user(), &one.id, within(Duration::from_millis(20))).await;
        assert!(dropped.is_err());
        assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":1}"#));
    }
}

#[tokio::test]
async fn a_caller_who_leaves_does_no_harm() {
    let (_server, proxy, store) = unreliable().await;
    for n in 0..40_u64 {
        let attempt = begin(&store, &format!(r#"{{"n":{n}}}"#)).await;
        if n % 4 == 0 {
            proxy.once(Mishap::ReplyCut);
        }
        let _ = tokio::time::timeout(Duration::from_micros(n * 25), attempt.send(&store, soon())).await;
        proxy.heal();
        let resolved = store.resolve(&user(), &attempt.id, soon()).await.unwrap();
        let applied = load(&store).await.session.version() == Some(attempt.record.version);
        assert_eq!(resolved == Resolution::Applied(attempt.record.version), applied);
    }
}
