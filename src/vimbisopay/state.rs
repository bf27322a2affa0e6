//! What a VimbisoPay conversation remembers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::profile::unless_empty;
use super::{Account, ApiCall, Choice, Profile, Stage};
use crate::id::CommitId;

/// What a VimbisoPay conversation remembers. The default is `{}`.
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
    /// The page of transactions that is shown, from 1; 0 where none has been.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub page_number: u32,
    /// The ids on the list that was shown last, in their order: a number in a reply is a position here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<String>,
    /// What a yes would ask of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<ApiCall>,
    /// What the API has been asked, until its result is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Fields that are not named here, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Shows how things stand, and nothing of whom or what they are about.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("member", &self.profile.member.is_some())
            .field("account", &self.current_account.is_some())
            .field("page_number", &self.page_number)
            .field("listed", &self.listed.len())
            .field("draft", &self.draft)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

impl State {
    /// The id that a reply means on the list shown last: by its number from 1, or by the id itself.
    #[must_use]
    pub fn pick_listed(&self, reply: &str) -> Option<&str> {
        let by_number = reply
            .parse::<usize>()
            .ok()
            .and_then(|number| self.listed.get(number.checked_sub(1)?));
        by_number
            .or_else(|| self.listed.iter().find(|id| *id == reply))
            .map(String::as_str)
    }
}

/// A call that a turn has announced and committed before it was made.
///
/// Whoever finds it makes the call under `key`, which is the same however often it is made.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The id of the commit that announced it: the call's idempotency key.
    pub key: CommitId,
    /// The call.
    pub call: ApiCall,
    /// Where a refusal leads back to.
    pub stage: Stage,
    /// The option there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<Choice>,
    /// What the user is to be told first, whatever the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Fields that are not named here, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("key", &self.key)
            .field("call", &self.call)
            .field("stage", &self.stage)
            .field("option", &self.option)
            .finish_non_exhaustive()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}
