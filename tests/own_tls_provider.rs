//! A host that has chosen its own cryptography keeps it. In a process of its own, since a process has one choice.
#![cfg(feature = "tls")]

use harness::certificates::Authority;
use harness::server::Server;
use rustls::crypto::{CryptoProvider, ring};
use vimbiso_state::RedisStore;

#[tokio::test]
async fn what_a_host_has_installed_stays() {
    let strict = CryptoProvider {
        cipher_suites: vec![ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
        ..ring::default_provider()
    };
    strict.install_default().unwrap();
    let authority = Authority::new("ours");
    let signed = authority.signs();
    let server = Server::over_tls(&[], &signed.certificate, &signed.key)
        .expect("this redis-server was built without TLS");
    RedisStore::builder()
        .root_certificates(authority.pem)
        .connect(server.url())
        .await
        .unwrap();
    assert_eq!(
        CryptoProvider::get_default().unwrap().cipher_suites.len(),
        1
    );
}
