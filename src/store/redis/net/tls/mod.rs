//! TLS: the certificates that a host gives, and the handshake.

#[cfg(feature = "tls")]
mod certificates;
#[cfg(feature = "tls")]
mod handshake;
#[cfg(not(feature = "tls"))]
mod without;

#[cfg(feature = "tls")]
pub(crate) use certificates::Certificates;
#[cfg(feature = "tls")]
pub(super) use handshake::{Tls, handshake_failure};
#[cfg(not(feature = "tls"))]
pub(crate) use without::Certificates;
#[cfg(not(feature = "tls"))]
pub(super) use without::{Tls, handshake_failure};
