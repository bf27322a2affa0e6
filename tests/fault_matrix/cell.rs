//! One cell: one call that meets one fault, and what is left when the fault is over.

use std::time::{Duration, Instant};

use harness::sessions::{
    Attempt, assert_applied, assert_discreet, begin, load, soon, text, user, within,
};
use tokio::time::{sleep, timeout};
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{CommitOutcome, CommitStatus, RedisStoreBuilder, Session};
use vimbiso_state::{CommitId, Error, RedisStore, StateStore, StoreError, UserId};

use crate::injection::{Act, Impossible};
use crate::row::{Applied, Call, Row, Seen};
use crate::world::{Dump, World};

/// How much later than its deadline a call may return on a noisy machine, and how long it may take until the store works
/// again. What is promised is [less](crate::report), and printed.
const LATE: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(5);

/// What was seen in a cell.
#[derive(Debug)]
pub struct Cell {
    pub seen: Seen,
    /// What became in the end of a commit that was unknown.
    pub then: Option<Seen>,
    /// By how much the slowest call was later than its deadline.
    pub late: Option<Duration>,
    /// How long after the fault a load and a commit worked.
    pub again_after: Duration,
}

pub async fn run(row: &'static Row, call: Call) -> Result<Cell, Impossible> {
    let mut world = World::of(row).await?;
    let before = world.dump().await;
    row.strike.on(&mut world).await?;
    world.note_damage().await;

    let (mut seen, mut late) = (None, None);
    for _ in 0..row.times {
        let asked = tokio::spawn(ask(row, call, Asked::of(&world)));
        if let Some((after, act)) = row.meanwhile {
            sleep(after).await;
            act.on(&mut world).await?;
        }
        // A panic of the call comes out here.
        let answer = asked.await.unwrap();
        assert!(
            row.expected(call).contains(&answer.seen),
            "{call:?}: {answer:?}, expected {:?}",
            row.expected(call)
        );
        assert!(
            answer.late.is_none_or(|late| late < LATE),
            "{call:?}: {answer:?}"
        );
        (seen, late) = (Some(answer.seen), late.max(answer.late));
    }
    assert!(
        matches!(row.strike, Act::Always(_)) || world.has_struck(),
        "the mishap has not happened"
    );
    let seen = seen.unwrap();

    row.mend.on(&mut world).await?;
    let over = Instant::now();
    works_again(&world.store, over).await;
    let again_after = over.elapsed();
    let then = left_behind(row, call, seen, &mut world, &before).await;
    Ok(Cell {
        seen,
        then,
        late,
        again_after,
    })
}

/// What a call needs of its world.
struct Asked {
    store: RedisStore,
    builder: RedisStoreBuilder,
    url: String,
    kept: Attempt,
    earlier: Attempt,
    next: Attempt,
}

impl Asked {
    fn of(
        World {
            store,
            builder,
            url,
            kept,
            earlier,
            next,
            ..
        }: &World,
    ) -> Self {
        let (store, builder, url) = (store.clone(), builder.clone(), url.clone());
        Self {
            store,
            builder,
            url,
            kept: kept.clone(),
            earlier: earlier.clone(),
            next: next.clone(),
        }
    }

    fn session(&self, session: &Session) -> Seen {
        match session {
            Session::New => Seen::New,
            Session::Live(record) if *record == self.kept.record => Seen::Live,
            Session::Live(record) if *record == self.earlier.record => Seen::Earlier,
            Session::Live(record) => panic!("nobody wrote {record:?}"),
            Session::Expired(_) => Seen::Expired,
            Session::Corrupt {
                why: Corruption::Torn | Corruption::Record,
                ..
            } => Seen::Recovered,
            Session::Corrupt { why, .. } => panic!("{why:?}"),
            Session::Newer { .. } => Seen::NewerFormat,
        }
    }

    async fn call(&self, call: Call, patience: Duration) -> Result<Seen, Error> {
        let (store, id, deadline) = (&self.store, &self.next.id, within(patience));
        Ok(match call {
            Call::Load => self.session(
                &store
                    .load(&user(), Some(&self.kept.id), deadline)
                    .await?
                    .session,
            ),
            Call::Commit => outcome(&self.next.send(store, deadline).await?),
            Call::Resolve => match store.resolve(&user(), id, deadline).await? {
                CommitStatus::Fenced => Seen::Fenced,
                CommitStatus::Applied(version) => {
                    panic!("{version:?} of a commit that was never sent")
                }
            },
            Call::Forget => store
                .delete(&user(), deadline)
                .await
                .map(|()| Seen::Forgotten)?,
            // It gives up after twice this time.
            Call::Connect => {
                let builder = self.builder.clone().connect_timeout(patience / 2);
                builder
                    .connect(self.url.as_str())
                    .await
                    .map(|_| Seen::Connected)?
            }
        })
    }
}

fn outcome(outcome: &CommitOutcome) -> Seen {
    match outcome {
        CommitOutcome::Applied(_) => Seen::Applied,
        CommitOutcome::Duplicate { .. } => Seen::Duplicate,
        CommitOutcome::Conflict(_) => Seen::Conflict,
        CommitOutcome::Fenced => Seen::Fenced,
    }
}

#[derive(Debug)]
struct Answer {
    seen: Seen,
    late: Option<Duration>,
}

async fn ask(row: &'static Row, call: Call, asked: Asked) -> Answer {
    let started = Instant::now();
    let answer = match row.leaves_after {
        Some(leaves) => timeout(leaves, asked.call(call, row.patience))
            .await
            .unwrap_or(Ok(Seen::Left)),
        None => asked.call(call, row.patience).await,
    };
    let late = started.elapsed().checked_sub(row.patience);
    let seen = answer.unwrap_or_else(|error| {
        assert_discreet(&error);
        assert!(text(&error).contains(row.says), "{}", text(&error));
        kind(&error, &asked.next.id)
    });
    Answer { seen, late }
}

fn kind(error: &Error, id: &CommitId) -> Seen {
    match error {
        Error::Store(StoreError::Unavailable { .. }) => Seen::Unavailable,
        Error::Store(StoreError::OverCapacity { .. }) => Seen::OverCapacity,
        Error::Store(StoreError::Denied { .. }) => Seen::Denied,
        Error::Store(StoreError::Misconfigured { .. }) => Seen::Misconfigured,
        Error::Store(StoreError::Corrupt { .. }) => Seen::Corrupt,
        Error::Store(StoreError::TooLarge { .. }) => Seen::TooLarge,
        Error::Store(StoreError::Unknown { commit_id, .. }) if commit_id == id => Seen::Unknown,
        Error::Setting { .. } => Seen::Setting,
        other => panic!("{other:?}"),
    }
}

/// Asks until the store reads a session and writes one, of a user whom nothing has happened to.
async fn works_again(store: &RedisStore, over: Instant) {
    let bystander = UserId::new("bystander").unwrap();
    loop {
        let why = match store.load(&user(), None, within(LATE)).await {
            Ok(_) => match store
                .resolve(&bystander, &CommitId::random(), within(LATE))
                .await
            {
                Ok(_) => return,
                Err(why) => why,
            },
            Err(why) => why,
        };
        assert!(
            over.elapsed() < RECOVERY,
            "the fault is over since {:?}: {why:?}",
            over.elapsed()
        );
        sleep(Duration::from_millis(5)).await;
    }
}

/// Checks that what is there now is what the call has said, and nothing in between.
async fn left_behind(
    row: &Row,
    call: Call,
    seen: Seen,
    world: &mut World,
    before: &Dump,
) -> Option<Seen> {
    // An error of another kind says that nothing was written, whatever the fault.
    let applied = match seen {
        Seen::Applied | Seen::Forgotten => Applied::Yes,
        Seen::Fenced if call == Call::Resolve => Applied::Yes,
        Seen::Unknown | Seen::Left => row.applied,
        Seen::Unavailable if matches!(call, Call::Resolve | Call::Forget) => row.applied,
        _ => Applied::No,
    };
    let after = world.dump().await;
    let unchanged = row.loses || after == *before;
    let World {
        store, kept, next, ..
    } = world;
    match call {
        Call::Commit if matches!(seen, Seen::Applied | Seen::Unknown | Seen::Left) => {
            return Some(settled(applied, store, kept, next).await);
        }
        Call::Resolve if applied != Applied::No => {
            assert_eq!(
                store.resolve(&user(), &next.id, soon()).await.unwrap(),
                CommitStatus::Fenced
            );
            assert_eq!(
                outcome(&next.send(store, soon()).await.unwrap()),
                Seen::Fenced
            );
            assert!(row.loses || load(store).await.session.version() == Some(kept.record.version));
        }
        Call::Forget if applied != Applied::No => {
            assert!(
                after.is_empty() || applied == Applied::Maybe && unchanged,
                "half of a user is left: {after:?}"
            );
        }
        _ => {
            assert!(unchanged, "{call:?} has changed something");
            let applies = if row.loses {
                begin(store, "{}").await
            } else {
                next.clone()
            };
            assert_applied(&applies.send(store, soon()).await);
        }
    }
    None
}

/// What became of a commit, and that it stays so.
async fn settled(applied: Applied, store: &RedisStore, kept: &Attempt, next: &Attempt) -> Seen {
    let (settled, version) = match store.resolve(&user(), &next.id, soon()).await.unwrap() {
        CommitStatus::Applied(version) => (Seen::Applied, version),
        CommitStatus::Fenced => (Seen::Fenced, kept.record.version),
    };
    match applied {
        Applied::Yes => assert_eq!(settled, Seen::Applied),
        Applied::No => assert_eq!(settled, Seen::Fenced),
        Applied::Maybe => {}
    }
    let expected = if settled == Seen::Applied { next } else { kept };
    assert!(
        matches!(load(store).await.session, Session::Live(record) if record == expected.record && record.version == version)
    );
    // The same attempt is told the same, and another under its id never takes effect.
    assert_eq!(outcome(&next.send(store, soon()).await.unwrap()), settled);
    let other = Attempt {
        id: next.id,
        ..begin(store, "{}").await
    };
    let refused = if settled == Seen::Applied {
        Seen::Duplicate
    } else {
        Seen::Fenced
    };
    assert_eq!(outcome(&other.send(store, soon()).await.unwrap()), refused);
    settled
}
