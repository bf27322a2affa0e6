//! The certificates that a host gives, read before anything is sent, and the cryptography behind them.

use std::sync::Arc;

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, TlsCertificates};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::no_url;
use crate::error::Error;
use crate::store::redis::RedisStoreBuilder;

/// Shows which are given, and none of them.
#[derive(Debug, Clone)]
pub(in crate::store::redis) struct Certificates(TlsCertificates);

/// With the feature `tls`.
impl RedisStoreBuilder {
    /// Who may vouch for the server: the certificates of one authority or more, in PEM. The system's unless set; once set, none of
    /// the system's, which are read all the same.
    ///
    /// A server is spoken to only where one of these authorities, and nobody else, says that its name or address is the one in
    /// the URL, and that the time has come and is not over. There is no way around this check.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let store = RedisStore::builder()
    ///     .root_certificates(std::fs::read("/etc/bot/ca.crt")?)
    ///     .client_certificate(std::fs::read("/etc/bot/bot.crt")?, std::fs::read("/etc/bot/bot.key")?)
    ///     .connect("rediss://redis.internal:6379")
    ///     .await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`connect`](Self::connect) refuses what is not PEM, and a URL that is not of TLS ([`Error::Setting`]).
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.1.0.root_cert = Some(pem.into());
        self
    }

    /// What this client shows a server that asks for a certificate (mTLS), in PEM: its own, followed by those between it and the
    /// authority that the server trusts, and its key. None unless set. Neither is in any `Debug` text.
    ///
    /// # Errors
    /// As of [`root_certificates`](Self::root_certificates), and where the key is not that of the first certificate.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.1.0.client_tls = Some(ClientTlsConfig {
            client_cert: chain.into(),
            client_key: key.into(),
        });
        self
    }
}

impl Certificates {
    pub(in crate::store::redis) const NONE: Self = Self(TlsCertificates {
        client_tls: None,
        root_cert: None,
    });

    /// The server, reached with these certificates. It is never reached without TLS, or unchecked, where they say otherwise.
    pub(in crate::store::redis) fn for_server(
        &self,
        server: ConnectionInfo,
    ) -> Result<ConnectionInfo, Error> {
        let Self(TlsCertificates {
            root_cert,
            client_tls,
        }) = self;
        let given = root_cert.is_some() || client_tls.is_some();
        match server.addr() {
            ConnectionAddr::TcpTls {
                insecure: false, ..
            } => {}
            ConnectionAddr::TcpTls { .. } => {
                return Err(no_url(
                    "no #insecure: a server's certificate is always checked",
                ));
            }
            _ if given => return Err(no_url("rediss:// alone where certificates are given")),
            _ => return Ok(server),
        }
        let provider = provider();
        if !root_cert.as_deref().is_none_or(are_roots) {
            return Err(Error::Setting {
                what: "the root certificates",
                allowed: "one certificate or more, in PEM",
            });
        }
        if !client_tls
            .as_ref()
            .is_none_or(|client| is_whole(client, &provider))
        {
            let allowed = "one certificate or more, and the key of the first, in PEM";
            return Err(Error::Setting {
                what: "the client certificate",
                allowed,
            });
        }
        if !given {
            return Ok(server);
        }
        let client =
            Client::build_with_tls(server, self.0.clone()).map_err(|_| no_url(super::URL))?;
        Ok(client.get_connection_info().clone())
    }
}

/// What rustls computes with: what the process has chosen, else ring. Where it has chosen nothing, rustls panics as soon as two
/// providers are compiled in, by whatever crate.
fn provider() -> Arc<CryptoProvider> {
    if CryptoProvider::get_default().is_none() {
        // Fails where somebody has been faster: then that is the choice of the process, and as good.
        let _ = ring::default_provider().install_default();
    }
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(ring::default_provider()))
}

fn read(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    (!read.is_empty()).then_some(read)
}

fn are_roots(pem: &[u8]) -> bool {
    let mut roots = RootCertStore::empty();
    read(pem).is_some_and(|certificates| {
        certificates
            .into_iter()
            .all(|certificate| roots.add(certificate).is_ok())
    })
}

fn is_whole(client: &ClientTlsConfig, provider: &CryptoProvider) -> bool {
    let (chain, key) = (
        read(&client.client_cert),
        PrivateKeyDer::from_pem_slice(&client.client_key).ok(),
    );
    chain
        .zip(key)
        .is_some_and(|(chain, key)| CertifiedKey::from_der(chain, key, provider).is_ok())
}
