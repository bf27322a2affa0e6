//! A server that speaks TLS, and one that asks its clients for a certificate. What goes wrong is the fault matrix's.

use std::process::Command;

use harness::certificates::{Authority, Signed};
use harness::server::Server;
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, begin, soon, state, text, write,
};
use redis::aio::MultiplexedConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vimbiso_state::store::{CommitOutcome, RedisStoreBuilder};
use vimbiso_state::{Error, RedisStore, StoreError};

fn server(signed: &Signed) -> Server {
    Server::over_tls(&[], &signed.certificate, &signed.key)
        .expect("this redis-server was built without TLS")
}

/// One that takes clients of this authority alone.
fn server_that_asks(authority: &Authority) -> Server {
    let signed = authority.signs();
    let mut server = server(&signed);
    server.kill();
    server.speak_tls(&signed.certificate, &signed.key, Some(&authority.pem));
    server.restart();
    server
}

fn trusting(authority: &Authority) -> RedisStoreBuilder {
    RedisStore::builder().root_certificates(authority.pem.as_str())
}

/// Connects in vain, and discreetly.
async fn refused(builder: RedisStoreBuilder, url: &str) -> Error {
    let error = builder.connect(url).await.unwrap_err();
    assert_discreet(&error);
    error
}

async fn ask(redis: &mut MultiplexedConnection, command: &str) -> String {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command
        .arg(words.collect::<Vec<_>>())
        .query_async(redis)
        .await
        .unwrap()
}

#[tokio::test]
async fn session_outlives_its_connection_duplicate_is_known() {
    let authority = Authority::new("ours");
    let server = server(&authority.signs());
    let store = trusting(&authority).connect(server.url()).await.unwrap();
    let first = write(&store, r#"{"n":1}"#).await;
    let mut admin = server.raw().await;
    for n in 2..5 {
        let before: u32 = ask(&mut admin, "INFO stats")
            .await
            .lines()
            .find_map(connections)
            .unwrap();
        let _: u32 = redis::cmd("CLIENT")
            .arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .query_async(&mut admin)
            .await
            .unwrap();
        assert_eq!(
            state(&store).await.as_deref(),
            Some(format!(r#"{{"n":{}}}"#, n - 1).as_str())
        );
        write(&store, &format!(r#"{{"n":{n}}}"#)).await;
        assert!(
            ask(&mut admin, "INFO stats")
                .await
                .lines()
                .find_map(connections)
                .unwrap()
                > before
        );
    }
    let other = Attempt {
        id: first.id,
        ..begin(&store, "{}").await
    };
    let outcome = other.send(&store, soon()).await.unwrap();
    assert!(
        matches!(outcome, CommitOutcome::Duplicate { version, .. } if version == first.record.version),
        "{outcome:?}"
    );
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":4}"#));
}

fn connections(line: &str) -> Option<u32> {
    line.strip_prefix("total_connections_received:")?
        .parse()
        .ok()
}

#[tokio::test]
async fn a_server_may_be_reached_by_name() {
    let authority = Authority::new("ours");
    let server = server(&authority.signs_for(&["localhost"]));
    let url = server.url().replace("127.0.0.1", "localhost");
    write(&trusting(&authority).connect(url).await.unwrap(), "{}").await;
    let error = refused(trusting(&authority), &server.url()).await;
    assert!(
        matches!(error, Error::Store(StoreError::Misconfigured { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_private_authority_must_be_named() {
    let authority = Authority::new("ours");
    let server = server(&authority.signs());
    let error = refused(RedisStore::builder(), &server.url()).await;
    assert!(
        matches!(error, Error::Store(StoreError::Misconfigured { .. })),
        "{error:?}"
    );
    assert!(
        text(&error).contains("nobody who is trusted here"),
        "{}",
        text(&error)
    );
    let error = refused(trusting(&Authority::new("ours")), &server.url()).await;
    assert!(
        text(&error).contains("nobody who is trusted here"),
        "another of the same name: {}",
        text(&error)
    );
    // One among others will do.
    let bundle = format!(
        "{}\n# ours\n{}",
        Authority::new("a stranger's").pem,
        authority.pem
    );
    RedisStore::builder()
        .root_certificates(bundle)
        .connect(server.url())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_client_shows_the_certificate_that_is_asked_for() {
    let authority = Authority::new("ours");
    let server = server_that_asks(&authority);
    let Signed { certificate, key } = authority.signs_for(&["bot"]);
    let store = trusting(&authority)
        .client_certificate(certificate, key)
        .connect(server.url())
        .await
        .unwrap();
    assert_applied(&begin(&store, "{}").await.send(&store, soon()).await);
}

#[tokio::test]
async fn client_without_the_asked_certificate_is_denied() {
    let authority = Authority::new("ours");
    let server = server_that_asks(&authority);
    let by = |authority: &Authority| Some(authority.signs_for(&["bot"]));
    let not_accepted = "it does not accept the client's certificate";
    for (shown, says) in [
        (None, "it asks for a certificate of the client"),
        (by(&Authority::new("a stranger's")), not_accepted),
        (by(&Authority::new("ours")), not_accepted),
    ] {
        let builder = match shown {
            Some(Signed { certificate, key }) => {
                trusting(&authority).client_certificate(certificate, key)
            }
            None => trusting(&authority),
        };
        let error = refused(builder, &server.url()).await;
        assert!(
            matches!(error, Error::Store(StoreError::Denied { .. })),
            "{error:?}"
        );
        assert!(text(&error).contains(says), "{}", text(&error));
    }
}

/// Before 1.3, a server has another word for the certificate that it lacks.
#[tokio::test]
async fn the_older_tls_says_the_same() {
    let authority = Authority::new("ours");
    let signed = authority.signs();
    let mut server = Server::over_tls(
        &["--tls-protocols", "TLSv1.2"],
        &signed.certificate,
        &signed.key,
    )
    .unwrap();
    write(
        &trusting(&authority).connect(server.url()).await.unwrap(),
        "{}",
    )
    .await;
    server.kill();
    server.speak_tls(&signed.certificate, &signed.key, Some(&authority.pem));
    server.restart();
    let error = refused(trusting(&authority), &server.url()).await;
    assert!(
        matches!(error, Error::Store(StoreError::Denied { .. })),
        "{error:?}"
    );
}

/// A server that hangs up on every client with this alert of TLS.
async fn alarmed(alert: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(&[21, 3, 3, 0, 2, 2, alert]).await;
        }
    });
    format!("rediss://{address}")
}

#[tokio::test]
async fn what_a_server_hangs_up_with_says_who_must_act() {
    // Its numbers are those of RFC 8446, 6.
    for alert in [40, 41, 42, 43, 44, 45, 46, 48, 49, 51, 116] {
        let error = refused(RedisStore::builder(), &alarmed(alert).await).await;
        assert!(
            matches!(error, Error::Store(StoreError::Denied { .. })),
            "{alert}: {error:?}"
        );
    }
    for alert in [70, 71, 112] {
        let error = refused(RedisStore::builder(), &alarmed(alert).await).await;
        assert!(
            matches!(error, Error::Store(StoreError::Misconfigured { .. })),
            "{alert}: {error:?}"
        );
    }
    let internal_error = 80;
    let error = refused(RedisStore::builder(), &alarmed(internal_error).await).await;
    assert!(
        matches!(error, Error::Store(StoreError::Unavailable { .. })),
        "{error:?}"
    );
}

#[test]
fn roots_of_the_system_that_cannot_be_read_are_named() {
    const NOWHERE: (&str, &str) = ("SSL_CERT_FILE", "/nowhere/ca.crt");
    if std::env::var(NOWHERE.0).as_deref() != Ok(NOWHERE.1) {
        // Where they stand is said by the environment, which is a child's to be given.
        let this = "tls::roots_of_the_system_that_cannot_be_read_are_named";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(NOWHERE.0, NOWHERE.1)
            .output();
        let child = child.unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stdout)
        );
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let authority = Authority::new("ours");
        let server = server(&authority.signs());
        for builder in [RedisStore::builder(), trusting(&authority)] {
            let error = refused(builder, &server.url()).await;
            assert!(
                matches!(error, Error::Store(StoreError::Misconfigured { .. })),
                "{error:?}"
            );
            assert!(
                text(&error).contains("the system's root certificates"),
                "{}",
                text(&error)
            );
        }
    });
}

#[tokio::test]
async fn invalid_certificates_are_refused_offline() {
    let authority = Authority::new("ours");
    let (ours, other) = (authority.signs(), authority.signs());
    let (roots, client) = ("the root certificates", "the client certificate");
    let builder = RedisStore::builder;
    for (builder, setting) in [
        (builder().root_certificates(""), roots),
        (builder().root_certificates("s3cret"), roots),
        (builder().root_certificates(ours.key.as_str()), roots),
        (
            builder().root_certificates(
                "-----BEGIN CERTIFICATE-----\nczNjcmV0\n-----END CERTIFICATE-----\n",
            ),
            roots,
        ),
        (
            builder().client_certificate("s3cret", ours.key.as_str()),
            client,
        ),
        (
            builder().client_certificate(ours.certificate.as_str(), "s3cret"),
            client,
        ),
        (
            builder().client_certificate(ours.certificate.as_str(), other.key.as_str()),
            client,
        ),
    ] {
        let shown = format!("{builder:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("CERTIFICATE"),
            "{shown}"
        );
        let error = refused(builder, "rediss://127.0.0.1:1").await;
        assert!(
            matches!(error, Error::Setting { what, .. } if what == setting),
            "{setting}: {error:?}"
        );
    }
}

#[tokio::test]
async fn no_server_is_trusted_unchecked_or_without_tls() {
    let authority = Authority::new("ours");
    let server = server(&authority.signs());
    let insecure = format!("{}/#insecure", server.url());
    let plain = server.url().replace("rediss://", "redis://");
    for (builder, url, says) in [
        (trusting(&authority), &insecure, "always checked"),
        (RedisStore::builder(), &insecure, "always checked"),
        (trusting(&authority), &plain, "rediss:// alone"),
        (
            RedisStore::builder().client_certificate("", ""),
            &plain,
            "rediss:// alone",
        ),
    ] {
        let error = refused(builder, url).await;
        assert!(
            matches!(
                error,
                Error::Setting {
                    what: "the server's URL",
                    ..
                }
            ) && text(&error).contains(says),
            "{error:?}"
        );
    }
}
