//! One history: its processes, its users, its faults, and what is left when all is done.

pub mod crew;
pub mod gateway;
pub mod plan;
mod process;
mod remains;
mod run;
mod screen;
pub mod server;
pub mod user;

pub use run::run;
