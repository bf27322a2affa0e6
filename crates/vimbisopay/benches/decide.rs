//! The cost of a turn without a store's round trip, in parts and as a whole.
//!
//! ```text
//! cargo bench -p vimbisopay
//! ```

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vimbiso_state::vimbisopay::{Choice, Stage, TIER_2};
use vimbiso_state::{CommitId, MemoryStore, MessageId, Step, UserId};
use vimbisopay::{CachedUser, Data, StateManager, Turn};

fn user() -> UserId {
    UserId::mobile("+263 77 123-4567").unwrap()
}

/// A session in the middle of a conversation: 655 bytes of JSON.
fn data() -> Data {
    let json = include_str!("../../../benches/state.json");
    assert_eq!(json.trim_end().len(), 655);
    serde_json::from_str(json).unwrap()
}

fn parts(c: &mut Criterion) {
    let message = MessageId::new("wamid.HBgMMjYzNzcxMjM0NTY3FQIAEhgUM0EwMkY2").unwrap();
    let user = user();
    let data = data();
    let json = serde_json::to_string(&data).unwrap();
    let mut group = c.benchmark_group("decide");
    group.bench_function("commit id", |b| {
        b.iter(|| CommitId::of(black_box(&user), black_box(&message)))
    });
    group.bench_function("encode the state", |b| {
        b.iter(|| serde_json::to_string(black_box(&data)).unwrap())
    });
    group.bench_function("decode the state", |b| {
        b.iter(|| serde_json::from_str::<Data>(black_box(&json)).unwrap())
    });
    group.bench_function("clone the state", |b| b.iter(|| black_box(&data).clone()));
    let mut turn = Turn::of(CachedUser::visitor(user));
    group.bench_function("show a menu", |b| b.iter(|| turn.show(black_box(&TIER_2))));
    group.bench_function("pick a reply", |b| {
        b.iter(|| turn.pick(black_box("7")).unwrap())
    });
    group.bench_function("a step there and back", |b| {
        b.iter(|| {
            turn.select(black_box(Choice::Transactions)).unwrap();
            turn.transition_to(black_box(Stage::Menu), None).unwrap();
        });
    });
    group.bench_function("a refused step", |b| {
        b.iter(|| {
            turn.transition_to(black_box(Stage::SwitchAccount), None)
                .and(turn.transition_to(Stage::FindAgent, None))
                .is_err()
        })
    });
    group.finish();
}

fn turns(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut group = c.benchmark_group("turn in memory");
    for (name, cached_sessions) in [("warm", 10_000), ("cold", 0)] {
        let manager = StateManager::builder(MemoryStore::new())
            .session_cache_bytes(cached_sessions * 4096)
            .build()
            .unwrap();
        let users: Vec<_> = (0..1000)
            .map(|n| UserId::new(format!("2637{n:08}")).unwrap())
            .collect();
        let mut n = 0_usize;
        group.bench_function(name, |b| {
            b.iter(|| {
                n += 1;
                let message = MessageId::new(format!("wamid.{n:032}")).unwrap();
                let handled =
                    runtime.block_on(manager.handle(&users[n % users.len()], &message, |turn| {
                        if turn.data().account().is_none() {
                            *turn.data_mut() = data();
                        }
                        turn.data_mut().spec.page_number = (n % 9) as u32;
                        Ok(Step::Commit(turn.select(if n.is_multiple_of(2) {
                            Choice::Transactions
                        } else {
                            Choice::Menu
                        })?))
                    }));
                handled.unwrap().is_duplicate()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parts, turns);
criterion_main!(benches);
