//! The data of a session, and the flow that binds it to the stages and options.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::flow::{self, Flow};
use crate::vimbisopay::choice::Choice;
use crate::vimbisopay::profile::{Account, Profile, unless_empty};
use crate::vimbisopay::stage::Stage;

/// The VimbisoPay conversation, as a [`Flow`].
///
/// A bot that keeps more than [`State`] in a session has a flow of its own, with the same [`Stage`] and [`Choice`], and
/// this state flattened into its own.
#[derive(Debug, Clone, Copy)]
pub struct VimbisoPay;

impl Flow for VimbisoPay {
    type Stage = Stage;
    type Choice = Choice;
    type Data = State;

    fn member(state: &State) -> Option<flow::Member<'_>> {
        let member = state.profile.member.as_ref()?;
        Some(flow::Member {
            first_name: &member.first_name,
            last_name: &member.last_name,
        })
    }
}

/// The data of a VimbisoPay session. The default is `{}`.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::State;
///
/// let json = r#"{"page_number":2,"of_a_later_release":true}"#;
/// let state: State = serde_json::from_str(json)?;
/// assert_eq!(state.page_number, 2);
/// assert_eq!(serde_json::to_string(&state)?, json);
/// assert_eq!(serde_json::to_string(&State::default())?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Who the user is.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    pub profile: Profile,
    /// The account in use.
    #[serde(
        default,
        deserialize_with = "unless_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub current_account: Option<Account>,
    /// The page of transactions on display, from 1; 0 if there has been none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub page_number: u32,
    /// Fields that are not named here, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Shows whether there is a member and an account, and nothing about them.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("member", &self.profile.member.is_some())
            .field("account", &self.current_account.is_some())
            .field("page_number", &self.page_number)
            .finish_non_exhaustive()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}
