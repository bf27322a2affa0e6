//! The outgoing side over real HTTP: the client, and a bot on the channel, against a simulated
//! Graph API.

mod client;
mod failures;
mod limits;
mod replies;
mod statuses;
mod talk;
