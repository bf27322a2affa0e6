//! The certificates that a host gives, checked before anything is sent, and the cryptography behind
//! them.

use std::fmt;
use std::sync::Arc;

use redis::ConnectionAddr;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::handshake::Tls;
use crate::store::redis::net::address::InvalidSetting;

/// What a host gives, in PEM. `Debug` shows which are given, and nothing of their content.
#[derive(Clone)]
pub(crate) struct Certificates {
    roots: Option<Vec<u8>>,
    client: Option<KeyPair>,
}

/// A chain of certificates, and the key of the first.
#[derive(Clone)]
struct KeyPair {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Certificates {
    pub(crate) const NONE: Self = Self {
        roots: None,
        client: None,
    };

    pub(crate) fn set_roots(&mut self, pem: Vec<u8>) {
        self.roots = Some(pem);
    }

    pub(crate) fn set_client(&mut self, chain: Vec<u8>, key: Vec<u8>) {
        self.client = Some(KeyPair { chain, key });
    }

    /// How TLS is spoken with the server at this address; `None` if it is not.
    ///
    /// # Errors
    /// Fails if a certificate or key is not valid, if certificates are given for an address without
    /// TLS, and if the address asks for TLS without a check of the server's certificate or brings
    /// certificates of its own, which cannot be read.
    pub(in crate::store::redis::net) fn tls(
        &self,
        address: &ConnectionAddr,
    ) -> Result<Option<Tls>, InvalidSetting> {
        match address {
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                return Err(InvalidSetting::new(
                    "server address",
                    "one without `insecure`: a server's certificate is always checked",
                ));
            }
            ConnectionAddr::TcpTls {
                tls_params: Some(_),
                ..
            } => {
                return Err(InvalidSetting::new(
                    "server address",
                    "one without certificates: root_certificates and client_certificate take them",
                ));
            }
            ConnectionAddr::TcpTls { .. } => {}
            _ if self.roots.is_some() || self.client.is_some() => {
                return Err(InvalidSetting::new(
                    "scheme of the server URL",
                    "rediss:// alone if certificates are given",
                ));
            }
            _ => return Ok(None),
        }
        let provider = provider();
        let roots = self.roots.as_deref().map(|pem| {
            parse_roots(pem).ok_or(InvalidSetting::new(
                "root certificates",
                "one certificate or more, in PEM",
            ))
        });
        let client = self.client.as_ref().map(|client| {
            client.parse(&provider).ok_or(InvalidSetting::new(
                "client certificate",
                "one certificate or more, and the key of the first, in PEM",
            ))
        });
        Ok(Some(Tls::new(roots.transpose()?, client.transpose()?)))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("roots", &self.roots.is_some())
            .field("client", &self.client.is_some())
            .finish()
    }
}

impl KeyPair {
    fn parse(&self, provider: &CryptoProvider) -> Option<SingleCertAndKey> {
        let chain = parse(&self.chain)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).ok()?;
        Some(CertifiedKey::from_der(chain, key, provider).ok()?.into())
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

fn parse(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    (!read.is_empty()).then_some(read)
}

fn parse_roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in parse(pem)? {
        roots.add(certificate).ok()?;
    }
    Some(roots)
}
