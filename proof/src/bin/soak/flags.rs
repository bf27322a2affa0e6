//! The command line.

use std::fmt;
use std::time::Duration;

use proof::command_line::Words;

pub const USAGE: &str = "\
usage: soak [--minutes N] [--seed N] [--sessions N] [--leak N]

  --minutes N    how long (60)
  --seed N       decides which faults happen when; random by default
  --sessions N   how many users (200000)
  --leak N       leak so many KiB every second on purpose; the verdict must then be GROWS (0)";

#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub minutes: u32,
    pub seed: u64,
    pub sessions: u32,
    pub leak: u32,
}

impl Flags {
    /// Reads the flags. `None` if only the usage is asked for.
    ///
    /// # Errors
    /// What is wrong with them, and what is allowed.
    pub fn parse(mut words: Words) -> Result<Option<Self>, String> {
        let mut flags = Self {
            minutes: 60,
            seed: rand::random::<u32>().into(),
            sessions: 200_000,
            leak: 0,
        };
        while let Some(word) = words.flag() {
            let mut number = || words.number(&word, 0, u32::MAX);
            match word.as_str() {
                "--minutes" => flags.minutes = number()?.max(1),
                "--seed" => flags.seed = number()?.into(),
                "--sessions" => flags.sessions = number()?.max(1),
                "--leak" => flags.leak = number()?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown flag {word}")),
            }
        }
        Ok(Some(flags))
    }

    pub fn length(&self) -> Duration {
        Duration::from_secs(60) * self.minutes
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} min, seed {}", self.minutes, self.seed)
    }
}
