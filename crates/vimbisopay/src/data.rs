//! The data of the bot's session: the specification's fields and three of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use vimbiso_state::input;
use vimbiso_state::vimbisopay as spec;
use vimbiso_state::vimbisopay::{Account, Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::records::Dashboard;
use crate::size_limit::limited;

/// The data of a session. The default is `{}`.
///
/// # Examples
/// ```
/// use vimbisopay::Data;
///
/// let json = r#"{"page_number":2,"of_a_later_release":true,"listed":["t3"]}"#;
/// let data: Data = serde_json::from_str(json)?;
/// assert_eq!(data.spec.page_number, 2);
/// assert_eq!(data.pick_listed("1"), Some("t3"));
/// assert_eq!(serde_json::to_string(&data)?, json);
/// assert_eq!(serde_json::to_string(&Data::default())?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The specification's fields, and those that this release does not know.
    #[serde(flatten)]
    pub spec: spec::Data,
    /// The ids on the list that was shown last: the number n in a reply means the n-th of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<String>,
    /// The call that a yes would make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<ApiCall>,
    /// Where a refusal of the call leads that the session waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<Place>,
}

/// A stage, and an option within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The stage.
    pub stage: Stage,
    /// The option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<Choice>,
}

/// Shows which fields are set, and no personal data.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("spec", &self.spec)
            .field("listed", &self.listed.len())
            .field("draft", &self.draft)
            .field("back_to", &self.back_to)
            .finish()
    }
}

impl Data {
    /// The account in use. A conversation past the registration has one.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.spec.current_account.as_ref()
    }

    /// The id of the account in use, empty if no account is in use.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.account()
            .map_or("", |account| account.account_id.as_str())
    }

    /// The display name of the account in use, `your account` if no account is in use.
    #[must_use]
    pub fn account_name(&self) -> &str {
        self.account().map_or("your account", Account::name)
    }

    /// The denomination of the account in use, `USD` if no account is in use.
    #[must_use]
    pub fn denom(&self) -> &str {
        self.account().map_or("USD", Account::denom)
    }

    /// The id that a reply selects from the list shown last: by its number from 1, or by the id
    /// itself.
    #[must_use]
    pub fn pick_listed(&self, reply: &str) -> Option<&str> {
        let index = input::pick(reply, self.listed.iter().map(String::as_str))?;
        self.listed.get(index).map(String::as_str)
    }

    /// Stores the member and the account with this id, or the first account if none has it.
    ///
    /// A field that no session may hold is left out. If the member or the account fills more than
    /// 16 KiB, its largest fields are left out until it fits.
    pub fn set_member_and_account(&mut self, dashboard: &Dashboard, account: Option<&str>) {
        let same = dashboard
            .accounts
            .iter()
            .find(|candidate| Some(candidate.account_id.as_str()) == account);
        self.spec.profile.member = Some(limited(&dashboard.member));
        self.spec.current_account = same.or(dashboard.accounts.first()).map(limited);
    }
}
