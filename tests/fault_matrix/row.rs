//! One row: a fault, how it comes and goes, and what each call must return.

use std::time::Duration;

use crate::injection::Act;

/// What is called while the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Load,
    Commit,
    Resolve,
    Delete,
    /// The store of another process connects.
    Connect,
}

impl Call {
    pub const ALL: [Self; 5] = [
        Self::Load,
        Self::Commit,
        Self::Resolve,
        Self::Delete,
        Self::Connect,
    ];
}

/// What a call returned, or the kind of its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The session as it was before the fault.
    Live,
    /// An earlier version of the session.
    Earlier,
    New,
    /// A corrupt session, with which a turn goes on as `Recovered`.
    Recovered,
    NewerFormat,
    Expired,
    Applied,
    Duplicate,
    Conflict,
    Fenced,
    Deleted,
    Connected,
    /// The caller has dropped the future.
    Dropped,
    Unavailable,
    OverCapacity,
    Denied,
    Misconfigured,
    Corrupt,
    TooLarge,
    Unknown,
    /// A setting was refused before anything was sent.
    Setting,
}

/// Whether a call without an answer was carried out all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    No,
    Maybe,
    Yes,
}

/// How the store reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Direct,
    /// Through a proxy, with a short response timeout.
    Proxy,
    /// Through a gateway, which reads the protocol.
    Gateway,
    /// As the user `bot`, who has all rights at first.
    Bot,
    /// With TLS, if the build has it. If not, only the store that connects uses it.
    Tls,
    /// To a cluster of two, by the node without the user's keys. The other node is reached through
    /// a proxy.
    Cluster,
}

/// A row of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number in the matrix; several rows may share one.
    pub number: u8,
    pub fault: &'static str,
    pub route: Route,
    /// Settings of the server.
    pub settings: &'static [&'static str],
    /// How long each call may take.
    pub deadline: Duration,
    /// How often the call is made, one after the other.
    pub times: u32,
    /// After which the caller drops the future.
    pub dropped_after: Option<Duration>,
    pub start: Act,
    /// What happens during the call, and how long after its start.
    pub meanwhile: Option<(Duration, Act)>,
    pub end: Act,
    /// What each call may return. If empty, the call is not made.
    pub load: &'static [Answer],
    pub commit: &'static [Answer],
    pub resolve: &'static [Answer],
    pub delete: &'static [Answer],
    pub connect: &'static [Answer],
    pub applied: Applied,
    /// Whether the server itself comes back with less than it had.
    pub loses: bool,
    /// What every error must contain.
    pub says: &'static str,
}

impl Row {
    /// Each row names what differs from this.
    pub const NONE: Self = Self {
        number: 0,
        fault: "",
        route: Route::Direct,
        settings: &[],
        deadline: Duration::from_millis(400),
        times: 1,
        dropped_after: None,
        start: Act::Nothing,
        meanwhile: None,
        end: Act::Nothing,
        load: &[],
        commit: &[],
        resolve: &[],
        delete: &[],
        connect: &[],
        applied: Applied::No,
        loses: false,
        says: "",
    };

    /// Nothing is answered, and nothing was sent.
    pub const UNAVAILABLE: Self = Self {
        load: &[Answer::Unavailable],
        commit: &[Answer::Unavailable],
        resolve: &[Answer::Unavailable],
        delete: &[Answer::Unavailable],
        ..Self::NONE
    };

    /// Requests are sent, and not answered.
    pub const UNANSWERED: Self = Self {
        commit: &[Answer::Unknown],
        applied: Applied::Maybe,
        ..Self::UNAVAILABLE
    };

    /// The caller notices nothing.
    pub const UNNOTICED: Self = Self {
        deadline: Duration::from_secs(3),
        load: &[Answer::Live],
        commit: &[Answer::Applied],
        resolve: &[Answer::Fenced],
        delete: &[Answer::Deleted],
        ..Self::NONE
    };

    pub fn expected(&self, call: Call) -> &'static [Answer] {
        match call {
            Call::Load => self.load,
            Call::Commit => self.commit,
            Call::Resolve => self.resolve,
            Call::Delete => self.delete,
            Call::Connect => self.connect,
        }
    }
}
