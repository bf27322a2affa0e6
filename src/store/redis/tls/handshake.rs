//! What an attempt to speak TLS ended with, told by types alone: a text might quote a certificate.

use std::error::Error as _;
use std::io;

use redis::{ErrorKind, RedisError};
use rustls::pki_types::InvalidDnsNameError;
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage};

use crate::store::redis::fault::{Cause, Fault, Kind, Next, fault as new};

/// Why no connection was made, where TLS is the reason and will be the next time. `None` where it was merely disturbed.
pub(in crate::store::redis) fn fault(error: &RedisError) -> Option<Fault> {
    let cause = error.source()?.downcast_ref::<Cause>()?;
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        return of_handshake(io.get_ref()?.downcast_ref()?);
    }
    // What fails before a byte is sent does not come as an I/O error, even where it is called one.
    let what = match error.kind() {
        ErrorKind::Io if cause.is::<InvalidDnsNameError>() => {
            "its name is none that a certificate could hold"
        }
        ErrorKind::Io | ErrorKind::Client => "the system's root certificates cannot be read",
        _ => return None,
    };
    Some(new(Kind::Misconfigured, Next::Stop, what))
}

fn of_handshake(error: &Error) -> Option<Fault> {
    let (kind, what) = match error {
        Error::InvalidCertificate(why) => (Kind::Misconfigured, of_certificate(why)),
        Error::PeerIncompatible(_) => (Kind::Misconfigured, NOTHING_IN_COMMON),
        Error::AlertReceived(alert) => of_alert(*alert)?,
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            Kind::Unavailable,
            "it does not speak TLS; a plain port is reached by redis://",
        ),
        _ => return None,
    };
    Some(new(kind, Next::Stop, what))
}

const NOTHING_IN_COMMON: &str = "no version or cipher of TLS is known to both sides";
const OTHER_NAME: &str = "its certificate is for another name";

fn of_certificate(why: &CertificateError) -> &'static str {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        NotValidYet, NotValidYetContext, UnknownIssuer,
    };
    match why {
        // The latter from an authority that has the name of a trusted one, and another key.
        UnknownIssuer | BadSignature => "its certificate comes from nobody who is trusted here",
        NotValidForName | NotValidForNameContext { .. } => OTHER_NAME,
        Expired | ExpiredContext { .. } => "its certificate has expired",
        NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet",
        _ => "its certificate cannot be trusted",
    }
}

/// What the server said when it hung up. Until 1.3, TLS has no word of its own for a certificate that is missing.
fn of_alert(alert: Alert) -> Option<(Kind, &'static str)> {
    Some(match alert {
        Alert::CertificateRequired | Alert::NoCertificate => {
            (Kind::Denied, "it asks for a certificate of the client")
        }
        Alert::HandshakeFailure => (
            Kind::Denied,
            "it refuses the handshake, and may ask for a certificate of the client",
        ),
        Alert::UnknownCA
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::DecryptError => (Kind::Denied, "it does not accept the client's certificate"),
        Alert::ProtocolVersion | Alert::InsufficientSecurity => {
            (Kind::Misconfigured, NOTHING_IN_COMMON)
        }
        Alert::UnrecognisedName => (Kind::Misconfigured, OTHER_NAME),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rustls::PeerIncompatible;

    use super::*;
    use crate::error::StoreError;

    #[test]
    fn what_ends_a_handshake_is_told_by_its_type() {
        let misconfigured = [
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            Error::AlertReceived(Alert::ProtocolVersion),
            Error::AlertReceived(Alert::InsufficientSecurity),
            Error::AlertReceived(Alert::UnrecognisedName),
            Error::InvalidCertificate(CertificateError::UnknownIssuer),
        ];
        let denied = [
            Alert::CertificateRequired,
            Alert::NoCertificate,
            Alert::HandshakeFailure,
            Alert::UnknownCA,
            Alert::BadCertificate,
            Alert::CertificateRevoked,
            Alert::AccessDenied,
            Alert::DecryptError,
        ];
        let said = |error: &Error| of_handshake(error).map(StoreError::from);
        for error in &misconfigured {
            assert!(
                matches!(said(error), Some(StoreError::Misconfigured { .. })),
                "{error:?}"
            );
        }
        for alert in denied {
            assert!(
                matches!(
                    said(&Error::AlertReceived(alert)),
                    Some(StoreError::Denied { .. })
                ),
                "{alert:?}"
            );
        }
        let plain = said(&Error::InvalidMessage(InvalidMessage::InvalidContentType));
        assert!(
            matches!(&plain, Some(StoreError::Unavailable { what, .. }) if what.contains("does not speak TLS")),
            "{plain:?}"
        );
        // What may go better the next time is no fault of TLS.
        for other in [
            Error::DecryptError,
            Error::AlertReceived(Alert::InternalError),
            Error::InvalidMessage(InvalidMessage::MessageTooLarge),
        ] {
            assert!(said(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said() {
        for (why, what) in [
            (CertificateError::UnknownIssuer, "nobody who is trusted"),
            (CertificateError::BadSignature, "nobody who is trusted"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::Revoked, "cannot be trusted"),
        ] {
            assert!(of_certificate(&why).contains(what), "{why:?}");
        }
        for (alert, what) in [
            (Alert::CertificateRequired, "asks for a certificate"),
            (Alert::HandshakeFailure, "may ask"),
            (Alert::UnknownCA, "not accept"),
        ] {
            assert!(
                of_alert(alert).is_some_and(|(_, said)| said.contains(what)),
                "{alert:?}"
            );
        }
    }
}
