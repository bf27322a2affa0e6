//! A server that is killed in the middle of it, and comes back with all it had, or with an older
//! copy of its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harness::proxy::Proxy;
use harness::server::Server;
use proof::history::Era;
use proof::list::Message;
use tokio::task::spawn_blocking;
use vimbiso_state::BoxError;

use crate::plan::{ComesBack, Outage};
use crate::worker::{self, Record};

/// Every acknowledged commit is on disk.
const SAFE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// The server of one history, and the eras that it has been through.
pub struct Host {
    server: Server,
    sessions: u8,
    record: Arc<Record>,
    past: Vec<Era>,
    begins: Duration,
    first: Vec<Vec<Message>>,
}

impl Host {
    pub async fn start(sessions: u8, safe: bool, record: Arc<Record>) -> Result<Self, BoxError> {
        let server = spawn_blocking(move || {
            if safe {
                Server::with(&SAFE)
            } else {
                Server::start()
            }
        })
        .await?;
        let first = vec![Vec::new(); sessions.into()];
        Ok(Self {
            server,
            sessions,
            record,
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

    /// Goes through the outages as they become due.
    pub async fn suffer(
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
            let ComesBack::With { copied_after, lull } = comes_back else {
                self.record.until(after).await;
                self = self.restart(lasts, |_| Ok(())).await?;
                continue;
            };
            self.record.until(copied_after).await;
            let copied = self.record.now();
            let copy = files(self.server.folder())?;
            self.record.until(after).await;
            let record = Arc::clone(&self.record);
            let _held_back = if lull {
                Some(record.lull().await)
            } else {
                None
            };
            self = self.come_back_with(copied, copy, proxies).await?;
        }
        Ok(self)
    }

    /// `kill -9`, whatever is done to its files, and a restart on the same port.
    async fn restart(
        mut self,
        lasts: Duration,
        meanwhile: impl FnOnce(&Path) -> std::io::Result<()> + Send + 'static,
    ) -> Result<Self, BoxError> {
        let restarted = spawn_blocking(move || {
            self.server.kill();
            std::thread::sleep(lasts);
            meanwhile(self.server.folder())?;
            self.server.restart();
            Ok::<_, std::io::Error>(self)
        });
        Ok(restarted.await??)
    }

    /// Ends this era and begins the next. While the workers are kept out, the server comes back
    /// twice: with all it had, to be read, and then with the copy.
    async fn come_back_with(
        mut self,
        copied: Duration,
        copy: Vec<File>,
        proxies: &[Proxy],
    ) -> Result<Self, BoxError> {
        let ends = self.record.now();
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
        self.begins = self.record.now();
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

/// The files under a folder, the append-only ones and the list of them.
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
