//! Makes each call on the model and on a store, and compares the answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, advance};
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, ExpectedToken, Lease, LeaseHolder, Loaded, Precondition, Session,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, Direction, StateStore, UserId};

use super::call::{COMMIT_IDS, Call, Commit};
use super::model::{self, Answer, Attempt, Expected, Found, Shown};

/// So short that a busy session reaches its end.
const MAX_LIFETIME: u64 = 30;

/// How time passes for a store.
pub(super) enum Clock {
    /// It is tokio's, and stops until it is moved.
    Paused,
    /// It is a server's, and cannot be moved: what has expired by the model's clock is removed by
    /// hand, as the server would.
    #[cfg(feature = "redis")]
    ByHand(::redis::aio::MultiplexedConnection),
}

pub(super) async fn compare(
    store: &dyn StateStore,
    mut clock: Clock,
    calls: &[(usize, Call)],
    case: u64,
) {
    let holders = [LeaseHolder::random(), LeaseHolder::random()];
    let mut users = [0, 1].map(|n| User::new(&format!("{case:016x}-{n}"), store, holders));
    let mut now = 0;
    for (number, (n, call)) in calls.iter().enumerate() {
        if let Call::Wait { seconds } = call {
            now += seconds;
            clock.pass(*seconds, now, &users).await;
            continue;
        }
        let (expected, answer) = users[*n].call(call, now).await;
        assert_eq!(answer, expected, "call {number}, {call:?}");
    }
    for user in &users {
        store.delete(&user.id, soon()).await.unwrap();
    }
}

/// A user in the model and in the store, and what their answers have in common.
struct User<'a> {
    id: UserId,
    store: &'a dyn StateStore,
    model: model::User,
    holders: [LeaseHolder; 2],
    commit_ids: [CommitId; COMMIT_IDS],
    /// Each precondition that was seen, in the model and in the store.
    preconditions: Vec<(model::Precondition, Precondition)>,
    attempts: Vec<(Attempt, Precondition)>,
}

impl<'a> User<'a> {
    fn new(id: &str, store: &'a dyn StateStore, holders: [LeaseHolder; 2]) -> Self {
        Self {
            id: UserId::new(id).unwrap(),
            store,
            model: model::User::default(),
            holders,
            commit_ids: std::array::from_fn(|_| CommitId::random()),
            preconditions: vec![],
            attempts: vec![],
        }
    }

    /// What the model answers, and what the store answers.
    async fn call(&mut self, call: &Call, now: u64) -> (Answer, Answer) {
        match call {
            Call::Load { id } => self.load(self.commit_ids[*id], now).await,
            Call::Commit(commit) => self.commit(commit, now).await,
            Call::SendAgain { which } => match self.attempts.iter().rev().nth(*which).cloned() {
                Some((attempt, precondition)) => self.send(&attempt, &precondition, now).await,
                None => (Answer::Fenced, Answer::Fenced),
            },
            Call::Resolve { id } => {
                let id = self.commit_ids[*id];
                let status = self.store.resolve(&self.id, &id, soon()).await.unwrap();
                (self.model.resolve(&id), Answer::Resolved(status))
            }
            Call::LoadToken => {
                let found = self.tokens().load_token(&self.id, soon()).await.unwrap();
                (self.model.load_token(now), Answer::Token(text(found)))
            }
            Call::PutToken {
                token,
                expected,
                ttl,
            } => self.put_token(*token, *expected, *ttl, now).await,
            Call::AcquireLease { holder, length } => {
                let holder = self.holders[*holder];
                let seconds = Duration::from_secs(*length);
                let lease = self
                    .tokens()
                    .acquire_refresh_lease(&self.id, &holder, seconds, soon())
                    .await
                    .unwrap();
                let expected = self.model.acquire_lease(holder, now + length, now);
                let is_acquired = lease == Lease::Acquired;
                (expected, Answer::LeaseAcquired(is_acquired))
            }
            Call::ReleaseLease { holder } => {
                let holder = self.holders[*holder];
                self.tokens()
                    .release_refresh_lease(&self.id, &holder, soon())
                    .await
                    .unwrap();
                (self.model.release_lease(holder), Answer::LeaseReleased)
            }
            Call::Delete => {
                self.store.delete(&self.id, soon()).await.unwrap();
                // Sent again now, an attempt would bring back its version, and whether a commit on
                // that version is refused would depend on whether a store also compares when the
                // session began. The contract leaves that open.
                self.attempts.clear();
                (self.model.delete(), Answer::Deleted)
            }
            Call::Wait { .. } => unreachable!("time passes for both users"),
        }
    }

    async fn load(&mut self, id: CommitId, now: u64) -> (Answer, Answer) {
        let expected = self.model.load(&id, now);
        let mut loaded = self.store.load(&self.id, Some(&id), soon()).await.unwrap();
        let status = loaded.commit_status.take();
        let answer = Answer::Loaded(self.found(loaded, &expected), status);
        (expected, answer)
    }

    async fn commit(&mut self, commit: &Commit, now: u64) -> (Answer, Answer) {
        if self.preconditions.is_empty() {
            let id = self.commit_ids[commit.id];
            let (expected, answer) = self.load(id, now).await;
            assert_eq!(answer, expected, "the load before the first commit");
        }
        let newest = self.preconditions.len() - 1;
        let (in_model, precondition) = &self.preconditions[newest.saturating_sub(commit.age)];
        let attempt = Attempt {
            id: self.commit_ids[commit.id],
            precondition: *in_model,
            record: Arc::new(Record {
                version: Version::after(self.model.version()),
                flow: "cafe".into(),
                entered_by: CommitId::random(),
                format: 1,
                stage: "menu".into(),
                option: commit.option.then_some("asking".into()),
                direction: Direction::Out,
                menu: None,
                pending_call: None,
                data: format!(r#"{{"n":{}}}"#, self.attempts.len()).into(),
            }),
            reply: commit.reply,
            drop_token: commit.drop_token,
            ttl: commit.ttl,
            max_lifetime: MAX_LIFETIME,
        };
        let precondition = precondition.clone();
        self.attempts.push((attempt.clone(), precondition.clone()));
        self.send(&attempt, &precondition, now).await
    }

    async fn send(
        &mut self,
        attempt: &Attempt,
        precondition: &Precondition,
        now: u64,
    ) -> (Answer, Answer) {
        let request = CommitRequest {
            id: &attempt.id,
            precondition,
            record: &attempt.record,
            reply: attempt.reply,
            drop_token: attempt.drop_token,
            ttl: Duration::from_secs(attempt.ttl),
            max_lifetime: Duration::from_secs(attempt.max_lifetime),
            deadline: soon(),
        };
        let outcome = self.store.commit(&self.id, request).await.unwrap();
        let expected = self.model.commit(attempt, now);
        let answer = match outcome {
            CommitOutcome::Applied(next) => {
                Answer::Applied(next.map(|next| self.precondition(next, &expected)))
            }
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => Answer::Duplicate(version, reply, self.found(current, &expected)),
            CommitOutcome::Conflict(current) => Answer::Conflict(self.found(current, &expected)),
            CommitOutcome::Fenced => Answer::Fenced,
        };
        (expected, answer)
    }

    async fn put_token(
        &mut self,
        token: Option<&'static str>,
        expected: Expected,
        ttl: u64,
        now: u64,
    ) -> (Answer, Answer) {
        let stored = token.map(StoredToken::new);
        let exact = match expected {
            Expected::Exactly(token) => Some(StoredToken::new(token)),
            Expected::Any | Expected::Absent => None,
        };
        let put = TokenPut {
            token: stored.as_ref(),
            expected: match (&exact, expected) {
                (Some(token), _) => ExpectedToken::Exactly(token),
                (None, Expected::Absent) => ExpectedToken::Absent,
                (None, _) => ExpectedToken::Any,
            },
            ttl: Duration::from_secs(ttl),
            deadline: soon(),
        };
        let answer = match self.tokens().put_token(&self.id, put).await.unwrap() {
            TokenOutcome::Stored => Answer::TokenStored,
            TokenOutcome::Conflict { current } => Answer::TokenConflict(text(current)),
        };
        (
            self.model.put_token(token, expected, now + ttl, now),
            answer,
        )
    }

    fn tokens(&self) -> &'a dyn TokenStore {
        self.store.tokens().expect("the store keeps tokens")
    }

    /// What a store shows, in the model's types.
    fn found(&mut self, loaded: Loaded, expected: &Answer) -> Found {
        let session = match loaded.session {
            Session::New => Shown::New,
            Session::Live(record) => Shown::Live(record),
            Session::Expired(tombstone) => Shown::Expired(tombstone),
            other => panic!("{other:?}"),
        };
        Found {
            session,
            precondition: self.precondition(loaded.precondition, expected),
        }
    }

    /// The model's precondition, if the store's tells apart what the model tells apart.
    fn precondition(&mut self, found: Precondition, expected: &Answer) -> model::Precondition {
        let expected = match expected {
            Answer::Loaded(found, _) | Answer::Duplicate(_, _, found) | Answer::Conflict(found) => {
                found.precondition
            }
            Answer::Applied(next) => next.flatten(),
            _ => None,
        };
        for (in_model, known) in &self.preconditions {
            let is_known = *known == found;
            assert_eq!(
                *in_model == expected,
                is_known,
                "{in_model:?} and {expected:?}, {known:?} and {found:?}"
            );
        }
        self.preconditions.push((expected, found));
        expected
    }
}

impl Clock {
    #[cfg_attr(not(feature = "redis"), allow(unused_variables))]
    async fn pass(&mut self, seconds: u64, now: u64, users: &[User<'_>]) {
        match self {
            Self::Paused => advance(Duration::from_secs(seconds)).await,
            #[cfg(feature = "redis")]
            Self::ByHand(redis) => {
                let mut expired = ::redis::cmd("DEL");
                // A command without a key is refused, and nothing may have expired.
                expired.arg("reference:_none");
                for User { id, model, .. } in users {
                    let key = |suffix: &str| format!("reference:{}{suffix}", id.expose());
                    if !model.is_live(now) {
                        let keys = ["", "_stage", "_option", "_direction"].map(key);
                        expired.arg(keys.as_slice());
                    }
                    if model.token(now).is_none() {
                        expired.arg(key("_jwt_token"));
                    }
                    if model.holder(now).is_none() {
                        expired.arg(key("_jwt_claim"));
                    }
                }
                let _: u64 = expired.query_async(redis).await.unwrap();
            }
        }
    }
}

fn text(token: Option<StoredToken>) -> Option<String> {
    token.map(|token| token.expose().to_owned())
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}
