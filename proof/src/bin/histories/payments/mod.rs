//! Histories with money: users confirm payments, a bank pays them, and a channel shows the replies,
//! while workers, networks and the server of the sessions fail.
//!
//! The bank, the channel, and the workers are processes of their own: this program with another
//! first argument. What they did is read from files that outlive them.

mod history;
mod services;
mod totals;
mod trace;
mod wire;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use proof::BoxError;
pub use proof::payments::Setup;
use proof::payments::checks;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::progress::Progress;
pub use history::plan::Size;
use totals::Totals;
pub use worker::design::Design;

/// What decides a history, besides its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub size: Size,
    /// `None` if the seed decides.
    pub setup: Option<Setup>,
    pub design: Design,
}

impl Settings {
    /// The command that runs this seed again.
    pub fn command(self, seed: u64) -> String {
        let setup = self.setup.map_or(String::new(), |setup| match setup {
            Setup::Server => " --server".to_owned(),
            other => format!(" --{}", other.name()),
        });
        let bot = match self.design {
            Design::Outbox => String::new(),
            design => format!(" --bot {}", design.name()),
        };
        let Size { users, rounds } = self.size;
        format!(
            "cargo run --release -p proof --bin histories -- --seed {seed} --payments 1{setup} \
             --sessions {users} --messages {rounds}{bot}"
        )
    }
}

/// Runs as a process of a history, if the command line says so.
pub async fn run_as_process() -> Option<ExitCode> {
    let mut words = std::env::args().skip(1);
    let kind = words.next()?;
    let settings = words.next()?;
    if !matches!(kind.as_str(), "bank" | "channel" | "worker") {
        return None;
    }
    // It ends with its parent.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let ran = async {
        match kind.as_str() {
            "bank" => services::bank::run(serde_json::from_str(&settings)?).await,
            "channel" => services::channel::run(serde_json::from_str(&settings)?).await,
            _ => worker::run(serde_json::from_str(&settings)?).await,
        }
    };
    Some(match ran.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("histories {kind}: {why}");
            ExitCode::from(2)
        }
    })
}

/// How long a history may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Runs histories until all are done or one breaks a promise, and prints the totals. Returns the
/// description of a violation, if there was one.
pub async fn run_all(
    seed: u64,
    count: u64,
    jobs: usize,
    settings: Settings,
) -> Result<Option<String>, BoxError> {
    let mut totals = Totals::default();
    let mut progress = Progress::new(count);
    let mut running = JoinSet::new();
    let mut seeds = (0..count).map(|at| seed.wrapping_add(at));
    let mut wrong = None;
    loop {
        while running.len() < jobs && wrong.is_none() {
            let Some(seed) = seeds.next() else { break };
            running.spawn(timeout(LONGEST, history::run(seed, settings)));
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        let evidence = done?.map_err(|_| "a history does not end")??;
        let violations = checks::check(&evidence);
        totals.add(&evidence, &violations);
        progress.show(totals.histories, totals.payments);
        if let Some(violation) = violations.first()
            && wrong.is_none()
        {
            wrong = Some(trace::describe(violation, &evidence, settings));
        }
    }
    progress.finish();
    println!("{totals}");
    Ok(wrong)
}
