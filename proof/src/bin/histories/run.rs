//! One history: servers of its own, some workers, faults, and what the servers hold at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::proxy::Proxy;
use proof::BoxError;
use proof::history::{Event, History, Outcome, What};
use proof::list::Manager;
use tokio::task::JoinSet;
use vimbiso_state::StateManager;

use crate::log::Log;
use crate::network;
use crate::plan::{ComesBack, Plan, Setup, Size};
use crate::servers::Servers;
use crate::stores::Design;
use crate::worker::{self, LONGEST, Worker};

/// What decides a history, besides its seed.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub size: Size,
    pub setup: Setup,
    pub design: Design,
}

pub async fn run(seed: u64, settings: Settings) -> Result<History, BoxError> {
    let Settings {
        size,
        setup,
        design,
    } = settings;
    let Plan {
        deliveries,
        deadline,
        response_timeout,
        mishaps_apart,
        outages,
        moves,
        networks,
    } = Plan::of(seed, size, setup);
    let log = Arc::new(Log::new());
    let servers = Servers::start(size, setup, Arc::clone(&log)).await?;
    let proxies = Arc::new(servers.networks(deliveries.len()).await);

    let mut working = JoinSet::new();
    for (number, shares) in deliveries.into_iter().enumerate() {
        let store = worker::connect(&servers.urls_for(number, &proxies), response_timeout).await?;
        let manager = StateManager::builder(design.on(store))
            .deadline(deadline)
            .build()?;
        let worker = Worker {
            number,
            manager,
            log: Arc::clone(&log),
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
            network::inject_mishaps(&proxies[at], &mut rng, mishaps_apart, struck).await
        });
    }
    let outage_names = outages.iter().map(|outage| match outage.comes_back {
        ComesBack::WithAll => "servers killed and restarted",
        ComesBack::WithCopy { .. } => "servers back with an older copy",
    });
    for name in outage_names.chain(moves.iter().map(|_| "sessions moved to another node")) {
        *faults.lock().unwrap().entry(name).or_default() += 1;
    }

    let faulty = tokio::spawn(servers.run_faults(outages, moves, Arc::clone(&proxies)));
    while let Some(done) = working.join_next().await {
        done?;
    }
    let servers = faulty.await??;
    mishaps.shutdown().await;
    proxies.iter().for_each(Proxy::heal);
    resolve_unknown(&servers.urls(), design, &log).await?;
    let eras = servers.eras().await?;
    let faults = faults
        .lock()
        .unwrap()
        .iter()
        .map(|(name, times)| (*name, *times))
        .collect();
    Ok(History {
        seed,
        events: log.events(),
        eras,
        faults,
    })
}

/// Resolves every message whose outcome is unknown, over a network without faults.
async fn resolve_unknown(
    servers: &[String],
    design: Design,
    log: &Arc<Log>,
) -> Result<(), BoxError> {
    let store = worker::connect(servers, Duration::from_secs(1)).await?;
    let manager: Manager = StateManager::builder(design.on(store))
        .deadline(LONGEST)
        .build()?;
    let events = log.events();
    let unknown: BTreeSet<_> = events
        .iter()
        .filter(|event| is_unknown(event))
        .filter_map(|event| event.what.message())
        .collect();
    let resolver = Worker {
        number: usize::MAX,
        manager,
        log: Arc::clone(log),
    };
    for message in unknown {
        resolver.resolve(message).await;
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
