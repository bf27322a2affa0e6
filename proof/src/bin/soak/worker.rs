//! A worker: it writes the messages of some of the users, and checks what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::sleep;
use vimbiso_state::{Error, MessageId, UserId};

use crate::backend::Backend;
use crate::conversation::append;
use crate::expected::{Acknowledged, CLOCK_ERROR, Expected};
use crate::tally::Tally;

pub struct Worker {
    users: Vec<u32>,
    backends: Arc<[Backend; 2]>,
    /// For each user and each backend.
    expected: Vec<[Expected; 2]>,
    tally: Arc<Tally>,
    rng: StdRng,
}

impl Worker {
    pub fn new(users: Vec<u32>, backends: Arc<[Backend; 2]>, tally: Arc<Tally>, seed: u64) -> Self {
        let expected = vec![<[Expected; 2]>::default(); users.len()];
        tally.expect(users.len());
        Self {
            users,
            backends,
            expected,
            tally,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    pub async fn run(mut self, over: Arc<AtomicBool>) {
        let backends = Arc::clone(&self.backends);
        while !over.load(Relaxed) && !self.users.is_empty() {
            for n in 0..self.users.len() {
                if over.load(Relaxed) {
                    break;
                }
                for (at, backend) in backends.iter().enumerate() {
                    self.visit(n, at, backend).await;
                }
            }
        }
        for n in (0..self.users.len()).step_by(10) {
            for (at, backend) in backends.iter().enumerate() {
                self.check(n, at, backend).await;
            }
        }
    }

    fn user(&self, n: usize) -> UserId {
        UserId::new(format!("user-{}", self.users[n])).expect("letters and digits")
    }

    /// Writes a message of this user, every other time after a delete. The first time, half of the
    /// users write twice, so that everything that fills up fills early.
    async fn visit(&mut self, n: usize, at: usize, backend: &Backend) {
        let last = self.expected[n][at].last;
        if last == 0 {
            self.write(n, at, backend).await;
            if n % 2 == 1 {
                return;
            }
        } else if (last as usize + n).is_multiple_of(2) && !self.delete(n, at, backend).await {
            return;
        }
        self.write(n, at, backend).await;
    }

    /// Deletes a user. Returns whether the delete is over. While a request for this user may be
    /// under way, even a failed delete, the user is left alone and deleted later.
    async fn delete(&mut self, n: usize, at: usize, backend: &Backend) -> bool {
        if self.expected[n][at]
            .copies_since
            .is_some_and(|since| since.elapsed() < Backend::SETTLED)
        {
            sleep(Duration::from_millis(20)).await;
            return false;
        }
        match backend.lasting.delete(&self.user(n)).await {
            Ok(()) => {
                self.tally.deleted();
                self.expected[n][at] = Expected {
                    last: self.expected[n][at].last,
                    ..Expected::default()
                };
                true
            }
            Err(error) => {
                let expected = &mut self.expected[n][at];
                expected.delete_failed = true;
                expected.copies_since = Some(Instant::now());
                self.wait_after(error).await;
                false
            }
        }
    }

    /// Writes one message, delivered until it is acknowledged, and sometimes once more.
    async fn write(&mut self, n: usize, at: usize, backend: &Backend) {
        let (process, ttl) = backend.process(self.rng.random_bool(0.25));
        let number = self.expected[n][at].last + 1;
        let sent = Instant::now();
        let may_be_gone = self.expected[n][at].may_be_gone();
        let may_be_alive = self.expected[n][at].may_be_alive(sent);
        let user = self.user(n);
        let message = MessageId::new(format!("wamid.{number}")).expect("letters and digits");
        let found = loop {
            match process.handle(&user, &message, append(number)).await {
                Ok(handled) => break handled.user().data().messages.clone(),
                Err(error) => self.wait_after(error).await,
            }
        };
        self.tally.turn();
        let expected = &mut self.expected[n][at];
        let alone = vec![number];
        let mut appended = expected.messages.clone();
        appended.push(number);
        // The session may have expired while the message was delivered again and again.
        let may_be_gone = may_be_gone || expected.may_be_gone();
        let may_be_empty = sent.elapsed() + CLOCK_ERROR >= ttl;
        let is_correct = may_be_alive && found == appended
            || may_be_gone && found == alone
            || may_be_empty && found.is_empty();
        let why = format!(
            "{} user-{}: message {number} on {:?} gave {found:?}",
            backend.name, self.users[n], expected.messages
        );
        if found == alone && expected.acknowledged.is_some() {
            self.tally.expired();
        }
        let now = Instant::now();
        let copies_since = if now - sent < Backend::NO_RETRY {
            expected.copies_since
        } else {
            Some(now)
        };
        *expected = Expected {
            messages: found,
            last: number,
            acknowledged: Some(Acknowledged { sent, at: now, ttl }),
            delete_failed: false,
            copies_since,
        };
        self.tally.check(is_correct, why);
        if self.rng.random_bool(0.3) {
            self.deliver_again(n, at, backend, &message).await;
        }
    }

    /// Delivers the last message a second time, perhaps to the other process.
    async fn deliver_again(&mut self, n: usize, at: usize, backend: &Backend, message: &MessageId) {
        let process = backend.process(self.rng.random()).0;
        let user = self.user(n);
        let number = self.expected[n][at].last;
        loop {
            match process.handle(&user, message, append(number)).await {
                Ok(handled) => {
                    let expected = &self.expected[n][at];
                    let found = &handled.user().data().messages;
                    let again = if handled.is_duplicate() {
                        "came again"
                    } else {
                        "took effect again"
                    };
                    let why = format!(
                        "{} user-{}: message {number} of {:?} {again}: {found:?}",
                        backend.name, self.users[n], expected.messages
                    );
                    let is_correct = handled.is_duplicate() && expected.matches(handled.user());
                    self.tally.duplicate();
                    self.tally.check(is_correct, why);
                    return;
                }
                Err(error) => self.wait_after(error).await,
            }
        }
    }

    /// Checks a user's session at the end.
    async fn check(&mut self, n: usize, at: usize, backend: &Backend) {
        let user = self.user(n);
        let found = loop {
            match backend.lasting.load(&user).await {
                Ok(found) => break found,
                Err(error) => self.wait_after(error).await,
            }
        };
        let expected = &self.expected[n][at];
        self.tally.checked();
        let what = format!(
            "{} user-{}: {:?} became {:?}",
            backend.name,
            self.users[n],
            expected.messages,
            found.data()
        );
        self.tally.check(expected.matches(&found), what);
    }

    async fn wait_after(&mut self, error: Error) {
        self.tally.error(&error);
        sleep(Duration::from_millis(self.rng.random_range(20..100))).await;
    }
}
