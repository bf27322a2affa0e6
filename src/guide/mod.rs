//! The guide: how to build a bot on this crate, chapter by chapter.
//!
//! 1. [Why](why): what goes wrong without this crate, and how it works
//! 2. [Your own conversation](conversation): stages, choices and data, from nothing
//! 3. [Menus and questions](menus): how an answer is read
//! 4. [Handling a message](handling): the path of a message, look-ups, duplicates, payments
//! 5. [After the commit](after_the_commit): payments and replies, each once
//! 6. [Errors and redelivery](errors): what to answer the channel
//! 7. [Tokens](tokens): calls to your API, refreshing, sealing
//! 8. [Redis](redis): set-up, keys, durability, TLS, clusters, rights
//! 9. [Testing](testing): without a store, with a paused clock, a store of your own
//! 10. [Production checklist](production): settings, alerts, limits, promises
//! 11. [On a channel](on_a_channel): WhatsApp, Telegram, workers, leases and alerts
//!
//! Two short ones are for those who come [from teloxide dialogues](from_teloxide) or [from the
//! Python original](from_python).
//!
//! The code of most chapters works on one small conversation, [a café](conversation#the-café) that
//! takes orders.

#[doc = include_str!("why.md")]
pub mod why {}

#[doc = include_str!("conversation.md")]
#[doc = "```"]
#[doc = include_str!("cafe.rs")]
#[doc = "```"]
pub mod conversation {}

#[doc = include_str!("menus.md")]
pub mod menus {}

#[doc = include_str!("handling.md")]
pub mod handling {}

#[doc = include_str!("after_the_commit.md")]
#[doc = "```"]
#[doc = include_str!("cafe_bot.rs")]
#[doc = "```"]
pub mod after_the_commit {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("tokens.md")]
pub mod tokens {}

#[doc = include_str!("redis.md")]
pub mod redis {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("production.md")]
pub mod production {}

#[doc = include_str!("on_a_channel.md")]
pub mod on_a_channel {}

#[doc = include_str!("from_teloxide.md")]
pub mod from_teloxide {}

#[doc = include_str!("from_python.md")]
pub mod from_python {}
