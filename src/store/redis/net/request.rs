//! What is sent to a server, and what was received instead of a reply.

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, ServerError, ServerErrorKind, Value};

/// What is sent: the same bytes any number of times, unless it is to be sent [once](Self::once).
pub(crate) struct Request {
    body: Body,
    pub(super) once: bool,
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

    /// Sends it once.
    pub(super) async fn send(&self, redis: &mut MultiplexedConnection) -> Result<Value, SendError> {
        match &self.body {
            Body::Command(command) => reply(redis, command).await,
            Body::Script { by_hash, text } => match reply(redis, by_hash).await {
                // Servers from 7.4 on forget a script that was sent in full once memory is short.
                Err(refusal) if refusal.error.kind() == NO_SCRIPT => {
                    reply(redis, &in_full(by_hash, text)).await
                }
                replied => replied,
            },
            Body::Transaction(commands) => transaction(redis, commands).await,
        }
    }
}

const NO_SCRIPT: ErrorKind = ErrorKind::Server(ServerErrorKind::NoScript);

/// What was received instead of a reply.
pub(super) struct SendError {
    pub(super) error: RedisError,
    /// Whether the server may go on to queue what it gets over this connection, from any call,
    /// because a proxy has kept EXEC from it.
    pub(super) is_queuing: bool,
}

impl From<RedisError> for SendError {
    fn from(error: RedisError) -> Self {
        Self {
            error,
            is_queuing: false,
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
) -> Result<Value, SendError> {
    let mut replies = redis
        .send_packed_commands(commands, 0, commands.len())
        .await?;
    let last = replies.pop().unwrap_or_default();
    let is_queuing = matches!(&last, Value::ServerError(refusal) if !ends_transaction(refusal));
    // The first error says why; those after it only follow from it. A proxy may also refuse one
    // command and let EXEC pass, whose reply then lacks a value.
    replies.push(last);
    let mut value = Value::Nil;
    for reply in replies {
        value = reply
            .extract_error()
            .map_err(|error| SendError { error, is_queuing })?;
    }
    Ok(value)
}

/// Whether this reply to EXEC is that of a server, which ends its transaction.
fn ends_transaction(refusal: &ServerError) -> bool {
    let codes = [
        "EXECABORT",
        "MOVED",
        "ASK",
        "TRYAGAIN",
        "CLUSTERDOWN",
        "CROSSSLOT",
    ];
    codes.contains(&refusal.code())
}

async fn reply(redis: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, SendError> {
    match redis.send_packed_command(command).await?.extract_error()? {
        Value::SimpleString(text) if text == "QUEUED" => Err(SendError {
            error: (ErrorKind::UnexpectedReturnType, "queued").into(),
            is_queuing: true,
        }),
        reply => Ok(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_in_full_has_the_same_arguments() {
        let mut by_hash = redis::cmd("EVALSHA");
        by_hash.arg("0123").arg(1).arg("key").arg("value");
        let mut expected = redis::cmd("EVAL");
        expected.arg("return 1").arg(1).arg("key").arg("value");
        let full = in_full(&by_hash, "return 1");
        assert_eq!(full.get_packed_command(), expected.get_packed_command());
    }
}
