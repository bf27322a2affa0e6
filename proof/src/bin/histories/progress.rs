//! Shows how many histories are done: in a terminal by one line that is overwritten, elsewhere by a
//! line for each tenth.

use std::io::{IsTerminal, Write};
use std::time::Instant;

const WIDTH: u64 = 30;

pub struct Progress {
    total: u64,
    started: Instant,
    terminal: bool,
    tenth: u64,
}

impl Progress {
    pub fn new(total: u64) -> Self {
        Self {
            total,
            started: Instant::now(),
            terminal: std::io::stderr().is_terminal(),
            tenth: 0,
        }
    }

    pub fn show(&mut self, done: u64, acknowledged: u64) {
        let seconds = self.started.elapsed().as_secs();
        let what = format!(
            "{done} of {} histories, {acknowledged} acknowledged, {seconds} s",
            self.total
        );
        let tenth = 10 * done / self.total;
        if self.terminal {
            let full = WIDTH * done / self.total;
            let bar: String = (0..WIDTH)
                .map(|at| if at < full { '█' } else { '░' })
                .collect();
            let _ = write!(std::io::stderr(), "\r{bar} {what}\x1b[K");
        } else if tenth > self.tenth {
            eprintln!("{what}");
        }
        self.tenth = tenth;
    }

    /// Removes the line, so that the results can be printed.
    pub fn finish(self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
