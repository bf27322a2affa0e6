//! A store and the processes that use it.

use std::sync::Arc;
use std::time::Duration;

use proof::BoxError;
use vimbiso_state::{StateManager, StateStore};

use crate::conversation::Diary;

/// A store as two processes see it: one whose sessions expire soon, and one whose sessions last.
pub struct Backend {
    pub name: &'static str,
    pub brief: StateManager<Diary>,
    pub lasting: StateManager<Diary>,
}

impl Backend {
    /// The shortest time that a manager allows. Most sessions are over before their user writes
    /// again.
    pub const BRIEF: Duration = Duration::from_secs(1);
    /// The default.
    pub const LASTING: Duration = Duration::from_secs(300);
    /// After this time no request is under way any more. It is much longer than any deadline, and
    /// than any delay in the proxy.
    pub const SETTLED: Duration = Duration::from_secs(10);
    /// Within this time no request is sent twice.
    pub const NO_RETRY: Duration = Duration::from_millis(200);

    /// Makes both processes. They cache few of the sessions, so that their caches are soon full.
    pub fn new(
        name: &'static str,
        sessions: u32,
        [brief, lasting]: [Arc<dyn StateStore>; 2],
    ) -> Result<Self, BoxError> {
        // A session of the soak weighs about a kilobyte.
        let cached = sessions as usize / 20 * 1024;
        let process = |store, ttl| {
            StateManager::<Diary>::builder(store)
                .ttl(ttl)
                .session_cache_bytes(cached)
                .build()
        };
        Ok(Self {
            name,
            brief: process(brief, Self::BRIEF)?,
            lasting: process(lasting, Self::LASTING)?,
        })
    }

    pub fn process(&self, brief: bool) -> (&StateManager<Diary>, Duration) {
        if brief {
            (&self.brief, Self::BRIEF)
        } else {
            (&self.lasting, Self::LASTING)
        }
    }
}
