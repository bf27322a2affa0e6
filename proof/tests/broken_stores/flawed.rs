//! A memory store in a wrapper with one flaw. Without a flaw, it keeps both contracts.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use proof::BoxError;
use tokio::time::{Instant, sleep_until};
use vimbiso_state::session::{Corruption, Record, Version};
use vimbiso_state::store::conformance::Fixture;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, LeaseHolder, Loaded, Precondition, Session,
    TokenStore,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

use super::flaw::Flaw;

#[derive(Debug)]
pub struct Flawed {
    pub store: MemoryStore,
    pub flaw: Flaw,
    silent: AtomicBool,
    corrupt: Mutex<HashMap<UserId, Version>>,
    pub kept: Mutex<HashMap<UserId, Kept>>,
}

/// What a flaw keeps of a user, to do something wrong with it.
#[derive(Debug, Default)]
pub struct Kept {
    pub last: Option<Arc<Record>>,
    pub first_commit: Option<Instant>,
    pub first_expiry: Option<Instant>,
    pub expires: Option<Instant>,
    pub ids: VecDeque<CommitId>,
    pub holder: Option<LeaseHolder>,
}

pub const RETENTION: Duration = Duration::from_secs(600);
pub const LONG: Duration = Duration::from_secs(60);

pub fn soon() -> Instant {
    Instant::now() + LONG
}

pub fn unavailable() -> StoreError {
    StoreError::unavailable("silence")
}

/// Precedes the precondition of a session that is read as corrupt.
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
            silent: AtomicBool::new(false),
            corrupt: Mutex::default(),
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
    pub async fn wait(&self, deadline: Instant) -> StoreError {
        match self.flaw {
            Flaw::WaitsPastDeadlines => std::future::pending().await,
            _ => sleep_until(deadline).await,
        }
        unavailable()
    }

    /// Panics, or never ends.
    pub async fn give_up(&self) {
        match self.flaw {
            Flaw::Panics => panic!("a store that panics"),
            Flaw::Hangs => std::future::pending().await,
            _ => {}
        }
    }

    pub fn seen_as(&self, user: &UserId) -> UserId {
        match self.flaw {
            Flaw::IgnoresCase => UserId::new(user.expose().to_lowercase()).unwrap(),
            _ => user.clone(),
        }
    }

    fn is_corrupt(&self, user: &UserId, version: Option<Version>) -> bool {
        version.is_some() && self.corrupt.lock().unwrap().get(user).copied() == version
    }

    /// What was loaded, as a corrupt session is read.
    fn as_read(&self, user: &UserId, mut loaded: Loaded) -> Loaded {
        if let Session::Live(record) = &loaded.session
            && self.is_corrupt(user, Some(record.version))
        {
            loaded.session = match self.flaw {
                Flaw::CorruptIsNew => Session::New,
                _ => Session::Corrupt {
                    why: Corruption::Torn,
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
    pub async fn right_load(
        &self,
        user: &UserId,
        id: Option<&CommitId>,
    ) -> Result<Loaded, StoreError> {
        let loaded = self.store.load(user, id, soon()).await?;
        Ok(self.as_read(user, loaded))
    }

    /// A commit without a flaw.
    pub async fn right_commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let now = self.store.load(user, None, soon()).await?.session.version();
        let corrupt = self.is_corrupt(user, now) && self.flaw != Flaw::OverwritesTheCorrupt;
        let expected = request.precondition;
        let precondition = match expected.as_bytes().strip_prefix(&[CORRUPT]) {
            Some(inner) if corrupt => Precondition::new(inner),
            None if !corrupt => expected.clone(),
            _ => Precondition::new(*b"another"),
        };
        let request = CommitRequest {
            precondition: &precondition,
            ..request
        };
        Ok(match self.store.commit(user, request).await? {
            CommitOutcome::Conflict(current) => {
                CommitOutcome::Conflict(self.as_read(user, current))
            }
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => CommitOutcome::Duplicate {
                version,
                reply,
                current: self.as_read(user, current),
            },
            other => other,
        })
    }

    /// Writes the session once more as it is, to live for a minute.
    pub async fn prolong(&self, user: &UserId) -> Result<(), StoreError> {
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

/// The store, and what can be done to it from outside.
pub struct Testbed(pub Flawed);

#[async_trait]
impl Fixture for Testbed {
    fn store(&self) -> &dyn StateStore {
        &self.0
    }

    async fn corrupt(&self, user: &UserId) -> Result<(), BoxError> {
        let loaded = self.0.store.load(user, None, soon()).await?;
        let version = loaded.session.version().ok_or("there is no session")?;
        self.0.corrupt.lock().unwrap().insert(user.clone(), version);
        Ok(())
    }

    async fn stall(&self) -> Result<(), BoxError> {
        self.0.silent.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn resume(&self) -> Result<(), BoxError> {
        self.0.silent.store(false, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl StateStore for Flawed {
    async fn load(
        &self,
        user: &UserId,
        id: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.flawed_load(&self.seen_as(user), id, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.flawed_commit(&self.seen_as(user), request).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        id: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.flawed_resolve(&self.seen_as(user), id, deadline).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.flawed_delete(&self.seen_as(user), deadline).await
    }

    fn retention(&self) -> Duration {
        match self.flaw {
            Flaw::ShortRetention => RETENTION * 2,
            _ => RETENTION,
        }
    }

    fn namespace(&self) -> &str {
        ""
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        (self.flaw != Flaw::NoTokens).then_some(self)
    }
}
