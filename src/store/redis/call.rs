//! One call: asked again until it is answered, or its deadline is over.

use std::pin::pin;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::{Instant, sleep, timeout_at};

use super::fault::{Fault, Next};
use super::link::{Link, Up};
use super::script::Script;
use super::servers::Servers;

/// How long before the deadline a refusal stands, at least.
const SPARE: Duration = Duration::from_millis(20);

/// What is asked. The same bytes may be sent any number of times, but what is blind once.
pub(super) enum Request {
    Command(Cmd),
    Script(&'static Script, Cmd),
    /// Blind: it takes whatever is there when it arrives.
    Deletion(Cmd),
    /// Blind: it covers whatever is there when it arrives.
    Overwrite(&'static Script, Cmd),
    /// From MULTI to EXEC.
    Transaction(Pipeline),
}

/// What was answered.
pub(super) struct Answer {
    pub(super) value: Value,
    /// Whether an earlier sending may have been carried out as well.
    pub(super) again: bool,
}

/// Why there is no answer.
pub(super) struct NoAnswer {
    pub(super) fault: Fault,
    /// Whether the request may have been carried out.
    pub(super) open: bool,
}

impl Servers {
    /// Asks about a key until the deadline. What a connection has not answered is asked over another one, once nobody has heard
    /// from that connection for `response_timeout`: while it answers others, this one's turn will come.
    ///
    /// What is blind is sent once. One that is held up on a lost connection would strike what is written after another one was
    /// answered.
    pub(super) async fn call(
        &self,
        key: &str,
        request: &Request,
        response_timeout: Duration,
        deadline: Instant,
    ) -> Result<Answer, NoAnswer> {
        let (mut open, mut attempt) = (false, 0);
        loop {
            let (link, up) = self.up(key, response_timeout, deadline).await;
            let asked = Instant::now();
            let (fault, sent) = match up {
                Ok(up) => match self
                    .send(&link, up, key, request, response_timeout, deadline)
                    .await
                {
                    Ok(value) => return Ok(Answer { value, again: open }),
                    Err(fault) => (fault, true),
                },
                Err(fault) => (fault, false),
            };
            open |= sent && fault.next.is_open();
            if fault.next == Next::Late || open && request.is_blind() {
                return Err(NoAnswer { fault, open });
            }
            // What was refused is not asked again so late that nobody could wait for another refusal: this one says more.
            let spare = if sent && !open {
                SPARE.max(asked.elapsed() * 2)
            } else {
                Duration::ZERO
            };
            self.gave_none(&link, key, &fault);
            let pause = pause(fault.next, attempt);
            if fault.is_final() || Instant::now() + pause + spare >= deadline {
                return Err(NoAnswer { fault, open });
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Sends it once.
    async fn send(
        &self,
        link: &Link,
        Up {
            mut connection,
            heard,
        }: Up,
        key: &str,
        request: &Request,
        response_timeout: Duration,
        deadline: Instant,
    ) -> Result<Value, Fault> {
        let mut answer = pin!(request.send(&mut connection));
        let mut patience = Instant::now() + response_timeout;
        let answered = loop {
            match timeout_at(patience.min(deadline), answer.as_mut()).await {
                Ok(answered) => break answered,
                Err(_) if patience >= deadline => return Err(Fault::LATE),
                Err(_) => {}
            }
            let silent = heard.last() + response_timeout;
            if silent > patience {
                patience = silent;
                continue;
            }
            link.lost(&heard);
            if !request.is_blind() {
                return Err(Fault::SILENT);
            }
            patience = deadline;
        };
        answered.inspect(|_| heard.answer()).map_err(|error| {
            let fault = self.heard(link, key, error);
            match fault.next {
                Next::Lost | Next::Move => link.lost(&heard),
                _ => heard.answer(),
            }
            fault
        })
    }
}

/// Not at all before the first time where only the connection or the answer was lost, or another node was named; otherwise 5 to
/// 250 ms.
fn pause(next: Next, attempt: u32) -> Duration {
    if attempt == 0 && (next.is_open() || next == Next::Follow) {
        return Duration::ZERO;
    }
    Duration::from_millis((10 << attempt.min(8)).min(250))
        .mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

impl Request {
    fn is_blind(&self) -> bool {
        matches!(self, Self::Deletion(_) | Self::Overwrite(..))
    }

    async fn send(&self, connection: &mut MultiplexedConnection) -> Result<Value, RedisError> {
        match self {
            Self::Command(command) | Self::Deletion(command) => answer(connection, command).await,
            Self::Script(script, by_name) | Self::Overwrite(script, by_name) => {
                match answer(connection, by_name).await {
                    Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                        answer(connection, &script.in_full(by_name)).await
                    }
                    answer => answer,
                }
            }
            Self::Transaction(commands) => transaction(connection, commands).await,
        }
    }
}

/// Not the client's own transaction, which in debug builds panics where MULTI itself is refused.
async fn transaction(
    connection: &mut MultiplexedConnection,
    commands: &Pipeline,
) -> Result<Value, RedisError> {
    let mut answers = connection
        .send_packed_commands(commands, 0, commands.len())
        .await?;
    match answers.pop().unwrap_or_default() {
        // The first error says why; those after it only follow from it.
        Value::ServerError(last) => Err(answers
            .into_iter()
            .find_map(|a| a.extract_error().err())
            .unwrap_or_else(|| last.into())),
        answer => answer.extract_error(),
    }
}

async fn answer(
    connection: &mut MultiplexedConnection,
    command: &Cmd,
) -> Result<Value, RedisError> {
    connection
        .send_packed_command(command)
        .await?
        .extract_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_longer_each_time_and_never_long() {
        for next in [Next::Lost, Next::Silent] {
            assert_eq!(pause(next, 0), Duration::ZERO);
        }
        for (next, attempt, most) in [
            (Next::Wait, 0, 10),
            (Next::Move, 0, 10),
            (Next::Lost, 1, 20),
            (Next::Silent, 2, 40),
            (Next::Wait, 9, 250),
        ] {
            for _ in 0..1000 {
                let millis = pause(next, attempt).as_secs_f64() * 1000.0;
                assert!(
                    (f64::from(most) / 2.0..=f64::from(most)).contains(&millis),
                    "{next:?} {attempt}: {millis} ms"
                );
            }
        }
    }
}
