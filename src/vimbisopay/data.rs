//! The data of a session, and the flow that combines it with the stages and choices.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::assert_menu;
use crate::flow::{self, Flow};
use crate::vimbisopay::choice::{Choice, TIER_1, TIER_2};
use crate::vimbisopay::profile::{Account, Profile, unless_empty};
use crate::vimbisopay::stage::Stage;

/// The VimbisoPay conversation, as a [`Flow`].
///
/// A bot that stores more than [`Data`] in a session defines a flow of its own with the same
/// [`Stage`] and [`Choice`], and flattens this `Data` into its own (`#[serde(flatten)]`).
#[derive(Debug, Clone, Copy)]
pub struct VimbisoPay;

impl Flow for VimbisoPay {
    const NAME: &'static str = "vimbisopay";

    type Stage = Stage;
    type Choice = Choice;
    type Data = Data;

    fn member(data: &Data) -> Option<flow::Member<'_>> {
        let member = data.profile.member.as_ref()?;
        Some(flow::Member {
            first_name: &member.first_name,
            last_name: &member.last_name,
        })
    }
}

assert_menu!(VimbisoPay, TIER_1, [Stage::Menu]);
assert_menu!(VimbisoPay, TIER_2, [Stage::Menu]);

/// The data of a VimbisoPay session. The default is `{}`.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::Data;
///
/// let json = r#"{"page_number":2,"of_a_later_release":true}"#;
/// let data: Data = serde_json::from_str(json)?;
/// assert_eq!(data.page_number, 2);
/// assert_eq!(serde_json::to_string(&data)?, json);
/// assert_eq!(serde_json::to_string(&Data::default())?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The member, if the user is registered.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    pub profile: Profile,
    /// The account in use.
    #[serde(
        default,
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub current_account: Option<Account>,
    /// The page of transactions shown last, from 1; 0 before the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub page_number: u32,
    /// Fields that this release does not know, kept unchanged.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Shows whether there is a member and an account, and no personal data.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("member", &self.profile.member.is_some())
            .field("account", &self.current_account.is_some())
            .field("page_number", &self.page_number)
            .finish_non_exhaustive()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_zero(number: &u32) -> bool {
    *number == 0
}
