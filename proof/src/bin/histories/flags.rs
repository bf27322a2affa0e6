//! The command line.

use proof::command_line::Words;

use crate::plan::{Setup, Size};
use crate::run::Settings;
use crate::stores::Design;

pub const USAGE: &str = "\
usage: histories [--seed N] [--count N] [--kill | --cluster] [--store NAME]
                 [--sessions N] [--messages N] [--jobs N]

  --seed N       seed of the first history; the next one has the next number (1)
  --count N      how many histories (100)
  --kill         kill and restart the server; in most histories it comes back with less than it
                 had
  --cluster      use three nodes, and move sessions between them while they are in use
  --store NAME   redis, broken-last-write-wins, broken-no-commit-ids or broken-number-only (redis)
  --sessions N   in each history, 1 to 26 (8)
  --messages N   of each session, 1 to 999 (8)
  --jobs N       how many histories run at a time (four for each core)";

#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub seed: u64,
    pub count: u64,
    pub jobs: usize,
    pub settings: Settings,
}

impl Flags {
    /// Reads the flags. `None` if only the usage is asked for.
    ///
    /// # Errors
    /// What is wrong with them, and what is allowed.
    pub fn parse(mut words: Words) -> Result<Option<Self>, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let size = Size {
            sessions: 8,
            messages: 8,
        };
        let settings = Settings {
            size,
            setup: Setup::Server,
            design: Design::Correct,
        };
        let mut flags = Self {
            seed: 1,
            count: 100,
            jobs: 4 * cores,
            settings,
        };
        while let Some(flag) = words.flag() {
            let size = &mut flags.settings.size;
            match flag.as_str() {
                "--seed" => flags.seed = words.number(&flag, 0, u64::MAX)?,
                "--count" => flags.count = words.number(&flag, 1, u64::MAX)?,
                "--kill" | "--cluster" if flags.settings.setup != Setup::Server => {
                    return Err("use --kill or --cluster, and only once".to_owned());
                }
                "--kill" => flags.settings.setup = Setup::KilledServer,
                "--cluster" => flags.settings.setup = Setup::Cluster,
                "--store" => flags.settings.design = words.value(&flag)?.parse()?,
                "--sessions" => size.sessions = words.number(&flag, 1, 26)?,
                "--messages" => size.messages = words.number(&flag, 1, 999)?,
                "--jobs" => flags.jobs = words.number(&flag, 1, 1000)?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        Ok(Some(flags))
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
