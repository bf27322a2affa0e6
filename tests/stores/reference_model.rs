//! Random calls, some of them stale, repeated or after an expiry: every store answers each of them as a plain model of the
//! contract does. `PROPTEST_CASES=10000 cargo test --test stores reference_model` for more of them.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::time::Instant;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{
    Commit, CommitOutcome, ExpectedToken, LeaseHolder, Loaded, Precondition, Session, StoredToken,
    TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, Direction, MemoryStore, StateStore, UserId};

use crate::reference::{Answer, Attempt, Expected, Found, Ground, Shown, User, won};

/// So short that a busy session meets its end.
const LIFETIME: u64 = 30;
const TOKENS: [&str; 3] = ["one", "two", "three"];

#[derive(Debug, Clone)]
enum Call {
    Load {
        id: usize,
    },
    CommitRequest {
        id: usize,
        basis: usize,
        reply: Option<&'static [u8]>,
        drop_token: bool,
        option: bool,
        ttl: u64,
    },
    SendAgain {
        which: usize,
    },
    Resolve {
        id: usize,
    },
    PutToken {
        token: Option<&'static str>,
        expected: Expected,
        release: Option<usize>,
        ttl: u64,
    },
    Claim {
        owner: usize,
        lease: u64,
    },
    Forget,
    Wait {
        seconds: u64,
    },
}

/// A call for one of two users.
fn call() -> impl Strategy<Value = (usize, Call)> {
    let (id, seconds) = (0..6_usize, prop::sample::select(vec![10_u64, 25]));
    let token = prop::sample::select(TOKENS.to_vec());
    let reply = prop::option::of(prop::sample::select(vec![&b"\"5\""[..], b"{}"]));
    let expected = prop_oneof![
        Just(Expected::Any),
        token.clone().prop_map(Expected::Exactly),
        Just(Expected::Absent)
    ];
    let call = prop_oneof![
        3 => id.clone().prop_map(|id| Call::Load { id }),
        // The last basis mostly, and sometimes an older one.
        8 => (id.clone(), prop_oneof![3 => Just(0), 1 => 0..9_usize], reply, prop::bool::weighted(0.1), any::<bool>(), seconds.clone())
            .prop_map(|(id, basis, reply, drop_token, option, ttl)| Call::Commit { id, basis, reply, drop_token, option, ttl }),
        2 => (0..4_usize).prop_map(|which| Call::SendAgain { which }),
        1 => id.prop_map(|id| Call::Resolve { id }),
        3 => (prop::option::weighted(0.8, token), expected, prop::option::of(0..2_usize), seconds.clone())
            .prop_map(|(token, expected, release, ttl)| Call::PutToken { token, expected, release, ttl }),
        2 => (0..2_usize, seconds).prop_map(|(owner, lease)| Call::Claim { owner, lease }),
        1 => Just(Call::Forget),
        3 => prop::sample::select(vec![1, 9, 24, 61]).prop_map(|seconds| Call::Wait { seconds }),
    ];
    (0..2_usize, call)
}

/// How time passes for a store.
enum Clock {
    /// It is tokio's, and stands still until moved.
    Paused,
    /// It is a server's, and cannot be moved: what is over by the model's is removed by hand, as the server would.
    #[cfg(feature = "redis")]
    ByHand(::redis::aio::MultiplexedConnection),
}

/// A user in the model and in the store, and what their answers have in common.
struct Both {
    id: UserId,
    model: User,
    commit_ids: Vec<CommitId>,
    /// Each ground that was seen, in the words of both.
    grounds: Vec<(Ground, Precondition)>,
    attempts: Vec<(Attempt, Precondition)>,
}

impl Both {
    fn new(id: UserId) -> Self {
        let commit_ids = (0..6).map(|_| CommitId::random()).collect();
        Self {
            id,
            model: User::default(),
            commit_ids,
            grounds: vec![],
            attempts: vec![],
        }
    }

    /// What a store shows, in the model's words; and its basis must tell apart what the model tells apart.
    fn found(&mut self, loaded: Loaded, expected: &Ground) -> Found {
        let Loaded {
            session,
            basis,
            token,
            ..
        } = loaded;
        let session = match session {
            Session::New => Shown::New,
            Session::Live(record) => Shown::Live(record),
            Session::Expired(trace) => Shown::Expired(trace),
            other => panic!("{other:?}"),
        };
        Found {
            session,
            token: token.map(|token| token.expose().to_owned()),
            ground: self.ground(precondition, expected),
        }
    }

    fn ground(&mut self, basis: Precondition, expected: &Ground) -> Ground {
        for (ground, known) in &self.grounds {
            assert_eq!(
                ground == expected,
                *known == basis,
                "{ground:?} and {expected:?}, {known:?} and {precondition:?}"
            );
        }
        self.grounds.push((*expected, basis));
        *expected
    }
}

async fn drive(store: &dyn StateStore, mut clock: Clock, calls: &[(usize, Call)], case: u64) {
    let mut users = [0, 1].map(|n| Both::new(UserId::new(format!("{case:016x}-{n}")).unwrap()));
    let owners = [LeaseHolder::random(), LeaseHolder::random()];
    let mut now = 0;
    for (n, (who, call)) in calls.iter().enumerate() {
        if let Call::Wait { seconds } = call {
            now += seconds;
            pass(&mut clock, *seconds, now, &users).await;
            continue;
        }
        let (expected, said) = ask(store, &mut users[*who], call, owners, n, now).await;
        assert_eq!(said, expected, "call {n}, {call:?}");
    }
    for both in &users {
        store.delete(&both.id, soon()).await.unwrap();
    }
}

/// What the model says, and what the store says.
async fn ask(
    store: &dyn StateStore,
    both: &mut Both,
    call: &Call,
    owners: [LeaseHolder; 2],
    n: usize,
    now: u64,
) -> (Answer, Answer) {
    let user = both.id.clone();
    match call {
        Call::Load { id } => {
            let id = both.commit_ids[*id];
            let expected = both.model.load(&id, now);
            let Answer::Loaded(Found { ground, .. }, _) = expected else {
                unreachable!()
            };
            let mut loaded = store.load(&user, Some(&id), soon()).await.unwrap();
            let done = loaded.done.take();
            (expected, Answer::Loaded(both.found(loaded, &ground), done))
        }
        Call::Commit {
            id,
            basis,
            reply,
            drop_token,
            option,
            ttl,
        } => {
            if both.grounds.is_empty() {
                let loaded = store.load(&user, None, soon()).await.unwrap();
                both.found(loaded, &None);
            }
            let (ground, basis) =
                both.grounds[both.grounds.len().saturating_sub(basis + 1)].clone();
            let record = Arc::new(Record {
                version: Version::after(both.model.version()),
                commit_id: CommitId::random(),
                format: 1,
                stage: "menu".into(),
                option: option.then_some("asking".into()),
                direction: Direction::Out,
                menu: None,
                state: format!(r#"{{"n":{n}}}"#).into(),
            });
            let (id, reply, drop_token) = (both.commit_ids[*id], *reply, *drop_token);
            let attempt = Attempt {
                id,
                ground,
                record,
                reply,
                drop_token,
                ttl: *ttl,
                max_lifetime: LIFETIME,
            };
            both.attempts.push((attempt.clone(), basis.clone()));
            send(store, both, &attempt, &precondition, now).await
        }
        Call::SendAgain { which } => match both.attempts.iter().rev().nth(*which).cloned() {
            Some((attempt, basis)) => send(store, both, &attempt, &precondition, now).await,
            None => (Answer::Fenced, Answer::Fenced),
        },
        Call::Resolve { id } => {
            let id = both.commit_ids[*id];
            (
                both.model.resolve(&id),
                Answer::Resolved(store.resolve(&user, &id, soon()).await.unwrap()),
            )
        }
        Call::PutToken {
            token,
            expected,
            release,
            ttl,
        } => {
            let release = release.map(|n| owners[n]);
            let answer = both
                .model
                .put_token(*token, *expected, release, now + ttl, now);
            let token = token.map(StoredToken::new);
            let exactly = if let Expected::Exactly(token) = expected {
                Some(StoredToken::new(*token))
            } else {
                None
            };
            let expected = match (expected, &exactly) {
                (_, Some(token)) => ExpectedToken::Exactly(token),
                (Expected::Absent, _) => ExpectedToken::Absent,
                _ => ExpectedToken::Any,
            };
            let (token, release, ttl) =
                (token.as_ref(), release.as_ref(), Duration::from_secs(*ttl));
            let put = TokenPut {
                token,
                expected,
                ttl,
                release,
                deadline: soon(),
            };
            let said = match store.put_token(&user, put).await.unwrap() {
                TokenOutcome::Stored => Answer::Stored,
                TokenOutcome::Conflict { current } => {
                    Answer::Refused(current.map(|token| token.expose().to_owned()))
                }
            };
            (answer, said)
        }
        Call::Claim { owner, lease } => {
            let (owner, lease) = (owners[*owner], *lease);
            let claim = store
                .acquire_refresh_lease(&user, &owner, Duration::from_secs(lease), soon())
                .await
                .unwrap();
            (both.model.claim(owner, now + lease, now), won(claim))
        }
        Call::Forget => {
            store.delete(&user, soon()).await.unwrap();
            // Sent again now, an attempt would bring back its version, and what was decided on that version would hang on
            // whether a store also looks at when the session began. The contract leaves that open.
            both.attempts.clear();
            (both.model.delete(), Answer::Forgotten)
        }
        Call::Wait { .. } => unreachable!(),
    }
}

async fn send(
    store: &dyn StateStore,
    both: &mut Both,
    attempt: &Attempt,
    basis: &Precondition,
    now: u64,
) -> (Answer, Answer) {
    let Attempt {
        id,
        record,
        reply,
        drop_token,
        ttl,
        lifetime,
        ..
    } = attempt;
    let (ttl, lifetime) = (Duration::from_secs(*ttl), Duration::from_secs(*lifetime));
    let commit = CommitRequest {
        id,
        basis,
        record,
        reply: *reply,
        drop_token: *drop_token,
        ttl,
        lifetime,
        deadline: soon(),
    };
    let said = store.commit(&both.id, commit).await.unwrap();
    let expected = both.model.commit(attempt, now);
    let ground = match &expected {
        Answer::Applied(ground) => ground.unwrap_or_default(),
        Answer::Duplicate(_, _, found) | Answer::Conflict(found) => found.ground,
        _ => None,
    };
    let said = match said {
        CommitOutcome::Applied(precondition) => {
            Answer::Applied(precondition.map(|basis| both.ground(precondition, &ground)))
        }
        CommitOutcome::Duplicate {
            version,
            reply,
            current,
        } => Answer::Duplicate(version, reply, both.found(current, &ground)),
        CommitOutcome::Conflict(current) => Answer::Conflict(both.found(current, &ground)),
        CommitOutcome::Fenced => Answer::Fenced,
    };
    (expected, said)
}

#[cfg_attr(not(feature = "redis"), allow(unused_variables))]
async fn pass(clock: &mut Clock, seconds: u64, now: u64, users: &[Both]) {
    match clock {
        Clock::Paused => tokio::time::advance(Duration::from_secs(seconds)).await,
        #[cfg(feature = "redis")]
        Clock::ByHand(redis) => {
            let mut over = ::redis::cmd("DEL");
            over.arg("nobody's");
            for Both { id, model, .. } in users {
                let key = |suffix: &str| format!("reference:{}{suffix}", id.expose());
                if !model.is_live(now) {
                    over.arg(["", "_stage", "_option", "_direction"].map(key).as_slice());
                }
                if model.token(now).is_none() {
                    over.arg(key("_jwt_token"));
                }
                if model.holder(now).is_none() {
                    over.arg(key("_jwt_claim"));
                }
            }
            let _: u64 = over.query_async(redis).await.unwrap();
        }
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// So many cases, unless `PROPTEST_CASES` says otherwise.
fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        config.cases
    } else {
        cases
    };
    TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..config
    })
}

fn calls() -> impl Strategy<Value = Vec<(usize, Call)>> {
    prop::collection::vec(call(), 1..60)
}

#[track_caller]
fn on_memory(store: impl Fn() -> Box<dyn StateStore>) {
    let run = runner(1000).run(&calls(), |calls| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(drive(&*store(), Clock::Paused, &calls, 0));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}

#[test]
fn memory_answers_as_the_model_does() {
    on_memory(|| Box::new(MemoryStore::new()));
}

#[cfg(feature = "vault")]
#[test]
fn memory_behind_a_vault_answers_as_the_model_does() {
    use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
    on_memory(|| {
        Box::new(Vault::new(
            MemoryStore::new(),
            KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap()),
        ))
    });
}

#[cfg(feature = "redis")]
#[test]
fn redis_answers_as_the_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (_server, store, redis) = runtime.block_on(async {
        let server = harness::redis::Redis::any().await;
        let store = vimbiso_state::RedisStore::builder()
            .namespace("reference")
            .connect(server.url.as_str())
            .await
            .unwrap();
        let redis = harness::server::raw(&server.url).await;
        (server, store, redis)
    });
    let run = runner(100).run(&calls(), |calls| {
        runtime.block_on(drive(
            &store,
            Clock::ByHand(redis.clone()),
            &calls,
            rand::random(),
        ));
        Ok(())
    });
    run.unwrap_or_else(|failed| panic!("{failed}"));
}
