//! The servers of a store, and one call to them: sent until it is answered, or until its deadline.

use std::pin::pin;
use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::time::{Instant, sleep, timeout_at};

use super::backoff::backoff;
use super::cluster::Cluster;
use super::connection::Connection;
use super::failure::{Failure, Retry};
use super::link::OpenConnection;
use super::request::{Request, SendError};

/// The least time before the deadline at which a refused request is not sent again.
const SPARE: Duration = Duration::from_millis(20);

/// The key of a request about none.
const ANY: &str = "";

/// The servers that requests are sent to.
pub(crate) struct Endpoints {
    topology: Topology,
    response_timeout: Duration,
}

enum Topology {
    Single(Connection),
    Cluster(Cluster),
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) value: Value,
    /// Whether the request may have been applied before, by a copy whose reply was lost.
    pub(crate) maybe_applied: bool,
}

impl Endpoints {
    pub(crate) fn single(connection: Connection, response_timeout: Duration) -> Self {
        Self {
            topology: Topology::Single(connection),
            response_timeout,
        }
    }

    pub(crate) fn cluster(cluster: Cluster, response_timeout: Duration) -> Self {
        Self {
            topology: Topology::Cluster(cluster),
            response_timeout,
        }
    }

    pub(crate) fn are_a_cluster(&self) -> bool {
        matches!(self.topology, Topology::Cluster(_))
    }

    /// Sends a request about a key until it is answered or the deadline is over.
    ///
    /// If a connection has brought no reply to any call for the response timeout, the request is
    /// sent again over another one. As long as it answers other calls, this one waits for its turn.
    pub(crate) async fn call(
        &self,
        key: &str,
        request: &Request,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let mut attempts = Attempts::default();
        loop {
            let (connection, opened) = self.open(key, deadline).await;
            let asked = Instant::now();
            let sent = opened.is_ok();
            let replied = match opened {
                Ok(open) => self.send(&connection, open, key, request, deadline).await,
                Err(failure) => Err(failure.of(connection.address())),
            };
            let failure = match replied {
                Ok(value) => {
                    return Ok(Answer {
                        value,
                        maybe_applied: attempts.maybe_applied,
                    });
                }
                Err(failure) => failure,
            };
            let pause = pause(&failure, attempts.failed);
            let failure = attempts.note(failure, sent);
            if failure.maybe_applied && request.once {
                return Err(failure);
            }
            self.note_failure(&connection, key, &failure);
            // A refusal is not followed by an attempt so late that no second refusal could arrive:
            // the error of an attempt that was cut off would say less.
            let spare = if sent && !failure.maybe_applied {
                SPARE.max(asked.elapsed() * 2)
            } else {
                Duration::ZERO
            };
            if failure.is_final() || Instant::now() + pause + spare >= deadline {
                return Err(failure);
            }
            sleep(pause).await;
        }
    }

    /// The masters of a cluster, or the one server.
    ///
    /// # Errors
    /// Fails also if the user may not run `CLUSTER SLOTS`.
    pub(crate) async fn masters(&self, deadline: Instant) -> Result<Vec<Connection>, Failure> {
        let cluster = match &self.topology {
            Topology::Single(connection) => return Ok(vec![connection.clone()]),
            Topology::Cluster(cluster) => cluster,
        };
        let mut slots = redis::cmd("CLUSTER");
        slots.arg("SLOTS");
        let slots = Request::command(slots);
        let (node, opened) = self.open(ANY, deadline).await;
        let sent = self.send(&node, opened?, ANY, &slots, deadline).await;
        let value = sent.inspect_err(|failure| self.note_failure(&node, ANY, failure))?;
        cluster.masters(&node, value)
    }

    /// The masters of a cluster that were asked for a key before.
    pub(crate) fn known_masters(&self) -> Vec<Connection> {
        match &self.topology {
            Topology::Single(connection) => vec![connection.clone()],
            Topology::Cluster(cluster) => cluster.known_owners(),
        }
    }

    /// Sends a request about no key to this server, once.
    pub(crate) async fn call_at(
        &self,
        server: &Connection,
        request: &Request,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let open = server.open(deadline).await;
        let open = open.map_err(|failure| failure.of(server.address()))?;
        self.send(server, open, ANY, request, deadline).await
    }

    /// A connection to the server that has a key, as soon as it is open.
    async fn open(
        &self,
        key: &str,
        deadline: Instant,
    ) -> (Connection, Result<OpenConnection, Failure>) {
        match &self.topology {
            Topology::Single(connection) => (connection.clone(), connection.open(deadline).await),
            Topology::Cluster(cluster) => cluster.open(key, self.response_timeout, deadline).await,
        }
    }

    /// Sends a request once.
    async fn send(
        &self,
        connection: &Connection,
        open: OpenConnection,
        key: &str,
        request: &Request,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let OpenConnection {
            mut redis,
            activity,
            driver: _driver,
        } = open;
        let mut reply = pin!(request.send(&mut redis));
        let mut silent_at = Instant::now() + self.response_timeout;
        let replied = loop {
            match timeout_at(silent_at.min(deadline), reply.as_mut()).await {
                Ok(replied) => break replied,
                Err(_) if silent_at >= deadline => return Err(Failure::LATE),
                Err(_) => {}
            }
            // Woken much too late: this runtime was not driven, so the silence is its own.
            let now = Instant::now();
            if now > silent_at + self.response_timeout {
                silent_at = now + self.response_timeout;
                continue;
            }
            // A connection that answers others is slow, not dead: the same request over another one
            // would only add to the server's work.
            let after_last_reply = activity.last_reply() + self.response_timeout;
            if after_last_reply > silent_at {
                silent_at = after_last_reply;
                continue;
            }
            connection.close(&activity);
            if !request.once {
                return Err(Failure::SILENT);
            }
            // It is not sent again, so it waits for the old connection to the end.
            silent_at = deadline;
        };
        replied
            .inspect(|_| activity.record_reply())
            .map_err(|SendError { error, is_queuing }| {
                let failure = self.failure(connection, key, error);
                // A server that became a replica answers, but will refuse every write.
                if is_queuing || failure.retry == Retry::Reconnect {
                    connection.close(&activity);
                } else {
                    activity.record_reply();
                }
                failure
            })
    }

    /// What an error means. If another node has the key, that one is asked next.
    fn failure(&self, from: &Connection, key: &str, error: RedisError) -> Failure {
        let Topology::Cluster(cluster) = &self.topology else {
            return Failure::of_request(error, key);
        };
        let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
        match error.redirect_node().filter(|_| moved) {
            Some((address, _slot)) => match cluster.redirect(from, key, address) {
                Ok(owner) => match owner.last_failure() {
                    Some(why) => why.of(owner.address()).redirected(),
                    None => Failure::REDIRECTED,
                },
                Err(failure) => failure,
            },
            None => Failure::of_request(error, key),
        }
    }

    /// Has another node of a cluster asked next, unless this one named it, or every node would give
    /// the same refusal.
    fn note_failure(&self, connection: &Connection, key: &str, failure: &Failure) {
        if let Topology::Cluster(cluster) = &self.topology
            && !matches!(failure.retry, Retry::Redirect | Retry::Never)
        {
            cluster.avoid(connection, key);
        }
    }
}

/// The attempts of one call that have failed.
#[derive(Default)]
struct Attempts {
    failed: u32,
    /// How many of them in a row, up to now, were redirected.
    redirects: u32,
    /// Whether one of them may have been applied.
    maybe_applied: bool,
    /// What a server replied last, unless it named another one.
    last_reply: Option<Failure>,
}

impl Attempts {
    /// Notes one more. Returns the failure of the call if it is the last one.
    fn note(&mut self, failure: Failure, sent: bool) -> Failure {
        self.failed += 1;
        let is_redirect = failure.retry == Retry::Redirect;
        self.redirects = if is_redirect { self.redirects + 1 } else { 0 };
        let failure = failure.redirected_again(self.redirects);
        let is_reply = failure.is_unknown_reply || sent && !failure.maybe_applied;
        // Once a copy may have arrived, every later failure leaves the outcome open.
        self.maybe_applied |= sent && failure.maybe_applied;
        if is_reply && !is_redirect {
            self.last_reply = Some(failure.clone());
        }
        // What a server said tells more than that nothing came after it.
        let says_nothing = sent && !is_reply || !sent && failure.is_untried();
        let last_reply = self.last_reply.as_ref().filter(|_| says_nothing);
        let retry = failure.retry;
        let mut failure = last_reply.cloned().unwrap_or(failure);
        failure.retry = retry;
        failure.maybe_applied = self.maybe_applied;
        failure
    }
}

/// The pause before a request is sent again: none at first if only the reply was lost or another
/// node was named, else 5 to 250 ms.
fn pause(failure: &Failure, attempt: u32) -> Duration {
    // The first repeat is at once: a lost reply or a redirect says nothing against the server.
    if attempt == 0 && (failure.maybe_applied || failure.retry == Retry::Redirect) {
        return Duration::ZERO;
    }
    backoff(10, 250, attempt)
}

#[cfg(test)]
mod tests;
