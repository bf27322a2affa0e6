//! All that is known of a history when it is over. Times are in milliseconds since 1970.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Setup;
use super::event::Event;
use super::shop::{Payment, Reply};

/// What happened, as each part noted it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The seed of its plan.
    pub seed: u64,
    /// What failed.
    pub setup: Setup,
    /// The messages of all users.
    pub sent: Vec<Sent>,
    /// What the channel has shown or rejected, in this order.
    pub shown: Vec<Shown>,
    /// The ledger of the bank.
    pub paid: Vec<Paid>,
    /// What happened to the workers and the server, and what the bots reported.
    pub events: Vec<Event>,
    /// Whether the store knows each commit at the end, by its id.
    pub applied: HashMap<String, bool>,
    /// What was left in the outboxes, with its user.
    pub pending: Vec<(String, String)>,
    /// How often each kind of mishap of a network occurred.
    pub mishaps: Vec<(&'static str, u64)>,
    /// How long it took until nothing was left, from the end of the faults.
    pub quiet_after: Duration,
}

/// A message of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// The user's id.
    pub user: String,
    /// Its id.
    pub id: String,
    /// What the user typed, or the id of the button.
    pub text: String,
}

/// A message, and what became of it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When.
    pub at: u64,
    /// The message.
    pub message: Message,
    /// The id of its commit, and of the reply to it.
    pub commit_id: String,
    /// When a worker said that it has taken effect.
    pub acknowledged: Option<u64>,
    /// How often it was delivered.
    pub deliveries: u32,
}

/// A reply that a worker sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sending {
    /// The worker.
    pub worker: usize,
    /// The user's id.
    pub user: String,
    /// The id of the reply.
    pub id: String,
    /// The reply.
    pub reply: Reply,
    /// Whether it tells the outcome of a call.
    pub is_outcome: bool,
    /// Whether the user may have read it before.
    pub may_repeat: bool,
}

/// A reply that the channel has shown or rejected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    /// When.
    pub at: u64,
    /// Rejected, and so not shown.
    pub rejected: bool,
    /// The reply.
    #[serde(flatten)]
    pub sending: Sending,
}

/// A payment in the ledger of the bank.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paid {
    /// When.
    pub at: u64,
    /// The user's id.
    pub user: String,
    /// The idempotency key.
    pub key: String,
    /// What was to be paid.
    pub payment: Payment,
}
