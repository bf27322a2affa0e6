//! Numbers in a build that has switched on `serde_json/arbitrary_precision`: a flattened or tagged
//! float cannot be read back then, and is refused instead of lost.
#![cfg(test)]

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::session::{InvalidState, ReadBackError, check_state};
use vimbiso_state::{
    CachedUser, Error, Flow, MemoryStore, MessageId, Stage, StateManager, Step, Turn, UserId,
    assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Only,
}

impl Stage for At {
    const START: Self = Self::Only;
    const TABLE: &'static [Row<Self>] = &[row(Self::Only, "only", &[])];
}
assert_transitions!(At);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    total: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Price {
    Fixed { amount: f64 },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    tip: Tip,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Tip {
    tip: f64,
}

macro_rules! flows {
    ($($flow:ident: $data:ty;)*) => {$(
        struct $flow;

        impl Flow for $flow {
            const NAME: &'static str = stringify!($flow);
            type Stage = At;
            type Choice = NoChoice;
            type Data = $data;
        }
    )*};
}
flows! {
    Orders: Order;
    Flats: Flat;
}

fn is_unreadable(error: &InvalidState) -> bool {
    matches!(
        error,
        InvalidState::NotReadable(ReadBackError::Unreadable { .. })
    )
}

#[test]
fn plain_numbers_are_stored() {
    let mut order = Order {
        total: 0.1,
        ..Order::default()
    };
    for (name, number) in [
        ("large", "123456789012345678901234567890"),
        ("exact", "0.1000000000000000000000000001"),
        ("huge", "1e400"),
        ("small", "-7"),
    ] {
        let number: Value = serde_json::from_str(number).unwrap();
        order.extra.insert(name.to_owned(), number);
    }
    // A number at the deepest level that is allowed is no level of its own.
    let deepest = (0..31).fold(Value::from(1.5), |inner, _| Value::Array(vec![inner]));
    order.extra.insert("deepest".to_owned(), deepest.clone());
    check_state::<Orders>(&order).unwrap();
    order
        .extra
        .insert("deepest".to_owned(), Value::Array(vec![deepest]));
    let too_deep = check_state::<Orders>(&order);
    assert!(
        matches!(too_deep, Err(InvalidState::TooDeep { .. })),
        "{too_deep:?}"
    );
}

#[test]
fn tagged_float_is_refused() {
    let order = Order {
        price: Some(Price::Fixed { amount: 1.5 }),
        ..Order::default()
    };
    let error = check_state::<Orders>(&order).unwrap_err();
    assert!(is_unreadable(&error), "{error:?}");
}

#[test]
fn flattened_float_is_refused() {
    let error = check_state::<Flats>(&Flat {
        tip: Tip { tip: 1.5 },
    })
    .unwrap_err();
    assert!(is_unreadable(&error), "{error:?}");
}

#[test]
fn reply_with_a_flattened_float_is_refused() {
    let mut turn = Turn::<Orders>::of(CachedUser::visitor(UserId::new("263771234567").unwrap()));
    turn.remember_reply(&0.1).unwrap();
    let refused = turn.remember_reply(&Flat::default());
    assert!(
        matches!(refused, Err(Error::ReplyNotReadable(_))),
        "{refused:?}"
    );
}

#[test]
fn stored_numbers_are_read_by_another_process() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = MemoryStore::new();
        let user = UserId::new("263771234567").unwrap();
        let large: Value = serde_json::from_str("123456789012345678901234567890").unwrap();
        for (id, is_refused) in [("a", false), ("b", true), ("c", false)] {
            // Each has a cache of its own, so the session is read from the store.
            let manager = StateManager::<Orders>::new(store.clone());
            let order = |turn: &mut Turn<Orders>| {
                let data = turn.data_mut();
                data.total += 0.1;
                data.extra.insert("large".to_owned(), large.clone());
                data.price = is_refused.then_some(Price::Fixed { amount: 1.5 });
                Ok(Step::Commit(()))
            };
            let message = MessageId::new(id).unwrap();
            let handled = manager.handle(&user, &message, order).await;
            assert_eq!(handled.is_err(), is_refused, "{id}: {handled:?}");
        }
        let manager = StateManager::<Orders>::new(store);
        let found = manager.load(&user).await.unwrap();
        assert_eq!(found.data().total, 0.1 + 0.1);
        assert_eq!(found.data().extra["large"], large);
    });
}
