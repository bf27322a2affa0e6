//! A server that is killed while it is in use, and comes back with all it had or with an older copy
//! of its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harness::proxy::Proxy;
use harness::server::Server;
use proof::BoxError;
use proof::history::Era;
use proof::list::Message;
use tokio::task::spawn_blocking;

use crate::log::Log;
use crate::plan::{ComesBack, Outage};
use crate::worker;

/// The flags with which every acknowledged commit is on disk.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// The server of one history, and the eras before the current one.
pub struct SingleServer {
    server: Server,
    sessions: u8,
    log: Arc<Log>,
    past: Vec<Era>,
    begins: Duration,
    first: Vec<Vec<Message>>,
}

impl SingleServer {
    pub async fn start(sessions: u8, durable: bool, log: Arc<Log>) -> Result<Self, BoxError> {
        let server = spawn_blocking(move || {
            if durable {
                Server::with(&DURABLE)
            } else {
                Server::start()
            }
        })
        .await?;
        let first = vec![Vec::new(); sessions.into()];
        Ok(Self {
            server,
            sessions,
            log,
            past: Vec::new(),
            begins: Duration::ZERO,
            first,
        })
    }

    /// A network for each worker.
    pub async fn networks(&self, workers: usize) -> Vec<Proxy> {
        let mut proxies = Vec::new();
        for _ in 0..workers {
            proxies.push(Proxy::before(self.server.port()).await);
        }
        proxies
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes the outages as they become due.
    pub async fn run_outages(
        mut self,
        outages: Vec<Outage>,
        proxies: &[Proxy],
    ) -> Result<Self, BoxError> {
        for Outage {
            after,
            lasts,
            comes_back,
        } in outages
        {
            let ComesBack::WithCopy {
                copied_after,
                holds_workers,
            } = comes_back
            else {
                self.log.reaches(after).await;
                self = self.restart(lasts, |_| Ok(())).await?;
                continue;
            };
            self.log.reaches(copied_after).await;
            let copied = self.log.now();
            let copy = files(self.server.folder())?;
            self.log.reaches(after).await;
            let log = Arc::clone(&self.log);
            let _held = if holds_workers {
                Some(log.hold_workers().await)
            } else {
                None
            };
            self = self.come_back_with(copied, copy, proxies).await?;
        }
        Ok(self)
    }

    /// Kills the server (`kill -9`), changes its files, and restarts it on the same port.
    async fn restart(
        mut self,
        lasts: Duration,
        change_files: impl FnOnce(&Path) -> std::io::Result<()> + Send + 'static,
    ) -> Result<Self, BoxError> {
        let restarted = spawn_blocking(move || {
            self.server.kill();
            std::thread::sleep(lasts);
            change_files(self.server.folder())?;
            self.server.restart();
            Ok::<_, std::io::Error>(self)
        });
        Ok(restarted.await??)
    }

    /// Ends this era and starts the next. While the workers are kept out, the server comes back
    /// twice: with all it had, to be read, and then with the copy.
    async fn come_back_with(
        mut self,
        copied: Duration,
        copy: Vec<File>,
        proxies: &[Proxy],
    ) -> Result<Self, BoxError> {
        let ends = self.log.now();
        let port = self.server.port();
        proxies.iter().for_each(|proxy| proxy.lead_to(0));
        self = self.restart(Duration::ZERO, |_| Ok(())).await?;
        let last = self.lists().await?;
        self = self
            .restart(Duration::ZERO, move |folder| restore(folder, &copy))
            .await?;
        let next = self.lists().await?;
        let first = std::mem::replace(&mut self.first, next);
        self.past.push(Era {
            begins: self.begins,
            ends,
            first,
            last,
            copied: Some(copied),
        });
        self.begins = self.log.now();
        proxies.iter().for_each(|proxy| proxy.lead_to(port));
        Ok(self)
    }

    /// Every era, with the one that ends now.
    pub async fn eras(mut self) -> Result<Vec<Era>, BoxError> {
        let last = self.lists().await?;
        let Self { begins, first, .. } = self;
        self.past.push(Era {
            begins,
            ends: Duration::MAX,
            first,
            last,
            copied: None,
        });
        Ok(self.past)
    }

    async fn lists(&self) -> Result<Vec<Vec<Message>>, BoxError> {
        worker::lists(&[self.url()], self.sessions).await
    }
}

type File = (PathBuf, Vec<u8>);

/// The append-only files in a folder, and the list of them.
fn files(folder: &Path) -> std::io::Result<Vec<File>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.to_string_lossy().contains("appendonly") {
            found.push((path.clone(), fs::read(path)?));
        }
    }
    Ok(found)
}

fn restore(folder: &Path, copy: &[File]) -> std::io::Result<()> {
    for (path, _) in files(folder)? {
        fs::remove_file(path)?;
    }
    copy.iter()
        .try_for_each(|(path, bytes)| fs::write(path, bytes))
}
