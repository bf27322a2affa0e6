//! The outbox: what is to be done after a commit, and who does it.
//!
//! An outbox has two lanes, each with a lease of its own: a queue of replies, and a slot for one
//! call. A call that takes long keeps no reply waiting.

mod changes;
mod outbox_store;
mod outcome;
mod removal;
mod work;

pub use changes::{Delivery, LeaseRequest, NewCall, NewReply, OutboxChanges, SessionWrite, WakeUp};
pub use outbox_store::OutboxStore;
pub use outcome::{LaneState, OutboxCommit, OutboxRefusal};
pub use removal::Removal;
pub use work::{
    Due, EntryId, Lane, Outbox, QueuedReply, Reminder, Retry, Settled, Settlement, StoredCall,
    Take, Taken, Work,
};
