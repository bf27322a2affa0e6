//! Servers that ask their clients for a certificate.

use harness::assert_matches;
use harness::certificates::{Authority, Signed};
use harness::server::Server;
use harness::sessions::{text, write};
use vimbiso_state::{Error, StoreError};

use super::{refused, trusting};

/// A server that lets only clients with a certificate of this authority in.
fn server_that_asks(authority: &Authority, args: &[&str]) -> Server {
    let Signed { certificate, key } = authority.sign();
    let mut server = Server::over_tls(args, &certificate, &key)
        .expect("this redis-server was built without TLS");
    server.kill();
    server.speak_tls(&certificate, &key, Some(&authority.pem));
    server.restart();
    server
}

#[tokio::test]
async fn a_client_shows_the_certificate_that_is_asked_for() {
    let authority = Authority::new("ours");
    let server = server_that_asks(&authority, &[]);
    let Signed { certificate, key } = authority.sign_for(&["bot"]);
    let store = trusting(&authority)
        .client_certificate(certificate, key)
        .connect(server.url())
        .await
        .unwrap();
    write(&store, "{}").await;
}

#[tokio::test]
async fn client_without_the_asked_certificate_is_denied() {
    let authority = Authority::new("ours");
    let server = server_that_asks(&authority, &[]);
    for shown_by in [
        None,
        Some(Authority::new("a stranger's")),
        Some(Authority::new("ours")),
    ] {
        let mut builder = trusting(&authority);
        if let Some(other) = shown_by {
            let Signed { certificate, key } = other.sign_for(&["bot"]);
            builder = builder.client_certificate(certificate, key);
        }
        let error = refused(builder, &server.url()).await;
        assert_matches!(error, Error::Store(StoreError::Denied { .. }));
        let text = text(&error);
        assert!(
            text.contains("it may ask for a client certificate that it trusts"),
            "{text}"
        );
    }
}

/// Before TLS 1.3, a server sends another alert if the client shows no certificate.
#[tokio::test]
async fn tls_1_2_works_and_denies_the_same() {
    let authority = Authority::new("ours");
    let Signed { certificate, key } = authority.sign();
    let tls_1_2 = ["--tls-protocols", "TLSv1.2"];
    let server = Server::over_tls(&tls_1_2, &certificate, &key).unwrap();
    let store = trusting(&authority).connect(server.url()).await.unwrap();
    write(&store, "{}").await;
    let server = server_that_asks(&authority, &tls_1_2);
    let error = refused(trusting(&authority), &server.url()).await;
    assert_matches!(error, Error::Store(StoreError::Denied { .. }));
}
