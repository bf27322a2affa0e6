//! The behaviours of the contract for outboxes.

pub(super) mod attempts;
pub(super) mod bystanders;
pub(super) mod calls;
pub(super) mod due;
pub(super) mod lanes;
pub(super) mod menus;
pub(super) mod one_step;
pub(super) mod own_commits;
pub(super) mod postponed;
pub(super) mod removals;
pub(super) mod replies;
mod requests;
pub(super) mod room;
pub(super) mod settlements;
pub(super) mod storage;
pub(super) mod wake_ups;
