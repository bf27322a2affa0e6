//! A child process of a history: the same program with another first argument.

use std::io;
use std::process::Stdio;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// A running process, which ends with this handle. If this program is killed, its standard input
/// ends, and then it ends too.
pub struct Process {
    child: Child,
    pid: u32,
    port: u16,
    _stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// Why it could not be started, or that it ended before it listened.
    pub async fn start(kind: &str, settings: &impl Serialize) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([kind, &serde_json::to_string(settings)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).await?;
        }
        let port = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self {
            pid: child.id().unwrap_or_default(),
            port,
            _stdin: child.stdin.take(),
            child,
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns when it has ended.
    pub async fn ended(&mut self) {
        // An error would mean that it is not a child of this process.
        let _ = self.child.wait().await;
    }

    /// Ends it (`kill -9`).
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }

    /// Stops it (SIGSTOP).
    pub async fn stop(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on (SIGCONT).
    pub async fn go_on(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let pid = self.pid.to_string();
        // An error means that it has ended.
        let _ = Command::new("kill").args([signal, &pid]).status().await;
    }

    /// Whether it is stopped. Only where there is a `/proc`.
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        stat.is_ok_and(|stat| stat.contains(") T "))
    }
}
