//! Runs one history.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::proxy::Proxy;
use proof::BoxError;
use proof::payments::Setup;
use proof::payments::evidence::Evidence;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::crew::{Crew, Member};
use super::gateway::Gateway;
use super::plan::{Plan, PlannedWorker};
use super::process::Process;
use super::remains::{self, Files};
use super::screen::Screen;
use super::server::Sessions;
use super::user;
use crate::network;
use crate::payments::Settings;
use crate::payments::services::{bank, channel};
use crate::payments::wire::{self, Lines};
use crate::payments::worker;
use crate::payments::worker::design::Design;

/// A folder that ends with this handle.
struct Folder(PathBuf);

impl Folder {
    fn new(seed: u64) -> std::io::Result<Self> {
        let name = format!(
            "payments-{}-{seed}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn run(seed: u64, settings: Settings) -> Result<Evidence, BoxError> {
    let plan = Plan::of(seed, settings);
    let folder = Folder::new(seed)?;
    let files = Files { folder: &folder.0 };
    let events = Arc::new(Lines::append_to(&files.events())?);
    let sessions = Sessions::start(plan.setup == Setup::Failover).await?;
    let (bank, channel) = services(&plan, &files).await?;
    let mut networks = Vec::new();
    for _ in &plan.workers {
        networks.push(Proxy::before(sessions.port()).await);
    }
    let networks = Arc::new(networks);
    let members = members(&plan, settings.design, &files, [&bank, &channel], &networks);
    let mut crew = Crew::start(members, &events);
    crew.all_run().await?;
    let gateway = Arc::new(Gateway::new(crew.ports(), plan.gateway_seed));
    let screen = Arc::new(Screen::new());
    let names: Vec<_> = (0..plan.users.len()).map(|n| format!("user-{n}")).collect();

    let faults = Arc::<Mutex<BTreeMap<&'static str, u64>>>::default();
    let mut background = JoinSet::new();
    for (at, mut rng) in plan.networks.into_iter().enumerate() {
        let networks = Arc::clone(&networks);
        let faults = Arc::clone(&faults);
        let apart = plan.mishaps_apart;
        let struck = move |name| *faults.lock().unwrap().entry(name).or_default() += 1;
        background.spawn(async move {
            network::inject_mishaps(&networks[at], &mut rng, apart, struck).await
        });
    }
    let follower = Arc::clone(&screen);
    let shown = files.shown();
    background.spawn(async move { follower.follow(shown).await });
    let outages =
        tokio::spawn(sessions.run(plan.outages, Arc::clone(&networks), Arc::clone(&events)));
    let mut users = JoinSet::new();
    for (name, rounds) in names.iter().zip(plan.users) {
        let gateway = Arc::clone(&gateway);
        users.spawn(user::live(
            name.clone(),
            rounds,
            gateway,
            Arc::clone(&screen),
        ));
    }
    let started = Instant::now();
    for (at, worker, strike) in plan.strikes {
        sleep(at.saturating_sub(started.elapsed())).await;
        crew.strike(worker, strike);
    }
    while let Some(done) = users.join_next().await {
        done?;
    }
    gateway.is_idle().await;
    let sessions = outages.await??;
    let over = Instant::now();
    background.shutdown().await;
    networks.iter().for_each(Proxy::heal);
    calm(&bank, &channel).await;
    crew.calm();
    crew.all_run().await?;

    let still = match settings.design {
        Design::Outbox => Duration::from_millis(300),
        _ => Duration::from_secs(3),
    };
    let store = remains::connect(&sessions.url()).await?;
    let pending = remains::until_quiet(&store, &names, &files, still).await?;
    let quiet_after = over.elapsed();
    let sent = gateway.sent();
    let applied = remains::applied(&store, &sent).await?;
    let faults = faults.lock().unwrap();
    Ok(Evidence {
        seed,
        setup: plan.setup,
        shown: wire::read(&files.shown())?,
        paid: files.paid()?,
        events: wire::read(&files.events())?,
        applied,
        pending,
        mishaps: faults.iter().map(|(name, times)| (*name, *times)).collect(),
        quiet_after,
        sent,
    })
}

async fn services(plan: &Plan, files: &Files<'_>) -> Result<(Process, Process), BoxError> {
    let bank = bank::Settings {
        seed: plan.bank.seed,
        ledger: files.ledger(),
        keys: plan.bank.keys,
        slow: plan.bank.slow,
        fails: plan.bank.fails,
        refuses: plan.bank.refuses,
    };
    let channel = channel::Settings {
        seed: plan.channel.seed,
        shown: files.shown(),
        slow: plan.channel.slow,
        fails: plan.channel.fails,
        rejects: plan.channel.rejects,
        knows: plan.channel.knows,
    };
    Ok((
        Process::start("bank", &bank).await?,
        Process::start("channel", &channel).await?,
    ))
}

/// From now on the services do not fail.
async fn calm(bank: &Process, channel: &Process) {
    // A bank that fails may fail here too.
    while !matches!(
        wire::ask(bank.port(), &bank::Question::Calm).await,
        Ok(bank::Answer::Calm)
    ) {}
    let _ = wire::ask::<channel::Answer>(channel.port(), &channel::Question::Calm).await;
}

fn members(
    plan: &Plan,
    design: Design,
    files: &Files<'_>,
    [bank, channel]: [&Process; 2],
    networks: &[Proxy],
) -> Vec<Member> {
    let member = |(at, worker): (usize, &PlannedWorker)| Member {
        settings: worker::Settings {
            worker: at,
            design,
            redis: networks[at].url(),
            bank: bank.port(),
            channel: channel.port(),
            events: files.events(),
            trap: None,
            ttl: plan.ttl,
            repeat_for: plan.bank.repeat_for,
            settles_within: plan.bank.settles_within,
            give_up_after: plan.bank.give_up_after,
            workers: plan.permits,
        },
        traps: worker.traps.clone(),
        stopped_for: worker.stopped_for,
        ended_for: worker.ended_for,
    };
    plan.workers.iter().enumerate().map(member).collect()
}
