//! From the message to the payment and to the reply that the user reads: a bot for any
//! conversation.
//!
//! A host writes a [`Conversation`], a [`Service`] around its API, and a [`Channel`]. A [`Bot`]
//! does the rest: it looks facts up, decides, commits, makes the call, records its outcome, and
//! sends the replies, also after a crash. The guide's chapter
//! [after the commit](crate::guide::after_the_commit) says how.

mod answer;
mod builder;
mod calls;
mod catch;
mod channel;
mod conclusion;
mod conversation;
mod decision;
mod delete;
mod host;
mod idle;
mod lanes;
mod lost_call;
mod message;
mod outcome;
mod plan;
mod remembered;
mod replies;
mod report;
mod retry;
mod service;
mod wake_up;

pub use answer::Answer;

pub use builder::BotBuilder;
pub use channel::{Channel, Outgoing, Sent};
pub use conversation::{Conversation, Next};
pub use host::{Bot, Inbound};
pub use message::Delivered;
pub use outcome::Outcome;
pub use report::Report;
pub use service::{CallAnswer, Service};
