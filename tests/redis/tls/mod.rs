//! A server that speaks TLS, and one that asks its clients for a certificate.
//!
//! What goes wrong in a call is tested by the fault matrix.

mod alerts;
mod client_certificates;
mod server_certificates;
mod settings;

use harness::certificates::{Authority, Signed};
use harness::server::Server;
use harness::sessions::assert_discreet;
use vimbiso_state::store::RedisStoreBuilder;
use vimbiso_state::{Error, RedisStore};

fn server(signed: &Signed) -> Server {
    Server::over_tls(&[], &signed.certificate, &signed.key)
        .expect("this redis-server was built without TLS")
}

fn trusting(authority: &Authority) -> RedisStoreBuilder {
    RedisStore::builder().root_certificates(authority.pem.as_str())
}

/// Connects, and expects an error that shows no secret.
async fn refused(builder: RedisStoreBuilder, url: &str) -> Error {
    let error = builder.connect(url).await.unwrap_err();
    assert_discreet(&error);
    error
}
