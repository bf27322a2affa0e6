//! A worker: a manager and a store of its own, as a process has them, and every call that it makes
//! on record.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proof::history::{Event, Outcome, What};
use proof::list::{Listing, Manager, Message, letter};
use tokio::sync::{RwLock, RwLockWriteGuard, watch};
use vimbiso_state::Step;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{
    BoxError, CommitId, Error, Handled, MessageId, RedisStore, SessionStatus, StateManager,
    StoreError, Turn, UserId,
};

use crate::plan::Delivery;

/// What was called and answered when, and how many deliveries are through.
pub struct Record {
    started: Instant,
    events: Mutex<Vec<Event>>,
    through: watch::Sender<usize>,
    busy: RwLock<()>,
}

#[derive(Clone)]
pub struct Worker {
    pub number: usize,
    pub manager: Manager,
    pub record: Arc<Record>,
}

/// What stands between the worker and a message that is done with.
enum Next {
    Done,
    Again,
    Ask,
}

impl Record {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            events: Mutex::default(),
            through: watch::Sender::new(0),
            busy: RwLock::new(()),
        }
    }

    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until so many deliveries are through.
    pub async fn until(&self, deliveries: usize) {
        // The sender is here, so it is not gone.
        let _ = self
            .through
            .subscribe()
            .wait_for(|through| *through >= deliveries)
            .await;
    }

    /// Waits until no worker does anything, and holds all back until it is dropped.
    pub async fn lull(&self) -> RwLockWriteGuard<'_, ()> {
        self.busy.write().await
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

impl Worker {
    pub async fn work(self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            tokio::time::sleep(delivery.pause).await;
            let _busy = self.record.busy.read().await;
            self.hand_over(delivery).await;
            if delivery.reads {
                self.read(delivery.message.session).await;
            }
            self.record.through.send_modify(|through| *through += 1);
        }
    }

    async fn hand_over(
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
            match self.deliver(message).await {
                Next::Done => return,
                Next::Ask if asks && self.resolve(message).await => return,
                Next::Ask | Next::Again => tokio::time::sleep(pause).await,
            }
        }
    }

    async fn deliver(&self, message: Message) -> Next {
        let start = self.record.now();
        let outcome = match self
            .manager
            .handle(
                &user(message.session),
                &message_id(message),
                append(message),
            )
            .await
        {
            Ok(Handled::Committed { output, .. }) => Outcome::Committed { on: output },
            Ok(Handled::Duplicate { user, reply }) => {
                let place = reply.and_then(|reply| reply.read().ok());
                Outcome::Duplicate {
                    now: user.data().list.clone(),
                    place,
                }
            }
            Err(Error::Store(StoreError::Unknown { .. })) => Outcome::Unknown,
            Err(Error::Fenced { .. }) => Outcome::GivenUp,
            Err(Error::Store(StoreError::Unavailable { .. }) | Error::Contended { .. }) => {
                Outcome::Refused
            }
            Err(other) => Outcome::Failed(other.to_string()),
        };
        let next = match &outcome {
            Outcome::Unknown => Next::Ask,
            Outcome::Refused => Next::Again,
            _ => Next::Done,
        };
        self.keep(start, What::Delivered { message, outcome });
        next
    }

    /// Whether there was an answer.
    pub async fn resolve(&self, message: Message) -> bool {
        let start = self.record.now();
        let user = user(message.session);
        let applied = match self
            .manager
            .resolve(&user, &CommitId::of(&user, &message_id(message)))
            .await
        {
            Ok(CommitStatus::Applied(version)) => Some(version.revision),
            Ok(CommitStatus::Fenced) => None,
            Err(_) => return false,
        };
        self.keep(start, What::Resolved { message, applied });
        true
    }

    async fn read(&self, session: u8) {
        let start = self.record.now();
        if let Ok(list) = list(&self.manager, session).await {
            self.keep(start, What::Read { session, list });
        }
    }

    fn keep(&self, start: Duration, what: What) {
        let event = Event {
            worker: self.number,
            start,
            end: self.record.now(),
            what,
        };
        self.record.events.lock().unwrap().push(event);
    }
}

/// How long what has to work may take, on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A store that soon gives up a connection which swallows everything. For the first connection it
/// has patience. Several are the nodes of a cluster.
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
            Err(_) if started.elapsed() < PATIENCE => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The lists as they are now, read by a process that knows nothing over a network without faults.
pub async fn lists(servers: &[String], sessions: u8) -> Result<Vec<Vec<Message>>, BoxError> {
    let manager = StateManager::builder(connect(servers, Duration::from_secs(1)).await?)
        .deadline(PATIENCE)
        .build()?;
    let mut lists = Vec::new();
    for session in 0..sessions {
        lists.push(list(&manager, session).await?);
    }
    Ok(lists)
}

/// The list of a session, as the store has it now.
async fn list(manager: &Manager, session: u8) -> Result<Vec<Message>, Error> {
    Ok(manager
        .user(&user(session))
        .await?
        .state()
        .state()
        .list
        .clone())
}

/// The decision: the message at the end of the list. Its output is the list as it was.
fn append(message: Message) -> impl Fn(&mut Turn<Listing>) -> Result<Vec<Message>, Error> + Send {
    move |turn| {
        if !matches!(turn.status(), SessionStatus::New | SessionStatus::Active) {
            return Err(Error::host(format!(
                "the session was found {}",
                turn.status().name()
            )));
        }
        let on = turn.data().list.clone();
        turn.data_mut().list.push(message);
        turn.remember_reply(&turn.data().list.len())?;
        Ok(on)
    }
}

pub fn user(session: u8) -> UserId {
    UserId::new(format!("session-{}", letter(session))).unwrap()
}

fn message_id(message: Message) -> MessageId {
    MessageId::new(message.to_string()).unwrap()
}
