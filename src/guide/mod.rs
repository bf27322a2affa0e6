//! The guide: how to build a bot on this crate, chapter by chapter.
//!
//! 1. [Why](why)
//! 2. [Your own conversation](conversation)
//! 3. [Menus and questions](menus)
//! 4. [Handling a message](handling)
//! 5. [Errors and redelivery](errors)
//! 6. [Tokens](tokens)
//! 7. [Redis](redis)
//! 8. [Testing](testing)
//! 9. [Production checklist](production)
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
