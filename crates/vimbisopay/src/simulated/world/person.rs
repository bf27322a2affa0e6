//! The members.

use vimbiso_state::UserId;
use vimbiso_state::vimbisopay::Member;

use crate::api::records::Party;

pub(crate) struct Person {
    /// `None` for the members that are no users of this bot.
    pub(crate) user: Option<UserId>,
    pub(crate) id: String,
    pub(crate) first_name: String,
    /// Empty if the person has only one name.
    pub(crate) last_name: String,
    pub(crate) handle: String,
}

impl Person {
    pub(crate) fn party(&self) -> Party {
        Party {
            id: self.id.clone(),
            handle: self.handle.clone(),
            name: full_name(&self.first_name, &self.last_name),
        }
    }

    /// The member as the API sends it.
    pub(crate) fn member(&self) -> Member {
        Member {
            member_id: self.id.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            member_handle: Some(self.handle.clone()),
            default_denom: Some("USD".into()),
            member_tier: Some(1),
            ..Member::default()
        }
    }
}

pub(crate) fn full_name(first_name: &str, last_name: &str) -> String {
    format!("{first_name} {last_name}").trim_end().to_owned()
}
