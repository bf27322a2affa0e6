//! The guide: how to bring a bot to WhatsApp or Telegram.
//!
//! 1. [On a channel](on_a_channel): from the account to the first real message, and what to watch
//! 2. [From teloxide dialogues](from_teloxide): what replaces what
//! 3. [From the Python original](from_python): what replaces what

#[doc = include_str!("on_a_channel.md")]
pub mod on_a_channel {}

#[doc = include_str!("from_teloxide.md")]
pub mod from_teloxide {}

#[doc = include_str!("from_python.md")]
pub mod from_python {}
