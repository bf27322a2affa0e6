//! What a store is given and answers, in the model's types.

use std::time::Duration;

use vimbiso_state::id::CallKey;
use vimbiso_state::store::{LeaseHolder, LeaseRequest, Outbox, QueuedReply, StoredCall, Work};

use super::answer::{Answer, Entry};

pub(super) fn key(n: usize) -> CallKey {
    format!("{n:032x}").parse().unwrap()
}

pub(super) fn lease(holder: LeaseHolder, length: u64) -> LeaseRequest {
    LeaseRequest {
        holder,
        length: seconds_of(length),
    }
}

pub(super) fn of_work(work: &Work) -> Entry {
    match work {
        Work::Reply(reply) => of_reply(reply),
        Work::Call(call) => of_call(call),
    }
}

fn of_reply(reply: &QueuedReply) -> Entry {
    Entry::Reply(reply.id, reply.attempt, reply.in_doubt)
}

pub(super) fn of_call(call: &StoredCall) -> Entry {
    Entry::Call(call.key, call.attempt, call.age.as_secs())
}

pub(super) fn read(outbox: Outbox) -> Answer {
    let entries = outbox.replies.iter().map(of_reply);
    let entries = entries.chain(outbox.call.as_ref().map(of_call)).collect();
    let wake_up = outbox.reminder;
    let wake_up = wake_up.map(|reminder| (reminder.version, rounded_up(reminder.after)));
    Answer::Read(entries, wake_up)
}

pub(super) fn seconds_of(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A server's clock goes on during a case, by less than a second, and it may add a millisecond.
pub(super) fn rounded_up(duration: Duration) -> u64 {
    duration.as_millis().saturating_sub(1).div_ceil(1000) as u64
}
