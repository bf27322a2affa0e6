//! The VimbisoPay conversation, message by message, on the memory store.

mod announced_calls;
mod api_data;
mod debug_output;
mod harness;
mod kept_fields;
mod menus;
mod openings;
mod random_talk;
mod reading_order;
mod round_trips;
mod transitions;
