//! The connections to one server: one for each tokio runtime that calls.
//!
//! A connection, and an attempt to connect, are driven by tasks of the runtime on which they were
//! started, and do nothing while that runtime is not driven. So each runtime has a link of its
//! own, and no caller waits for what another runtime is to do:
//!
//! ```text
//! call on runtime A ─ Connection ─┬─ link of A: open          ─ driver task on A
//! call on runtime B ──────────────┴─ link of B: connecting    ─ attempt's task on B
//!                                     └─ both: when the last attempt failed, and the back-off
//! ```
//!
//! A link is dropped with its runtime, and if it was used least recently when there are too many.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::ConnectionAddr;
use redis::aio::MultiplexedConnection;
use tokio::runtime::{Handle, Id};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::activity::Activity;
use super::failure::Failure;
use super::link::{Link, OpenConnection, Server};
use super::target::Target;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many runtimes may have a link to one server.
const MAX_RUNTIMES: usize = 64;

/// A server, and the connections to it.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Inner>);

enum Inner {
    /// It was handed in, so it cannot be made again, and its maker's runtime drives it.
    HandedIn(OpenConnection),
    Made {
        server: Arc<Server>,
        links: Mutex<Vec<RuntimeLink>>,
    },
}

/// The link of one runtime.
struct RuntimeLink {
    runtime: Id,
    link: Arc<Link>,
    /// A task that waits for the end of the runtime.
    end_of_runtime: AbortHandle,
}

impl Connection {
    pub(crate) fn new(target: Target, connect_timeout: Duration) -> Self {
        Self(Arc::new(Inner::Made {
            server: Arc::new(Server::new(target, connect_timeout)),
            links: Mutex::default(),
        }))
    }

    /// Uses a connection that was made elsewhere.
    pub(crate) fn over(redis: MultiplexedConnection) -> Self {
        let activity = Arc::new(Activity::now());
        Self(Arc::new(Inner::HandedIn(OpenConnection {
            redis,
            activity,
            driver: None,
        })))
    }

    /// How the server is reached; `None` for a connection that was handed in.
    pub(super) fn target(&self) -> Option<&Target> {
        match &*self.0 {
            Inner::HandedIn(_) => None,
            Inner::Made { server, .. } => Some(&server.target),
        }
    }

    /// Where the server is; `None` for a connection that was handed in.
    pub(super) fn address(&self) -> Option<&ConnectionAddr> {
        Some(self.target()?.address())
    }

    /// Whether both are handles to the same connections.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The connection of this runtime, as soon as it is open. Fails at the deadline, or at once if
    /// nothing helps.
    pub(super) async fn open(&self, deadline: Instant) -> Result<OpenConnection, Failure> {
        self.open_link(deadline, false).await
    }

    /// The connection, if it is open or the next attempt opens it. Waits for none that is put off.
    pub(super) async fn try_open(&self, deadline: Instant) -> Result<OpenConnection, Failure> {
        self.open_link(deadline, true).await
    }

    async fn open_link(&self, deadline: Instant, once: bool) -> Result<OpenConnection, Failure> {
        let link = match &*self.0 {
            Inner::HandedIn(open) if Instant::now() < deadline => return Ok(open.clone()),
            Inner::HandedIn(_) => return Err(Failure::OVERDUE),
            Inner::Made { server, links } => self.link(server, links),
        };
        link.open(deadline, once).await
    }

    /// The link of this runtime.
    fn link(&self, server: &Arc<Server>, links: &Mutex<Vec<RuntimeLink>>) -> Arc<Link> {
        let runtime = Handle::current().id();
        if let Some(known) = link_of(&lock(links), runtime) {
            return known;
        }
        let link = Arc::new(Link::new(server));
        let has_ended = Arc::new(AtomicBool::new(false));
        let end = EndOfRuntime {
            connection: Arc::downgrade(&self.0),
            link: Arc::downgrade(&link),
            has_ended: Arc::clone(&has_ended),
        };
        // Without the lock: a runtime that is ending drops the task at once, and then the lock is
        // asked for.
        let waiting = tokio::spawn(async move {
            let _end = end;
            pending::<()>().await;
        });
        let new = RuntimeLink {
            runtime,
            link: Arc::clone(&link),
            end_of_runtime: waiting.abort_handle(),
        };
        let mut links = lock(links);
        if let Some(known) = link_of(&links, runtime) {
            drop(links);
            return known;
        }
        if has_ended.load(Ordering::SeqCst) {
            drop(links);
            return link;
        }
        let dropped = if links.len() < MAX_RUNTIMES {
            None
        } else {
            let oldest = links
                .iter()
                .enumerate()
                .min_by_key(|(_, known)| known.link.last_use())
                .map(|(at, _)| at);
            oldest.map(|at| links.swap_remove(at))
        };
        links.push(new);
        drop(links);
        // After the lock, because the end of a connection asks for it.
        drop(dropped);
        link
    }

    /// Why it is not open, if an attempt to connect has failed or goes on.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.own_link()?.last_failure()
    }

    /// How many attempts to connect have failed in a row on this runtime.
    pub(super) fn failures(&self) -> u32 {
        self.own_link().map_or(0, |own| own.failures())
    }

    /// The link of this runtime, if there is one.
    fn own_link(&self) -> Option<Arc<Link>> {
        let Inner::Made { links, .. } = &*self.0 else {
            return None;
        };
        let runtime = Handle::try_current().ok()?.id();
        link_of(&lock(links), runtime)
    }

    /// Gives up the connection with this activity, unless it was replaced already. One that was
    /// handed in is kept, because it cannot be made again.
    pub(super) fn close(&self, activity: &Arc<Activity>) {
        if let Inner::Made { links, .. } = &*self.0 {
            let links: Vec<_> = lock(links)
                .iter()
                .map(|known| Arc::clone(&known.link))
                .collect();
            links.iter().for_each(|link| link.close(activity));
        }
    }
}

impl Drop for RuntimeLink {
    fn drop(&mut self) {
        self.end_of_runtime.abort();
    }
}

/// Drops a link when its runtime ends.
struct EndOfRuntime {
    connection: Weak<Inner>,
    link: Weak<Link>,
    /// Set under the lock of the links, so that a link is either removed or not added.
    has_ended: Arc<AtomicBool>,
}

impl Drop for EndOfRuntime {
    fn drop(&mut self) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        let Inner::Made { links, .. } = &*connection else {
            return;
        };
        let mut links = lock(links);
        self.has_ended.store(true, Ordering::SeqCst);
        let at = links
            .iter()
            .position(|known| Weak::ptr_eq(&Arc::downgrade(&known.link), &self.link));
        let ended = at.map(|at| links.swap_remove(at));
        drop(links);
        drop(ended);
    }
}

fn link_of(links: &[RuntimeLink], runtime: Id) -> Option<Arc<Link>> {
    let own = links.iter().find(|known| known.runtime == runtime)?;
    Some(Arc::clone(&own.link))
}

fn lock(links: &Mutex<Vec<RuntimeLink>>) -> MutexGuard<'_, Vec<RuntimeLink>> {
    links.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
