//! One row: a fault, how it comes and goes, and what each call must say of it.

use std::time::Duration;

use crate::injection::Act;

/// What is called while the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Load,
    Commit,
    Resolve,
    Forget,
    /// A store of another process, which begins only now.
    Connect,
}

impl Call {
    pub const ALL: [Self; 5] = [
        Self::Load,
        Self::Commit,
        Self::Resolve,
        Self::Forget,
        Self::Connect,
    ];
}

/// What a call said: an answer, or the kind of its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The session as it was before the fault.
    Live,
    /// A version of the session that had been replaced already.
    Earlier,
    New,
    /// A session that is damaged, which a turn opens as `Recovered`.
    Recovered,
    NewerFormat,
    Expired,
    Applied,
    Duplicate,
    Conflict,
    Fenced,
    Forgotten,
    Connected,
    /// The caller has dropped the future.
    Left,
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

/// Whether what was not answered was carried out all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    No,
    Maybe,
    Yes,
}

/// How the store reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Straight,
    /// Through a proxy, and with little patience for each answer.
    Proxy,
    /// As the user `bot`, who may do everything until told otherwise.
    Bot,
    /// By TLS, where the build has it; otherwise a newcomer is told to use it.
    Tls,
    /// To a cluster of two, by the node that has not the user's keys; to the one that has, through a proxy.
    Cluster,
}

/// A row of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number in the matrix; several rows may be one number's.
    pub number: u8,
    pub fault: &'static str,
    pub way: Way,
    /// Settings of the server.
    pub settings: &'static [&'static str],
    /// The deadline of each call.
    pub patience: Duration,
    /// How often the call is made, one after the other.
    pub times: u32,
    /// After which the caller drops the future.
    pub leaves_after: Option<Duration>,
    pub strike: Act,
    /// What happens while the call waits, and how long after it was made.
    pub meanwhile: Option<(Duration, Act)>,
    pub mend: Act,
    /// What each call may say. Nothing: it is not asked.
    pub load: &'static [Seen],
    pub commit: &'static [Seen],
    pub resolve: &'static [Seen],
    pub forget: &'static [Seen],
    pub connect: &'static [Seen],
    pub applied: Applied,
    /// Whether the server itself comes back with less than it had.
    pub loses: bool,
    /// What every error must name.
    pub says: &'static str,
}

impl Row {
    /// A fault of which nothing is known yet: every row says what differs.
    pub const NONE: Self = Self {
        number: 0,
        fault: "",
        way: Way::Straight,
        settings: &[],
        patience: Duration::from_millis(400),
        times: 1,
        leaves_after: None,
        strike: Act::Nothing,
        meanwhile: None,
        mend: Act::Nothing,
        load: &[],
        commit: &[],
        resolve: &[],
        forget: &[],
        connect: &[],
        applied: Applied::No,
        loses: false,
        says: "",
    };

    /// Nothing is answered, and nothing was sent.
    pub const UNAVAILABLE: Self = Self {
        load: &[Seen::Unavailable],
        commit: &[Seen::Unavailable],
        resolve: &[Seen::Unavailable],
        forget: &[Seen::Unavailable],
        ..Self::NONE
    };

    /// Nothing is answered to what was sent.
    pub const UNANSWERED: Self = Self {
        commit: &[Seen::Unknown],
        applied: Applied::Maybe,
        ..Self::UNAVAILABLE
    };

    /// The caller notices nothing.
    pub const UNNOTICED: Self = Self {
        patience: Duration::from_secs(3),
        load: &[Seen::Live],
        commit: &[Seen::Applied],
        resolve: &[Seen::Fenced],
        forget: &[Seen::Forgotten],
        ..Self::NONE
    };

    pub fn expected(&self, call: Call) -> &'static [Seen] {
        match call {
            Call::Load => self.load,
            Call::Commit => self.commit,
            Call::Resolve => self.resolve,
            Call::Forget => self.forget,
            Call::Connect => self.connect,
        }
    }
}
