//! Servers and proxies that refuse commands, in any words, or fail after they have forwarded one.

use std::time::Duration;

use harness::assert_matches;
use harness::gateway::{Gateway, Verdict};
use harness::server::{Server, raw};
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, data, load, prepare, text, user, within, write,
};
use tokio::time::sleep;
use vimbiso_state::store::{CommitStatus, Session};
use vimbiso_state::{Error, RedisStore, StateStore, StoreError};

/// How servers refuse a command: by right, by name, and in words of their own.
const WORDINGS: [&str; 4] = [
    "NOPERM this user has no permissions to run this command",
    "ERR unknown command 'IT', with args beginning with: '263771234567' ",
    "ERR No permission for this, ask the owner of 263771234567",
    "sorry, not today",
];

const BRIEFLY: Duration = Duration::from_millis(400);

/// A server with a session, a gateway before it, and a store that reaches it through that.
async fn behind_a_gateway() -> (Server, Gateway, RedisStore) {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    let store = RedisStore::connect(gateway.url()).await.unwrap();
    write(&store, r#"{"n":1}"#).await;
    (server, gateway, store)
}

fn shown(error: &StoreError) -> String {
    assert_discreet(error);
    text(error)
}

#[tokio::test]
async fn connect_sends_only_what_is_needed() {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    RedisStore::connect(gateway.url()).await.unwrap();
    let seen: Vec<_> = gateway.seen().into_iter().collect();
    let needed = [
        "EVAL", "EVALSHA", "EXEC", "GETRANGE", "HELLO", "HSTRLEN", "INFO", "MULTI",
    ];
    assert_eq!(seen, needed);

    let gateway = Gateway::before(server.port()).await;
    let url = format!("{}/1", gateway.url());
    RedisStore::connect(url).await.unwrap();
    assert!(gateway.seen().contains("SELECT"));
}

#[tokio::test]
async fn a_store_connects_although_info_is_refused() {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    let mut verdicts = WORDINGS.map(Verdict::Refused).to_vec();
    verdicts.extend([Verdict::Replaced("upstream failure"), Verdict::HangUp]);
    for verdict in verdicts {
        gateway.rule(&["INFO"], verdict);
        let connected = RedisStore::connect(gateway.url()).await;
        write(&connected.unwrap(), "{}").await;
    }
    for renamed in ["", "other"] {
        let server = Server::with(&["--rename-command", "INFO", renamed]);
        let store = RedisStore::connect(server.url()).await.unwrap();
        write(&store, "{}").await;
    }
}

#[tokio::test]
async fn connect_fails_if_a_needed_command_is_refused() {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    let url = format!("{}/1", gateway.url());
    for command in [
        "HELLO", "SELECT", "EVAL", "EVALSHA", "MULTI", "GETRANGE", "HSTRLEN", "EXEC",
    ] {
        for wording in WORDINGS {
            gateway.rule(&[command], Verdict::Refused(wording));
            let builder = RedisStore::builder().connect_timeout(BRIEFLY / 2);
            let error = builder.connect(url.as_str()).await.unwrap_err();
            assert_discreet(&error);
            let Error::Store(error) = error else {
                panic!("{command}: {error:?}")
            };
            let shown = text(&error);
            match error {
                StoreError::Denied { .. } => assert!(wording.to_lowercase().contains("permission")),
                StoreError::Misconfigured { .. } => assert!(wording.contains("unknown command")),
                StoreError::Unavailable { .. } => {
                    assert!(
                        shown.contains("it says: sorry, not today"),
                        "{command}: {shown}"
                    );
                }
                other => panic!("{command}: {other:?}"),
            }
            let names_it = shown.contains("connect_over");
            let is_unknown = wording.contains("unknown command");
            assert_eq!(names_it, command == "HELLO" && is_unknown, "{shown}");
        }
    }
}

#[tokio::test]
async fn resp2_connection_can_be_handed_in_for_no_hello() {
    let server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    for refusal in [
        "unsupported command 'HELLO'",
        "NOPROTO unsupported protocol version",
    ] {
        gateway.rule(&["HELLO"], Verdict::Refused(refusal));
        let error = RedisStore::connect(gateway.url()).await.unwrap_err();
        assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
        assert!(text(&error).contains("connect_over"), "{error:?}");
        let connection = raw(&gateway.url()).await;
        let store = RedisStore::builder()
            .connect_over(connection)
            .await
            .unwrap();
        let written = write(&store, r#"{"over":2}"#).await;
        assert_applied(&written.send(&store, within(BRIEFLY)).await);
        assert_eq!(data(&store).await.as_deref(), Some(r#"{"over":2}"#));
    }
}

#[tokio::test]
async fn commit_forwarded_by_a_failing_proxy_is_unknown() {
    let (_server, gateway, store) = behind_a_gateway().await;
    for (n, failure) in [
        "upstream failure",
        "ERR Connection timed out",
        "ERR 263771234567",
    ]
    .into_iter()
    .enumerate()
    {
        let next = prepare(&store, &format!(r#"{{"n":{n}}}"#)).await;
        gateway.rule(&["EVALSHA"], Verdict::Replaced(failure));
        let error = next.send(&store, within(BRIEFLY)).await.unwrap_err();
        assert_matches!(error, StoreError::Unknown { commit_id, .. } if *commit_id == next.id);
        let shown = shown(&error);
        assert!(
            shown.contains("an error reply that is not known"),
            "{shown}"
        );
        let words = failure
            .trim_start_matches("ERR ")
            .trim_end_matches(char::is_numeric);
        assert!(words.is_empty() || shown.contains(words), "{shown}");
        gateway.heal();
        let status = store.resolve(&user(), &next.id, within(BRIEFLY)).await;
        assert_matches!(
            status,
            Ok(CommitStatus::Applied { version, .. }) if *version == next.record.version
        );
        let session = load(&store).await.session;
        assert_matches!(session, Session::Live(record) if *record == next.record);
        assert_applied(&next.send(&store, within(BRIEFLY)).await);
    }
}

#[tokio::test]
async fn unknown_reply_to_a_greeting_sends_no_commit() {
    let mut server = Server::start();
    let gateway = Gateway::before(server.port()).await;
    let store = RedisStore::connect(gateway.url()).await.unwrap();
    let next = prepare(&store, "{}").await;
    gateway.rule(&["HELLO"], Verdict::Refused("sorry, not today"));
    server.kill();
    server.restart();
    // The first attempt may meet the lost connection.
    let _ = store.load(&user(), None, within(BRIEFLY)).await;
    let error = next.send(&store, within(BRIEFLY)).await.unwrap_err();
    assert_matches!(error, StoreError::Unavailable { .. });
    let shown = shown(&error);
    assert!(shown.contains("it says: sorry, not today"), "{shown}");
    gateway.heal();
    assert_applied(&next.send(&store, within(BRIEFLY * 10)).await);
}

#[tokio::test]
async fn unknown_reply_is_asked_again_until_it_is_known() {
    let (_server, gateway, store) = behind_a_gateway().await;
    let next = prepare(&store, r#"{"n":2}"#).await;
    let healing = async {
        sleep(BRIEFLY / 4).await;
        gateway.heal();
    };
    gateway.rule(&["EVALSHA"], Verdict::Replaced("upstream failure"));
    let deadline = within(BRIEFLY * 10);
    let (outcome, ()) = tokio::join!(next.send(&store, deadline), healing);
    assert_applied(&outcome);

    gateway.rule(&["EXEC"], Verdict::Replaced("upstream failure"));
    let healing = async {
        sleep(BRIEFLY / 4).await;
        gateway.heal();
    };
    let user = user();
    let loading = store.load(&user, Some(&next.id), within(BRIEFLY * 10));
    let (loaded, ()) = tokio::join!(loading, healing);
    assert_eq!(loaded.unwrap().session.version(), Some(next.record.version));
}

#[tokio::test]
async fn read_with_an_unknown_reply_is_unavailable() {
    let (_server, gateway, store) = behind_a_gateway().await;
    for command in ["MULTI", "GETRANGE", "EXEC"] {
        for verdict in [
            Verdict::Refused("sorry, not today"),
            Verdict::Replaced("sorry, not today"),
        ] {
            gateway.rule(&[command], verdict);
            let error = store
                .load(&user(), None, within(BRIEFLY))
                .await
                .unwrap_err();
            assert_matches!(error, StoreError::Unavailable { .. });
            let shown = shown(&error);
            assert!(
                shown.contains("it says: sorry, not today"),
                "{command}: {shown}"
            );
        }
    }
    gateway.heal();
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"n":1}"#));
}

#[tokio::test]
async fn delete_with_an_unknown_reply_is_unavailable() {
    let (_server, gateway, store) = behind_a_gateway().await;
    gateway.rule(&["EVAL"], Verdict::Replaced("upstream failure"));
    let error = store.delete(&user(), within(BRIEFLY)).await.unwrap_err();
    assert_matches!(error, StoreError::Unavailable { .. });
    gateway.heal();
    assert_matches!(load(&store).await.session, Session::New);
}

#[tokio::test]
async fn a_limit_of_the_provider_is_over_capacity() {
    let (_server, gateway, store) = behind_a_gateway().await;
    let next = prepare(&store, r#"{"n":2}"#).await;
    for limit in [
        "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001. See https://x, command \
         was: [\"evalsha\",\"263771234567\",\"s3cret\"]",
        "ERR max requests limit exceeded. Limit: 500000, Usage: 500000.",
        "ERR max request size exceeded. Limit: 1048576 bytes",
        "ERR Too many requests",
    ] {
        gateway.rule(&["EVALSHA", "EXEC"], Verdict::Refused(limit));
        let error = next.send(&store, within(BRIEFLY)).await.unwrap_err();
        assert_matches!(error, StoreError::OverCapacity { .. });
        let shown = shown(&error);
        let words = limit.trim_start_matches("ERR ").split('.').next().unwrap();
        assert!(shown.contains(words), "{shown}");
        let error = store
            .load(&user(), None, within(BRIEFLY))
            .await
            .unwrap_err();
        assert_matches!(error, StoreError::OverCapacity { .. });
    }
    gateway.heal();
    assert_applied(&next.send(&store, within(BRIEFLY)).await);
}

#[tokio::test]
async fn passing_trouble_of_a_proxy_is_retried() {
    let (_server, gateway, store) = behind_a_gateway().await;
    for trouble in [
        "no upstream host",
        "ERR DB is not ready",
        "ERR too many clients",
    ] {
        let loaded = load(&store).await;
        let next = Attempt::on(&loaded, "{}");
        gateway.rule(&["EVALSHA"], Verdict::Refused(trouble));
        let error = next.send(&store, within(BRIEFLY)).await.unwrap_err();
        // Nothing was forwarded, so the outcome is known.
        assert_matches!(error, StoreError::Unavailable { .. });
        shown(&error);
        let healing = async {
            sleep(BRIEFLY / 4).await;
            gateway.heal();
        };
        let (outcome, ()) = tokio::join!(next.send(&store, within(BRIEFLY * 10)), healing);
        assert_applied(&outcome);
    }
}
