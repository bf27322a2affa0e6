//! Amounts in cents, and how they are written.

use crate::api::terms::Amount;

/// An amount with its denomination, such as `-12.50 USD`.
pub(crate) fn usd(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02} USD",
        cents.unsigned_abs() / 100,
        cents.unsigned_abs() % 100
    )
}

/// The cents of an amount; `None` if they are more than an `i64` holds.
pub(crate) fn cents(amount: &Amount) -> Option<i64> {
    let (whole, part) = amount
        .as_str()
        .split_once('.')
        .unwrap_or((amount.as_str(), "0"));
    // "5" after the point means 50 cents.
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)
}
