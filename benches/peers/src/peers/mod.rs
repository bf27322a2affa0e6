//! The same turn in every peer: read the session, change it, write it back.

pub mod bare;
pub mod memory;
pub mod ours;
pub mod teloxide;
pub mod tower;

use async_trait::async_trait;

/// A library that keeps sessions.
#[async_trait]
pub trait Peer: Send + Sync {
    /// Reads the session of a user, changes it and writes it back. Each turn has its own `n`.
    async fn turn(&self, user: usize, n: u64);
}

/// A peer and its description.
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

/// How many users have a session.
pub const USERS: usize = 10_000;
/// How long a session lives, in seconds.
pub const TTL: u64 = 300;
