//! One history: a private server, some workers, what goes wrong, and what is left of it in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::proxy::Proxy;
use proof::history::{Event, History, Outcome, What};
use proof::list::Manager;
use tokio::task::JoinSet;
use vimbiso_state::{BoxError, StateManager};

use crate::home::Home;
use crate::network;
use crate::plan::{ComesBack, Fate, Plan, Size};
use crate::stores::Design;
use crate::worker::{self, PATIENCE, Record, Worker};

/// What a history is made of, besides its seed.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub size: Size,
    pub fate: Fate,
    pub design: Design,
}

pub async fn run(seed: u64, settings: Settings) -> Result<History, BoxError> {
    let Settings { size, fate, design } = settings;
    let Plan {
        deliveries,
        deadline,
        response_timeout,
        mishaps_apart,
        outages,
        moves,
        networks,
    } = Plan::of(seed, size, fate);
    let record = Arc::new(Record::new());
    let home = Home::start(size, fate, Arc::clone(&record)).await?;
    let proxies = Arc::new(home.networks(deliveries.len()).await);

    let mut working = JoinSet::new();
    for (number, shares) in deliveries.into_iter().enumerate() {
        let store = worker::connect(&home.way(number, &proxies), response_timeout).await?;
        let manager = StateManager::builder(design.on(store))
            .deadline(deadline)
            .build()?;
        let worker = Worker {
            number,
            manager,
            record: Arc::clone(&record),
        };
        for share in shares {
            working.spawn(worker.clone().work(share));
        }
    }
    let faults = Arc::<Mutex<BTreeMap<&'static str, u64>>>::default();
    let mut mishaps = JoinSet::new();
    for (at, mut rng) in networks.into_iter().enumerate().take(proxies.len()) {
        let proxies = Arc::clone(&proxies);
        let faults = Arc::clone(&faults);
        let struck = move |name| *faults.lock().unwrap().entry(name).or_default() += 1;
        mishaps.spawn(async move {
            network::go_wrong(&proxies[at], &mut rng, mishaps_apart, struck).await
        });
    }
    let outages_named = outages.iter().map(|outage| match outage.comes_back {
        ComesBack::WithAll => "servers killed and restarted",
        ComesBack::With { .. } => "servers back with an older copy",
    });
    for name in outages_named.chain(moves.iter().map(|_| "sessions moved to another node")) {
        *faults.lock().unwrap().entry(name).or_default() += 1;
    }

    let suffering = tokio::spawn(home.suffer(outages, moves, Arc::clone(&proxies)));
    while let Some(done) = working.join_next().await {
        done?;
    }
    let home = suffering.await??;
    mishaps.shutdown().await;
    proxies.iter().for_each(Proxy::heal);
    settle(&home.urls(), design, &record).await?;
    let eras = home.eras().await?;
    let faults = faults
        .lock()
        .unwrap()
        .iter()
        .map(|(name, times)| (*name, *times))
        .collect();
    Ok(History {
        seed,
        events: record.events(),
        eras,
        faults,
    })
}

/// Asks for every message of which nobody could say whether it took effect, over a network without
/// faults.
async fn settle(servers: &[String], design: Design, record: &Arc<Record>) -> Result<(), BoxError> {
    let store = worker::connect(servers, Duration::from_secs(1)).await?;
    let manager: Manager = StateManager::builder(design.on(store))
        .deadline(PATIENCE)
        .build()?;
    let events = record.events();
    let open: BTreeSet<_> = events
        .iter()
        .filter(|event| is_unknown(event))
        .filter_map(|event| event.what.message())
        .collect();
    let clerk = Worker {
        number: usize::MAX,
        manager,
        record: Arc::clone(record),
    };
    for message in open {
        clerk.resolve(message).await;
    }
    Ok(())
}

fn is_unknown(event: &Event) -> bool {
    matches!(
        event.what,
        What::Delivered {
            outcome: Outcome::Unknown,
            ..
        }
    )
}
