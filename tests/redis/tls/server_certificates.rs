//! The certificate of the server, and the roots that it is checked against.

use std::process::Command;

use harness::assert_matches;
use harness::certificates::Authority;
use harness::command::{disconnect_others, statistic};
use harness::sessions::{Attempt, data, prepare, soon, text, write};
use vimbiso_state::store::CommitOutcome;
use vimbiso_state::{Error, RedisStore, StoreError};

use super::{refused, server, trusting};

const NOT_TRUSTED: &str = "the server's certificate is not trusted";

#[tokio::test]
async fn session_outlives_its_connection_duplicate_is_known() {
    let authority = Authority::new("ours");
    let server = server(&authority.sign());
    let store = trusting(&authority).connect(server.url()).await.unwrap();
    let first = write(&store, r#"{"n":1}"#).await;
    let mut redis = server.raw().await;
    for n in 2..5 {
        let before = statistic(&mut redis, "total_connections_received").await;
        disconnect_others(&mut redis).await;
        let last = format!(r#"{{"n":{}}}"#, n - 1);
        assert_eq!(data(&store).await, Some(last.into()));
        write(&store, &format!(r#"{{"n":{n}}}"#)).await;
        assert!(statistic(&mut redis, "total_connections_received").await > before);
    }
    let other = Attempt {
        id: first.id,
        ..prepare(&store, "{}").await
    };
    let outcome = other.send(&store, soon()).await.unwrap();
    let CommitOutcome::Duplicate { version, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(version, first.record.version);
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"n":4}"#));
}

#[tokio::test]
async fn a_server_may_be_reached_by_name() {
    let authority = Authority::new("ours");
    let server = server(&authority.sign_for(&["localhost"]));
    let url = server.url().replace("127.0.0.1", "localhost");
    let store = trusting(&authority).connect(url).await.unwrap();
    write(&store, "{}").await;
    let error = refused(trusting(&authority), &server.url()).await;
    assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
}

#[tokio::test]
async fn a_private_authority_must_be_named() {
    let authority = Authority::new("ours");
    let server = server(&authority.sign());
    let error = refused(RedisStore::builder(), &server.url()).await;
    assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
    assert!(text(&error).contains(NOT_TRUSTED), "{}", text(&error));
    let namesake = Authority::new("ours");
    let error = refused(trusting(&namesake), &server.url()).await;
    assert!(text(&error).contains(NOT_TRUSTED), "{}", text(&error));
    // One root among others is enough.
    let stranger = Authority::new("a stranger's");
    let bundle = format!("{}\n# ours\n{}", stranger.pem, authority.pem);
    let builder = RedisStore::builder().root_certificates(bundle);
    builder.connect(server.url()).await.unwrap();
}

#[test]
fn unreadable_roots_of_the_system_are_named() {
    const FILE: &str = "/nowhere/ca.crt";
    if std::env::var("SSL_CERT_FILE").as_deref() != Ok(FILE) {
        // The environment says where they are, and only that of a child can be set.
        let this = "tls::server_certificates::unreadable_roots_of_the_system_are_named";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env("SSL_CERT_FILE", FILE)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{output}");
        assert!(output.contains("1 passed"), "{output}");
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let authority = Authority::new("ours");
        let server = server(&authority.sign());
        let error = refused(RedisStore::builder(), &server.url()).await;
        assert_matches!(error, Error::Store(StoreError::Misconfigured { .. }));
        let text = text(&error);
        assert!(text.contains("the system's root certificates"), "{text}");
        // A host that names its own roots needs no others.
        trusting(&authority).connect(server.url()).await.unwrap();
    });
}
