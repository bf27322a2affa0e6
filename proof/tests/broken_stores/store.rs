//! A memory store behind a wrapper with one flaw. Without the flaw it keeps the three contracts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use vimbiso_state::session::{Corruption, Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, LeaseHolder, Loaded, Precondition, Session,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

use super::flaws::Flaw;
use super::outbox::KeptOutbox;

#[derive(Debug)]
pub struct Flawed {
    pub store: MemoryStore,
    pub flaw: Flaw,
    pub silent: AtomicBool,
    pub corrupt: Mutex<HashMap<UserId, Version>>,
    pub corrupt_outboxes: Mutex<HashSet<UserId>>,
    pub kept: Mutex<HashMap<UserId, Kept>>,
}

/// What the wrapper remembers of a user, because a flaw needs it.
#[derive(Debug, Default)]
pub struct Kept {
    pub last: Option<Arc<Record>>,
    pub first_commit: Option<Instant>,
    pub first_expiry: Option<Instant>,
    pub expires: Option<Instant>,
    pub ids: VecDeque<CommitId>,
    pub holder: Option<LeaseHolder>,
    pub outbox: KeptOutbox,
}

pub const RETENTION: Duration = Duration::from_secs(600);
pub const LONG: Duration = Duration::from_secs(60);

pub fn soon() -> Instant {
    Instant::now() + LONG
}

pub fn unavailable() -> StoreError {
    StoreError::unavailable("no answer")
}

/// The first byte of a precondition while the session is corrupt.
const CORRUPT: u8 = b'!';

impl Flawed {
    pub fn with(flaw: Flaw) -> Self {
        let store = MemoryStore::builder()
            .retention(RETENTION)
            .max_bytes(4 << 20)
            .build()
            .unwrap();
        Self {
            store,
            flaw,
            silent: AtomicBool::default(),
            corrupt: Mutex::default(),
            corrupt_outboxes: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    pub fn keep<T>(&self, user: &UserId, keep: impl FnOnce(&mut Kept) -> T) -> T {
        keep(self.kept.lock().unwrap().entry(user.clone()).or_default())
    }

    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Waits for an answer that does not come.
    pub async fn no_answer(&self, deadline: Instant) -> StoreError {
        match self.flaw {
            Flaw::WaitsOn => std::future::pending().await,
            _ => sleep_until(deadline).await,
        }
        unavailable()
    }

    /// The user under whose key the sessions are.
    pub fn session_key(&self, user: &UserId) -> UserId {
        match self.flaw {
            Flaw::OneCase => lower_case(user),
            _ => user.clone(),
        }
    }

    /// The user under whose key the token and the lease are.
    pub fn token_key(&self, user: &UserId) -> UserId {
        match self.flaw {
            Flaw::OneCase | Flaw::TokensOfOneCase => lower_case(user),
            _ => user.clone(),
        }
    }

    fn is_corrupt(&self, user: &UserId, version: Option<Version>) -> bool {
        version.is_some() && self.corrupt.lock().unwrap().get(user).copied() == version
    }

    /// The session as a load returns it, with its corruption.
    pub fn shown(&self, user: &UserId, mut loaded: Loaded) -> Loaded {
        if let Session::Live(record) = &loaded.session
            && self.is_corrupt(user, Some(record.version))
        {
            loaded.session = match self.flaw {
                Flaw::CorruptIsNew => Session::New,
                _ => Session::Corrupt {
                    why: Corruption::Torn,
                    flow: Some(record.flow.clone()),
                    version: Some(record.version),
                    data: None,
                },
            };
            let bytes = [&[CORRUPT], loaded.precondition.as_bytes()].concat();
            loaded.precondition = Precondition::new(bytes);
        }
        loaded
    }

    /// A load without a flaw.
    pub async fn loaded(&self, user: &UserId, id: Option<&CommitId>) -> Result<Loaded, StoreError> {
        Ok(self.shown(user, self.store.load(user, id, soon()).await?))
    }

    /// A commit without a flaw.
    pub async fn write(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let version = self.store.load(user, None, soon()).await?.session.version();
        let is_corrupt = self.is_corrupt(user, version) && self.flaw != Flaw::OverwritesCorrupt;
        let precondition = match request.precondition.as_bytes().strip_prefix(&[CORRUPT]) {
            Some(precondition) if is_corrupt => Precondition::new(precondition),
            None if !is_corrupt => request.precondition.clone(),
            _ => Precondition::new(*b"another"),
        };
        let request = CommitRequest {
            precondition: &precondition,
            ..request
        };
        Ok(match self.store.commit(user, request).await? {
            CommitOutcome::Conflict(current) => CommitOutcome::Conflict(self.shown(user, current)),
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => CommitOutcome::Duplicate {
                version,
                reply,
                current: self.shown(user, current),
            },
            other => other,
        })
    }

    /// Writes the session again as it is, to live for a minute.
    pub async fn slide(&self, user: &UserId) -> Result<(), StoreError> {
        let loaded = self.store.load(user, None, soon()).await?;
        if let Session::Live(record) = &loaded.session {
            self.revive(user, record, &loaded.precondition).await?;
        }
        Ok(())
    }

    pub async fn revive(
        &self,
        user: &UserId,
        record: &Arc<Record>,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        let request = CommitRequest {
            id: &CommitId::random(),
            precondition,
            record,
            reply: None,
            drop_token: false,
            ttl: LONG,
            max_lifetime: LONG * 10,
            deadline: soon(),
        };
        self.store.commit(user, request).await.map(drop)
    }
}

pub fn lower_case(user: &UserId) -> UserId {
    UserId::encode(user.expose().to_lowercase()).unwrap()
}
