//! One connection to one server, shared by all calls, and made again when it is lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, PushInfo,
    PushKind, RedisError,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::fault::Fault;

/// How far apart two connections are made at least, even where each of them can be made and is of no use.
const APART: Duration = Duration::from_millis(100);

/// A connection to one server, shared by all calls.
///
/// One attempt to connect runs at a time, on a task of its own, and only while a call asks for it; after a failure the next
/// one waits, longer each time. So nobody waits past their deadline, and nobody hammers a dead server.
#[derive(Clone)]
pub(super) struct Link(Arc<Inner>);

struct Inner {
    /// `None` for a connection that was handed in: it cannot be made again.
    client: Option<Client>,
    connect_timeout: Duration,
    state: watch::Sender<State>,
}

enum State {
    Up(Up),
    /// After this failure.
    Connecting(Fault),
    Down {
        why: Fault,
        failures: u32,
        until: Instant,
    },
}

/// A connection that stands, as far as one can know.
#[derive(Clone)]
pub(super) struct Up {
    pub(super) connection: MultiplexedConnection,
    pub(super) heard: Arc<Heard>,
}

/// When it was made, and how many milliseconds after that it brought an answer last, to whomever.
pub(super) struct Heard {
    since: Instant,
    last: AtomicU64,
}

impl Link {
    pub(super) fn new(
        server: ConnectionInfo,
        connect_timeout: Duration,
    ) -> Result<Self, RedisError> {
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(
            TcpKeepalive::new()
                .with_time(Duration::from_secs(5))
                .with_interval(Duration::from_secs(1)),
        );
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(Duration::from_secs(5));
        // RESP3, since only there the client tells at once when the connection is closed.
        let redis = server
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(server.set_tcp_settings(tcp).set_redis_settings(redis))?;
        let down = State::Down {
            why: Fault::UNREACHED,
            failures: 0,
            until: Instant::now(),
        };
        Ok(Self(Arc::new(Inner {
            client: Some(client),
            connect_timeout,
            state: watch::Sender::new(down),
        })))
    }

    pub(super) fn over(connection: MultiplexedConnection) -> Self {
        let up = State::Up(Up {
            connection,
            heard: Arc::new(Heard::now()),
        });
        Self(Arc::new(Inner {
            client: None,
            connect_timeout: Duration::ZERO,
            state: watch::Sender::new(up),
        }))
    }

    /// How the server is reached; `None` for a connection that was handed in.
    pub(super) fn server(&self) -> Option<&ConnectionInfo> {
        self.0.client.as_ref().map(Client::get_connection_info)
    }

    /// Whether it is this very one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The connection, as soon as there is one.
    ///
    /// # Errors
    /// Why there is none, at the deadline, or at once where waiting is pointless.
    pub(super) async fn up(&self, deadline: Instant) -> Result<Up, Fault> {
        self.until_up(deadline, false).await
    }

    /// The connection, if it stands or the next attempt makes it.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn up_now(&self, deadline: Instant) -> Result<Up, Fault> {
        self.until_up(deadline, true).await
    }

    async fn until_up(&self, deadline: Instant, once: bool) -> Result<Up, Fault> {
        let mut changes = self.0.state.subscribe();
        let mut tried = false;
        loop {
            let now = Instant::now();
            let seen = match &*changes.borrow_and_update() {
                State::Up(up) if now < deadline => return Ok(up.clone()),
                State::Up(_) => Fault::UNREACHED,
                State::Down { why, until, .. } if why.is_final() && now < *until => {
                    return Err(*why);
                }
                State::Down {
                    why,
                    failures: 1..,
                    until,
                } if once && (tried || now < *until) => return Err(*why),
                State::Down { why, .. } | State::Connecting(why) => *why,
            };
            tried = true;
            self.0.connect();
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Err(seen);
            }
        }
    }

    /// How often in a row it could not be made, as far as is known now.
    pub(super) fn failures(&self) -> u32 {
        match &*self.0.state.borrow() {
            State::Down { failures, .. } => *failures,
            State::Up(_) | State::Connecting(_) => 0,
        }
    }

    /// Gives up a connection, unless it has been replaced already.
    pub(super) fn lost(&self, which: &Arc<Heard>) {
        self.0.lost(which);
    }
}

impl Heard {
    fn now() -> Self {
        Self {
            since: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    /// Notes that an answer came.
    pub(super) fn answer(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(millis, Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Instant {
        self.since + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}

impl Inner {
    fn lost(&self, which: &Arc<Heard>) {
        if self.client.is_none() {
            return;
        }
        let mut gone = None;
        self.state.send_if_modified(|state| match state {
            State::Up(up) if Arc::ptr_eq(&up.heard, which) => {
                let down = State::Down {
                    why: Fault::LOST,
                    failures: 0,
                    until: up.heard.since + APART,
                };
                // Dropped outside the lock, since the end of a connection is told to this very function.
                gone = Some(std::mem::replace(state, down));
                true
            }
            _ => false,
        });
    }

    /// Starts an attempt to connect, unless one runs.
    fn connect(self: &Arc<Self>) {
        let Some(client) = self.client.clone() else {
            return;
        };
        let (mut failures, mut until) = (0, Instant::now());
        let started = self.state.send_if_modified(|state| match *state {
            State::Down {
                why,
                failures: so_far,
                until: earliest,
            } => {
                (failures, until) = (so_far, earliest);
                *state = State::Connecting(why);
                true
            }
            _ => false,
        });
        if started {
            let mut attempt = Attempt {
                inner: Arc::clone(self),
                failures,
                ended: false,
            };
            tokio::spawn(async move {
                sleep_until(until).await;
                let outcome = attempt.inner.attempt(&client).await;
                attempt.end(outcome);
            });
        }
    }

    async fn attempt(self: &Arc<Self>, client: &Client) -> Result<Up, Fault> {
        let heard = Arc::new(Heard::now());
        let (link, which) = (Arc::downgrade(self), Arc::downgrade(&heard));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                let closed = push.kind == PushKind::Disconnection;
                if let (true, Some(link), Some(which)) =
                    (closed, Weak::upgrade(&link), Weak::upgrade(&which))
                {
                    link.lost(&which);
                }
                Ok::<_, ()>(())
            });
        match timeout(
            self.connect_timeout,
            client.get_multiplexed_async_connection_with_config(&config),
        )
        .await
        {
            Ok(Ok(connection)) => Ok(Up { connection, heard }),
            Ok(Err(error)) => Err(Fault::connecting(error)),
            Err(_)
                if matches!(
                    client.get_connection_info().addr(),
                    ConnectionAddr::TcpTls { .. }
                ) =>
            {
                Err(Fault::UNREACHED_BY_TLS)
            }
            Err(_) => Err(Fault::UNREACHED),
        }
    }
}

/// An attempt to connect. It always ends: a runtime may be shut down with one under way.
struct Attempt {
    inner: Arc<Inner>,
    failures: u32,
    ended: bool,
}

impl Attempt {
    fn end(&mut self, outcome: Result<Up, Fault>) {
        let state = match outcome {
            Ok(up) => State::Up(up),
            Err(why) => {
                let until = Instant::now() + pause(&why, self.failures);
                State::Down {
                    why,
                    failures: self.failures.saturating_add(1),
                    until,
                }
            }
        };
        if !std::mem::replace(&mut self.ended, true) {
            self.inner.state.send_replace(state);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end(Err(Fault::LOST));
    }
}

/// How long to leave a server alone: 10 ms to 500 ms, and 1 s to 5 s where somebody must act first. Never twice the same, so that
/// many clients do not come back at once.
fn pause(why: &Fault, failures: u32) -> Duration {
    let (first, most) = if why.is_final() {
        (1000, 5000)
    } else {
        (10, 500)
    };
    let doubled = first << failures.min(8);
    Duration::from_millis(doubled.min(most)).mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_anyone_breaks_the_silence() {
        let heard = Heard::now();
        for _ in 0..3 {
            tokio::time::advance(Duration::from_millis(20)).await;
            assert!(heard.last() < Instant::now());
            heard.answer();
            assert_eq!(heard.last(), Instant::now());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_wait_starts_no_attempt_before_its_time() {
        let server =
            redis::IntoConnectionInfo::into_connection_info("redis://127.0.0.1:1").unwrap();
        let link = Link::new(server, Duration::from_secs(1)).unwrap();
        let soon = || Instant::now() + Duration::from_secs(60);
        for failures in 1..9 {
            assert!(link.up_now(soon()).await.is_err());
            assert_eq!(link.failures(), failures);
            let now = Instant::now();
            assert!(link.up_now(soon()).await.is_err());
            assert_eq!(
                (link.failures(), now),
                (failures, Instant::now()),
                "it is left alone"
            );
            tokio::time::advance(Duration::from_millis(500)).await;
        }
    }

    #[test]
    fn a_server_is_left_alone_for_longer_each_time() {
        let denied = Fault::from(RedisError::from((
            redis::ErrorKind::AuthenticationFailed,
            "",
        )));
        for (why, failures, most) in [
            (Fault::LOST, 0, 10),
            (Fault::LOST, 3, 80),
            (Fault::LOST, 9, 500),
            (denied, 0, 1000),
            (denied, 1, 2000),
            (denied, 9, 5000),
        ] {
            for _ in 0..1000 {
                let millis = pause(&why, failures).as_secs_f64() * 1000.0;
                assert!(
                    (f64::from(most) / 2.0..=f64::from(most)).contains(&millis),
                    "{failures}: {millis} ms"
                );
            }
        }
    }
}
