//! The buttons on each user's screen: a channel keeps those of earlier replies pressable.

use std::collections::HashMap;

use vimbiso_state::UserId;
use vimbiso_state::flow::QuestionId;
use vimbisopay::Reply;

#[derive(Default)]
pub(crate) struct Screen(HashMap<UserId, Vec<Reply>>);

impl Screen {
    pub(crate) fn show(&mut self, user: &UserId, reply: &Reply) {
        self.0.entry(user.clone()).or_default().push(reply.clone());
    }

    /// The id of the button below the last reply that has this name.
    pub(crate) fn last(&self, user: &UserId, name: &str) -> Option<String> {
        button(self.0.get(user)?.last()?, name)
    }

    /// The id of the newest button of this name below an earlier reply.
    pub(crate) fn earlier(&self, user: &UserId, name: &str) -> Option<String> {
        let replies = self.0.get(user)?.iter().rev();
        replies.skip(1).find_map(|reply| button(reply, name))
    }
}

fn button(reply: &Reply, name: &str) -> Option<String> {
    let mut ids = reply.buttons.iter().map(|button| &button.id);
    ids.find(|id| name_of(id) == name).cloned()
}

/// The name of a button, which is printed, without the question that it belongs to.
pub(crate) fn name_of(id: &str) -> &str {
    QuestionId::split(id).map_or(id, |(name, _)| name)
}
