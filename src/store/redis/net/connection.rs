//! One connection to one server, shared by all calls, and made again after it was lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, PushInfo, PushKind, RedisError,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::backoff::backoff;
use super::failure::Failure;
use super::server::client;
use super::tls;

/// The least time between two connections to a server, even if each is lost at once.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// A connection to one server, shared by all calls.
///
/// One attempt to connect runs at a time, on a task of its own, and only while a call asks for it.
/// After a failure the next attempt waits, longer each time. So no call waits past its deadline,
/// and a server that is down is not flooded.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Inner>);

struct Inner {
    /// `None` for a connection that was handed in: it cannot be made again.
    client: Option<Client>,
    connect_timeout: Duration,
    state: watch::Sender<State>,
}

enum State {
    Open(OpenConnection),
    /// After this failure.
    Connecting(Failure),
    Closed {
        why: Failure,
        /// Attempts to connect that failed in a row.
        failures: u32,
        /// When the next attempt may start.
        retry_at: Instant,
    },
}

/// A connection that is open as far as this process knows.
#[derive(Clone)]
pub(super) struct OpenConnection {
    pub(super) redis: MultiplexedConnection,
    pub(super) activity: Arc<Activity>,
}

/// When a connection was made, and when it last brought a reply to any call.
pub(super) struct Activity {
    since: Instant,
    /// In milliseconds after `since`.
    last_reply: AtomicU64,
}

impl Connection {
    pub(crate) fn new(
        server: ConnectionInfo,
        connect_timeout: Duration,
    ) -> Result<Self, RedisError> {
        let client = client(server)?;
        let closed = State::Closed {
            why: Failure::UNREACHABLE,
            failures: 0,
            retry_at: Instant::now(),
        };
        Ok(Self(Arc::new(Inner {
            client: Some(client),
            connect_timeout,
            // A watch: one connect attempt serves all calls that wait for it.
            state: watch::Sender::new(closed),
        })))
    }

    /// Uses a connection that was made elsewhere.
    pub(crate) fn over(redis: MultiplexedConnection) -> Self {
        let open = State::Open(OpenConnection {
            redis,
            activity: Arc::new(Activity::now()),
        });
        Self(Arc::new(Inner {
            client: None,
            connect_timeout: Duration::ZERO,
            state: watch::Sender::new(open),
        }))
    }

    /// How the server is reached; `None` for a connection that was handed in.
    pub(super) fn server(&self) -> Option<&ConnectionInfo> {
        self.0.client.as_ref().map(Client::get_connection_info)
    }

    /// Whether both are handles to the same connection.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The connection, as soon as it is open. Fails at the deadline, or at once if nothing helps.
    pub(super) async fn open(&self, deadline: Instant) -> Result<OpenConnection, Failure> {
        self.wait_until_open(deadline, false).await
    }

    /// The connection, if it is open or the next attempt opens it. Waits for none that is put off.
    pub(super) async fn try_open(&self, deadline: Instant) -> Result<OpenConnection, Failure> {
        self.wait_until_open(deadline, true).await
    }

    async fn wait_until_open(
        &self,
        deadline: Instant,
        once: bool,
    ) -> Result<OpenConnection, Failure> {
        let mut changes = self.0.state.subscribe();
        let mut tried = false;
        loop {
            let now = Instant::now();
            let last_failure = match &*changes.borrow_and_update() {
                State::Open(open) if now < deadline => return Ok(open.clone()),
                State::Open(_) => Failure::UNREACHABLE,
                State::Closed { why, retry_at, .. } if why.is_final() && now < *retry_at => {
                    return Err(why.clone());
                }
                State::Closed {
                    why,
                    failures: 1..,
                    retry_at,
                } if once && (tried || now < *retry_at) => return Err(why.clone()),
                State::Closed { why, .. } | State::Connecting(why) => why.clone(),
            };
            tried = true;
            self.0.connect();
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Err(last_failure);
            }
        }
    }

    /// How many attempts to connect have failed in a row.
    pub(super) fn failures(&self) -> u32 {
        match &*self.0.state.borrow() {
            State::Closed { failures, .. } => *failures,
            State::Open(_) | State::Connecting(_) => 0,
        }
    }

    /// Gives up the connection with this activity, unless it was replaced already.
    pub(super) fn close(&self, activity: &Arc<Activity>) {
        self.0.close(activity);
    }
}

impl Activity {
    fn now() -> Self {
        Self {
            since: Instant::now(),
            last_reply: AtomicU64::new(0),
        }
    }

    /// Notes that a reply came.
    pub(super) fn record_reply(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Replies are recorded by several tasks, in any order.
        self.last_reply.fetch_max(elapsed, Ordering::Relaxed);
    }

    pub(super) fn last_reply(&self) -> Instant {
        self.since + Duration::from_millis(self.last_reply.load(Ordering::Relaxed))
    }
}

impl Inner {
    fn close(&self, activity: &Arc<Activity>) {
        // A connection that the host handed in cannot be made again.
        if self.client.is_none() {
            return;
        }
        let mut closed = None;
        self.state.send_if_modified(|state| match state {
            State::Open(open) if Arc::ptr_eq(&open.activity, activity) => {
                let after = State::Closed {
                    why: Failure::LOST,
                    failures: 0,
                    // Counted from the connect: a connection that lived long is replaced at once.
                    retry_at: open.activity.since + MIN_INTERVAL,
                };
                // Dropped after the lock: the end of a connection is told to this very function.
                closed = Some(std::mem::replace(state, after));
                true
            }
            _ => false,
        });
    }

    /// Starts an attempt to connect, unless one is running.
    fn connect(self: &Arc<Self>) {
        let Some(client) = self.client.clone() else {
            return;
        };
        let mut next = None;
        self.state.send_if_modified(|state| match state {
            State::Closed {
                why,
                failures,
                retry_at,
            } => {
                next = Some((*failures, *retry_at));
                *state = State::Connecting(why.clone());
                true
            }
            _ => false,
        });
        if let Some((failures, start)) = next {
            let mut attempt = ConnectAttempt {
                inner: Arc::clone(self),
                failures,
                ended: false,
            };
            tokio::spawn(async move {
                sleep_until(start).await;
                let outcome = attempt.inner.try_connect(&client).await;
                attempt.end(outcome);
            });
        }
    }

    async fn try_connect(self: &Arc<Self>, client: &Client) -> Result<OpenConnection, Failure> {
        let activity = Arc::new(Activity::now());
        let connection = Arc::downgrade(self);
        let of_activity = Arc::downgrade(&activity);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            // The store has its own deadlines, and knows which requests may be sent again.
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection
                    && let Some(connection) = Weak::upgrade(&connection)
                    && let Some(activity) = Weak::upgrade(&of_activity)
                {
                    connection.close(&activity);
                }
                Ok::<_, ()>(())
            });
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        match timeout(self.connect_timeout, connecting).await {
            Ok(Ok(redis)) => Ok(OpenConnection { redis, activity }),
            Ok(Err(error)) => {
                Err(tls::handshake_failure(&error).unwrap_or_else(|| Failure::connecting(error)))
            }
            Err(_) => match client.get_connection_info().addr() {
                ConnectionAddr::TcpTls { .. } => Err(Failure::UNREACHABLE_OVER_TLS),
                _ => Err(Failure::UNREACHABLE),
            },
        }
    }
}

/// An attempt to connect. It always ends, even if the runtime is shut down while it runs.
struct ConnectAttempt {
    inner: Arc<Inner>,
    failures: u32,
    ended: bool,
}

impl ConnectAttempt {
    fn end(&mut self, outcome: Result<OpenConnection, Failure>) {
        let state = match outcome {
            Ok(open) => State::Open(open),
            Err(why) => {
                let retry_at = Instant::now() + pause(&why, self.failures);
                State::Closed {
                    why,
                    failures: self.failures.saturating_add(1),
                    retry_at,
                }
            }
        };
        // Also called when the attempt's task is dropped, and must not undo its end then.
        if !std::mem::replace(&mut self.ended, true) {
            self.inner.state.send_replace(state);
        }
    }
}

impl Drop for ConnectAttempt {
    fn drop(&mut self) {
        self.end(Err(Failure::LOST));
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
