//! The bot: from the message to the payment and to the reply that the user reads.

mod bad_luck;
mod expiry;
mod failed_conclusions;
mod field_faults;
mod menus;
#[cfg(feature = "redis")]
mod on_redis;
#[cfg(feature = "redis")]
mod payment_example;
mod payments;
mod pull;
mod refused_calls;
mod reminders;
mod resent_commits;
