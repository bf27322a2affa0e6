//! Why a TLS handshake failed. The error of rustls is kept as the source.

use std::error::Error as _;
use std::io;

use redis::{ErrorKind, RedisError};
use rustls::pki_types::InvalidDnsNameError;
use rustls::{AlertDescription as Alert, Error, InvalidMessage};

use crate::store::redis::net::failure::{Cause, Failure, Retry};

/// `None` if the attempt failed for another reason, or if the next one may succeed.
pub(in crate::store::redis::net) fn handshake_failure(error: &RedisError) -> Option<Failure> {
    let cause = error.source()?.downcast_ref::<Cause>()?;
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        let error: &Error = io.get_ref()?.downcast_ref()?;
        return Some(of_handshake(error)?.with_source(error.clone()));
    }
    // What fails before a byte is sent comes as no I/O error, even if its kind says so.
    match error.kind() {
        ErrorKind::Io if cause.is::<InvalidDnsNameError>() => Some(Failure::misconfigured(
            "no certificate can be for the host in the URL: use a name or an IP address",
        )),
        ErrorKind::Io | ErrorKind::Client => Some(Failure::misconfigured(
            "the system's root certificates cannot be read",
        )),
        _ => None,
    }
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
        let failure = handshake_failure(&RedisError::from(io)).unwrap();
        let source = failure.source.unwrap();
        assert_eq!(source.downcast_ref::<Error>(), Some(&error));
    }
}
