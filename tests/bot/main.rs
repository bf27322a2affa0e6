//! The bot: from the message to the payment and to the reply that the user reads.

mod bad_luck;
mod bank;
mod expiry;
mod field_faults;
mod payments;
mod phone;
mod pull;
mod reminders;
mod transfer;
