//! The settings of a client.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::progress::Progress;
use super::{ApiError, Client, Inner};
use crate::token::Token;

/// The longest time to connect. A connection that fails within it is certain to have sent nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The settings of a [`Client`], each with a default.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use vimbiso_telegram::{Client, Token};
///
/// let client = Client::builder(Token::new("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")?)
///     .base_url("http://127.0.0.1:8081") // a Bot API server of your own
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    token: Token,
    base_url: String,
    timeout: Duration,
}

impl Client {
    /// A client with the default settings.
    ///
    /// # Errors
    /// [`ApiError::Setting`] if this machine has no certificates of authorities.
    ///
    /// # Examples
    /// See [`Client`].
    pub fn new(token: Token) -> Result<Self, ApiError> {
        Self::builder(token).build()
    }

    /// Settings that are not the defaults.
    ///
    /// # Examples
    /// See [`ClientBuilder`].
    pub fn builder(token: Token) -> ClientBuilder {
        ClientBuilder {
            token,
            base_url: "https://api.telegram.org".to_owned(),
            timeout: Duration::from_secs(8),
        }
    }
}

impl ClientBuilder {
    /// Where the Bot API is: an `http` or `https` URL without a user, a query or a fragment.
    /// `https://api.telegram.org` by default.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// How long a call may take. 10 ms to 10 minutes; 8 s by default. Keep it below the
    /// [timeout of a send](vimbiso_state::bot::BotBuilder::send_timeout), 10 s by default: a
    /// connection that is not made in 3 s then counts as a failure without doubt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`ApiError::Setting`] if a setting is out of its range, or this machine has no certificates
    /// of authorities.
    pub fn build(self) -> Result<Client, ApiError> {
        let range = Duration::from_millis(10)..=Duration::from_secs(600);
        if !range.contains(&self.timeout) {
            return Err(ApiError::Setting {
                what: "timeout",
                allowed: "10 ms to 10 minutes",
            });
        }
        let is_usable = |url: &reqwest::Url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        let parsed = reqwest::Url::parse(&self.base_url).ok().filter(is_usable);
        let base_url = parsed.ok_or(ApiError::Setting {
            what: "base_url",
            allowed: "an http or https URL without a user, a query or a fragment",
        })?;
        let builder = http(base_url.scheme() == "https").ok_or(ApiError::Setting {
            what: "system for TLS",
            allowed: "one with certificates of authorities",
        })?;
        let http = builder
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            // Another server must not be told the token.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(ApiError::of)?;
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                base_url: base_url.as_str().trim_end_matches('/').to_owned(),
                token: self.token,
                timeout: self.timeout,
                progress: Progress::default(),
            }),
        })
    }
}

/// With a provider of its own: one for the whole process is the host's to choose.
pub(crate) fn http(is_https: bool) -> Option<reqwest::ClientBuilder> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let versions = builder.with_safe_default_protocol_versions().ok()?;
    let verified = match is_https {
        true => versions.with_platform_verifier().ok()?,
        // Without TLS, the certificates of this machine need not be read.
        false => versions.with_root_certificates(RootCertStore::empty()),
    };
    let tls = verified.with_no_client_auth();
    Some(reqwest::Client::builder().tls_backend_preconfigured(tls))
}
