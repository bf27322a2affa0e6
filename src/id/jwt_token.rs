//! The bearer token of a user, kept out of every log.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A bearer token for the host's API.
///
/// Any text of 1 byte to 16 KiB of visible ASCII. `Debug` is redacted, there is no `Display` and no
/// serde; only [`expose`](Self::expose) gives the text. A store keeps tokens apart from session
/// data. Cheap to clone.
///
/// # When it ends
/// If the text is a JSON Web Token, its `exp`, `iat` and `nbf` are read. The signature is not
/// verified: whether the token is good is the API's to say. A JSON Web Token is three parts with
/// dots between them, the first of which is a JSON object with `alg`, in base64url with or without
/// padding; `alg` may be `none`, and the third part empty.
///
/// | `exp` | what it means |
/// |---|---|
/// | `1900000000`, `1900000000.9`, `1.9e9` | that second of 1970 and later; a fraction is cut off |
/// | `-1` | it ended long ago |
/// | `1e300` | it ends with the year 9999 |
/// | absent, `null` | it does not say |
/// | a text, `true`, a list, twice | [`InvalidToken::Malformed`]: nobody knows when it ends |
///
/// Every other text is opaque, an encrypted token (JWE, five parts) included: it does not say when
/// it ends. It is used as long as the store keeps it, which is the manager's TTL, or what its
/// source [states](crate::token::IssuedToken::expires_in).
///
/// # Examples
/// ```
/// use vimbiso_state::JwtToken;
///
/// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM4NjMyMDB9.c2ln")?;
/// assert_eq!(format!("{token:?}"), "JwtToken(redacted)");
/// let exp = token.expires_at().ok_or("no exp")?;
/// assert_eq!(exp.duration_since(std::time::UNIX_EPOCH)?.as_secs(), 1_763_863_200);
///
/// let opaque = JwtToken::new("gho_16C7e42F292c6912E7710c838347Ae178B4a")?;
/// assert_eq!(opaque.expires_at(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct JwtToken {
    text: Arc<str>,
    claims: Claims,
}

impl JwtToken {
    /// The longest token, in bytes.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Checks a text as its issuer gave it.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is empty, longer than 16 KiB, or contains anything but visible ASCII,
    /// or if it is a JSON Web Token whose `exp` cannot be read. A token that has expired is not
    /// refused here.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidToken> {
        let text = text.as_ref();
        if text.is_empty() || text.len() > Self::MAX_LEN {
            return Err(InvalidToken::Length { bytes: text.len() });
        }
        // A header field carries it, where a space or a line break would begin something else.
        if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic()) {
            return Err(InvalidToken::Character { at });
        }
        Ok(Self {
            claims: claims(text)?,
            text: text.into(),
        })
    }

    /// The text, for the `Authorization` header. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// When the token says it expires, in whole seconds. `None` if it has no `exp`, or is not a
    /// JSON Web Token.
    ///
    /// Reads the claim **without verifying the signature**: use it to know when to ask for a new
    /// token, never to trust one.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.claims.expires_at
    }

    pub(crate) fn claims(&self) -> Claims {
        self.claims
    }
}

/// When a token was issued, and when it begins and ends; `None` if it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) issued_at: Option<SystemTime>,
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) expires_at: Option<SystemTime>,
}

impl PartialEq for JwtToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JwtToken {}

impl fmt::Debug for JwtToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtToken(redacted)")
    }
}

/// Why a token is not accepted. Never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// It is empty or longer than [`JwtToken::MAX_LEN`].
    #[error("invalid token of {bytes} bytes: use 1 to {}", JwtToken::MAX_LEN)]
    Length {
        /// Its length.
        bytes: usize,
    },
    /// Its `exp` has passed by the clock of this machine, or its stated life is over.
    #[error(
        "the token has expired by the clock of this machine: check the clock, or state how long \
         the token lives (`IssuedToken::expires_in`)"
    )]
    Expired,
    /// It is a JSON Web Token whose claims, or whose `exp`, cannot be read.
    #[error(
        "invalid JSON Web Token: its claims must be a JSON object, and `exp` a number of seconds \
         since 1970 (any text that is no JSON Web Token is accepted as an opaque token)"
    )]
    Malformed,
    /// It contains a byte that is not visible ASCII.
    #[error("invalid token: byte {at} is not visible ASCII")]
    Character {
        /// The position of the first such byte.
        at: usize,
    },
}

/// Whether a text contains a JSON Web Token: three parts, of which the first is an object with
/// `alg`.
///
/// Takes linear time, and allocates only if something looks like the start of an object.
pub(crate) fn holds_jwt(text: &str) -> bool {
    let parts = || text.split('.');
    // Other text may precede the first part and follow the third, so only the second is checked
    // whole.
    parts()
        .zip(parts().skip(1))
        .zip(parts().skip(2))
        .any(|((first, payload), _)| {
            let header = unpadded(first)
                .rsplit(outside_base64url)
                .next()
                .unwrap_or_default();
            // `{` and a quotation mark or a space.
            // Cheap, and wrong for almost every text, so little is decoded.
            matches!(header.get(..2), Some("ey" | "ew"))
                && !unpadded(payload).contains(outside_base64url)
                && json_object(header).is_some_and(|header| header.contains_key("alg"))
        })
}

fn unpadded(base64url: &str) -> &str {
    base64url.trim_end_matches('=')
}

fn outside_base64url(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// The claims of a JSON Web Token; none of an opaque text. The one rule for what is which.
fn claims(text: &str) -> Result<Claims, InvalidToken> {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(_signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(Claims::default());
    };
    if !decoded(header).is_some_and(|header| is_jwt_header(&header)) {
        return Ok(Claims::default());
    }
    decoded(payload)
        .and_then(|payload| Payload::read(&payload)?.claims())
        .ok_or(InvalidToken::Malformed)
}

/// Issuers that pad their base64url, or use the other base64, are common enough.
fn decoded(base64: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    );
    let base64url = unpadded(base64).replace('+', "-").replace('/', "_");
    LENIENT.decode(base64url).ok()
}

fn is_jwt_header(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Header<'a> {
        #[serde(borrow)]
        alg: &'a RawValue,
    }
    let header: Option<Header<'_>> = object(json);
    header.is_some_and(|header| header.alg.get().starts_with('"'))
}

/// The times among the claims, as they are written: what a number becomes depends on the features
/// of `serde_json` that other crates of the build switch on.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    iat: Option<&'a RawValue>,
    #[serde(borrow)]
    nbf: Option<&'a RawValue>,
}

impl<'a> Payload<'a> {
    fn read(json: &'a [u8]) -> Option<Self> {
        object(json)
    }

    fn claims(&self) -> Option<Claims> {
        let date = |claim: Option<&RawValue>| claim.and_then(|claim| numeric_date(claim.get()));
        let expires_at = match self.exp {
            Some(exp) => Some(numeric_date(exp.get())?),
            None => None,
        };
        Some(Claims {
            issued_at: date(self.iat),
            not_before: date(self.nbf),
            expires_at,
        })
    }
}

/// Reads an object, and no list of the same fields.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let is_object = json.trim_ascii_start().starts_with(b"{");
    serde_json::from_slice(json).ok().filter(|_| is_object)
}

/// The last second of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// A NumericDate of RFC 7519: a number of seconds since 1970. A fraction is cut off. A date before
/// 1970 counts as its first second, one after 9999 as the last one. `None` if this is no number.
fn numeric_date(json: &str) -> Option<SystemTime> {
    let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let seconds = is_number.then(|| whole_seconds(json))?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds.min(LAST_SECOND)))
}

/// The whole part of a JSON number, digit by digit: a float would round the last second up.
fn whole_seconds(number: &str) -> u64 {
    if number.starts_with('-') {
        return 0;
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = |text: &str| text.bytes().all(|digit| digit == b'0');
    if zeros(whole) && zeros(fraction) {
        return 0;
    }
    // An exponent too large to be read is larger than any that matters.
    let exponent = exponent.parse().unwrap_or(match exponent.starts_with('-') {
        true => i64::MIN,
        false => i64::MAX,
    });
    let length = i64::try_from(whole.len()).unwrap_or(i64::MAX);
    let point = length.saturating_add(exponent);
    let digits = whole.bytes().chain(fraction.bytes());
    let digits = digits.chain(std::iter::repeat(b'0'));
    let mut seconds: u64 = 0;
    for digit in digits.take(usize::try_from(point).unwrap_or(0)) {
        seconds = seconds * 10 + u64::from(digit - b'0');
        if seconds > LAST_SECOND {
            return seconds;
        }
    }
    seconds
}

fn json_object(base64url: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(base64url).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            part(r#"{"alg":"HS256"}"#),
            part(payload),
            part("sig")
        )
    }

    fn jwt(payload: &str) -> JwtToken {
        JwtToken::new(text(payload)).unwrap()
    }

    fn at(second: u64) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
    }

    #[test]
    fn exp_is_read_however_the_number_is_spelled() {
        for (exp, second) in [
            ("7", 7),
            ("1795858426.88", 1_795_858_426),
            ("1795858426.9999999999999", 1_795_858_426),
            ("1900000000.0", 1_900_000_000),
            ("1.9e9", 1_900_000_000),
            ("19E8", 1_900_000_000),
            ("0.19e+10", 1_900_000_000),
            ("190000000099e-2", 1_900_000_000),
            ("0", 0),
            ("0.0e0", 0),
            ("0e999999999999999999999", 0),
            ("1e-999999999999999999999", 0),
            ("0.9", 0),
            ("-0", 0),
            ("-1", 0),
            ("-1.9e9", 0),
            ("253402300799", LAST_SECOND),
            ("253402300800", LAST_SECOND),
            ("1900000000000", LAST_SECOND),
            ("1e300", LAST_SECOND),
            ("1e400", LAST_SECOND),
            ("1e999999999999999999999", LAST_SECOND),
            ("18446744073709551615", LAST_SECOND),
            ("340282366920938463463374607431768211456", LAST_SECOND),
        ] {
            let payload = format!(r#"{{"exp":{exp}}}"#);
            assert_eq!(jwt(&payload).expires_at(), at(second), "{exp}");
        }
    }

    #[test]
    fn exp_is_found_among_any_other_claims() {
        for payload in [
            r#"{"sub":1e400,"exp":7}"#,
            "{\"\\u0065xp\":7}",
            " \n{ \"exp\" : 7 } ",
            r#"{"n":[[{"exp":9}]],"exp":7,"a":null}"#,
            &format!(
                r#"{{"deep":{}{},"exp":7}}"#,
                "[".repeat(500),
                "]".repeat(500)
            ),
            r#"{"iat":"soon","nbf":true,"exp":7}"#,
        ] {
            assert_eq!(jwt(payload).expires_at(), at(7), "{payload}");
        }
        for payload in ["{}", r#"{"exp":null}"#, r#"{"EXP":7}"#] {
            assert_eq!(jwt(payload).expires_at(), None, "{payload}");
        }
    }

    #[test]
    fn token_whose_end_cannot_be_read_is_refused() {
        for payload in [
            r#"{"exp":"7"}"#,
            r#"{"exp":true}"#,
            r#"{"exp":[7]}"#,
            r#"{"exp":{}}"#,
            r#"{"exp":7,"exp":1900000000}"#,
            r#"{"exp":NaN}"#,
            r#"{"exp":.5}"#,
            r#"{"exp":+7}"#,
            r#"{"exp":0x7}"#,
            "[7,7,7]",
            "[null,null,null]",
            "7",
            "\"exp\"",
            "null",
            "{",
            "",
        ] {
            let refused = JwtToken::new(text(payload));
            assert_eq!(refused, Err(InvalidToken::Malformed), "{payload}");
        }
    }

    #[test]
    fn unsigned_and_padded_tokens_are_read_too() {
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let token = jwt(r#"{"exp":7,"?":"\u00fb?>~"}"#);
        let [header, payload, signature] = token
            .expose()
            .split('.')
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let json = "{\"exp\":7,\"?\":\"\u{fb}??>>~~\" }";
        for text in [
            format!("{header}.{payload}."),
            format!("{header}.{payload}.!not-base64"),
            format!("{header}==.{payload}.{signature}="),
            format!("{header}.{}.{signature}", URL_SAFE.encode(json)),
            format!("{header}.{}.{signature}", STANDARD.encode(json)),
        ] {
            assert_eq!(JwtToken::new(&text).unwrap().expires_at(), at(7), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_opaque() {
        let token = jwt(r#"{"exp":7}"#);
        let (two, signature) = token.expose().rsplit_once('.').unwrap();
        let (header, payload) = two.split_once('.').unwrap();
        let header_of =
            |json: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(json));
        for text in [
            two.to_owned(),
            header.to_owned(),
            format!("{two}.{signature}.x"),
            format!("{header}.key.iv.ciphertext.tag"),
            header_of("{}"),
            header_of(r#"{"alg":null}"#),
            header_of(r#"["HS256"]"#),
            header_of("v2"),
            "v4.local.c2ln".into(),
            "gho_16C7e42F292c6912E7710c838347Ae178B4a".into(),
            "a.b.c".into(),
            "..".into(),
        ] {
            assert_eq!(JwtToken::new(&text).unwrap().claims(), Claims::default());
        }
    }

    #[test]
    fn start_and_end_are_read_by_one_rule() {
        let claims = jwt(r#"{"iat":5.5,"nbf":6e0,"exp":7}"#).claims();
        let expected = Claims {
            issued_at: at(5),
            not_before: at(6),
            expires_at: at(7),
        };
        assert_eq!(claims, expected);
    }

    proptest::proptest! {
        #[test]
        fn fraction_of_a_date_is_cut_off(second in 0..=LAST_SECOND, fraction in "[0-9]{0,30}") {
            let number = match fraction.as_str() {
                "" => second.to_string(),
                _ => format!("{second}.{fraction}"),
            };
            proptest::prop_assert_eq!(whole_seconds(&number), second);
        }

        #[test]
        fn exponent_moves_the_point(
            second in 1..=LAST_SECOND,
            fraction in "[0-9]{1,30}",
            shift in -40_i64..40,
        ) {
            // The same digits with the point elsewhere, and the exponent that moves it back.
            let digits = format!("{second}{fraction}");
            let length = i64::try_from(second.to_string().len()).unwrap();
            let at = length + shift;
            let number = if at <= 0 {
                let zeros = "0".repeat(usize::try_from(-at).unwrap());
                format!("0.{zeros}{digits}e{}", -shift)
            } else {
                let at = usize::try_from(at).unwrap();
                let digits = format!("{digits:0<at$}0");
                let (whole, fraction) = digits.split_at(at);
                format!("{whole}.{fraction}E{}", -shift)
            };
            proptest::prop_assert_eq!(whole_seconds(&number), second, "{}", number);
        }
    }

    #[test]
    fn token_outside_its_limits_is_refused() {
        assert_eq!(JwtToken::new(""), Err(InvalidToken::Length { bytes: 0 }));
        assert!(JwtToken::new("a".repeat(JwtToken::MAX_LEN)).is_ok());
        assert_eq!(
            JwtToken::new("a".repeat(JwtToken::MAX_LEN + 1)),
            Err(InvalidToken::Length {
                bytes: JwtToken::MAX_LEN + 1
            })
        );
        assert_eq!(
            JwtToken::new("Bearer x"),
            Err(InvalidToken::Character { at: 6 })
        );
    }

    #[test]
    fn jwt_is_found_in_a_text_and_a_version_number_is_not() {
        assert!(holds_jwt(jwt("{}").expose()));
        assert!(holds_jwt(&format!("Bearer {}", jwt("{}").expose())));
        for innocent in [
            "1.2.3",
            "a.b.c",
            "www.example.com",
            "wait... what",
            "e30.e30.e30",
            "",
        ] {
            assert!(!holds_jwt(innocent), "{innocent}");
        }
    }

    #[test]
    fn jwt_is_found_with_any_text_around_it() {
        let jwt = jwt("{}");
        let jwt = jwt.expose();
        for text in [
            format!("https://x/?token={jwt}"),
            format!("https://api.example.com/?a=b&jwt={jwt}&c=d"),
            format!("jwt={jwt}"),
            format!("my token is {jwt}."),
            format!("...{jwt}..."),
            format!("a.b.{jwt}.c.d"),
            format!("é{jwt}é"),
            jwt.replace(".e30.", ".e30=."),
            jwt.replace(".e30.", ".."),
            format!(
                "{}.e30.",
                URL_SAFE_NO_PAD.encode("{\n  \"alg\": \"none\"\n}")
            ),
        ] {
            assert!(holds_jwt(&text), "{text}");
        }
        let (header, _) = jwt.split_once('.').unwrap();
        for innocent in [
            header.to_owned(),
            format!("{header}.e30"),
            format!("{header}. Then. So."),
        ] {
            assert!(!holds_jwt(&innocent), "{innocent}");
        }
    }
}
