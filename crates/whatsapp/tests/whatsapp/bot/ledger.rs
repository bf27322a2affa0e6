//! The service of the workers: it writes each sale into a ledger, a folder that all share.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::UserId;
use vimbiso_state::bot::{CallAnswer, Service};
use vimbiso_state::id::CallKey;

use crate::kiosk::{Answered, Kiosk};
use crate::world::look_up;

/// A folder with a file for each sale, named by the user and the key.
#[derive(Debug, Clone)]
pub struct Ledger(pub PathBuf);

impl Ledger {
    /// An empty one, for a test of this name.
    pub fn new(name: &str) -> Self {
        let folder = format!("kiosk-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// How many sales a user has.
    pub fn sales(&self, user: &str) -> usize {
        let files = std::fs::read_dir(&self.0).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with(&format!("sale-{user}-")))
            .count()
    }

    pub fn set_broken(&self, is_broken: bool) {
        let file = self.0.join("broken");
        match is_broken {
            true => std::fs::write(file, "").unwrap(),
            false => std::fs::remove_file(file).unwrap(),
        }
    }

    pub fn remove(&self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[async_trait]
impl Service<Kiosk> for Ledger {
    async fn look_up(&self, _: &UserId, query: String) -> bool {
        look_up(&query).await;
        !self.0.join("broken").exists()
    }

    async fn perform(&self, user: &UserId, key: CallKey, _: &u32) -> Answered {
        // The same file at a second attempt.
        let file = self.0.join(format!("sale-{}-{key}", user.expose()));
        std::fs::write(file, "")?;
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &u32) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }
}
