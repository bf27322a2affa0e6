//! The gateway between users and workers: delivers each message until a worker has taken it, often
//! twice and at the same time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proof::payments::evidence::{Message, Sent};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use vimbiso_state::{CommitId, MessageId, UserId};

use crate::payments::wire;
use crate::payments::worker::{Answer, Question};

/// A worker that does not answer for so long is taken for dead.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a message is delivered again at most.
const LONGEST: Duration = Duration::from_secs(45);

pub struct Gateway {
    ports: Vec<watch::Receiver<Option<u16>>>,
    sent: Mutex<Vec<Sent>>,
    rng: Mutex<StdRng>,
    under_way: watch::Sender<usize>,
}

impl Gateway {
    pub fn new(ports: Vec<watch::Receiver<Option<u16>>>, seed: u64) -> Self {
        Self {
            ports,
            sent: Mutex::default(),
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            under_way: watch::Sender::new(0),
        }
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.rng.lock().unwrap().random_range(from..=to))
    }

    /// Takes a message of this user, and delivers it in the background. Returns the id of its
    /// commit.
    pub fn post(self: &Arc<Self>, user: &str, text: impl Into<String>) -> String {
        let index;
        let commit_id;
        {
            let mut sent = self.sent.lock().unwrap();
            index = sent.len();
            let message = Message {
                user: user.to_owned(),
                id: format!("m{index:04}"),
                text: text.into(),
            };
            commit_id = commit_id_of(&message);
            sent.push(Sent {
                at: wire::now(),
                message,
                commit_id: commit_id.clone(),
                acknowledged: None,
                deliveries: 0,
            });
        }
        self.spawn(index, Duration::ZERO);
        if self.rng.lock().unwrap().random_bool(0.3) {
            self.spawn(index, self.millis(0, 40));
        }
        commit_id
    }

    fn spawn(self: &Arc<Self>, index: usize, pause: Duration) {
        self.under_way.send_modify(|count| *count += 1);
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            sleep(pause).await;
            gateway.deliver(index).await;
            gateway.under_way.send_modify(|count| *count -= 1);
        });
    }

    /// Returns when all messages are taken, or given up.
    pub async fn is_idle(&self) {
        // An error would mean that the sender is gone, and it is a field of this gateway.
        let _ = self
            .under_way
            .subscribe()
            .wait_for(|count| *count == 0)
            .await;
    }

    async fn deliver(&self, index: usize) {
        let message = self.sent.lock().unwrap()[index].message.clone();
        let question = Question::Deliver(message);
        let started = Instant::now();
        while started.elapsed() < LONGEST {
            let worker = self.rng.lock().unwrap().random_range(0..self.ports.len());
            let port = *self.ports[worker].borrow();
            if let Some(port) = port {
                self.sent.lock().unwrap()[index].deliveries += 1;
                let asked = timeout(PATIENCE, wire::ask::<Answer>(port, &question)).await;
                if let Ok(Ok(Answer::First | Answer::Duplicate)) = asked {
                    let acknowledged = &mut self.sent.lock().unwrap()[index].acknowledged;
                    acknowledged.get_or_insert(wire::now());
                    return;
                }
            }
            sleep(self.millis(20, 250)).await;
        }
    }
}

fn commit_id_of(message: &Message) -> String {
    let user = UserId::new(message.user.as_str());
    let id = MessageId::new(&message.id);
    let ids = user.ok().zip(id.ok());
    ids.map_or_else(String::new, |(user, id)| {
        CommitId::of(&user, &id).to_string()
    })
}
