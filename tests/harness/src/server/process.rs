//! The process of a server, and the shell that ends it with the test.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Starts the server and prints its process id. If its standard input ends, however the test ends,
/// it kills the server and removes its folder; after a line of input it keeps the folder.
///
/// It ignores SIGXFSZ, so that a write beyond [`Process::limit_files`] fails and ends nothing.
const SHELL: &str = r#"
    trap '' XFSZ
    cd "$1"
    shift
    "$@" </dev/null >>log 2>&1 &
    echo $!
    read keep
    kill -9 $!
    wait
    [ "$keep" ] || rm -r "$PWD"
"#;

/// A running `redis-server`.
pub(super) struct Process {
    shell: Child,
    pid: String,
}

/// The server's program: what `REDIS_SERVER` names, or else `redis-server` on `PATH`.
pub fn program() -> Option<PathBuf> {
    match std::env::var_os("REDIS_SERVER") {
        Some(program) => Some(program.into()),
        None => std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|dir| dir.join("redis-server"))
            .find(|file| file.is_file()),
    }
}

impl Process {
    pub(super) fn start(folder: &Path, args: &[String]) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", SHELL, "sh"])
            .arg(folder)
            .arg(program().expect("no redis-server: install one, or name it in REDIS_SERVER"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pid = String::new();
        BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut pid)
            .unwrap();
        let pid = pid.trim().to_owned();
        Self { shell, pid }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        // The shell has not waited for it yet, so it stays as a zombie. Not every system has /proc.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        state.map_or_else(|_| !self.signal("-0"), |state| state.contains(") Z "))
    }

    pub(super) fn signal(&self, signal: &str) -> bool {
        Command::new("kill")
            .args([signal, &self.pid])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// Ends it with `kill -9` and keeps its folder.
    pub(super) fn kill(mut self) {
        self.signal("-KILL");
        let _ = self.shell.stdin.take().unwrap().write_all(b"keep\n");
        let _ = self.shell.wait();
    }

    pub(super) fn limit_files(&self, bytes: &str) -> bool {
        let limit = Command::new("prlimit")
            .arg(format!("--pid={}", self.pid))
            .arg(format!("--fsize={bytes}:"))
            .status();
        limit.is_ok_and(|status| status.success())
    }
}
