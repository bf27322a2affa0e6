//! The member and the account in use, in the form that the accounts API sends.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Implements `Debug` by the type's name alone, so that logs hold no names and no balances.
macro_rules! debug_name_only {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_name_only!(Profile, Member, Account);

/// The user's profile.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The member; `None` before the registration.
    #[serde(
        default,
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub member: Option<Member>,
    /// Fields that this release does not know, kept unchanged.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Profile {
    pub(crate) fn is_empty(&self) -> bool {
        self.member.is_none() && self.extra.is_empty()
    }
}

/// A registered member.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The id, a UUID in text.
    #[serde(rename = "memberID")]
    pub member_id: String,
    /// The first name.
    #[serde(rename = "firstname")]
    pub first_name: String,
    /// The last name.
    #[serde(rename = "lastname")]
    pub last_name: String,
    /// The handle, without the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_handle: Option<String>,
    /// The denomination of amounts, such as `USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_denom: Option<String>,
    /// The level of membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_tier: Option<i64>,
    /// The amount that the member may still offer today: a number, or null if there is no limit.
    #[serde(
        rename = "remainingAvailableUSD",
        default,
        deserialize_with = "as_it_came",
        skip_serializing_if = "Option::is_none"
    )]
    // A `Value`, so that a null survives: it means something else than an absent field.
    pub remaining_available_usd: Option<Value>,
    /// Fields that this release does not know, kept unchanged.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An account of a member.
///
/// The API may wrap the balances and the offers in `{success, data, message}`. They are kept
/// unchanged; [`unwrapped`] returns what is inside.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The id.
    #[serde(rename = "accountID")]
    pub account_id: String,
    /// The display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// The handle, without the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_handle: Option<String>,
    /// The denomination of its amounts, such as `USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_denom: Option<String>,
    /// Whether the member owns the account (true) or only acts for it (false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_owned_account: Option<bool>,
    /// The balances.
    #[serde(
        default,
        deserialize_with = "as_it_came",
        skip_serializing_if = "Option::is_none"
    )]
    pub balance_data: Option<Value>,
    /// The open offers to this account.
    #[serde(
        default,
        deserialize_with = "as_it_came",
        skip_serializing_if = "Option::is_none"
    )]
    pub pending_in_data: Option<Value>,
    /// The open offers of this account.
    #[serde(
        default,
        deserialize_with = "as_it_came",
        skip_serializing_if = "Option::is_none"
    )]
    pub pending_out_data: Option<Value>,
    /// Fields that this release does not know, kept unchanged.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Account {
    /// The name, or else the handle, or else the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.account_name
            .as_deref()
            .or(self.account_handle.as_deref())
            .unwrap_or(&self.account_id)
    }

    /// The denomination of its amounts, `USD` if it has none.
    #[must_use]
    pub fn denom(&self) -> &str {
        // The specification's default.
        self.default_denom.as_deref().unwrap_or("USD")
    }

    /// The secured balances, each with its denomination, such as `99.76 USD`.
    pub fn secured_balances(&self) -> impl Iterator<Item = &str> {
        // The API sends balances in two forms, and a session may hold either.
        let balances = self
            .balance_data
            .as_ref()
            .and_then(|data| unwrapped(data).get("securedNetBalancesByDenom"));
        balances
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// The net assets with their denomination, such as `80.26 USD`.
    #[must_use]
    pub fn net_assets(&self) -> Option<&str> {
        unwrapped(self.balance_data.as_ref()?)
            .get("netCredexAssetsInDefaultDenom")?
            .as_str()
    }
}

/// The `data` of a value wrapped as `{success, data, message}`, and any other value itself.
///
/// # Examples
/// ```
/// use serde_json::json;
/// use vimbiso_state::vimbisopay::unwrapped;
///
/// let wrapped = json!({"success": true, "data": [7], "message": "ok"});
/// assert_eq!(unwrapped(&wrapped), &json!([7]));
/// assert_eq!(unwrapped(&json!([7])), &json!([7]));
/// ```
#[must_use]
pub fn unwrapped(part: &Value) -> &Value {
    match (part.get("success"), part.get("data")) {
        (Some(_), Some(data)) => data,
        _ => part,
    }
}

/// Reads a field as `Some`, even if it is null.
fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    // `Option<Value>` would read null as `None`, and a commit would then drop the field.
    Value::deserialize(deserializer).map(Some)
}

/// Reads `{}`, which means absent in the specification, as `None`.
pub(crate) fn unless_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::Object(fields)) if fields.is_empty() => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(serde::de::Error::custom),
    }
}
