//! One way to remember a user's conversation.

use std::hint::black_box;
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::{MessageId, StateManager, Step, UserId};

use crate::menu::{Data, Menu, Only};

pub const TTL: u64 = 300;
pub const USERS: usize = 512;

pub fn user(n: usize) -> UserId {
    UserId::new(format!("26377{n:07}")).unwrap()
}

#[derive(Clone)]
pub enum Candidate {
    /// Ours. Cold: a load and a commit. Warm: a commit decided on the cached session.
    Turn(StateManager<Menu>),
    /// GET and SET EX of the data alone.
    Pair(MultiplexedConnection),
    /// Five GETs and three SETs, one after the other.
    FiveKeys(MultiplexedConnection),
}

#[derive(Clone, Copy, PartialEq)]
pub enum Operation {
    Load,
    Turn,
    /// A turn; all tasks for one user.
    Contended,
}

impl Candidate {
    pub async fn load(&self, user: &UserId) {
        match self {
            Self::Turn(manager) => drop(black_box(manager.load(user).await.unwrap())),
            Self::Pair(redis) => {
                let _: Option<String> = black_box(redis.clone().get(user.expose()).await.unwrap());
            }
            Self::FiveKeys(redis) => {
                let mut redis = redis.clone();
                for suffix in ["_direction", "_stage", "_option", "", "_jwt_token"] {
                    let key = format!("{}{suffix}", user.expose());
                    let _: Option<String> = black_box(redis.get(key).await.unwrap());
                }
            }
        }
    }

    pub async fn turn(&self, user: &UserId, data: &Data) {
        match self {
            Self::Turn(manager) => {
                let message = MessageId::new(format!("{:032x}", rand::random::<u128>())).unwrap();
                let handled = manager.handle(user, &message, |turn| {
                    turn.data_mut().clone_from(data);
                    turn.transition_to(Only::Menu, Only::Menu)?;
                    Ok(Step::Commit(()))
                });
                let _ = black_box(handled.await.unwrap());
            }
            Self::Pair(redis) => {
                self.load(user).await;
                let mut redis = redis.clone();
                let () = redis.set_ex(user.expose(), data.json(), TTL).await.unwrap();
            }
            Self::FiveKeys(redis) => {
                self.load(user).await;
                let mut redis = redis.clone();
                let menu = "handle_action_menu".to_owned();
                for (suffix, value) in [
                    ("", data.json()),
                    ("_stage", menu.clone()),
                    ("_option", menu),
                ] {
                    let key = format!("{}{suffix}", user.expose());
                    let () = redis.set_ex(key, value, TTL).await.unwrap();
                }
            }
        }
    }

    /// How long `count` operations take if so many tasks share them.
    pub async fn time(&self, operation: Operation, tasks: usize, count: u64) -> Duration {
        let begin = Instant::now();
        let tasks: Vec<_> = (0..tasks)
            .map(|task| {
                let rest = u64::from((task as u64) < count % tasks as u64);
                let share = (count / tasks as u64 + rest) as usize;
                tokio::spawn(self.clone().repeat(operation, task, share))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        begin.elapsed()
    }

    async fn repeat(self, operation: Operation, task: usize, count: usize) {
        let data = Data::of(655);
        for n in 0..count {
            // From user to user, because no user sends a thousand messages in a row.
            let user = user(match operation {
                Operation::Contended => 0,
                _ => task * USERS + n % USERS,
            });
            match operation {
                Operation::Load => self.load(&user).await,
                _ => self.turn(&user, &data).await,
            }
        }
    }
}
