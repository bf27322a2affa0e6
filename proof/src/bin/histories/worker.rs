//! A worker, with a manager and a store of its own as a process has them. Every call that it makes
//! is logged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proof::BoxError;
use proof::history::{Outcome, What};
use proof::list::{Listing, Manager, Message, letter};
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{
    CommitId, Error, Handled, MessageId, RedisStore, SessionStatus, StateManager, Step, StoreError,
    Turn, UserId,
};

use crate::log::Log;
use crate::plan::Delivery;

#[derive(Clone)]
pub struct Worker {
    pub number: usize,
    pub manager: Manager,
    pub log: Arc<Log>,
}

/// What the worker does with a message after a delivery.
enum Next {
    Done,
    DeliverAgain,
    Resolve,
}

impl Worker {
    pub async fn work(self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            tokio::time::sleep(delivery.pause).await;
            let _working = self.log.working().await;
            self.deliver(delivery).await;
            if delivery.reads {
                self.read(delivery.message.session).await;
            }
            self.log.count_delivery();
        }
    }

    async fn deliver(
        &self,
        Delivery {
            message,
            pause,
            again,
            asks,
            ..
        }: Delivery,
    ) {
        for _ in 0..=again {
            match self.handle(message).await {
                Next::Done => return,
                Next::Resolve if asks && self.resolve(message).await => return,
                Next::Resolve | Next::DeliverAgain => tokio::time::sleep(pause).await,
            }
        }
    }

    async fn handle(&self, message: Message) -> Next {
        let start = self.log.now();
        let user = user(message.session);
        let id = message_id(message);
        let outcome = match self.manager.handle(&user, &id, append(message)).await {
            Ok(Handled::Committed { output, .. }) => Outcome::Committed { on: output },
            Ok(Handled::Duplicate { user, reply }) => {
                let position = reply.and_then(|reply| reply.read().ok());
                Outcome::Duplicate {
                    now: user.data().list.clone(),
                    position,
                }
            }
            Ok(Handled::Stopped { .. }) => Outcome::Failed("the turn was stopped".to_owned()),
            Err(Error::Store(StoreError::Unknown { .. })) => Outcome::Unknown,
            Err(Error::Fenced { .. }) => Outcome::GivenUp,
            Err(Error::Store(StoreError::Unavailable { .. }) | Error::Contended { .. }) => {
                Outcome::Refused
            }
            Err(other) => Outcome::Failed(other.to_string()),
        };
        let next = match &outcome {
            Outcome::Unknown => Next::Resolve,
            Outcome::Refused => Next::DeliverAgain,
            _ => Next::Done,
        };
        self.log
            .add(self.number, start, What::Delivered { message, outcome });
        next
    }

    /// Asks what became of a message. Returns whether there was an answer.
    pub async fn resolve(&self, message: Message) -> bool {
        let start = self.log.now();
        let user = user(message.session);
        let id = CommitId::of(&user, &message_id(message));
        let applied = match self.manager.resolve(&user, &id).await {
            Ok(CommitStatus::Applied { version, .. }) => Some(version.revision),
            Ok(CommitStatus::Fenced) => None,
            Err(_) => return false,
        };
        self.log
            .add(self.number, start, What::Resolved { message, applied });
        true
    }

    async fn read(&self, session: u8) {
        let start = self.log.now();
        if let Ok(list) = list(&self.manager, session).await {
            self.log
                .add(self.number, start, What::Read { session, list });
        }
    }
}

/// How long a call without faults may take on a machine that is busy with other things.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Connects a store that soon gives up a connection without answers. The first connection may take
/// longer. Several servers are the nodes of a cluster.
pub async fn connect(
    servers: &[String],
    response_timeout: Duration,
) -> Result<RedisStore, BoxError> {
    let builder = RedisStore::builder()
        .response_timeout(response_timeout)
        .connect_timeout(Duration::from_millis(100));
    let started = Instant::now();
    loop {
        let builder = builder.clone();
        let connected = match servers {
            [server] => builder.connect(server.as_str()).await,
            nodes => {
                builder
                    .connect_cluster(nodes.iter().map(String::as_str))
                    .await
            }
        };
        match connected {
            Ok(store) => return Ok(store),
            Err(_) if started.elapsed() < LONGEST => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The lists as they are now, read by a manager with an empty cache over a network without faults.
pub async fn lists(servers: &[String], sessions: u8) -> Result<Vec<Vec<Message>>, BoxError> {
    let manager = StateManager::builder(connect(servers, Duration::from_secs(1)).await?)
        .deadline(LONGEST)
        .build()?;
    let mut lists = Vec::new();
    for session in 0..sessions {
        lists.push(list(&manager, session).await?);
    }
    Ok(lists)
}

/// The list of a session, as the store has it now.
async fn list(manager: &Manager, session: u8) -> Result<Vec<Message>, Error> {
    let found = manager.load(&user(session)).await?;
    Ok(found.data().list.clone())
}

/// The decision: append the message to the list. The output is the list before it.
fn append(
    message: Message,
) -> impl Fn(&mut Turn<Listing>) -> Result<Step<Vec<Message>>, Error> + Send {
    move |turn| {
        if !matches!(turn.status(), SessionStatus::New | SessionStatus::Active) {
            let status = turn.status().name();
            return Err(Error::host(format!("the session was found {status}")));
        }
        let on = turn.data().list.clone();
        turn.data_mut().list.push(message);
        turn.remember_reply(&turn.data().list.len())?;
        Ok(Step::Commit(on))
    }
}

pub fn user(session: u8) -> UserId {
    UserId::new(format!("session-{}", letter(session))).unwrap()
}

fn message_id(message: Message) -> MessageId {
    MessageId::new(message.to_string()).unwrap()
}
