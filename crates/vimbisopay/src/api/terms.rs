//! The terms of an offer, as a user writes them: `amount=>handle`, `amount->handle`, `amount->handle=YYYY-MM-DD`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::redacted::shows_name_alone;

/// What an offer says, besides who makes it.
///
/// # Examples
/// ```
/// use vimbisopay::{InvalidTerms, OfferTerms, Security};
///
/// let terms: OfferTerms = "12.50 => Bob".parse()?;
/// assert_eq!((terms.amount.as_str(), terms.handle.as_str()), ("12.50", "bob"));
/// assert_eq!(terms.security, Security::Secured);
///
/// assert_eq!("12.50->bob=2026-02-29".parse::<OfferTerms>(), Err(InvalidTerms::Date));
/// # Ok::<(), InvalidTerms>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferTerms {
    /// How much.
    pub amount: Amount,
    /// To whom.
    pub handle: Handle,
    /// What stands behind it.
    pub security: Security,
}

/// What stands behind an offer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// The balance of the account: `=>`.
    Secured,
    /// A promise: `->`.
    Unsecured {
        /// The day it is due; the API's own rule where none is given.
        due: Option<Date>,
    },
}

shows_name_alone!(Security: Secured, Unsecured);

impl FromStr for OfferTerms {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        if let Some((amount, handle)) = text.split_once("=>") {
            return Ok(Self {
                amount: amount.parse()?,
                handle: handle.parse()?,
                security: Security::Secured,
            });
        }
        let (amount, rest) = text.split_once("->").ok_or(InvalidTerms::Form)?;
        let (handle, due) = match rest.split_once('=') {
            Some((handle, due)) => (handle, Some(due_date(due)?)),
            None => (rest, None),
        };
        Ok(Self {
            amount: amount.parse()?,
            handle: handle.parse()?,
            security: Security::Unsecured { due },
        })
    }
}

/// An amount of money above zero: at most 12 digits before the point and at most 2 behind it. Text, never a float.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(String);

impl FromStr for Amount {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        let text = text.trim();
        let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        let above_zero = text.bytes().any(|b| matches!(b, b'1'..=b'9'));
        let canonical = whole == "0" || !whole.starts_with('0');
        if digits(whole, 12) && digits(cents, 2) && canonical && above_zero {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTerms::Amount)
        }
    }
}

/// The handle of a member or an account: 3 to 30 of `a–z 0–9 . _ -`, in lower case whatever was written. A leading `@` is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

impl FromStr for Handle {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        let text = text.trim();
        let handle = text.strip_prefix('@').unwrap_or(text).to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (3..=30).contains(&handle.len()) && handle.bytes().all(allowed) {
            Ok(Self(handle))
        } else {
            Err(InvalidTerms::Handle)
        }
    }
}

/// Reads a day from the year 2000 on. jiff takes other forms too, such as `20301231`: here there is one.
pub(crate) fn due_date(text: &str) -> Result<Date, InvalidTerms> {
    let text = text.trim();
    let date: Date = text.parse().map_err(|_| InvalidTerms::Date)?;
    if date.year() >= 2000 && date.to_string() == text {
        Ok(date)
    } else {
        Err(InvalidTerms::Date)
    }
}

/// The terms of an offer that cannot be read. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTerms {
    /// It is not in the form of an offer.
    #[error("an offer is written like 12.50=>handle")]
    Form,
    /// The amount is none.
    #[error("an amount is above 0 and has at most 2 decimals, such as 12.50")]
    Amount,
    /// The handle is none.
    #[error("a handle has 3 to 30 letters, digits, dots, hyphens or underscores")]
    Handle,
    /// The date is none.
    #[error("a date is a day of the calendar, written like 2030-12-31")]
    Date,
}

/// Both texts share all but their rules.
macro_rules! validated_text {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        shows_name_alone!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidTerms;

            fn try_from(text: String) -> Result<Self, InvalidTerms> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}
validated_text!(Amount, Handle);
