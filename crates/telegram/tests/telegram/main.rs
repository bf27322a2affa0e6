//! The channel over real HTTP, against the simulated Bot API.
#![allow(missing_docs)]

mod example;
mod kills;
mod leaks;
mod polling;
mod sending;
mod shapes;
mod shop;
mod two_processes;
mod webhook;
mod world;
