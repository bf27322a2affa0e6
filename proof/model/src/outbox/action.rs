//! The kinds of steps.

use crate::outbox::process::Part;
use crate::outbox::request::Lane;
use crate::outbox::work::Effort;

/// A step of a process, of the network, of time or of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Tick,
    WriteHint {
        process: usize,
    },
    LoadAndSend {
        process: usize,
    },
    Deliver {
        process: usize,
        part: Part,
    },
    LoseAnswer {
        process: usize,
        part: Part,
    },
    StopWaiting {
        process: usize,
        part: Part,
    },
    LeaveCopy {
        process: usize,
        part: Part,
    },
    DeliverCopy {
        copy: usize,
    },
    Work {
        process: usize,
        lane: Lane,
        effort: Effort,
    },
    Stop {
        process: usize,
    },
    WorkAfterAStop {
        process: usize,
        lane: Lane,
    },
    LetGo {
        process: usize,
        lane: Lane,
    },
    BankPerforms,
    Claim {
        process: usize,
    },
    Look {
        process: usize,
    },
    Tidy {
        process: usize,
    },
    Scan,
    Die {
        process: usize,
    },
    Expire,
    EvictOutbox,
    EvictLine,
    Delete,
    Replicate,
    FailOver,
}
