//! With a vault, no token and no reply in a store can be read, moved or changed.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Desk, Manager, apply, message, user};
use harness::hooked::Call;
use harness::hooks::{At, Meddler, Midway};
use harness::tokens::{self, Api, expiring, put, put_text, stored};
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitRequest, CommitStatus, ExpectedToken, Session, StoredToken, TokenOutcome, TokenPut,
    TokenStore,
};
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::{
    CommitId, Handled, JwtToken, MemoryStore, StateManager, StateStore, Step, Turn, UserId,
};

fn key(id: &str, byte: u8) -> VaultKey {
    VaultKey::new(id, &[byte; 32]).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(key("new", 1)).retire(key("old", 2)).unwrap()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

async fn opens(vault: &Vault<impl StateStore>, user: &UserId) -> bool {
    vault.load_token(user, deadline()).await.unwrap().is_some()
}

async fn sealed(store: &MemoryStore, user: &UserId) -> String {
    stored(store, user).await.unwrap()
}

async fn raw_reply(store: &MemoryStore, user: &UserId, id: &CommitId) -> Vec<u8> {
    let loaded = store.load(user, Some(id), deadline()).await.unwrap();
    match loaded.commit_status {
        Some(CommitStatus::Applied {
            reply: Some(reply), ..
        }) => reply.into(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn token_and_reply_are_sealed_in_the_store_alone() {
    let store = MemoryStore::new();
    let manager = Manager::new(Vault::new(store.clone(), ring()));
    let token = expiring(3600, 1);
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    let answer = |turn: &mut Turn<Desk>| {
        turn.remember_reply("your balance is 7")?;
        Ok(Step::Commit(String::new()))
    };
    let _ = manager
        .handle(&user(1), &message("a"), answer)
        .await
        .unwrap();

    let text = sealed(&store, &user(1)).await;
    assert!(
        text.starts_with("vault1 new ") && !text.contains(token.expose()),
        "{text}"
    );
    assert!(
        JwtToken::new(&text).is_err(),
        "a process without the vault takes the sealed text for a token"
    );
    let reply = raw_reply(&store, &user(1), &CommitId::of(&user(1), &message("a"))).await;
    assert!(reply.starts_with(b"vault1 new "));

    assert_eq!(
        manager.load(&user(1)).await.unwrap().jwt_token(),
        Some(&token)
    );
    let again = manager
        .handle(&user(1), &message("a"), answer)
        .await
        .unwrap();
    assert_eq!(
        again.into_output().unwrap().as_deref(),
        Some("your balance is 7")
    );
}

#[tokio::test(start_paused = true)]
async fn longest_token_and_reply_fit_when_sealed() {
    let store = MemoryStore::new();
    let manager = Manager::new(Vault::new(
        store.clone(),
        KeyRing::new(key(&"k".repeat(32), 1)),
    ));
    let token = JwtToken::new("a".repeat(JwtToken::MAX_LEN)).unwrap();
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    assert!(sealed(&store, &user(1)).await.len() <= StoredToken::MAX_LEN);
    assert_eq!(
        manager.load(&user(1)).await.unwrap().jwt_token(),
        Some(&token)
    );
    let reply = "r".repeat(Record::MAX_REPLY - 2);
    let handled = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.remember_reply(&reply)?;
            Ok(Step::Commit(()))
        })
        .await
        .unwrap();
    assert!(!handled.is_duplicate());
    let sealed = raw_reply(&store, &user(1), &CommitId::of(&user(1), &message("a"))).await;
    assert!(sealed.len() <= StoredToken::MAX_LEN);
}

#[tokio::test(start_paused = true)]
async fn moved_or_edited_text_does_not_open() {
    let store = MemoryStore::new();
    let vault = Vault::new(store.clone(), ring());
    let manager = Manager::new(vault.clone());
    let elsewhere = Vault::new(Meddler::named(store.clone(), "staging"), ring());
    let retired = Vault::new(store.clone(), KeyRing::new(key("old", 2)));
    let stranger = Vault::new(store.clone(), KeyRing::new(key("new", 3)));
    let ours = user(1);
    let theirs = user(2);
    let token = expiring(3600, 1);
    for n in 0..10_000 {
        put(&vault, &ours, &token).await;
        let good = sealed(&store, &ours).await;
        assert!(opens(&vault, &ours).await);
        let at = rand::random_range(0..good.len());
        let mut bytes = good.clone().into_bytes();
        match n % 10 {
            0 => {
                put_text(&store, &theirs, &good).await;
                assert!(!opens(&vault, &theirs).await, "another user's");
            }
            1 => assert!(!opens(&elsewhere, &ours).await, "another namespace's"),
            2 => assert!(!opens(&stranger, &ours).await, "another key of the same id"),
            3 => assert!(
                !opens(&retired, &ours).await,
                "a key that is not on the ring"
            ),
            4 => {
                put_text(&store, &ours, &good.replacen("new", "old", 1)).await;
                assert!(!opens(&vault, &ours).await, "another key of the ring");
            }
            5 => {
                // A reply whose text is a token, stored as a token.
                let id = message(format!("{n}"));
                let reply = token.expose();
                let _ = manager
                    .handle(&ours, &id, |turn| {
                        turn.remember_reply(reply)?;
                        Ok(Step::Commit(()))
                    })
                    .await
                    .unwrap();
                let reply = raw_reply(&store, &ours, &CommitId::of(&ours, &id)).await;
                put_text(&store, &ours, std::str::from_utf8(&reply).unwrap()).await;
                assert!(!opens(&vault, &ours).await, "another field's");
                manager.delete(&ours).await.unwrap();
            }
            6 => {
                put_text(&store, &ours, &good[..at]).await;
                assert!(!opens(&vault, &ours).await, "cut at {at}");
            }
            7 => {
                put_text(&store, &ours, token.expose()).await;
                assert!(!opens(&vault, &ours).await, "plain text");
            }
            _ => {
                bytes[at] ^= 1 << rand::random_range(0..7);
                let Ok(edited) = String::from_utf8(bytes) else {
                    continue;
                };
                put_text(&store, &ours, &edited).await;
                assert!(
                    !opens(&vault, &ours).await,
                    "a bit flipped at {at}: {edited}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reply_of_another_commit_does_not_open() {
    let store = MemoryStore::new();
    let [a, b] = ["a", "b"].map(|id| CommitId::of(&user(1), &message(id)));
    let manager = Manager::new(Vault::new(store.clone(), ring()));
    let _ = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.remember_reply("hers")?;
            Ok(Step::Commit(()))
        })
        .await
        .unwrap();
    let reply = raw_reply(&store, &user(1), &a).await;
    // The same bytes, recorded under another commit id.
    let loaded = store.load(&user(1), Some(&b), deadline()).await.unwrap();
    let Session::Live(record) = &loaded.session else {
        panic!("{loaded:?}")
    };
    let ttl = Duration::from_secs(300);
    let request = CommitRequest {
        id: &b,
        precondition: &loaded.precondition,
        record,
        reply: Some(&reply),
        drop_token: false,
        ttl,
        max_lifetime: ttl,
        deadline: deadline(),
    };
    let _applied = store.commit(&user(1), request).await.unwrap();
    let moved = manager
        .handle(&user(1), &message("b"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    assert!(
        matches!(moved, Handled::Duplicate { reply: None, .. }),
        "{moved:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn token_is_put_only_over_the_expected_one() {
    let store = MemoryStore::new();
    let vault = Vault::new(store.clone(), ring());
    let [one, two, three] = ["one", "two", "three"].map(StoredToken::new);
    let put = async |token: &StoredToken, expected: ExpectedToken<'_>| {
        let put = TokenPut {
            token: Some(token),
            expected,
            ttl: Duration::from_secs(9),
            deadline: deadline(),
        };
        vault.put_token(&user(1), put).await.unwrap()
    };
    let conflict = |token: &StoredToken| TokenOutcome::Conflict {
        current: Some(token.clone()),
    };
    assert_eq!(
        put(&one, ExpectedToken::Exactly(&two)).await,
        TokenOutcome::Conflict { current: None }
    );
    assert_eq!(put(&one, ExpectedToken::Absent).await, TokenOutcome::Stored);
    assert_eq!(put(&two, ExpectedToken::Absent).await, conflict(&one));
    let loaded = vault.load_token(&user(1), deadline()).await.unwrap();
    let loaded = loaded.unwrap();
    assert_eq!(
        put(&two, ExpectedToken::Exactly(&loaded)).await,
        TokenOutcome::Stored
    );
    assert_eq!(
        put(&three, ExpectedToken::Exactly(&loaded)).await,
        conflict(&two),
        "loaded, and replaced since"
    );
    assert_eq!(
        put(&three, ExpectedToken::Exactly(&one)).await,
        conflict(&two),
        "never loaded"
    );
    assert_eq!(
        put(&three, ExpectedToken::Exactly(&two)).await,
        TokenOutcome::Stored
    );
    // A text that does not open counts as absent.
    put_text(&store, &user(1), "plain").await;
    assert_eq!(put(&one, ExpectedToken::Absent).await, TokenOutcome::Stored);
    assert!(opens(&vault, &user(1)).await);
}

#[tokio::test(start_paused = true)]
async fn vault_has_namespace_and_retention_of_its_store() {
    let hour = Duration::from_secs(3600);
    let store = MemoryStore::builder().retention(hour).build().unwrap();
    let vault = Vault::new(Arc::new(Meddler::named(store, "bank")), ring());
    assert_eq!((vault.namespace(), vault.retention()), ("bank", hour));
}

#[tokio::test(start_paused = true)]
async fn token_that_does_not_open_is_refreshed() {
    let store = MemoryStore::new();
    let api = Api::new();
    let vault = Vault::new(store.clone(), ring());
    put(
        &Vault::new(store.clone(), KeyRing::new(key("unknown", 9))),
        &user(1),
        &expiring(3600, 1),
    )
    .await;
    let manager = Manager::new(vault.clone());
    assert_eq!(manager.load(&user(1)).await.unwrap().jwt_token(), None);
    manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await
        .unwrap();
    assert!(opens(&vault, &user(1)).await);
    manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await
        .unwrap();
    assert_eq!(api.issued(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_callers_in_two_processes_refresh_once() {
    let store = MemoryStore::new();
    let process = || Arc::new(Vault::new(store.clone(), ring())) as Arc<dyn StateStore>;
    tokens::thousand_callers_in_each_process_refresh_once(vec![process(), process()], user(1))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_rotation_under_load_loses_nothing() {
    const USERS: usize = 20;
    let store = MemoryStore::new();
    let api = Api::slow(Duration::ZERO);
    let rings: [fn() -> KeyRing; 4] = [
        || KeyRing::new(key("a", 1)),
        || KeyRing::new(key("a", 1)).retire(key("b", 2)).unwrap(),
        || KeyRing::new(key("b", 2)).retire(key("a", 1)).unwrap(),
        || KeyRing::new(key("b", 2)),
    ];
    let process = |phase: usize| Manager::new(Vault::new(store.clone(), rings[phase]()));
    // Two processes, one of them a step behind, as in a rolling deployment.
    for phase in 0..rings.len() {
        if phase == 3 {
            // By now each token has been written again with the new key.
            for n in 0..USERS {
                put(
                    &Vault::new(store.clone(), rings[2]()),
                    &user(n),
                    &in_use(&process(2), n).await,
                )
                .await;
            }
        }
        let both = [
            process(phase),
            process(if phase == 3 {
                3
            } else {
                phase.saturating_sub(1)
            }),
        ];
        let mut load = tokio::task::JoinSet::new();
        for n in 0..USERS {
            for (side, manager) in both.iter().enumerate() {
                let manager = manager.clone();
                let api = Arc::clone(&api);
                load.spawn(async move {
                    for m in 0..10 {
                        manager
                            .with_token(&user(n), &api, |token| api.ask(token))
                            .await
                            .unwrap();
                        let id = format!("{phase}.{side}.{m}");
                        let _ = manager
                            .handle(&user(n), &message(&id), apply(&id))
                            .await
                            .unwrap();
                    }
                });
            }
        }
        while let Some(done) = load.join_next().await {
            done.unwrap();
        }
        for n in 0..USERS {
            let found = both[0].load(&user(n)).await.unwrap();
            assert_eq!(
                found.data().applied.len(),
                20 * (phase + 1),
                "every message, once"
            );
            assert!(found.jwt_token().is_some());
            let again = both[0]
                .handle(&user(n), &message(format!("{phase}.1.3")), apply("again"))
                .await
                .unwrap();
            assert!(
                again.is_duplicate() && again.into_output().unwrap().is_some(),
                "sealed by the other process"
            );
        }
    }
    assert_eq!(api.issued(), USERS as u64, "no token was lost");
}

async fn in_use(manager: &StateManager<Desk>, n: usize) -> JwtToken {
    manager
        .load(&user(n))
        .await
        .unwrap()
        .jwt_token()
        .unwrap()
        .clone()
}

#[tokio::test(start_paused = true)]
async fn sealed_token_overtaken_by_a_logout_is_removed() {
    let store = MemoryStore::new();
    let api = Api::new();
    let hooked = Midway::new(store.clone());
    let manager = Manager::new(Vault::new(hooked.clone(), ring()));
    let other = manager.clone();
    hooked.hook.once(At::Before(Call::PutToken), async move {
        other.clear_jwt_token(&user(1)).await.unwrap();
        Ok(())
    });
    manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await
        .unwrap();
    assert_eq!(stored(&store, &user(1)).await, None);
}
