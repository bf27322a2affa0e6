//! Sessions in Redis, shared by two processes. Here, two connections play them.
//!
//! ```text
//! $ cargo run --example redis -- redis://127.0.0.1:6379
//! process 1, message m1: visit 1
//! process 2, message m2: visit 2
//! process 1, message m2: visit 2 (a second delivery)
//! process 2, message m3: visit 3
//! $ redis-cli get example-redis:263771234567
//! {"count":3}
//! ```

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::{Error, Flow, MessageId, RedisStore, StateManager, Step, UserId};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Visits {
    count: u32,
}

struct Counter;

impl Flow for Counter {
    const NAME: &'static str = "counter";

    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Visits;
}

/// What each process does when it starts.
async fn connect(url: &str) -> Result<StateManager<Counter>, Error> {
    let store = RedisStore::builder()
        .namespace("example-redis")
        .connect(url)
        .await?;
    Ok(StateManager::new(store))
}

async fn count(url: &str) -> Result<(), Error> {
    let processes = [connect(url).await?, connect(url).await?];
    let user = UserId::mobile("+263 77 123-4567")?;
    processes[0].delete(&user).await?; // of an earlier run
    for (process, id) in [(1, "m1"), (2, "m2"), (1, "m2"), (2, "m3")] {
        let message = MessageId::new(id)?;
        let handled = processes[process - 1]
            .handle(&user, &message, |turn| {
                turn.data_mut().count += 1;
                let visit = turn.data().count;
                turn.remember_reply(&visit)?;
                Ok(Step::Commit(visit))
            })
            .await?;
        let mark = if handled.is_duplicate() {
            " (a second delivery)"
        } else {
            ""
        };
        let visit = handled.into_output()?.unwrap_or_default();
        println!("process {process}, message {id}: visit {visit}{mark}");
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let url = std::env::args()
        .nth(1)
        .or_else(|| std::env::var("REDIS_URL").ok());
    let Some(url) = url else {
        eprintln!("This example needs a Redis server, 6.2 or later. Name it:");
        eprintln!("cargo run --example redis -- redis://127.0.0.1:6379");
        eprintln!("or set REDIS_URL.");
        return ExitCode::from(2);
    };
    match count(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Redis: {error}");
            ExitCode::FAILURE
        }
    }
}
