//! The command line.

use proof::command_line::Words;

use crate::payments;
use crate::plan::{Setup, Size};
use crate::run::Settings;
use crate::stores::Design;

pub const USAGE: &str = "\
usage: histories [--seed N] [--count N] [--kill | --cluster] [--store NAME]
                 [--sessions N] [--messages N] [--jobs N]
       histories --payments N [--seed N] [--kill | --failover | --expiry | --server]
                 [--bot NAME] [--sessions N] [--messages N] [--jobs N]

  --seed N       seed of the first history; the next one has the next number (1)
  --count N      how many histories (100)
  --kill         kill and restart the server; in most histories it comes back with less than it
                 had
  --cluster      use three nodes, and move sessions between them while they are in use
  --store NAME   redis, broken-last-write-wins, broken-no-commit-ids or broken-number-only (redis)
  --sessions N   in each history, 1 to 26 (8)
  --messages N   of each session, 1 to 999 (8)
  --jobs N       how many histories run at a time (four for each core)

With money: users confirm payments, which a bank pays; workers are processes that die and stop.

  --payments N   how many histories (8 users with 3 payments each)
  --failover     a replica that lacks the newest commits becomes the server
  --expiry       sessions live for two seconds
  --server       nothing happens to the server; by default the seed decides
  --bot NAME     outbox, naive-after-commit, naive-in-turn or naive-sent-mark (outbox)";

#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub seed: u64,
    pub count: u64,
    pub jobs: usize,
    pub kind: Kind,
}

/// Which histories.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Lists(Settings),
    Payments(payments::Settings),
}

/// The flags as they are written.
struct Written {
    seed: u64,
    count: Option<u64>,
    payments: Option<u64>,
    jobs: Option<usize>,
    sessions: Option<u8>,
    messages: Option<u16>,
    setup: Option<String>,
    store: Option<Design>,
    bot: Option<payments::Design>,
}

impl Flags {
    /// Reads the flags. `None` if only the usage is asked for.
    ///
    /// # Errors
    /// What is wrong with them, and what is allowed.
    pub fn parse(mut words: Words) -> Result<Option<Self>, String> {
        let mut written = Written {
            seed: 1,
            count: None,
            payments: None,
            jobs: None,
            sessions: None,
            messages: None,
            setup: None,
            store: None,
            bot: None,
        };
        while let Some(flag) = words.flag() {
            let written = &mut written;
            match flag.as_str() {
                "--seed" => written.seed = words.number(&flag, 0, u64::MAX)?,
                "--count" => written.count = Some(words.number(&flag, 1, u64::MAX)?),
                "--payments" => written.payments = Some(words.number(&flag, 1, u64::MAX)?),
                "--kill" | "--cluster" | "--failover" | "--expiry" | "--server" => {
                    if let Some(other) = written.setup.replace(flag.clone()) {
                        return Err(format!("use {other} or {flag}, and only once"));
                    }
                }
                "--store" => written.store = Some(words.value(&flag)?.parse()?),
                "--bot" => written.bot = Some(words.value(&flag)?.parse()?),
                "--sessions" => written.sessions = Some(words.number(&flag, 1, 26)?),
                "--messages" => written.messages = Some(words.number(&flag, 1, 999)?),
                "--jobs" => written.jobs = Some(words.number(&flag, 1, 1000)?),
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        written.finish().map(Some)
    }
}

impl Written {
    fn finish(self) -> Result<Flags, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (count, jobs, kind) = match self.payments {
            Some(count) => (count, 2 * cores, Kind::Payments(self.payments()?)),
            None => (
                self.count.unwrap_or(100),
                4 * cores,
                Kind::Lists(self.lists()?),
            ),
        };
        Ok(Flags {
            seed: self.seed,
            count,
            jobs: self.jobs.unwrap_or(jobs),
            kind,
        })
    }

    fn lists(&self) -> Result<Settings, String> {
        let setup = match self.setup.as_deref() {
            None => Setup::Server,
            Some("--kill") => Setup::KilledServer,
            Some("--cluster") => Setup::Cluster,
            Some(other) => return Err(format!("{other} needs --payments")),
        };
        if self.bot.is_some() {
            return Err("--bot needs --payments".to_owned());
        }
        Ok(Settings {
            size: Size {
                sessions: self.sessions.unwrap_or(8),
                messages: self.messages.unwrap_or(8),
            },
            setup,
            design: self.store.unwrap_or(Design::Correct),
        })
    }

    fn payments(&self) -> Result<payments::Settings, String> {
        let setup = match self.setup.as_deref() {
            None => None,
            Some("--kill") => Some(payments::Setup::KilledServer),
            Some("--failover") => Some(payments::Setup::Failover),
            Some("--expiry") => Some(payments::Setup::Expiry),
            Some("--server") => Some(payments::Setup::Server),
            Some(other) => return Err(format!("{other} is not for --payments")),
        };
        if self.count.is_some() || self.store.is_some() {
            return Err("--count and --store are not for --payments".to_owned());
        }
        Ok(payments::Settings {
            size: payments::Size {
                users: self.sessions.unwrap_or(8),
                rounds: self.messages.unwrap_or(3),
            },
            setup,
            design: self.bot.unwrap_or(payments::Design::Outbox),
        })
    }
}

impl Settings {
    /// The command that runs this seed again.
    pub fn command(&self, seed: u64) -> String {
        let Self {
            size,
            setup,
            design,
        } = self;
        let setup = match setup {
            Setup::Server => "",
            Setup::KilledServer => " --kill",
            Setup::Cluster => " --cluster",
        };
        let store = if *design == Design::Correct {
            String::new()
        } else {
            format!(" --store {}", design.name())
        };
        let Size { sessions, messages } = size;
        format!(
            "cargo run --release -p proof --bin histories -- --seed {seed} --count 1{setup}{store} \
             --sessions {sessions} --messages {messages}"
        )
    }
}
