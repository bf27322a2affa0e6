//! What a webhook of WhatsApp says: [`parse`] reads the body, and [`Event`] is one thing in it.
//!
//! Meta sends several messages and statuses in one webhook, adds fields and kinds of messages at
//! any time, and leaves out fields that were always there. So each object is read on its own and
//! each field is optional: an odd message becomes [`Content::Unknown`], and the others are not
//! affected.

mod content;
mod id_change;
mod message;
mod object;
mod parse;
mod sender;
mod status;

pub use content::{
    Content, Form, Location, Media, MediaKind, Order, OrderItem, Reaction, Selection,
    SelectionKind, SharedContact,
};
pub use id_change::{IdChange, IdKind};
pub use message::{Context, Message};
pub use parse::{Event, Malformed, parse};
pub use sender::Sender;
pub use status::{ErrorReport, State, Status};
