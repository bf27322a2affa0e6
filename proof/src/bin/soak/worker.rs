//! Some of the users: what they write, and what must have become of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::sleep;
use vimbiso_state::Step;
use vimbiso_state::{CachedUser, Error, MessageId, StateManager, UserId};

use crate::conversation::{Diary, write};
use crate::tally::Tally;

/// A store, as two processes see it.
pub struct Place {
    pub name: &'static str,
    pub brief: StateManager<Diary>,
    pub lasting: StateManager<Diary>,
}

impl Place {
    /// The shortest that a manager allows: over before most users come by again.
    pub const BRIEF: Duration = Duration::from_secs(1);
    /// The default.
    pub const LASTING: Duration = Duration::from_secs(300);
    /// After which nothing is on its way any more: far longer than any deadline, or any delay in
    /// the proxy.
    const SETTLED: Duration = Duration::from_secs(10);
    /// Within which nothing is sent twice.
    const SWIFT: Duration = Duration::from_millis(200);

    fn process(&self, brief: bool) -> (&StateManager<Diary>, Duration) {
        if brief {
            (&self.brief, Self::BRIEF)
        } else {
            (&self.lasting, Self::LASTING)
        }
    }
}

/// What one user has written in one place, and what is known of it.
#[derive(Debug, Clone, Default)]
struct Story {
    /// Numbers of messages, from the first of the session to the last.
    messages: Vec<u32>,
    last: u32,
    /// When the last message was sent first, when it was acknowledged, and for how long its session
    /// lives.
    kept: Option<(Instant, Instant, Duration)>,
    /// Whether a forget has failed, which may be carried out yet.
    half_forgotten: bool,
    /// When something was sent of which a copy may be on its way yet. A copy of a first message
    /// that arrives after a forget begins the session again.
    stray: Option<Instant>,
}

/// Clocks are read on two sides, in milliseconds.
const BLUR: Duration = Duration::from_millis(50);

impl Story {
    fn may_be_gone(&self) -> bool {
        self.half_forgotten
            || self
                .kept
                .is_none_or(|(sent, _, ttl)| sent.elapsed() + BLUR >= ttl)
    }

    fn may_be_there(&self, asked: Instant) -> bool {
        self.kept.is_some_and(|(_, acknowledged, ttl)| {
            asked.saturating_duration_since(acknowledged) <= ttl + BLUR
        })
    }
}

pub struct Worker {
    users: Vec<u32>,
    places: Arc<[Place; 2]>,
    stories: Vec<[Story; 2]>,
    tally: Arc<Tally>,
    chance: StdRng,
}

impl Worker {
    pub fn new(users: Vec<u32>, places: Arc<[Place; 2]>, tally: Arc<Tally>, seed: u64) -> Self {
        let stories = vec![<[Story; 2]>::default(); users.len()];
        tally.expect(users.len());
        Self {
            users,
            places,
            stories,
            tally,
            chance: StdRng::seed_from_u64(seed),
        }
    }

    pub async fn run(mut self, over: Arc<AtomicBool>) {
        let places = Arc::clone(&self.places);
        while !over.load(Relaxed) && !self.users.is_empty() {
            for n in 0..self.users.len() {
                if over.load(Relaxed) {
                    break;
                }
                for (at, place) in places.iter().enumerate() {
                    self.visit(n, at, place).await;
                }
            }
        }
        for n in (0..self.users.len()).step_by(10) {
            for (at, place) in places.iter().enumerate() {
                self.look(n, at, place).await;
            }
        }
    }

    fn user(&self, n: usize) -> UserId {
        UserId::new(format!("user-{}", self.users[n])).expect("letters and digits")
    }

    /// A user comes by: forgets what was, every other time, and writes. The first time, half of
    /// them write twice, so that from then on there is as much of everything as there will ever be.
    async fn visit(&mut self, n: usize, at: usize, place: &Place) {
        let last = self.stories[n][at].last;
        if last == 0 {
            self.write(n, at, place).await;
            if n % 2 == 1 {
                return;
            }
        } else if (last as usize + n).is_multiple_of(2) && !self.delete(n, at, place).await {
            return;
        }
        self.write(n, at, place).await;
    }

    /// Forgets a user, and says whether that is over. While something of theirs may be on its way,
    /// be it a forget that failed, the user is left alone, and forgotten later.
    async fn delete(&mut self, n: usize, at: usize, place: &Place) -> bool {
        if self.stories[n][at]
            .stray
            .is_some_and(|since| since.elapsed() < Place::SETTLED)
        {
            sleep(Duration::from_millis(20)).await;
            return false;
        }
        match place.lasting.delete(&self.user(n)).await {
            Ok(()) => {
                self.tally.forgotten();
                self.stories[n][at] = Story {
                    last: self.stories[n][at].last,
                    ..Story::default()
                };
                true
            }
            Err(error) => {
                let story = &mut self.stories[n][at];
                (story.half_forgotten, story.stray) = (true, Some(Instant::now()));
                self.wait_after(error).await;
                false
            }
        }
    }

    /// Writes one message, delivered until it is acknowledged, and sometimes once more.
    async fn write(&mut self, n: usize, at: usize, place: &Place) {
        let (process, ttl) = place.process(self.chance.random_bool(0.25));
        let number = self.stories[n][at].last + 1;
        let sent = Instant::now();
        let may_be_gone = self.stories[n][at].may_be_gone();
        let may_be_there = self.stories[n][at].may_be_there(sent);
        let user = self.user(n);
        let message = MessageId::new(format!("wamid.{number}")).expect("letters and digits");
        let found = loop {
            match process.handle(&user, &message, write(number)).await {
                Ok(handled) => break handled.user().data().messages.clone(),
                Err(error) => self.wait_after(error).await,
            }
        };
        self.tally.turn();
        let story = &mut self.stories[n][at];
        let old = vec![number];
        let mut on = story.messages.clone();
        on.push(number);
        // A message may take a while to come through, and its session may expire meanwhile.
        let gone = may_be_gone || story.may_be_gone();
        let late = sent.elapsed() + BLUR >= ttl;
        let sound = may_be_there && found == on || gone && found == old || late && found.is_empty();
        let why = format!(
            "{} user-{}: message {number} on {:?} gave {found:?}",
            place.name, self.users[n], story.messages
        );
        if found == old && story.kept.is_some() {
            self.tally.expired();
        }
        let acknowledged = Instant::now();
        let stray = if acknowledged - sent < Place::SWIFT {
            story.stray
        } else {
            Some(acknowledged)
        };
        *story = Story {
            messages: found,
            last: number,
            kept: Some((sent, acknowledged, ttl)),
            half_forgotten: false,
            stray,
        };
        self.tally.check(sound, why);
        if self.chance.random_bool(0.3) {
            self.deliver_again(n, at, place, &message).await;
        }
    }

    /// The network delivers a message twice, the second time perhaps to the other process.
    async fn deliver_again(&mut self, n: usize, at: usize, place: &Place, message: &MessageId) {
        let process = place.process(self.chance.random()).0;
        let user = self.user(n);
        let number = self.stories[n][at].last;
        loop {
            match process.handle(&user, message, write(number)).await {
                Ok(handled) => {
                    let story = &self.stories[n][at];
                    let found = &handled.user().data().messages;
                    let again = if handled.is_duplicate() {
                        "came again"
                    } else {
                        "took effect again"
                    };
                    let why = format!(
                        "{} user-{}: message {number} of {:?} {again}: {found:?}",
                        place.name, self.users[n], story.messages
                    );
                    self.tally.duplicate();
                    self.tally.check(
                        handled.is_duplicate() && as_kept(story, handled.user()),
                        why,
                    );
                    return;
                }
                Err(error) => self.wait_after(error).await,
            }
        }
    }

    /// Looks at a user's session when all is over.
    async fn look(&mut self, n: usize, at: usize, place: &Place) {
        let user = self.user(n);
        let found = loop {
            match place.lasting.load(&user).await {
                Ok(found) => break found,
                Err(error) => self.wait_after(error).await,
            }
        };
        let story = &self.stories[n][at];
        self.tally.looked();
        let what = format!(
            "{} user-{}: {:?} became {:?}",
            place.name,
            self.users[n],
            story.messages,
            found.data()
        );
        self.tally.check(as_kept(story, &found), what);
    }

    async fn wait_after(&mut self, error: Error) {
        self.tally.error(&error);
        sleep(Duration::from_millis(self.chance.random_range(20..100))).await;
    }
}

/// Whether a session is the one that was acknowledged, or has expired since.
fn as_kept(story: &Story, found: &CachedUser<Diary>) -> bool {
    let messages = &found.data().messages;
    *messages == story.messages || messages.is_empty() && story.may_be_gone()
}
