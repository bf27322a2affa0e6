//! The servers of a store, and one call to them: sent until it is answered, or until its deadline.

use std::pin::pin;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::{Instant, sleep, timeout_at};

use super::backoff::backoff;
use super::cluster::Cluster;
use super::connection::Connection;
use super::failure::{Failure, Retry};
use super::link::OpenConnection;

/// The least time before the deadline at which a refused request is not sent again.
const SPARE: Duration = Duration::from_millis(20);

/// The servers that requests are sent to.
pub(crate) struct Endpoints {
    topology: Topology,
    response_timeout: Duration,
}

enum Topology {
    Single(Connection),
    Cluster(Cluster),
}

/// What is sent: the same bytes any number of times, unless it is to be sent [once](Self::once).
pub(crate) struct Request {
    body: Body,
    once: bool,
}

enum Body {
    Command(Cmd),
    /// A script by its hash, and its text for a server that does not know it.
    Script {
        by_hash: Cmd,
        text: &'static str,
    },
    /// From MULTI to EXEC.
    Transaction(Pipeline),
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
        let mut maybe_applied = false;
        let mut attempt = 0;
        loop {
            let (connection, opened) = self.open(key, deadline).await;
            let asked = Instant::now();
            let sent = opened.is_ok();
            let replied = match opened {
                Ok(open) => self.send(&connection, open, key, request, deadline).await,
                Err(failure) => Err(failure),
            };
            let mut failure = match replied {
                Ok(value) => {
                    return Ok(Answer {
                        value,
                        maybe_applied,
                    });
                }
                Err(failure) => failure,
            };
            let pause = pause(&failure, attempt);
            // Once a copy may have arrived, every later failure leaves the outcome open.
            maybe_applied |= sent && failure.maybe_applied;
            failure.maybe_applied = maybe_applied;
            if maybe_applied && request.once {
                return Err(failure);
            }
            self.note_failure(&connection, key, &failure);
            // A refusal is not followed by an attempt so late that no second refusal could arrive:
            // the error of an attempt that was cut off would say less.
            let spare = if sent && !maybe_applied {
                SPARE.max(asked.elapsed() * 2)
            } else {
                Duration::ZERO
            };
            if failure.is_final() || Instant::now() + pause + spare >= deadline {
                return Err(failure);
            }
            sleep(pause).await;
            attempt += 1;
        }
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
            .map_err(|error| {
                let failure = self.failure(connection, key, error);
                // A server that became a replica answers, but will refuse every write.
                if failure.retry == Retry::Reconnect {
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
            return error.into();
        };
        let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
        match error.redirect_node().filter(|_| moved) {
            Some((address, _slot)) => match cluster.redirect(from, key, address) {
                Ok(()) => Failure::REDIRECTED,
                Err(invalid_address) => invalid_address.into(),
            },
            None => error.into(),
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

/// The pause before a request is sent again: none at first if only the reply was lost or another
/// node was named, else 5 to 250 ms.
fn pause(failure: &Failure, attempt: u32) -> Duration {
    // The first repeat is at once: a lost reply or a redirect says nothing against the server.
    if attempt == 0 && (failure.maybe_applied || failure.retry == Retry::Redirect) {
        return Duration::ZERO;
    }
    backoff(10, 250, attempt)
}

impl Request {
    pub(crate) fn command(command: Cmd) -> Self {
        Self::new(Body::Command(command))
    }

    pub(crate) fn script(by_hash: Cmd, text: &'static str) -> Self {
        Self::new(Body::Script { by_hash, text })
    }

    /// The call of a script with its text instead of its hash.
    pub(crate) fn script_in_full(by_hash: &Cmd, text: &'static str) -> Self {
        Self::command(in_full(by_hash, text))
    }

    pub(crate) fn transaction(commands: Pipeline) -> Self {
        Self::new(Body::Transaction(commands))
    }

    fn new(body: Body) -> Self {
        Self { body, once: false }
    }

    /// The same, sent at most once, because it overwrites or removes what it finds. A copy that is
    /// held up on a lost connection would do so to what was written after another one was answered.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }

    async fn send(&self, redis: &mut MultiplexedConnection) -> Result<Value, RedisError> {
        match &self.body {
            Body::Command(command) => reply(redis, command).await,
            Body::Script { by_hash, text } => match reply(redis, by_hash).await {
                // Servers from 7.4 on forget a script that was sent in full once memory is short.
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    reply(redis, &in_full(by_hash, text)).await
                }
                replied => replied,
            },
            Body::Transaction(commands) => transaction(redis, commands).await,
        }
    }
}

fn in_full(by_hash: &Cmd, text: &str) -> Cmd {
    let mut call = redis::cmd("EVAL");
    call.arg(text);
    // After EVALSHA and the hash.
    for arg in by_hash.args_iter().skip(2) {
        if let Arg::Simple(arg) = arg {
            call.arg(arg);
        }
    }
    call
}

/// Not the client's own transaction: that panics in debug builds if MULTI itself is refused.
async fn transaction(
    redis: &mut MultiplexedConnection,
    commands: &Pipeline,
) -> Result<Value, RedisError> {
    let mut replies = redis
        .send_packed_commands(commands, 0, commands.len())
        .await?;
    match replies.pop().unwrap_or_default() {
        // The first error says why; those after it only follow from it.
        Value::ServerError(last) => Err(replies
            .into_iter()
            .find_map(|reply| reply.extract_error().err())
            .unwrap_or_else(|| last.into())),
        reply => reply.extract_error(),
    }
}

async fn reply(redis: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, RedisError> {
    redis.send_packed_command(command).await?.extract_error()
}

#[cfg(test)]
mod tests;
