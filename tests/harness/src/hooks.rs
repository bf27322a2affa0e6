//! The hooks that the tests use.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::task::yield_now;
use vimbiso_state::{MemoryStore, StateStore, StoreError, UserId};

use crate::hooked::{Call, Hook, Hooked};

/// Yields before and after each call, so that every call has await points, as over a network.
pub struct Hesitant;

impl Hesitant {
    #[allow(clippy::new_ret_no_self)] // the store is what a test wants
    pub fn new<S: StateStore>(store: S) -> Hooked<S, Self> {
        Hooked::new(store, Self)
    }
}

#[async_trait]
impl Hook for Hesitant {
    async fn before(&self, _: Call, _: &UserId) -> Result<(), StoreError> {
        yield_now().await;
        Ok(())
    }

    async fn after(&self, _: Call, _: &UserId) -> Result<(), StoreError> {
        yield_now().await;
        Ok(())
    }
}

type BeforeCommit = dyn Fn(UserId) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// Does something of its own before each commit, or before each call, as other processes do.
pub struct Meddler {
    before_commit: Box<BeforeCommit>,
    before_any: Box<dyn Fn(Call) + Send + Sync>,
}

impl Meddler {
    #[allow(clippy::new_ret_no_self)] // the store is what a test wants
    pub fn new<M: Future<Output = ()> + Send + 'static>(
        store: MemoryStore,
        before_commit: impl Fn(UserId) -> M + Send + Sync + 'static,
    ) -> Hooked<MemoryStore, Self> {
        let hook = Self {
            before_commit: Box::new(move |user| Box::pin(before_commit(user))),
            before_any: Box::new(|_| ()),
        };
        Hooked::new(store, hook)
    }

    pub fn before_any(
        store: MemoryStore,
        before_any: impl Fn(Call) + Send + Sync + 'static,
    ) -> Hooked<MemoryStore, Self> {
        let mut meddler = Self::new(store, |_| async {});
        meddler.hook.before_any = Box::new(before_any);
        meddler
    }

    pub fn named(store: MemoryStore, namespace: &'static str) -> Hooked<MemoryStore, Self> {
        Self::new(store, |_| async {}).named(namespace)
    }
}

#[async_trait]
impl Hook for Meddler {
    async fn before(&self, call: Call, user: &UserId) -> Result<(), StoreError> {
        (self.before_any)(call);
        if let Call::Commit | Call::CommitWith = call {
            (self.before_commit)(user.clone()).await;
        }
        Ok(())
    }
}

/// Keeps a list of the calls.
#[derive(Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<Call>>>);

impl CallLog {
    #[allow(clippy::new_ret_no_self)] // the store is what a test wants
    pub fn new(store: MemoryStore) -> Hooked<MemoryStore, Self> {
        Hooked::new(store, Self::default())
    }

    /// The calls since the last time that this was asked.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Hook for CallLog {
    async fn before(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(call);
        Ok(())
    }
}

/// A point in a call: as it arrives, or once it is carried out and not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Before(Call),
    After(Call),
}

type Event = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Lets something happen once, in the middle of a call.
#[derive(Clone, Default)]
pub struct Midway {
    events: Arc<Mutex<Vec<(At, Event)>>>,
}

impl Midway {
    #[allow(clippy::new_ret_no_self)] // the store is what a test wants
    pub fn new(store: MemoryStore) -> Hooked<MemoryStore, Self> {
        Hooked::new(store, Self::default())
    }

    /// Lets something happen the next time a call comes to this point. If it fails, the call fails
    /// too. Events of one point happen in the order in which they were given.
    pub fn once(
        &self,
        at: At,
        event: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    ) {
        self.events.lock().unwrap().push((at, Box::pin(event)));
    }

    async fn reach(&self, at: At) -> Result<(), StoreError> {
        let event = {
            let mut events = self.events.lock().unwrap();
            let next = events.iter().position(|(then, _)| *then == at);
            next.map(|next| events.remove(next).1)
        };
        match event {
            Some(event) => event.await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Hook for Midway {
    async fn before(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        self.reach(At::Before(call)).await
    }

    async fn after(&self, call: Call, _: &UserId) -> Result<(), StoreError> {
        self.reach(At::After(call)).await
    }
}
