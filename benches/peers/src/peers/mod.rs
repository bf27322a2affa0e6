//! The same turn at every peer: read the session, change it, write it back.

pub mod bare;
pub mod memory;
pub mod ours;
pub mod teloxide;
pub mod tower;

use async_trait::async_trait;

/// Someone who keeps sessions.
#[async_trait]
pub trait Peer: Send + Sync {
    /// Reads the session of a user, changes it and writes it back; `n` is unlike any other.
    async fn turn(&self, user: usize, n: u64);
}

/// A peer, and what is said of it.
pub struct Entry {
    pub name: &'static str,
    /// What it guarantees of a turn.
    pub guarantees: &'static str,
    pub peer: Box<dyn Peer>,
}

impl Entry {
    pub fn new(name: &'static str, guarantees: &'static str, peer: impl Peer + 'static) -> Self {
        Self {
            name,
            guarantees,
            peer: Box::new(peer),
        }
    }
}

/// How many users there are.
pub const USERS: usize = 10_000;
/// How long a session lives, in seconds.
pub const TTL: u64 = 300;
