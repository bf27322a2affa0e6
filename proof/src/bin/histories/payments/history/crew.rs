//! The workers of a history: started, killed, stopped, and started again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use proof::BoxError;
use proof::payments::event::{Event, What};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::process::Process;
use crate::payments::wire::{self, Lines};
use crate::payments::worker::points::Trap;
use crate::payments::worker::{self, Settings};

/// What is done to a worker.
#[derive(Debug, Clone, Copy)]
pub enum Strike {
    Kill,
    Stop(Duration),
}

/// A worker as it is planned.
pub struct Member {
    pub settings: Settings,
    /// The trap of each of its processes, one after the other.
    pub traps: VecDeque<Option<Trap>>,
    /// How long it stays stopped if it stops itself, and ended if it has ended.
    pub stopped_for: Duration,
    pub ended_for: Duration,
}

pub struct Crew {
    ports: Vec<watch::Receiver<Option<u16>>>,
    orders: Vec<mpsc::UnboundedSender<Strike>>,
    calm: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Crew {
    pub fn start(members: Vec<Member>, events: &Arc<Lines>) -> Self {
        let calm = watch::Sender::new(false);
        let mut crew = Self {
            ports: Vec::new(),
            orders: Vec::new(),
            tasks: JoinSet::new(),
            calm,
        };
        for member in members {
            let (port, ports) = watch::channel(None);
            let (orders, received) = mpsc::unbounded_channel();
            crew.ports.push(ports);
            crew.orders.push(orders);
            crew.tasks.spawn(Supervisor::run(
                member,
                port,
                received,
                crew.calm.subscribe(),
                Arc::clone(events),
            ));
        }
        crew
    }

    /// The port of each worker, while it runs.
    pub fn ports(&self) -> Vec<watch::Receiver<Option<u16>>> {
        self.ports.clone()
    }

    pub fn strike(&self, worker: usize, strike: Strike) {
        // An error means that the crew is gone.
        let _ = self.orders[worker].send(strike);
    }

    /// Ends all faults.
    pub fn calm(&self) {
        self.calm.send_replace(true);
    }

    /// Waits until every worker runs.
    ///
    /// # Errors
    /// If one does not, for a minute.
    pub async fn all_run(&mut self) -> Result<(), BoxError> {
        for port in &mut self.ports {
            timeout(Duration::from_secs(60), port.wait_for(Option::is_some))
                .await
                .map_err(|_| "a worker does not start")??;
        }
        Ok(())
    }
}

/// Watches one worker.
struct Supervisor {
    member: Member,
    port: watch::Sender<Option<u16>>,
    orders: mpsc::UnboundedReceiver<Strike>,
    calm: watch::Receiver<bool>,
    events: Arc<Lines>,
}

impl Supervisor {
    async fn run(
        member: Member,
        port: watch::Sender<Option<u16>>,
        orders: mpsc::UnboundedReceiver<Strike>,
        calm: watch::Receiver<bool>,
        events: Arc<Lines>,
    ) {
        let mut supervisor = Self {
            member,
            port,
            orders,
            calm,
            events,
        };
        loop {
            supervisor.one_process().await;
            supervisor.port.send_replace(None);
            supervisor.note(What::Died);
            sleep(supervisor.member.ended_for).await;
        }
    }

    fn note(&self, what: What) {
        let worker = Some(self.member.settings.worker);
        self.events.add(&Event::new(wire::now(), worker, what));
    }

    fn is_calm(&self) -> bool {
        *self.calm.borrow()
    }

    /// Starts a process, and returns when it has ended.
    async fn one_process(&mut self) {
        let trap = self.member.traps.pop_front().flatten();
        self.member.settings.trap = trap.filter(|_| !self.is_calm());
        let Ok(mut process) = Process::start("worker", &self.member.settings).await else {
            return;
        };
        self.port.send_replace(Some(process.port()));
        let mut is_armed = self.member.settings.trap.is_some();
        loop {
            if is_armed && self.is_calm() && !process.is_stopped() {
                let disarm = &worker::Question::Disarm;
                let asked = wire::ask::<worker::Answer>(process.port(), disarm);
                // It may stop before it answers.
                let disarmed = timeout(Duration::from_millis(500), asked).await;
                is_armed = !matches!(disarmed, Ok(Ok(_)));
            }
            tokio::select! {
                () = process.ended() => return,
                Some(strike) = self.orders.recv() => match strike {
                    _ if self.is_calm() => {}
                    Strike::Kill => process.kill().await,
                    Strike::Stop(time) => {
                        process.stop().await;
                        self.let_go_on(&process, time).await;
                    }
                },
                () = sleep(Duration::from_millis(20)) => if process.is_stopped() {
                    self.let_go_on(&process, self.member.stopped_for).await;
                },
            }
        }
    }

    /// Lets a stopped process go on after this time, or as soon as there are to be no more faults.
    async fn let_go_on(&self, process: &Process, time: Duration) {
        self.note(What::Stopped);
        let mut calm = self.calm.clone();
        tokio::select! {
            () = sleep(time) => {}
            _ = calm.wait_for(|calm| *calm) => {}
        }
        process.go_on().await;
        self.note(What::GoesOn);
    }
}
