//! The VimbisoPay conversation, message by message, on the memory store.
#![cfg(feature = "vimbisopay")]

mod announced_calls;
mod api_data;
mod harness;
mod kept_fields;
mod menus;
mod openings;
mod random_talk;
mod reading_order;
mod transitions;
