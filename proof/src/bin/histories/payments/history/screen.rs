//! The screens of the users: what the channel has shown, as it comes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use proof::payments::evidence::Shown;
use proof::payments::shop::Says;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

pub struct Screen(watch::Sender<Vec<Shown>>);

impl Screen {
    pub fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    /// Follows the file of the channel. Never returns.
    pub async fn follow(&self, path: PathBuf) {
        let mut read_to = 0;
        loop {
            sleep(Duration::from_millis(15)).await;
            let mut text = String::new();
            let Ok(mut file) = File::open(&path) else {
                continue;
            };
            let read = file
                .seek(SeekFrom::Start(read_to))
                .and_then(|_| file.read_to_string(&mut text));
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            if read.is_err() || whole == 0 {
                continue;
            }
            read_to += whole as u64;
            let lines = text[..whole].lines();
            let more = lines.filter_map(|line| serde_json::from_str(line).ok());
            self.0.send_modify(|all| all.extend(more));
        }
    }

    /// Waits for a reply of which this says something. `None` if it does not come in time.
    pub async fn wait<T>(
        &self,
        longest: Duration,
        find: impl Fn(&Shown) -> Option<T>,
    ) -> Option<T> {
        let mut shown = self.0.subscribe();
        let find = |all: &Vec<Shown>| {
            let on_screen = all.iter().filter(|shown| !shown.rejected);
            on_screen.rev().find_map(&find)
        };
        let waiting = async {
            let seen = shown.wait_for(|all| find(all).is_some()).await.ok()?;
            find(&seen)
        };
        timeout(longest, waiting).await.ok().flatten()
    }

    /// Waits for the reply to this message, and returns the question that it asks.
    pub async fn question_of(&self, commit_id: &str, longest: Duration) -> Option<String> {
        let find = |shown: &Shown| match &shown.sending.reply.says {
            Says::Confirm { question, .. } if shown.sending.id == commit_id => {
                Some(question.clone())
            }
            _ => None,
        };
        self.wait(longest, find).await
    }

    /// Waits until the user is told what became of the payment of this question. Returns whether
    /// it came in time.
    pub async fn is_told(&self, question: &str, longest: Duration) -> bool {
        let find = |shown: &Shown| match &shown.sending.reply.says {
            Says::Told { question: told, .. } if told == question => Some(()),
            _ => None,
        };
        self.wait(longest, find).await.is_some()
    }
}
