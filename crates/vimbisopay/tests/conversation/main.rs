//! The VimbisoPay conversation, message by message, on the memory store.

mod accounts_api;
mod beginnings;
mod calls;
mod debug_output;
mod decisions;
mod harness;
mod kept_fields;
mod late_outcomes;
mod menus;
mod odd_api_data;
mod older_questions;
mod random_talk;
mod reading_order;
mod round_trips;
mod transitions;
