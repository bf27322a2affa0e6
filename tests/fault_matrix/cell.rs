//! One cell: one call during one fault, and what is left when the fault is over.

use std::time::{Duration, Instant};

use harness::assert_matches;
use harness::sessions::{
    Attempt, assert_applied, assert_discreet, load, prepare, soon, text, user, within,
};
use tokio::time::{sleep, timeout};
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{CommitOutcome, CommitStatus, RedisStoreBuilder, Session};
use vimbiso_state::{CommitId, Error, RedisStore, StateStore, StoreError, UserId};

use crate::injection::{Act, Impossible};
use crate::row::{Answer, Applied, Call, Row};
use crate::world::{Dump, World};

/// How much later than its deadline a call may return on a busy machine, and how long it may take
/// until the store works again. What is promised is [less](crate::report), and printed.
const LATE: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(5);

/// What happened in a cell.
#[derive(Debug)]
pub struct Cell {
    pub answer: Answer,
    /// What became in the end of a commit whose outcome was unknown.
    pub then: Option<Answer>,
    /// By how much the slowest call was later than its deadline.
    pub late: Option<Duration>,
    /// How long after the fault a load and a commit worked.
    pub again_after: Duration,
}

pub async fn run(row: &'static Row, call: Call) -> Result<Cell, Impossible> {
    let mut world = World::of(row).await?;
    let before = world.dump().await;
    row.start.on(&mut world).await?;
    world.note_damage().await;

    let mut answers = Vec::new();
    for _ in 0..row.times {
        let calling = tokio::spawn(answer(row, call, Caller::of(&world)));
        if let Some((after, act)) = row.meanwhile {
            sleep(after).await;
            act.on(&mut world).await?;
        }
        // A panic of the call comes out here.
        let (answer, late) = calling.await.unwrap();
        assert!(
            row.expected(call).contains(&answer),
            "{call:?}: {answer:?}, expected {:?}",
            row.expected(call)
        );
        assert!(
            late.is_none_or(|late| late < LATE),
            "{call:?}: {late:?} late"
        );
        answers.push((answer, late));
    }
    assert!(
        matches!(row.start, Act::Always(_)) || world.has_struck(),
        "the mishap has not happened"
    );
    let late = answers.iter().filter_map(|(_, late)| *late).max();
    let (answer, _) = answers.pop().unwrap();

    row.end.on(&mut world).await?;
    let fault_ended = Instant::now();
    works_again(&world.store, fault_ended).await;
    let again_after = fault_ended.elapsed();
    let then = left_behind(row, call, answer, &mut world, &before).await;
    Ok(Cell {
        answer,
        then,
        late,
        again_after,
    })
}

/// What a call needs of its world.
struct Caller {
    store: RedisStore,
    builder: RedisStoreBuilder,
    url: String,
    kept: Attempt,
    earlier: Attempt,
    next: Attempt,
}

impl Caller {
    fn of(world: &World) -> Self {
        Self {
            store: world.store.clone(),
            builder: world.builder.clone(),
            url: world.url.clone(),
            kept: world.kept.clone(),
            earlier: world.earlier.clone(),
            next: world.next.clone(),
        }
    }

    async fn call(&self, call: Call, time: Duration) -> Result<Answer, Error> {
        let deadline = within(time);
        match call {
            Call::Load => {
                let id = Some(&self.kept.id);
                let loaded = self.store.load(&user(), id, deadline).await?;
                Ok(self.session(&loaded.session))
            }
            Call::Commit => {
                let outcome = self.next.send(&self.store, deadline).await?;
                Ok(outcome_answer(&outcome))
            }
            Call::Resolve => {
                let id = &self.next.id;
                match self.store.resolve(&user(), id, deadline).await? {
                    CommitStatus::Fenced => Ok(Answer::Fenced),
                    status => panic!("{status:?} of a commit that was never sent"),
                }
            }
            Call::Delete => {
                self.store.delete(&user(), deadline).await?;
                Ok(Answer::Deleted)
            }
            Call::Connect => {
                // It is tried for twice this time.
                let builder = self.builder.clone().connect_timeout(time / 2);
                builder.connect(self.url.as_str()).await?;
                Ok(Answer::Connected)
            }
        }
    }

    fn session(&self, session: &Session) -> Answer {
        match session {
            Session::New => Answer::New,
            Session::Live(record) if *record == self.kept.record => Answer::Live,
            Session::Live(record) if *record == self.earlier.record => Answer::Earlier,
            Session::Live(record) => panic!("no commit wrote {record:?}"),
            Session::Expired(_) => Answer::Expired,
            Session::Corrupt {
                why: Corruption::Torn | Corruption::Record | Corruption::CommitIds,
                ..
            } => Answer::Recovered,
            Session::Corrupt { why, .. } => panic!("{why:?}"),
            Session::Newer { .. } => Answer::NewerFormat,
        }
    }
}

fn outcome_answer(outcome: &CommitOutcome) -> Answer {
    match outcome {
        CommitOutcome::Applied(_) => Answer::Applied,
        CommitOutcome::Duplicate { .. } => Answer::Duplicate,
        CommitOutcome::Conflict(_) => Answer::Conflict,
        CommitOutcome::Fenced => Answer::Fenced,
    }
}

/// Makes the call. Returns the answer, and by how much it came after its deadline.
async fn answer(row: &'static Row, call: Call, caller: Caller) -> (Answer, Option<Duration>) {
    let begin = Instant::now();
    let calling = caller.call(call, row.deadline);
    let answer = match row.dropped_after {
        Some(time) => timeout(time, calling).await.unwrap_or(Ok(Answer::Dropped)),
        None => calling.await,
    };
    let late = begin.elapsed().checked_sub(row.deadline);
    let answer = answer.unwrap_or_else(|error| {
        assert_discreet(&error);
        assert!(text(&error).contains(row.says), "{}", text(&error));
        let answer = error_answer(&error, &caller.next.id);
        let is_expected = row.expected(call).contains(&answer);
        assert!(is_expected, "{call:?}: {answer:?}, {}", text(&error));
        answer
    });
    (answer, late)
}

fn error_answer(error: &Error, id: &CommitId) -> Answer {
    match error {
        Error::Store(StoreError::Unavailable { .. }) => Answer::Unavailable,
        Error::Store(StoreError::OverCapacity { .. }) => Answer::OverCapacity,
        Error::Store(StoreError::Denied { .. }) => Answer::Denied,
        Error::Store(StoreError::Misconfigured { .. }) => Answer::Misconfigured,
        Error::Store(StoreError::Corrupt { .. }) => Answer::Corrupt,
        Error::Store(StoreError::TooLarge { .. }) => Answer::TooLarge,
        Error::Store(StoreError::Unknown { commit_id, .. }) if commit_id == id => Answer::Unknown,
        Error::Setting { .. } => Answer::Setting,
        other => panic!("{other:?}"),
    }
}

/// Calls until the store reads a session and writes for another user, whom no fault has hit.
async fn works_again(store: &RedisStore, fault_ended: Instant) {
    let bystander = UserId::new("bystander").unwrap();
    let works = async || {
        store.load(&user(), None, within(LATE)).await?;
        let id = CommitId::random();
        store.resolve(&bystander, &id, within(LATE)).await
    };
    while let Err(error) = works().await {
        let waited = fault_ended.elapsed();
        assert!(waited < RECOVERY, "{waited:?} after the fault: {error:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Checks that the server now holds what the call's answer says, and nothing in between.
async fn left_behind(
    row: &Row,
    call: Call,
    answer: Answer,
    world: &mut World,
    before: &Dump,
) -> Option<Answer> {
    let applied = match answer {
        Answer::Applied | Answer::Deleted => Applied::Yes,
        Answer::Fenced if call == Call::Resolve => Applied::Yes,
        Answer::Unknown | Answer::Dropped => row.applied,
        Answer::Unavailable if matches!(call, Call::Resolve | Call::Delete) => row.applied,
        // Every other error says that nothing was written.
        _ => Applied::No,
    };
    let after = world.dump().await;
    let is_unchanged = row.loses || after == *before;
    let World {
        store, kept, next, ..
    } = world;
    match call {
        Call::Commit if matches!(answer, Answer::Applied | Answer::Unknown | Answer::Dropped) => {
            return Some(settled(applied, store, kept, next).await);
        }
        Call::Resolve if applied != Applied::No => {
            let status = store.resolve(&user(), &next.id, soon()).await;
            assert_matches!(status, Ok(CommitStatus::Fenced));
            let outcome = next.send(store, soon()).await;
            assert_matches!(outcome, Ok(CommitOutcome::Fenced));
            assert!(row.loses || load(store).await.session.version() == Some(kept.record.version));
        }
        Call::Delete if applied != Applied::No => {
            assert!(
                after.is_empty() || applied == Applied::Maybe && is_unchanged,
                "some keys of a deleted user are left: {after:?}"
            );
        }
        _ => {
            assert!(is_unchanged, "{call:?} has changed something");
            let attempt = if row.loses {
                prepare(store, "{}").await
            } else {
                next.clone()
            };
            assert_applied(&attempt.send(store, soon()).await);
        }
    }
    None
}

/// Returns what became of a commit, and checks that it stays so.
async fn settled(applied: Applied, store: &RedisStore, kept: &Attempt, next: &Attempt) -> Answer {
    let status = store.resolve(&user(), &next.id, soon()).await.unwrap();
    let (settled, expected) = match status {
        CommitStatus::Applied { version, .. } => {
            assert_eq!(version, next.record.version);
            (Answer::Applied, next)
        }
        CommitStatus::Fenced => (Answer::Fenced, kept),
    };
    match applied {
        Applied::Yes => assert_eq!(settled, Answer::Applied),
        Applied::No => assert_eq!(settled, Answer::Fenced),
        Applied::Maybe => {}
    }
    let session = load(store).await.session;
    assert_matches!(session, Session::Live(record) if *record == expected.record);
    // The same attempt gets the same answer, and another one under its id never takes effect.
    let outcome = next.send(store, soon()).await.unwrap();
    assert_eq!(outcome_answer(&outcome), settled);
    let other = Attempt {
        id: next.id,
        ..prepare(store, "{}").await
    };
    let refused = if settled == Answer::Applied {
        Answer::Duplicate
    } else {
        Answer::Fenced
    };
    let outcome = other.send(store, soon()).await.unwrap();
    assert_eq!(outcome_answer(&outcome), refused);
    settled
}
