//! What happens after the commit: replies that are sent, and a call to a bank.
//!
//! One user, in one store that executes each script in one step; two processes, to which messages
//! are delivered; a bank, and a channel. The outbox has a slot for one call and a queue of replies,
//! and a lease for each of the two lanes. A process commits, works, settles, concludes the call,
//! and sweeps: it claims a wake-up that is due, reads the outbox, and takes what is free. The index
//! of the wake-ups is on the same server, or on another one, and then they are hints.
//!
//! Time is in ticks, relative to now, so that a run has no end and the states are finite. A process
//! works within its leases, unless it stops. The network loses answers, and delivers copies at any
//! time; the store expires, evicts, deletes, or falls back to what a replica knew.
//!
//! That no work is forgotten is a promise about every state: if the network, the bank and the
//! processes work from now on, and the user writes no more, then all work gets done
//! (`gets_done_if_left_alone`). It covers both a wake-up that is lost and work that goes round in a
//! circle.
//!
//! The faults that explain a reply that is shown twice: its process died or stopped between the
//! send and the settle, the channel's answer was lost, the settle came later than its lease, or the
//! store failed over.
//!
//! The model leaves out: calls that the bank refuses; a typed answer, gathered facts, reminders and
//! the notice of an expiry; a retention that ends, and limits of bytes; an index that loses a hint
//! while the store does not fail over; clocks that step. Commit ids are not evicted.
//!
//! Not promised: that a call is told whose announcement a failover has lost, unless the user
//! answers again; or one whose outbox and version line are both evicted; and that it takes effect
//! once if a process stops for longer than the bank knows its key.

mod action;
mod actions;
mod bank;
mod design;
mod lanes;
mod process;
mod promises;
mod quiet;
mod request;
mod scenario;
mod scenarios;
mod server;
mod sweep;
mod work;
mod world;

pub use action::Action;
pub use design::Design;
pub use process::Part;
pub use request::{Lane, Message, Question};
pub use scenario::{Faults, Index, Repeats, Says, Scenario, Ticks};
pub use scenarios::SCENARIOS;
pub use work::Effort;
pub use world::World;
