//! The certificates that a host gives, checked before anything is sent, and the cryptography behind
//! them.

use std::sync::Arc;

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, TlsCertificates};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::store::redis::net::address::{INVALID_ADDRESS, InvalidSetting};

/// `Debug` shows which are given, and nothing of their content.
#[derive(Debug, Clone)]
pub(crate) struct Certificates(TlsCertificates);

impl Certificates {
    pub(crate) const NONE: Self = Self(TlsCertificates {
        client_tls: None,
        root_cert: None,
    });

    pub(crate) fn set_roots(&mut self, pem: Vec<u8>) {
        self.0.root_cert = Some(pem);
    }

    pub(crate) fn set_client(&mut self, chain: Vec<u8>, key: Vec<u8>) {
        self.0.client_tls = Some(ClientTlsConfig {
            client_cert: chain,
            client_key: key,
        });
    }

    /// The server, reached with these certificates.
    ///
    /// # Errors
    /// Fails if a certificate or key is not valid, if certificates are given for a URL without TLS,
    /// and if the address asks for TLS without a check of the server's certificate.
    pub(crate) fn apply(&self, server: ConnectionInfo) -> Result<ConnectionInfo, InvalidSetting> {
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
                return Err(InvalidSetting::new(
                    "server address",
                    "one without `insecure`: a server's certificate is always checked",
                ));
            }
            _ if given => {
                return Err(InvalidSetting::new(
                    "scheme of the server URL",
                    "rediss:// alone if certificates are given",
                ));
            }
            _ => return Ok(server),
        }
        let provider = provider();
        if !root_cert.as_deref().is_none_or(are_roots) {
            return Err(InvalidSetting::new(
                "root certificates",
                "one certificate or more, in PEM",
            ));
        }
        if !client_tls
            .as_ref()
            .is_none_or(|client| is_key_pair(client, &provider))
        {
            return Err(InvalidSetting::new(
                "client certificate",
                "one certificate or more, and the key of the first, in PEM",
            ));
        }
        if !given {
            return Ok(server);
        }
        let client = Client::build_with_tls(server, self.0.clone()).map_err(|_| INVALID_ADDRESS)?;
        Ok(client.get_connection_info().clone())
    }
}

/// The cryptography of rustls: what the process has installed, else ring. If nothing is installed,
/// rustls panics as soon as any crate of the build has two providers compiled in.
fn provider() -> Arc<CryptoProvider> {
    if CryptoProvider::get_default().is_none() {
        // Fails if another thread was faster; then its provider is the one of the process.
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

fn is_key_pair(client: &ClientTlsConfig, provider: &CryptoProvider) -> bool {
    let Some(chain) = read(&client.client_cert) else {
        return false;
    };
    let Ok(key) = PrivateKeyDer::from_pem_slice(&client.client_key) else {
        return false;
    };
    CertifiedKey::from_der(chain, key, provider).is_ok()
}
