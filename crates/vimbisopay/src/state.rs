//! The bot's session: the specification's data, and what the bot adds to it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vimbiso_state::vimbisopay as spec;
use vimbiso_state::vimbisopay::{Account, Choice, Stage, VimbisoPay};
use vimbiso_state::{CommitId, Flow};

use crate::api::call::ApiCall;
use crate::api::data::Dashboard;
use crate::size_limit::fit;

/// The bot's conversation: the specification's stages and options, and a [`State`] that holds more than the
/// specification's.
#[derive(Debug, Clone, Copy)]
pub struct BotFlow;

impl Flow for BotFlow {
    type Stage = Stage;
    type Choice = Choice;
    type Data = State;

    fn member(state: &State) -> Option<vimbiso_state::Member<'_>> {
        VimbisoPay::member(&state.spec)
    }
}

/// A [`StateManager`](vimbiso_state::StateManager) of the bot's sessions.
pub type StateManager = vimbiso_state::StateManager<BotFlow>;
/// A [`CachedUser`](vimbiso_state::CachedUser) of the bot.
pub type CachedUser = vimbiso_state::CachedUser<BotFlow>;
/// A [`Turn`](vimbiso_state::Turn) of the bot's conversation.
pub type Turn = vimbiso_state::Turn<BotFlow>;

/// The data of a session. The default is `{}`.
///
/// # Examples
/// ```
/// use vimbisopay::State;
///
/// let json = r#"{"page_number":2,"of_a_later_release":true,"listed":["t3"]}"#;
/// let state: State = serde_json::from_str(json)?;
/// assert_eq!((state.spec.page_number, state.listed.len()), (2, 1));
/// assert_eq!(serde_json::to_string(&state)?, json);
/// assert_eq!(serde_json::to_string(&State::default())?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The specification's fields, and those that are not named here, kept as they came.
    #[serde(flatten)]
    pub spec: spec::State,
    /// The ids on the list that was shown last, in their order: a number in a reply is a position here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<String>,
    /// What a yes would ask of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<ApiCall>,
    /// What the API has been asked, until its result is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
}

/// Shows the stage of things, and nothing of whom or what they are about.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("spec", &self.spec)
            .field("listed", &self.listed.len())
            .field("draft", &self.draft)
            .field("pending", &self.pending)
            .finish()
    }
}

impl State {
    /// The account in use. There is one in every conversation that is under way.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.spec.current_account.as_ref()
    }

    /// The id of the account in use, empty if there is none.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.account()
            .map_or("", |account| account.account_id.as_str())
    }

    /// What to call the account in use.
    #[must_use]
    pub fn account_name(&self) -> &str {
        self.account().map_or("your account", Account::name)
    }

    /// The denomination of the account in use.
    #[must_use]
    pub fn denom(&self) -> &str {
        self.account().map_or("USD", Account::denom)
    }

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

    /// Takes over the member, and the account of this id; the first account if none has that id.
    ///
    /// A field that no session may hold is left out. So are, of more than 16 KiB of either, the largest fields.
    pub fn take_over(&mut self, dashboard: &Dashboard, account: Option<&str>) {
        let same = dashboard
            .accounts
            .iter()
            .find(|candidate| Some(candidate.account_id.as_str()) == account);
        self.spec.profile.member = Some(fit(&dashboard.member));
        self.spec.current_account = same.or(dashboard.accounts.first()).map(fit);
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
