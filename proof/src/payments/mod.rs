//! Histories with money: what is known of one when it is over, and what must hold then.

pub mod checks;
pub mod event;
pub mod evidence;
pub mod shop;

/// What fails beside workers, networks, the bank and the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Nothing.
    Server,
    /// The server of the sessions is killed and restarted.
    KilledServer,
    /// A replica that lacks the newest commits becomes the server.
    Failover,
    /// Sessions of two seconds expire.
    Expiry,
}

impl Setup {
    /// Its name on the command line, without the hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::KilledServer => "kill",
            Self::Failover => "failover",
            Self::Expiry => "expiry",
        }
    }
}
