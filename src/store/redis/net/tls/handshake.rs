//! The TLS handshake, and why it failed. The error of rustls is kept as the source.

use std::error::Error as _;
use std::io;
use std::sync::Arc;

use redis::RedisError;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{AlertDescription as Alert, ClientConfig, Error, InvalidMessage, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::store::redis::net::failure::{Cause, Failure, Retry};

const NO_CERTIFICATE_NAME: Failure = Failure::misconfigured(
    "no certificate can be for the host in the URL: use a name or an IP address",
);
const NO_SYSTEM_ROOTS: Failure =
    Failure::misconfigured("the system's root certificates cannot be read");

/// Which servers are trusted, and what is shown to one that asks for a certificate.
#[derive(Clone)]
pub(in crate::store::redis::net) struct Tls {
    /// The system's, if none are given.
    roots: Option<Arc<RootCertStore>>,
    client: Option<Arc<SingleCertAndKey>>,
}

impl Tls {
    pub(super) fn new(roots: Option<RootCertStore>, client: Option<SingleCertAndKey>) -> Self {
        Self {
            roots: roots.map(Arc::new),
            client: client.map(Arc::new),
        }
    }

    /// Speaks TLS over this socket to the server of this name.
    pub(in crate::store::redis::net) async fn handshake(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let host = ServerName::try_from(host.to_owned())
            .map_err(|error| NO_CERTIFICATE_NAME.with_source(error))?;
        let connector = TlsConnector::from(Arc::new(self.config()?));
        let connected = connector.connect(host, socket).await;
        connected.map_err(|error| handshake_failure(RedisError::from(error)))
    }

    fn config(&self) -> Result<ClientConfig, Failure> {
        let roots = match &self.roots {
            Some(roots) => Arc::clone(roots),
            None => Arc::new(system_roots()?),
        };
        let config = ClientConfig::builder().with_root_certificates(roots);
        Ok(match &self.client {
            Some(client) => config.with_client_cert_resolver(client.clone()),
            None => config.with_no_client_auth(),
        })
    }
}

/// The roots that the system trusts, read anew for each connection, because they may change while
/// the process runs.
fn system_roots() -> Result<RootCertStore, Failure> {
    let read = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(read.certs);
    match read.errors.into_iter().next() {
        Some(error) => Err(NO_SYSTEM_ROOTS.with_source(error)),
        None => Ok(roots),
    }
}

/// Why the handshake failed, or the greeting after it: with TLS 1.3, a client learns only then that
/// its certificate was refused.
pub(in crate::store::redis::net) fn handshake_failure(error: RedisError) -> Failure {
    let of_tls = error.source().and_then(|source| {
        let io: &io::Error = source.downcast_ref::<Cause>()?.downcast_ref()?;
        let error: &Error = io.get_ref()?.downcast_ref()?;
        Some(of_handshake(error)?.with_source(error.clone()))
    });
    of_tls.unwrap_or_else(|| Failure::greeting(error))
}

fn of_handshake(error: &Error) -> Option<Failure> {
    match error {
        // Before TLS 1.3, there is no alert of its own for a client certificate that is missing.
        Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::HandshakeFailure
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError,
        ) => Some(Failure::denied(
            "the server refused the handshake; it may ask for a client certificate that it trusts",
        )),
        Error::InvalidCertificate(_) => Some(Failure::misconfigured(
            "the server's certificate is not trusted",
        )),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => Some(Failure::unavailable(
            Retry::Never,
            "the server does not speak TLS; a plain port is reached by redis://",
        )),
        Error::PeerIncompatible(_)
        | Error::AlertReceived(
            Alert::ProtocolVersion | Alert::InsufficientSecurity | Alert::UnrecognisedName,
        ) => Some(Failure::misconfigured("the TLS handshake failed")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, PeerIncompatible};

    use super::*;
    use crate::store::StoreError;

    fn says(error: &Error) -> Option<String> {
        of_handshake(error).map(|failure| StoreError::from(failure).to_string())
    }

    #[test]
    fn a_client_certificate_is_refused_as_denied() {
        for alert in [
            Alert::CertificateRequired,
            Alert::NoCertificate,
            Alert::HandshakeFailure,
            Alert::UnknownCA,
            Alert::BadCertificate,
            Alert::CertificateRevoked,
            Alert::AccessDenied,
            Alert::DecryptError,
        ] {
            let error = says(&Error::AlertReceived(alert)).unwrap();
            assert!(error.contains("denies access"), "{alert:?}: {error}");
        }
    }

    #[test]
    fn other_handshake_errors_are_misconfigured() {
        for error in [
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            Error::AlertReceived(Alert::ProtocolVersion),
            Error::AlertReceived(Alert::InsufficientSecurity),
            Error::AlertReceived(Alert::UnrecognisedName),
            Error::InvalidCertificate(CertificateError::UnknownIssuer),
            Error::InvalidCertificate(CertificateError::Expired),
        ] {
            let text = says(&error).unwrap();
            assert!(text.contains("misconfigured"), "{error:?}: {text}");
        }
    }

    #[test]
    fn a_plain_port_is_named() {
        let plain = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let text = says(&plain).unwrap();
        assert!(text.contains("does not speak TLS"), "{text}");
    }

    #[test]
    fn errors_that_may_pass_are_not_final() {
        for error in [
            Error::DecryptError,
            Error::AlertReceived(Alert::InternalError),
            Error::InvalidMessage(InvalidMessage::MessageTooLarge),
        ] {
            assert_eq!(says(&error), None, "{error:?}");
        }
    }

    #[test]
    fn the_source_is_the_error_of_rustls() {
        let error = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let io = io::Error::new(io::ErrorKind::InvalidData, error.clone());
        let failure = handshake_failure(RedisError::from(io));
        let source = failure.source.unwrap();
        assert_eq!(source.downcast_ref::<Error>(), Some(&error));
    }
}
