//! The VimbisoPay conversation, message by message, on the memory store.

mod announced_calls;
mod beginnings;

mod debug_output;
mod harness;
mod kept_fields;
mod menus;
mod odd_api_data;
mod older_questions;

mod random_talk;
mod reading_order;
mod round_trips;
mod transitions;
