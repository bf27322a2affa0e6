//! A memory store behind a wrapper with one flaw. Without the flaw it keeps the contract.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};
use vimbiso_state::session::{Corruption, Record, Version};
use vimbiso_state::store::conformance::Fixture;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, LeaseHolder, Loaded, Precondition, Session,
    TokenOutcome, TokenPut,
};
use vimbiso_state::{BoxError, CommitId, MemoryStore, StateStore, StoreError, UserId};

use super::flaws::Flaw;

#[derive(Debug)]
pub struct Flawed {
    pub store: MemoryStore,
    pub flaw: Flaw,
    silent: AtomicBool,
    damaged: Mutex<HashMap<UserId, Version>>,
    pub kept: Mutex<HashMap<UserId, Kept>>,
}

/// What a flaw keeps of a user, to do wrong with it.
#[derive(Debug, Default)]
pub struct Kept {
    pub last: Option<Arc<Record>>,
    pub first_commit: Option<Instant>,
    pub first_expiry: Option<Instant>,
    pub expires: Option<Instant>,
    pub ids: VecDeque<CommitId>,
    pub owner: Option<LeaseHolder>,
}

pub const RETENTION: Duration = Duration::from_secs(600);
pub const LONG: Duration = Duration::from_secs(60);

pub fn soon() -> Instant {
    Instant::now() + LONG
}

pub fn unavailable() -> StoreError {
    StoreError::Unavailable {
        what: "silence".into(),
        source: None,
    }
}

/// A basis, as it reads while the session is damaged.
const DAMAGED: u8 = b'!';

impl Flawed {
    pub fn with(flaw: Flaw) -> Self {
        let store = MemoryStore::builder()
            .retention(RETENTION)
            .max_bytes(4 << 20)
            .build()
            .unwrap();
        let (silent, damaged, kept) = Default::default();
        Self {
            store,
            flaw,
            silent,
            damaged,
            kept,
        }
    }

    pub fn keep<T>(&self, user: &UserId, keep: impl FnOnce(&mut Kept) -> T) -> T {
        keep(self.kept.lock().unwrap().entry(user.clone()).or_default())
    }

    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Waits in vain.
    pub async fn silence(&self, deadline: Instant) -> StoreError {
        match self.flaw {
            Flaw::WaitsOn => std::future::pending().await,
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
            Flaw::OneCase => UserId::new(user.expose().to_lowercase()).unwrap(),
            _ => user.clone(),
        }
    }

    fn is_damaged(&self, user: &UserId, version: Option<Version>) -> bool {
        version.is_some() && self.damaged.lock().unwrap().get(user).copied() == version
    }

    /// What was found, as it reads with the damage.
    pub fn shown(&self, user: &UserId, mut found: Loaded) -> Loaded {
        if let Session::Live(record) = &found.session
            && self.is_damaged(user, Some(record.version))
        {
            found.session = match self.flaw {
                Flaw::DamagedIsNew => Session::New,
                _ => Session::Corrupt {
                    why: Corruption::Torn,
                    version: Some(record.version),
                    state: None,
                },
            };
            found.basis = Precondition::new([&[DAMAGED], found.precondition.as_bytes()].concat());
        }
        found
    }

    /// A load that has no flaw.
    pub async fn found(&self, user: &UserId, id: Option<&CommitId>) -> Result<Loaded, StoreError> {
        Ok(self.shown(user, self.store.load(user, id, soon()).await?))
    }

    /// A commit that has no flaw.
    pub async fn write(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let now = self.store.load(user, None, soon()).await?.session.version();
        let damaged = self.is_damaged(user, now) && self.flaw != Flaw::OverwritesDamage;
        let basis = match commit.precondition.as_bytes().strip_prefix(&[DAMAGED]) {
            Some(precondition) if damaged => Precondition::new(precondition),
            None if !damaged => commit.precondition.clone(),
            _ => Precondition::new(*b"another"),
        };
        Ok(
            match self
                .store
                .commit(
                    user,
                    CommitRequest {
                        basis: &precondition,
                        ..commit
                    },
                )
                .await?
            {
                CommitOutcome::Conflict(current) => {
                    CommitOutcome::Conflict(self.shown(user, current))
                }
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
            },
        )
    }

    /// Writes the session once more as it is, to live for a minute.
    pub async fn slide(&self, user: &UserId) -> Result<(), StoreError> {
        let found = self.store.load(user, None, soon()).await?;
        if let Session::Live(record) = &found.session {
            self.revive(user, record, &found.precondition).await?;
        }
        Ok(())
    }

    pub async fn revive(
        &self,
        user: &UserId,
        record: &Arc<Record>,
        basis: &Precondition,
    ) -> Result<(), StoreError> {
        let id = CommitId::random();
        let deadline = soon();
        let commit = CommitRequest {
            id: &id,
            basis,
            record,
            reply: None,
            drop_token: false,
            ttl: LONG,
            max_lifetime: LONG * 10,
            deadline,
        };
        self.store.commit(user, commit).await.map(drop)
    }
}

/// The store, and what can be done to it from outside.
pub struct Bench(pub Flawed);

#[async_trait]
impl Fixture for Bench {
    fn store(&self) -> &dyn StateStore {
        &self.0
    }

    async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
        let version = self
            .0
            .store
            .load(user, None, soon())
            .await?
            .session
            .version()
            .ok_or("nothing to damage")?;
        self.0.damaged.lock().unwrap().insert(user.clone(), version);
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
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.flawed_commit(&self.seen_as(user), commit).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        id: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.flawed_resolve(&self.seen_as(user), id, deadline).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        self.flawed_put(&self.seen_as(user), put).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        self.flawed_claim(&self.seen_as(user), owner, lease, deadline)
            .await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.flawed_forget(&self.seen_as(user), deadline).await
    }

    fn retention(&self) -> Duration {
        if self.flaw == Flaw::ShortMemory {
            RETENTION * 2
        } else {
            RETENTION
        }
    }

    fn namespace(&self) -> &str {
        ""
    }
}
