//! The connection of one tokio runtime to one server, made again after it was lost.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, PushInfo, PushKind};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::activity::Activity;
use super::backoff::backoff;
use super::dial::dial;
use super::driver::Driver;
use super::failure::Failure;
use super::target::Target;
use crate::sync::{Mutex, PoisonError};

/// The least time between two connections to a server, even if each is lost at once.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// A connection without a reply for this long may have been closed without its runtime knowing.
const QUIET: Duration = Duration::from_secs(1);

/// How a server is reached, and how the last attempt to connect ended, on whichever runtime.
pub(super) struct Server {
    pub(super) target: Target,
    connect_timeout: Duration,
    last_attempt: Mutex<Closed>,
}

/// The connection of one runtime to one server.
///
/// One attempt to connect runs at a time, on a task of its own, and only while a call asks for it.
/// After a failure the next attempt waits, longer each time. So no call waits past its deadline,
/// and a server that is down is not flooded.
pub(super) struct Link {
    server: Arc<Server>,
    // A watch: one connect attempt serves all calls that wait for it.
    state: watch::Sender<State>,
}

enum State {
    Open(OpenConnection),
    /// After this failure.
    Connecting(Failure),
    Closed(Closed),
}

/// Why there is no connection, and when there may be another attempt.
#[derive(Clone)]
struct Closed {
    why: Failure,
    /// Attempts to connect that failed in a row.
    failures: u32,
    /// When the next attempt may start.
    retry_at: Instant,
}

/// A connection that is open as far as this process knows.
#[derive(Clone)]
pub(super) struct OpenConnection {
    pub(super) redis: MultiplexedConnection,
    pub(super) activity: Arc<Activity>,
    /// Sends its requests; `None` if another owner does, because it was handed in.
    pub(super) driver: Option<Arc<Driver>>,
}

impl Server {
    pub(super) fn new(target: Target, connect_timeout: Duration) -> Self {
        Self {
            target,
            connect_timeout,
            last_attempt: Mutex::new(Closed::new()),
        }
    }

    fn last_attempt(&self) -> Closed {
        let last = self.last_attempt.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_attempt(&self, ended: Closed) {
        let last = self.last_attempt.lock();
        *last.unwrap_or_else(PoisonError::into_inner) = ended;
    }
}

impl Closed {
    fn new() -> Self {
        Self {
            why: Failure::UNREACHABLE,
            failures: 0,
            retry_at: Instant::now(),
        }
    }
}

impl Link {
    /// The link of a runtime that had none. What is known of the server holds for it too: if each
    /// new runtime tried at once, a server that is down or refuses the user would be flooded.
    pub(super) fn new(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            state: watch::Sender::new(State::Closed(server.last_attempt())),
        }
    }

    /// The connection, as soon as it is open. With `once`, the next attempt is waited for, and none
    /// that is put off.
    pub(super) async fn open(
        self: &Arc<Self>,
        deadline: Instant,
        once: bool,
    ) -> Result<OpenConnection, Failure> {
        let now = Instant::now();
        if let Some(open) = self.if_open().filter(|_| now < deadline) {
            if now < open.activity.last_reply() + QUIET || !is_driven_by_its_caller() {
                return Ok(open);
            }
            // A runtime that is driven only while something is awaited on it has not seen yet what
            // arrived meanwhile, such as the end of the connection. In the first turn it learns of
            // that, in the second it tells the connection's task.
            yield_now().await;
            yield_now().await;
        }
        self.wait_until_open(deadline, once).await
    }

    fn if_open(&self) -> Option<OpenConnection> {
        match &*self.state.borrow() {
            State::Open(open) => Some(open.clone()),
            State::Connecting(_) | State::Closed(_) => None,
        }
    }

    async fn wait_until_open(
        self: &Arc<Self>,
        deadline: Instant,
        once: bool,
    ) -> Result<OpenConnection, Failure> {
        let mut changes = self.state.subscribe();
        let mut tried = false;
        loop {
            let now = Instant::now();
            let last_failure = match &*changes.borrow_and_update() {
                State::Open(open) if now < deadline => return Ok(open.clone()),
                State::Open(_) => Failure::OVERDUE,
                State::Closed(Closed { why, retry_at, .. })
                    if why.is_final() && now < *retry_at =>
                {
                    return Err(why.clone());
                }
                State::Closed(Closed {
                    why,
                    failures: 1..,
                    retry_at,
                }) if once && (tried || now < *retry_at) => return Err(why.clone()),
                State::Closed(Closed { why, .. }) | State::Connecting(why) => why.clone(),
            };
            tried = true;
            self.connect();
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Err(last_failure);
            }
        }
    }

    /// Why it is not open, if an attempt to connect has failed or goes on.
    pub(super) fn last_failure(&self) -> Option<Failure> {
        match &*self.state.borrow() {
            State::Closed(Closed {
                why, failures: 1.., ..
            })
            | State::Connecting(why) => Some(why.clone()),
            State::Open(_) | State::Closed(_) => None,
        }
    }

    /// How many attempts to connect have failed in a row.
    pub(super) fn failures(&self) -> u32 {
        match &*self.state.borrow() {
            State::Closed(closed) => closed.failures,
            State::Open(_) | State::Connecting(_) => 0,
        }
    }

    /// When it was of use last: the last reply, or the last attempt to connect.
    pub(super) fn last_use(&self) -> Instant {
        match &*self.state.borrow() {
            State::Open(open) => open.activity.last_reply(),
            State::Closed(closed) => closed.retry_at,
            State::Connecting(_) => Instant::now(),
        }
    }

    /// Gives up the connection with this activity, unless it was replaced already.
    pub(super) fn close(&self, activity: &Arc<Activity>) {
        let mut closed = None;
        self.state.send_if_modified(|state| match state {
            State::Open(open) if Arc::ptr_eq(&open.activity, activity) => {
                let after = State::Closed(Closed {
                    why: Failure::LOST,
                    failures: 0,
                    // Counted from the connect: a connection that lived long is replaced at once.
                    retry_at: open.activity.since() + MIN_INTERVAL,
                });
                // Dropped after the lock: the end of a connection is told to this very function.
                closed = Some(std::mem::replace(state, after));
                true
            }
            _ => false,
        });
    }

    /// Starts an attempt to connect, unless one is running.
    fn connect(self: &Arc<Self>) {
        let mut next = None;
        self.state.send_if_modified(|state| match state {
            State::Closed(closed) => {
                next = Some((closed.failures, closed.retry_at));
                *state = State::Connecting(closed.why.clone());
                true
            }
            State::Open(_) | State::Connecting(_) => false,
        });
        if let Some((failures, start)) = next {
            let mut attempt = ConnectAttempt {
                link: Arc::clone(self),
                failures,
                ended: false,
            };
            tokio::spawn(async move {
                sleep_until(start).await;
                let outcome = attempt.link.try_connect().await;
                attempt.end(outcome);
            });
        }
    }

    async fn try_connect(self: &Arc<Self>) -> Result<OpenConnection, Failure> {
        let activity = Arc::new(Activity::now());
        let link = Arc::downgrade(self);
        let of_activity = Arc::downgrade(&activity);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            // The store has its own deadlines, and knows which requests may be sent again.
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection
                    && let Some(link) = Weak::upgrade(&link)
                    && let Some(activity) = Weak::upgrade(&of_activity)
                {
                    link.close(&activity);
                }
                Ok::<_, ()>(())
            });
        let Server {
            target,
            connect_timeout,
            ..
        } = &*self.server;
        let (redis, driver) = dial(target, config, *connect_timeout).await?;
        Ok(OpenConnection {
            redis,
            activity,
            driver: Some(Arc::new(driver)),
        })
    }
}

/// Whether tasks of this runtime run only while a caller waits on it. Always so for a runtime of
/// one thread that a program enters by `block_on` for each call.
fn is_driven_by_its_caller() -> bool {
    Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread
}

/// An attempt to connect. It always ends, even if the runtime is shut down while it runs.
struct ConnectAttempt {
    link: Arc<Link>,
    failures: u32,
    ended: bool,
}

impl ConnectAttempt {
    fn end(&mut self, outcome: Result<OpenConnection, Failure>) {
        // Also called when the attempt's task is dropped, and must not undo its end then.
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let state = match outcome {
            Ok(open) => {
                self.link.server.note_attempt(Closed::new());
                State::Open(open)
            }
            Err(why) => {
                let retry_at = Instant::now() + pause(&why, self.failures);
                let closed = Closed {
                    why,
                    failures: self.failures.saturating_add(1),
                    retry_at,
                };
                self.link.server.note_attempt(closed.clone());
                State::Closed(closed)
            }
        };
        self.link.state.send_replace(state);
    }
}

impl Drop for ConnectAttempt {
    fn drop(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            // The runtime has ended, which says nothing about the server.
            self.link.state.send_replace(State::Closed(Closed {
                why: Failure::LOST,
                ..Closed::new()
            }));
        }
    }
}

/// How long to leave a server alone: up to 500 ms, or 5 s if somebody must act first.
fn pause(why: &Failure, failures: u32) -> Duration {
    if why.is_final() {
        backoff(1000, 5000, failures)
    } else {
        backoff(10, 500, failures)
    }
}

#[cfg(test)]
mod tests;
