//! The package over real connections: what comes in, what goes out, and a whole bot in processes
//! of its own.

mod bot;
mod incoming;
mod kiosk;
mod outgoing;
mod server;
mod world;
