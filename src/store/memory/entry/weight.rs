//! About how many bytes are kept of one user.

use tokio::time::Instant;

use super::outbox::adds;
use super::{Entry, Rest};
use crate::id::CommitId;
use crate::session::Record;
use crate::store::memory::outbox::UserOutbox;
use crate::store::{CommitRequest, CommitStatus, OutboxChanges, SessionWrite};

impl Entry {
    /// About how many bytes this takes: the texts, and a fixed sum for what surrounds them.
    pub(in crate::store::memory) fn weight(&self) -> usize {
        let record = self.newest.as_ref().map(|newest| &newest.record);
        let record = record.map_or(0, |record| record_weight(record));
        let rest = self.rest.as_ref().map_or(0, |rest| {
            let token = rest.token.as_ref();
            let outbox = rest.outbox.as_ref();
            size_of::<Rest>()
                + token.map_or(0, |(token, _)| token.expose().len())
                + outbox.map_or(0, |outbox| outbox.weight())
                + rest.commits.len() * Self::COMMIT_WEIGHT
                + rest.replies
        });
        Self::FIXED_WEIGHT + record + rest
    }

    /// About how many bytes a commit adds at most, given what it replaces.
    pub(in crate::store::memory) fn growth(
        &self,
        request: &CommitRequest<'_>,
        write: SessionWrite,
    ) -> usize {
        let reply = request.reply.map_or(0, <[u8]>::len);
        if write == SessionWrite::Nothing {
            return reply + Self::COMMIT_WEIGHT;
        }
        let replaced = self.newest.as_ref().map(|newest| &newest.record);
        let replaced = replaced.map_or(0, |record| record_weight(record));
        let ids = Self::COMMIT_WEIGHT * (1 + usize::from(request.reply.is_some()));
        let added = record_weight(request.record) + reply + ids;
        added.saturating_sub(replaced)
    }

    /// About how many bytes a commit with changes to the outbox adds at most.
    pub(in crate::store::memory) fn growth_with(
        &self,
        request: &CommitRequest<'_>,
        changes: &OutboxChanges<'_>,
    ) -> usize {
        let has_outbox = self.rest.as_ref().is_some_and(|rest| rest.outbox.is_some());
        let outbox = match adds(changes) && !has_outbox {
            true => UserOutbox::FIXED_WEIGHT,
            false => 0,
        };
        self.growth(request, changes.session) + outbox + UserOutbox::growth(changes)
    }

    /// What a user takes besides texts and recorded commits: the entry, the user id, and the slot
    /// in the map.
    // 112: the id's text and count, the slot in the map, and what an allocator adds.
    pub(in crate::store::memory) const FIXED_WEIGHT: usize = size_of::<Self>() + 112;
    /// What a recorded commit id takes besides its reply: a map is half empty on average.
    pub(in crate::store::memory) const COMMIT_WEIGHT: usize =
        size_of::<(CommitId, CommitStatus, Instant)>() * 3 / 2;
}

fn record_weight(record: &Record) -> usize {
    let menu = record.menu.as_ref().map_or(0, |menu| menu.len());
    size_of::<Record>() + record.data.len() + menu
}
