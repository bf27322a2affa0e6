//! The outbox: what its scripts are asked, and what they reply.
//!
//! The hash itself is described where it is written, in `lua/outbox.lua`. A reply is kept as
//!
//! ```text
//! 2c26..4134 o 6 chat 7"You have paid."
//! │          │ │ │     └ body
//! │          │ │ └ destination
//! │          │ └ bytes of the destination
//! │          └ `o` if it tells the outcome of a call, `r` if a newer one replaces it, else `-`
//! └ commit that added it
//! ```

mod calls;
mod replies;

pub(crate) use calls::{
    Correction, OutboxArgs, correct, due, hint, remove, settle, show, take, when,
};
pub(crate) use replies::{
    Claims, CommitReply, claims, commit_reply, due_member, is_unreadable, names, number, outbox,
    settled, taken, times,
};
