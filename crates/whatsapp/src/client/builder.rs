//! The settings of a client.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::{ExposeSecret, SecretString};

use super::{Client, Inner};

/// The settings of a [`Client`], each with a default.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use vimbiso_whatsapp::Client;
///
/// let client = Client::builder("106540352242922", "an access token")
///     .version("v27.0")
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # let _ = client;
/// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    phone_number_id: String,
    access_token: SecretString,
    graph_url: String,
    version: String,
    timeout: Duration,
    connect_timeout: Duration,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("version", &self.version)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(phone_number_id: String, access_token: String) -> Self {
        Self {
            phone_number_id,
            access_token: access_token.into(),
            graph_url: "https://graph.facebook.com".to_owned(),
            version: "v26.0".to_owned(),
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
        }
    }

    /// Where the Graph API is; `https://graph.facebook.com` by default. Without TLS only on
    /// loopback, because the access token goes there.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.graph_url("http://127.0.0.1:8090").build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn graph_url(self, url: impl Into<String>) -> Self {
        Self {
            graph_url: url.into(),
            ..self
        }
    }

    /// The version of the Graph API; `v26.0` by default.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.version("v27.0").build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn version(self, version: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            ..self
        }
    }

    /// How long a request may take; 5 s by default. Keep it at least 4 s below the bot's
    /// [`send_timeout`](vimbiso_state::bot::BotBuilder::send_timeout), so that the channel can wait
    /// for the [status](crate::WhatsApp::status) of a message without an answer.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.timeout(Duration::from_secs(4)).build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long the connection may take, TLS included; 3 s by default. Afterwards it is certain
    /// that nothing was sent.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.connect_timeout(Duration::from_secs(1)).build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self {
            connect_timeout: timeout,
            ..self
        }
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`InvalidSetting`] if a setting is not what it must be, or if the system's root certificates
    /// cannot be read.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Client;
    ///
    /// let builder = Client::builder("106540352242922", "an access token");
    /// let client = builder.build()?;
    /// # let _ = client;
    /// # Ok::<(), vimbiso_whatsapp::client::InvalidSetting>(())
    /// ```
    pub fn build(self) -> Result<Client, InvalidSetting> {
        let id = &self.phone_number_id;
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidSetting::PhoneNumberId);
        }
        if !is_version(&self.version) {
            return Err(InvalidSetting::Version);
        }
        let token = access_token(self.access_token.expose_secret().to_owned())?;
        let url = graph_url(&self.graph_url)?;
        let is_https = url.scheme() == "https";
        let base = url.as_str().trim_end_matches('/');
        let messages = format!("{base}/{}/{id}/messages", self.version);
        let messages = Url::parse(&messages).map_err(|_| InvalidSetting::GraphUrl)?;
        let http = http(is_https)?
            .user_agent(concat!("vimbiso-whatsapp/", env!("CARGO_PKG_VERSION")))
            // The token and the text go to the address that was set, and to no other.
            .redirect(Policy::none())
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            // Shorter than a server keeps it, so that a request seldom meets a closed connection.
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| InvalidSetting::Tls(error.into()))?;
        let inner = Inner {
            http,
            messages,
            token: RwLock::new(token),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}

/// A token that can be sent in a header.
pub(super) fn access_token(token: String) -> Result<SecretString, InvalidSetting> {
    let is_visible = token.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let token = SecretString::from(token);
    if token.expose_secret().trim().is_empty() || !is_visible {
        return Err(InvalidSetting::AccessToken);
    }
    Ok(token)
}

/// `v`, a number, a point and a number.
fn is_version(version: &str) -> bool {
    let is_number =
        |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let parts = version
        .strip_prefix('v')
        .and_then(|parts| parts.split_once('.'));
    parts.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

fn graph_url(text: &str) -> Result<Url, InvalidSetting> {
    let url = Url::parse(text).map_err(|_| InvalidSetting::GraphUrl)?;
    let host = url.host_str().unwrap_or_default();
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if host.is_empty() || !is_plain || url.password().is_some() {
        return Err(InvalidSetting::GraphUrl);
    }
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_loopback = host == "localhost" || address.is_some_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        "http" => Err(InvalidSetting::NoTls),
        _ => Err(InvalidSetting::GraphUrl),
    }
}

/// A client with the system's roots and the provider of TLS that this crate chose. No roots are
/// read for an address without TLS.
pub(crate) fn http(is_https: bool) -> Result<reqwest::ClientBuilder, InvalidSetting> {
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls(is_https)?))
}

fn tls(is_https: bool) -> Result<ClientConfig, InvalidSetting> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| InvalidSetting::Tls(error.into()))?;
    let verified = if is_https {
        let roots = versions.with_platform_verifier();
        roots.map_err(|error| InvalidSetting::Tls(error.into()))?
    } else {
        versions.with_root_certificates(RootCertStore::empty())
    };
    Ok(verified.with_no_client_auth())
}

/// A setting is not what it must be. Never repeats it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// The phone number id.
    #[error("invalid phone number id: use 1 to 32 digits, as Meta's app dashboard shows them")]
    PhoneNumberId,
    /// The access token.
    #[error("invalid access token: it is empty or has characters that no header may have")]
    AccessToken,
    /// The version.
    #[error("invalid version of the Graph API: use a text such as v26.0")]
    Version,
    /// The address of the Graph API.
    #[error("invalid address of the Graph API: use a text such as https://graph.facebook.com")]
    GraphUrl,
    /// The address has no TLS and is not on this machine.
    #[error("the address of the Graph API must begin with https:// unless it is on loopback")]
    NoTls,
    /// TLS cannot be set up.
    #[error("the system's root certificates cannot be read")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Result<String, String> {
        let client = Client::builder("106540352242922", "token")
            .graph_url(url)
            .build();
        let address = client.map(|client| client.inner.messages.to_string());
        address.map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn requests_go_to_the_phone_number() {
        let path = "/v26.0/106540352242922/messages";
        for url in [
            "http://127.0.0.1:9000",
            "http://localhost/",
            "http://[::1]:8/graph/",
        ] {
            let expected = format!("{}{path}", url.trim_end_matches('/'));
            assert_eq!(at(url), Ok(expected));
        }
    }

    #[test]
    fn token_is_not_sent_in_clear() {
        assert_eq!(at("http://graph.facebook.com"), Err("NoTls".to_owned()));
        assert_eq!(at("http://127.0.0.1.example.org"), Err("NoTls".to_owned()));
    }

    #[test]
    fn invalid_settings_are_refused() {
        for url in [
            "",
            "graph.facebook.com",
            "ftp://localhost",
            "http://localhost/?a=b",
        ] {
            assert_eq!(at(url), Err("GraphUrl".to_owned()), "{url}");
        }
        let local = |id: &str, token: &str, version: &str| {
            let builder = Client::builder(id, token).graph_url("http://localhost");
            builder
                .version(version)
                .build()
                .map_err(|error| error.to_string())
        };
        assert!(local("1", "token", "v26.0").is_ok());
        for (id, token, version) in [
            ("", "token", "v26.0"),
            ("+263771", "token", "v26.0"),
            ("1/../2", "token", "v26.0"),
            ("1", "", "v26.0"),
            ("1", "to\nken", "v26.0"),
            ("1", "token", "26.0"),
            ("1", "token", "v26.0/1"),
        ] {
            assert!(local(id, token, version).is_err(), "{id} {token} {version}");
        }
    }

    #[test]
    fn token_can_be_renewed_and_is_never_shown() {
        let client = Client::builder("1", "first")
            .graph_url("http://localhost")
            .build()
            .unwrap();
        assert_eq!(client.token().expose_secret(), "first");
        client.clone().renew_access_token("second").unwrap();
        assert_eq!(client.token().expose_secret(), "second");
        assert!(client.renew_access_token("").is_err());
        assert_eq!(
            format!("{client:?}"),
            "Client { host: Some(\"localhost\"), .. }"
        );
    }
}
