//! Whether a webhook was sent by Meta.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The app secret of the Meta app, with which it signs its webhooks.
///
/// `Debug` shows nothing of it, and it is wiped when dropped.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::AppSecret;
///
/// let secret = AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99")?;
/// assert_eq!(format!("{secret:?}"), "AppSecret(…)");
/// assert!(AppSecret::new("").is_err());
/// # Ok::<(), vimbiso_whatsapp::InvalidAppSecret>(())
/// ```
#[derive(Clone)]
pub struct AppSecret(SecretString);

impl AppSecret {
    /// Takes the secret as the App Dashboard shows it, under App settings, Basic.
    ///
    /// # Errors
    /// [`InvalidAppSecret`] if it is empty, or holds spaces or line ends, as a file may end with:
    /// then no webhook would ever pass, or, with an empty one, any.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, InvalidAppSecret> {
        let secret = secret.as_ref();
        if secret.is_empty() || secret.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidAppSecret(()));
        }
        Ok(Self(secret.into()))
    }

    fn mac(&self) -> Result<Hmac<Sha256>, InvalidSignature> {
        // HMAC takes keys of any length, so this never fails.
        Hmac::new_from_slice(self.0.expose_secret().as_bytes()).map_err(|_| InvalidSignature(()))
    }

    /// The header `X-Hub-Signature-256` for this body, as Meta writes it: for tests and simulated
    /// deliveries.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::{AppSecret, verify};
    ///
    /// let secret = AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99")?;
    /// let signature = secret.sign(b"{}");
    /// assert!(verify(&secret, b"{}", &signature).is_ok());
    /// # Ok::<(), vimbiso_whatsapp::InvalidAppSecret>(())
    /// ```
    #[must_use]
    pub fn sign(&self, raw_body: &[u8]) -> String {
        let Ok(mut mac) = self.mac() else {
            return String::new();
        };
        mac.update(raw_body);
        format!("{PREFIX}{}", hex::encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(…)")
    }
}

const PREFIX: &str = "sha256=";

/// Checks that a webhook was sent by Meta: that its header `X-Hub-Signature-256` is the HMAC of the
/// raw body. The comparison takes the same time wherever the two differ.
///
/// The body must be the bytes as they came. JSON that is read and written again has another
/// signature.
///
/// # Errors
/// [`InvalidSignature`] if the header is not `sha256=` and 64 hexadecimal digits, or is that of
/// another body or secret.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::{AppSecret, verify};
///
/// let secret = AppSecret::new("secret")?;
/// let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
/// let header = "sha256=4ff26cb7e56d3e7d3d3a4a9a6a44f0d0dd6dd0d6b8cbd5b5e31b5f7f7f1c5a5e";
/// assert!(verify(&secret, body, header).is_err());
/// assert!(verify(&secret, body, &secret.sign(body)).is_ok());
/// # Ok::<(), vimbiso_whatsapp::InvalidAppSecret>(())
/// ```
pub fn verify(
    app_secret: &AppSecret,
    raw_body: &[u8],
    signature_header: &str,
) -> Result<(), InvalidSignature> {
    let digits = signature_header.strip_prefix(PREFIX);
    let signature = digits.and_then(|digits| hex::decode(digits).ok());
    let signature = signature.ok_or(InvalidSignature(()))?;
    let mut mac = app_secret.mac()?;
    mac.update(raw_body);
    mac.verify_slice(&signature)
        .map_err(|_| InvalidSignature(()))
}

/// Compares two secrets in constant time; their lengths may show.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A webhook was not signed with this app secret. It says no more, so that it helps no forger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature of the webhook does not match its body and the app secret")]
pub struct InvalidSignature(());

/// A text is not an [`AppSecret`]. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid app secret: it is empty or holds spaces; copy it from the App Dashboard")]
pub struct InvalidAppSecret(());

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> AppSecret {
        AppSecret::new("key").unwrap()
    }

    #[test]
    fn known_signature_is_accepted() {
        // The well-known example of HMAC-SHA256.
        let body = b"The quick brown fox jumps over the lazy dog";
        let header = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(verify(&secret(), body, header), Ok(()));
        assert_eq!(
            verify(
                &secret(),
                body,
                &header.to_uppercase().replace("SHA", "sha")
            ),
            Ok(())
        );
        assert_eq!(secret().sign(body), header);
        // printf '{}' | openssl dgst -sha256 -hmac secret
        let meta = AppSecret::new("secret").unwrap();
        let of_openssl = "sha256=77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13";
        assert_eq!(meta.sign(b"{}"), of_openssl);
    }

    #[test]
    fn any_other_signature_is_refused() {
        let body = b"{\"a\":1}";
        let good = secret().sign(body);
        let other = AppSecret::new("kez").unwrap();
        for header in [
            String::new(),
            "sha256=".to_owned(),
            good[PREFIX.len()..].to_owned(),
            good.replace("sha256=", "sha1="),
            good.replace("sha256=", "SHA256="),
            good[..good.len() - 2].to_owned(),
            format!("{good}00"),
            format!(" {good}"),
            format!("{good} "),
            other.sign(body),
            "sha256=zz".to_owned(),
            "sha256=é".to_owned(),
        ] {
            assert_eq!(
                verify(&secret(), body, &header),
                Err(InvalidSignature(())),
                "{header}"
            );
        }
        assert!(verify(&secret(), b"{\"a\": 1}", &good).is_err());
        assert!(verify(&secret(), b"", &good).is_err());
    }

    #[test]
    fn each_changed_bit_is_noticed() {
        let body = b"{}".to_vec();
        let good = secret().sign(&body);
        let mac = hex::decode(&good[PREFIX.len()..]).unwrap();
        for bit in 0..mac.len() * 8 {
            let mut changed = mac.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let header = format!("{PREFIX}{}", hex::encode(changed));
            assert!(verify(&secret(), &body, &header).is_err(), "{bit}");
        }
    }

    #[test]
    fn secret_with_spaces_is_refused() {
        for bad in ["", " ", "abc\n", "a b", "\u{a0}abc"] {
            assert!(AppSecret::new(bad).is_err(), "{bad:?}");
        }
        assert!(!format!("{:?}", secret()).contains("key"));
    }
}
