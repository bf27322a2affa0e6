//! A host that has chosen its own cryptography keeps it. Alone in its process, which has one
//! choice.
#![cfg(feature = "tls")]

use harness::certificates::{Authority, Signed};
use harness::server::Server;
use rustls::crypto::{CryptoProvider, ring};
use vimbiso_state::RedisStore;

#[tokio::test]
async fn an_installed_provider_stays() {
    let strict = CryptoProvider {
        cipher_suites: vec![ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
        ..ring::default_provider()
    };
    strict.install_default().unwrap();
    let authority = Authority::new("ours");
    let Signed { certificate, key } = authority.sign();
    let server =
        Server::over_tls(&[], &certificate, &key).expect("this redis-server was built without TLS");
    RedisStore::builder()
        .root_certificates(authority.pem)
        .connect(server.url())
        .await
        .unwrap();
    let provider = CryptoProvider::get_default().unwrap();
    assert_eq!(provider.cipher_suites.len(), 1);
}
