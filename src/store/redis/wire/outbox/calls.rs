//! What the scripts of the outbox are asked.

use std::time::Duration;

use crate::id::CommitId;
use crate::session::Version;
use crate::store::redis::wire::keys::{Key, Keys};
use crate::store::redis::wire::script::{
    CORRECT, DUE, HINT, REMOVE, SETTLE, SHOW, ScriptCall, TAKE, WHEN, milliseconds,
};
use crate::store::{
    Delivery, EntryId, Lane, NewReply, OutboxChanges, Removal, Retry, SessionWrite, Settlement,
    Take, WakeUp,
};

/// What a commit is told of its outbox.
pub(crate) struct OutboxArgs<'a> {
    pub(crate) user: &'a str,
    pub(crate) commit: &'a CommitId,
    pub(crate) version: Version,
    pub(crate) changes: &'a OutboxChanges<'a>,
    /// The index, if it is in the same slot.
    pub(crate) index: Option<&'a str>,
    /// When the user is looked at, if the index is elsewhere and the commit relies on it.
    pub(crate) before: Option<i64>,
}

impl OutboxArgs<'_> {
    pub(in crate::store::redis::wire) fn keys(&self, keys: &Keys) -> Vec<String> {
        let outbox = [keys.name(Key::OUTBOX)];
        outbox
            .into_iter()
            .chain(self.index.map(str::to_owned))
            .collect()
    }

    /// Room for the arguments.
    pub(in crate::store::redis::wire) fn bytes(&self) -> usize {
        let reply = self.changes.reply.map_or(0, |reply| reply.body.len());
        let call = self.changes.call.map_or(0, |call| call.body.len());
        768 + reply + call
    }

    pub(in crate::store::redis::wire) fn add_to(&self, call: &mut ScriptCall) {
        let changes = self.changes;
        let reply = changes.reply.map(|reply| queued(self.commit, &reply));
        call.arg(self.options())
            .arg(self.user)
            .arg(self.version.to_string())
            .arg(reply.unwrap_or_default())
            .arg(changes.call.map_or(&[][..], |call| call.body));
    }

    /// In one argument, because each costs a script as much as a short command.
    fn options(&self) -> String {
        let changes = self.changes;
        let session = match changes.session {
            SessionWrite::Prolong => "prolong",
            SessionWrite::KeepExpiry => "keep",
            SessionWrite::Tombstone => "tombstone",
            SessionWrite::Nothing if changes.expects_session() => "checked",
            SessionWrite::Nothing => "nothing",
        };
        let concludes = word(changes.concludes);
        let only_if_sent = u8::from(changes.only_if_sent);
        let drop_shown = u8::from(changes.drop_shown);
        let pull = changes
            .reply
            .is_some_and(|reply| reply.delivery == Delivery::Pull);
        let pull = u8::from(pull);
        let call = word(changes.call.map(|call| call.key));
        let holder = word(changes.lease.map(|lease| lease.holder));
        let length = word(changes.lease.map(|lease| milliseconds(lease.length)));
        let (wake_up, with) = match changes.wake_up {
            WakeUp::Drop => ("drop", NONE.to_owned()),
            // A commit that writes no session makes no version to bind it to.
            WakeUp::Keep(Some(version)) if changes.session != SessionWrite::Nothing => {
                ("keep", version.to_string())
            }
            WakeUp::Keep(_) => ("keep", NONE.to_owned()),
            WakeUp::DropIf(version) => ("dropif", version.to_string()),
            WakeUp::After(time) => ("after", milliseconds(time).to_string()),
        };
        let before = word(self.before);
        // Only a conclusion needs a holder.
        let concluded_by = changes.concluded_by.filter(|_| changes.concludes.is_some());
        let concluded_by = word(concluded_by);
        format!(
            "{session} {concludes} {only_if_sent} {drop_shown} {pull} {call} {holder} {length} \
             {wake_up} {with} {before} {concluded_by}"
        )
    }
}

/// A word that is not there.
const NONE: &str = "-";

fn word(word: Option<impl ToString>) -> String {
    word.map_or_else(|| NONE.to_owned(), |word| word.to_string())
}

/// A reply as it is kept.
fn queued(id: &CommitId, reply: &NewReply<'_>) -> Vec<u8> {
    let to = reply.to.unwrap_or_default();
    let flag = if reply.is_outcome { 'o' } else { '-' };
    let mut kept = format!("{id} {flag} {} {to}", to.len()).into_bytes();
    kept.extend_from_slice(reply.body);
    kept
}

/// The call of `take`.
pub(crate) fn take(
    keys: &Keys,
    take: &Take,
    index: Option<&str>,
    user: &str,
    retention: u64,
) -> ScriptCall {
    let mut call = TAKE.call(&worked_on(keys, index), 320);
    call.arg(letter(take.lane))
        .arg(take.lease.holder.to_string())
        .arg(milliseconds(take.lease.length))
        .arg(retention)
        .arg(user);
    call
}

/// The call of `settle`.
pub(crate) fn settle(
    keys: &Keys,
    settlement: &Settlement,
    index: Option<&str>,
    user: &str,
    retention: u64,
) -> ScriptCall {
    let (lane, entry) = match settlement.entry {
        EntryId::Reply(id) => (Lane::Replies, id.to_string()),
        EntryId::Call(key) => (Lane::Call, key.to_string()),
    };
    let mut call = SETTLE.call(&worked_on(keys, index), 320);
    call.arg(letter(lane))
        .arg(settlement.holder.to_string())
        .arg(milliseconds(settlement.length))
        .arg(retention)
        .arg(user)
        .arg(entry);
    match settlement.retry {
        // At once is no whole millisecond.
        Some(Retry { after, in_doubt }) => call
            .arg(after.as_millis().min(1 << 45).to_string())
            .arg(u8::from(in_doubt)),
        None => call.arg("").arg(0),
    };
    call
}

/// The call of `read`, and of `show` if there is a list of replies to be left out.
pub(crate) fn show(keys: &Keys, leave_out: Option<&[CommitId]>, retention: u64) -> ScriptCall {
    let ids = leave_out.unwrap_or_default().iter();
    let ids: String = ids.map(|id| format!("{id} ")).collect();
    let mut call = SHOW.call(&[keys.name(Key::OUTBOX)], 64 + ids.len());
    call.arg(u8::from(leave_out.is_some()))
        .arg(retention)
        .arg(ids);
    call
}

/// The call of `remove`, and of `delete` if there is no removal: all of the user, unconditionally.
pub(crate) fn remove(
    keys: &Keys,
    removal: Option<Removal>,
    index: Option<String>,
    user: &str,
    retention: u64,
) -> ScriptCall {
    let all = Key::ALL.map(|key| keys.name(key));
    let count = all.len() + 1;
    // The outbox is among all of them again, which does no harm.
    let outbox = [keys.name(Key::OUTBOX)];
    let names: Vec<_> = outbox.into_iter().chain(all).chain(index).collect();
    let mut call = REMOVE.call(&names, 256);
    call.arg(count).arg(user).arg(retention).arg(match removal {
        None => "all".to_owned(),
        Some(Removal::Login) => "login".to_owned(),
        Some(Removal::User(call)) => word(call),
    });
    call
}

/// The call that looks for users for whom something is due, and claims them for this long.
pub(crate) fn due(index: &str, limit: usize, claim: Option<Duration>) -> ScriptCall {
    let mut call = DUE.call(&[index.to_owned()], 64);
    call.arg(limit)
        .arg(claim.map_or(String::new(), |claim| milliseconds(claim).to_string()));
    call
}

/// The call that says when a user is looked at.
pub(crate) fn hint(index: &str, user: &str, after: Duration) -> ScriptCall {
    let mut call = HINT.call(&[index.to_owned()], 128);
    call.arg(user).arg(milliseconds(after));
    call
}

/// What is corrected in the index.
pub(crate) struct Correction {
    pub(crate) member: Vec<u8>,
    /// The score of the claim; `None` if the entry was not claimed, and is only added.
    pub(crate) claim: Option<String>,
    /// The time in the outbox.
    pub(crate) time: Option<i64>,
}

/// The call that corrects entries of the index.
pub(crate) fn correct(index: &str, corrections: &[Correction]) -> ScriptCall {
    let mut call = CORRECT.call(&[index.to_owned()], 192 * corrections.len());
    for Correction {
        member,
        claim,
        time,
    } in corrections
    {
        call.arg(member.as_slice())
            .arg(claim.as_deref().unwrap_or_default())
            .arg(time.map_or(String::new(), |time| time.to_string()));
    }
    call
}

/// The call that asks when a user is due.
pub(crate) fn when(keys: &Keys) -> ScriptCall {
    WHEN.call(&[keys.name(Key::OUTBOX)], 32)
}

fn worked_on(keys: &Keys, index: Option<&str>) -> Vec<String> {
    let own = [Key::OUTBOX, Key::VERSION].map(|key| keys.name(key));
    own.into_iter().chain(index.map(str::to_owned)).collect()
}

fn letter(lane: Lane) -> &'static str {
    match lane {
        Lane::Replies => "r",
        Lane::Call => "c",
    }
}
