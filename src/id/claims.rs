//! The times in a JSON Web Token.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

/// When a token was issued, and when it begins and ends; `None` if it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) issued_at: Option<SystemTime>,
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) expires_at: Option<SystemTime>,
}

impl Claims {
    /// The claims of a JSON Web Token, and none of an opaque text: the one rule for what is which.
    /// `None` if it is a JSON Web Token whose claims, or whose `exp`, cannot be read.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Some(Self::default());
        };
        if !decoded(header).is_some_and(|header| is_jwt_header(&header)) {
            return Some(Self::default());
        }
        let payload = decoded(payload)?;
        Payload::read(&payload)?.claims()
    }
}

/// Issuers that pad their base64url, or use the other base64, are common enough.
fn decoded(base64: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    );
    let base64url = base64
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
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

/// The last second of the year 9999, which every platform's clock can hold.
pub(super) const LAST_SECOND: u64 = 253_402_300_799;

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

#[cfg(test)]
pub(super) mod tests;
