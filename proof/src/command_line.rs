//! How the programs read their command lines, and what they do if one is wrong.

use std::fmt::Display;
use std::process::ExitCode;
use std::str::FromStr;

/// The words of a command line that are not read yet.
#[derive(Debug)]
pub struct Words(std::iter::Skip<std::env::Args>);

impl Words {
    /// The next flag.
    pub fn flag(&mut self) -> Option<String> {
        self.0.next()
    }

    /// The value of this flag.
    ///
    /// # Errors
    /// If the command line ends here.
    pub fn value(&mut self, flag: &str) -> Result<String, String> {
        self.0.next().ok_or_else(|| format!("{flag} takes a value"))
    }

    /// The number that this flag takes, from `least` to `most`.
    ///
    /// # Errors
    /// If the next word is anything else.
    pub fn number<N: FromStr + PartialOrd + Display>(
        &mut self,
        flag: &str,
        least: N,
        most: N,
    ) -> Result<N, String> {
        let within = |number: &N| *number >= least && *number <= most;
        self.value(flag)?
            .parse()
            .ok()
            .filter(within)
            .ok_or_else(|| format!("{flag} takes a number from {least} to {most}"))
    }
}

/// Reads the flags of a program that starts servers of its own. `parse` returns `None` if only the
/// usage is asked for.
///
/// # Errors
/// The code to exit with, if there is nothing to run: the usage has been asked for and printed, or
/// the flags are wrong, or there is no `redis-server`, which has been said.
pub fn read<F>(
    program: &str,
    usage: &str,
    parse: impl FnOnce(Words) -> Result<Option<F>, String>,
) -> Result<F, ExitCode> {
    let flags = match parse(Words(std::env::args().skip(1))) {
        Ok(Some(flags)) => flags,
        Ok(None) => {
            println!("{usage}");
            return Err(ExitCode::SUCCESS);
        }
        Err(why) => {
            eprintln!("{program}: {why}\n\n{usage}");
            return Err(ExitCode::from(2));
        }
    };
    if harness::server::program().is_none() {
        eprintln!("{program}: no redis-server on PATH: install one, or name it in REDIS_SERVER");
        return Err(ExitCode::from(2));
    }
    Ok(flags)
}
