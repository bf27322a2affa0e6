//! The terms of an offer, and how a user writes them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vimbiso_state::input;

use crate::redacted::debug_name_only;

/// The terms of an offer.
///
/// A user writes them in one line, and spaces around each part do not matter:
///
/// | text | meaning |
/// |---|---|
/// | `12.50=>handle` | secured |
/// | `12.50->handle` | unsecured |
/// | `12.50->handle=2030-12-31` | unsecured, with a due date |
///
/// # Examples
/// ```
/// use vimbisopay::{InvalidTerms, OfferTerms, Security};
///
/// let terms: OfferTerms = "12.50 => Bob".parse()?;
/// assert_eq!(terms.amount.as_str(), "12.50");
/// assert_eq!(terms.handle.as_str(), "bob");
/// assert_eq!(terms.security, Security::Secured);
///
/// assert_eq!("12.50->bob=2026-02-29".parse::<OfferTerms>(), Err(InvalidTerms::Date));
/// # Ok::<(), InvalidTerms>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferTerms {
    /// The amount, in the denomination of the offering account.
    pub amount: Amount,
    /// The handle of the account that the offer is made to.
    pub handle: Handle,
    /// Whether the offer is covered by a balance.
    pub security: Security,
}

/// Whether an offer is covered by a balance.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Covered by the balance of the account: `=>`.
    Secured,
    /// Not covered: `->`.
    Unsecured {
        /// The due date, in the year 2000 or later. The API applies its own rule if it is `None`.
        due: Option<Date>,
    },
}

debug_name_only!(Security: Secured, Unsecured);

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

/// An amount of money: above zero, with 1 to 12 digits before the point and at most 2 after it.
///
/// It is kept as text and never becomes a float, so no digit is lost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(String);

impl FromStr for Amount {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        let text = input::trim(text);
        let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        let above_zero = text.bytes().any(|b| matches!(b, b'1'..=b'9'));
        // One spelling for each amount, so that two confirmations of an offer look the same.
        let canonical = whole == "0" || !whole.starts_with('0');
        if digits(whole, 12) && digits(cents, 2) && canonical && above_zero {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTerms::Amount)
        }
    }
}

/// The handle of a member or an account: 3 to 30 of `a–z 0–9 . _ -`.
///
/// Upper case is read as lower case, and a leading `@` is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

impl FromStr for Handle {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        let text = input::trim(text);
        let handle = text.strip_prefix('@').unwrap_or(text).to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (3..=30).contains(&handle.len()) && handle.bytes().all(allowed) {
            Ok(Self(handle))
        } else {
            Err(InvalidTerms::Handle)
        }
    }
}

/// Reads a day from the year 2000 on, written as `YYYY-MM-DD`.
pub(crate) fn due_date(text: &str) -> Result<Date, InvalidTerms> {
    let text = input::trim(text);
    let date: Date = text.parse().map_err(|_| InvalidTerms::Date)?;
    // `Date::from_str` accepts other forms too, such as `20301231`.
    if date.year() >= 2000 && date.to_string() == text {
        Ok(date)
    } else {
        Err(InvalidTerms::Date)
    }
}

/// Why the terms of an offer cannot be read. The message never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTerms {
    /// The text has neither `=>` nor `->`.
    #[error("an offer is written like 12.50=>handle")]
    Form,
    /// The amount is not valid; see [`Amount`].
    #[error("an amount is above 0 and has at most 2 decimals, such as 12.50")]
    Amount,
    /// The handle is not valid; see [`Handle`].
    #[error("a handle has 3 to 30 letters, digits, dots, hyphens or underscores")]
    Handle,
    /// The due date is not valid; see [`Security::Unsecured`].
    #[error("a date is a day of the calendar, written like 2030-12-31")]
    Date,
}

/// What the two validated texts have in common.
macro_rules! validated_text {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        debug_name_only!($name);

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
