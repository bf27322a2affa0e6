//! Data that the next worker could not read as it was is refused before it is stored.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fmt::Debug;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use harness::desk::{message, user};
use harness::one_stage::OneStage;
use harness::sessions::text;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};
use vimbiso_state::session::{InvalidState, ReadBackError, check_state};
use vimbiso_state::{CachedUser, Error, MemoryStore, StateManager, Step, Turn};

/// Commits the data in a new session and in an old one. Returns why it is refused, which must leave
/// the session as it was.
async fn refusal<D>(data: D) -> InvalidState
where
    D: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static,
{
    let write = |turn: &mut Turn<OneStage<D>>| {
        *turn.data_mut() = data.clone();
        Ok(Step::Commit(()))
    };
    let store = MemoryStore::new();
    let manager = StateManager::<OneStage<D>>::new(store.clone());
    let first = manager.handle(&user(1), &message("a"), write).await;
    assert!(matches!(first, Err(Error::State(_))), "{first:?}");
    assert!(store.is_empty());

    let nothing = |_: &mut Turn<OneStage<D>>| Ok(Step::Commit(()));
    let begun = manager.handle(&user(1), &message("b"), nothing).await;
    let before = begun.unwrap().user().version();
    let warm = manager.handle(&user(1), &message("c"), write).await;
    assert!(matches!(warm, Err(Error::State(_))), "{warm:?}");
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.version(), before, "the session is as it was");

    let checked = check_state::<OneStage<D>>(&data).unwrap_err();
    assert_eq!(checked.to_string(), warm.unwrap_err().to_string());
    checked
}

/// Why the data cannot be read back, as the variant's name and the path.
async fn not_readable<D>(data: D) -> (&'static str, String)
where
    D: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static,
{
    match refusal(data).await {
        InvalidState::NotReadable(why) => match why {
            ReadBackError::NotFinite { path } => ("not finite", path),
            ReadBackError::DuplicateName { path } => ("duplicate name", path),
            ReadBackError::Unreadable { path } => ("unreadable", path),
            ReadBackError::Changed { path } => ("changed", path),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn is_unreadable(error: &InvalidState, field: &str) -> bool {
    matches!(
        error,
        InvalidState::NotReadable(ReadBackError::Unreadable { path }) if path == field,
    )
}

fn is_duplicate_name(error: &InvalidState, field: &str) -> bool {
    matches!(
        error,
        InvalidState::NotReadable(ReadBackError::DuplicateName { path }) if path == field,
    )
}

/// Commits the data. Another worker must read the same.
async fn assert_stored<D>(data: D)
where
    D: Serialize + DeserializeOwned + Default + Clone + Debug + PartialEq + Send + Sync + 'static,
{
    let store = MemoryStore::new();
    let manager = StateManager::<OneStage<D>>::new(store.clone());
    let other = StateManager::<OneStage<D>>::new(store);
    for id in ["a", "b"] {
        let write = |turn: &mut Turn<OneStage<D>>| {
            *turn.data_mut() = data.clone();
            Ok(Step::Commit(()))
        };
        let handled = manager.handle(&user(1), &message(id), write).await;
        assert_eq!(*handled.unwrap().user().data(), data);
        assert_eq!(*other.load(&user(1)).await.unwrap().data(), data);
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Amounts {
    total: f64,
    tip: Option<f64>,
    parts: Vec<f32>,
    by_name: BTreeMap<String, f64>,
    last: Last,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum Last {
    #[default]
    None,
    Paid(u8, f64),
    Owed {
        amount: f64,
    },
    Lent(f32),
}

#[tokio::test(start_paused = true)]
async fn number_that_is_not_finite_is_refused() {
    let none = Amounts::default;
    for (data, path) in [
        (
            Amounts {
                total: f64::NAN,
                ..none()
            },
            "total",
        ),
        (
            Amounts {
                tip: Some(f64::INFINITY),
                ..none()
            },
            "tip",
        ),
        (
            Amounts {
                parts: vec![1.0, f32::NEG_INFINITY],
                ..none()
            },
            "parts.1",
        ),
        (
            Amounts {
                by_name: [("263779999999".to_owned(), f64::NAN)].into(),
                ..none()
            },
            "by_name.*",
        ),
        (
            Amounts {
                last: Last::Paid(1, f64::NAN),
                ..none()
            },
            "last.Paid.1",
        ),
        (
            Amounts {
                last: Last::Owed { amount: f64::NAN },
                ..none()
            },
            "last.Owed.amount",
        ),
        (
            Amounts {
                last: Last::Lent(f32::NAN),
                ..none()
            },
            "last.Lent",
        ),
    ] {
        assert_eq!(not_readable(data).await, ("not finite", path.to_owned()));
    }
    assert_stored(Amounts {
        total: -0.0,
        tip: Some(f64::MIN_POSITIVE),
        parts: vec![0.1, f32::MAX, 16_777_217.0],
        ..none()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn not_finite_under_a_flatten_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        amounts: Amounts,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }
    let amounts = Amounts {
        tip: Some(f64::NAN),
        ..Amounts::default()
    };
    let flat = Flat {
        amounts,
        ..Flat::default()
    };
    // The type says that this is a field of its own, although it is written as a map's entry.
    assert_eq!(not_readable(flat).await, ("not finite", "tip".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn skipped_field_without_a_default_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Cart {
        order: Order,
    }
    #[derive(Clone, Serialize, Deserialize)]
    struct Order {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        drinks: Vec<String>,
    }
    impl Default for Order {
        fn default() -> Self {
            Self {
                drinks: vec!["tea".to_owned()],
            }
        }
    }
    let cart = Cart {
        order: Order { drinks: Vec::new() },
    };
    assert_eq!(
        not_readable(cart).await,
        ("unreadable", "order.drinks".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn flattened_map_with_numbers_as_keys_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Seats {
        row: u8,
        #[serde(flatten)]
        taken: BTreeMap<u64, String>,
    }
    let seats = Seats {
        row: 1,
        taken: [(7, "Ada".to_owned())].into(),
    };
    assert_eq!(not_readable(seats).await, ("unreadable", "$".to_owned()));

    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Hall {
        kind: Kind,
    }
    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Kind {
        #[default]
        Empty,
        Seated {
            taken: BTreeMap<u64, bool>,
        },
    }
    let kind = Kind::Seated {
        taken: [(7, true)].into(),
    };
    assert_eq!(
        not_readable(Hall { kind }).await,
        ("unreadable", "kind".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn name_that_comes_twice_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Page {
        #[serde(default)]
        page_number: u32,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }
    let mut page = Page::default();
    page.extra.insert("page_number".to_owned(), json!(7));
    assert_eq!(
        not_readable(page).await,
        ("duplicate name", "page_number".to_owned())
    );

    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    struct Tagged {
        kind: String,
    }
    // Its default cannot be stored either.
    let error = check_state::<OneStage<Tagged>>(&Tagged::default()).unwrap_err();
    assert!(is_duplicate_name(&error, "kind"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn two_names_of_one_field_are_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Renamed {
        #[serde(rename(serialize = "drinkCount"))]
        drinks: u32,
    }
    let data = Renamed { drinks: 2 };
    let error = check_state::<OneStage<Renamed>>(&data).unwrap_err();
    assert!(is_unreadable(&error, "drinks"), "{error:?}");

    // With a default it is read, as another value.
    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Defaulted {
        #[serde(rename(serialize = "drinkCount"), skip_serializing_if = "is_zero")]
        drinks: u32,
    }
    let data = Defaulted { drinks: 2 };
    assert_eq!(
        not_readable(data).await,
        ("changed", "drinkCount".to_owned())
    );
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[tokio::test(start_paused = true)]
async fn untagged_enum_that_loses_a_field_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Choice {
        drink: Option<Drink>,
    }
    #[derive(Clone, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Drink {
        Plain { name: String },
        Sized { name: String, size: u8 },
    }
    let choice = |drink| Choice { drink: Some(drink) };
    let plain = Drink::Plain {
        name: "tea".to_owned(),
    };
    assert!(check_state::<OneStage<Choice>>(&choice(plain)).is_ok());
    let sized = Drink::Sized {
        name: "tea".to_owned(),
        size: 3,
    };
    assert_eq!(
        not_readable(choice(sized)).await,
        ("changed", "drink.size".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn large_integer_is_refused_unless_it_is_read() {
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Direct {
        cents: u128,
        owed: i128,
    }
    assert_stored(Direct {
        cents: u128::MAX,
        owed: i128::MIN,
    })
    .await;

    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        direct: Direct,
    }
    let error = check_state::<OneStage<Flat>>(&Flat::default()).unwrap_err();
    assert!(is_unreadable(&error, "$"), "{error:?}");

    let numbers =
        json!({"a": u64::MAX, "b": i64::MIN, "c": 0.1, "d": 1e300, "e": [9007199254740993_u64]});
    let Value::Object(numbers) = numbers else {
        unreachable!()
    };
    assert_stored(numbers).await;
}

#[tokio::test(start_paused = true)]
async fn some_that_is_written_as_null_is_refused_if_lost() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Asked {
        first: Option<Option<u8>>,
        answers: Vec<Option<Option<bool>>>,
        raw: Option<Value>,
    }
    for (data, path) in [
        (
            Asked {
                first: Some(None),
                ..Asked::default()
            },
            "first",
        ),
        (
            Asked {
                answers: vec![None, Some(None)],
                ..Asked::default()
            },
            "answers.1",
        ),
        (
            Asked {
                raw: Some(Value::Null),
                ..Asked::default()
            },
            "raw",
        ),
    ] {
        assert_eq!(not_readable(data).await, ("changed", path.to_owned()));
    }

    // A type that reads null as `Some` loses nothing.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Kept {
        #[serde(
            default,
            deserialize_with = "some",
            skip_serializing_if = "Option::is_none"
        )]
        raw: Option<Value>,
    }
    fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
    assert_stored(Kept {
        raw: Some(Value::Null),
    })
    .await;
    assert_stored(Kept { raw: None }).await;
}

#[tokio::test(start_paused = true)]
async fn lossy_form_is_refused() {
    fn rounded<S: Serializer>(amount: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{amount:.0} USD"))
    }
    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Formatted {
        #[serde(serialize_with = "rounded", skip_serializing_if = "is_nothing")]
        amount: f64,
    }
    fn is_nothing(amount: &f64) -> bool {
        *amount == 0.0
    }
    let data = Formatted { amount: 1.5 };
    assert_eq!(
        not_readable(data).await,
        ("unreadable", "amount".to_owned())
    );

    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct NeverRead {
        #[serde(skip_deserializing, skip_serializing_if = "is_zero")]
        visits: u32,
    }
    let data = NeverRead { visits: 3 };
    assert_eq!(not_readable(data).await, ("changed", "visits".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn value_without_a_form_in_json_is_refused() {
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Odd {
        seats: BTreeMap<(u8, u8), bool>,
        files: Vec<PathBuf>,
        since: Option<SystemTime>,
        by_age: HashMap<Option<u8>, u8>,
    }
    for (data, named) in [
        (
            Odd {
                seats: [((1, 2), true)].into(),
                ..Odd::default()
            },
            "seats.*",
        ),
        (
            Odd {
                files: vec![PathBuf::new(), OsString::from_vec(vec![0xff]).into()],
                ..Odd::default()
            },
            "files.1",
        ),
        (
            Odd {
                since: Some(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
                ..Odd::default()
            },
            "since",
        ),
        (
            Odd {
                by_age: [(None, 1)].into(),
                ..Odd::default()
            },
            "by_age.*",
        ),
    ] {
        match refusal(data).await {
            InvalidState::Encode { path } => assert_eq!(path, named),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_serialize_said_is_not_repeated() {
    #[derive(Clone, Default, Deserialize)]
    struct Sealed(String);
    impl Serialize for Sealed {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.as_str() {
                "" => serializer.serialize_str(""),
                name => Err(serde::ser::Error::custom(format!("{name} is secret"))),
            }
        }
    }
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Letter {
        to: Vec<Sealed>,
    }
    let letter = Letter {
        to: vec![Sealed::default(), Sealed("Tariro".to_owned())],
    };
    let visitor = CachedUser::<OneStage<Letter>>::visitor(user(1));
    let reply = Turn::of(visitor).remember_reply(&letter).unwrap_err();
    let data = Error::from(refusal(letter).await);
    for error in [data, reply] {
        let shown = text(&error);
        assert!(shown.contains("field to.1 cannot be written"), "{shown}");
        assert!(!shown.contains("Tariro"), "{shown}");
        assert!(!shown.contains("is secret"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn maps_and_sets_without_an_order_are_stored() {
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Unordered {
        prices: HashMap<String, f64>,
        seen: HashSet<u32>,
        nested: HashMap<u8, HashMap<String, Option<HashSet<String>>>>,
    }
    for n in [1_u8, 2, 3, 20, 60] {
        let names = || (0..n).map(|n| format!("name {n}"));
        assert_stored(Unordered {
            prices: names().zip((1..).map(f64::from)).collect(),
            seen: (0..u32::from(n)).collect(),
            nested: (0..n)
                .map(|n| {
                    let inner = names().map(|name| (name, Some(names().take(3).collect())));
                    (n, inner.take(5).collect())
                })
                .collect(),
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn skipped_field_is_default_in_every_process() {
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Cart {
        drinks: u32,
        #[serde(skip)]
        cached_total: u32,
    }
    let store = MemoryStore::new();
    let ours = StateManager::<OneStage<Cart>>::new(store.clone());
    let other = StateManager::<OneStage<Cart>>::new(store);
    let fill = |turn: &mut Turn<OneStage<Cart>>| {
        *turn.data_mut() = Cart {
            drinks: 2,
            cached_total: 9,
        };
        Ok(Step::Commit(()))
    };
    let handled = ours.handle(&user(1), &message("a"), fill).await.unwrap();
    let stored = Cart {
        drinks: 2,
        cached_total: 0,
    };
    assert_eq!(
        *handled.user().data(),
        stored,
        "the commit returns what is stored"
    );
    for (id, manager) in [("b", &ours), ("c", &other), ("d", &other)] {
        let look = |turn: &mut Turn<OneStage<Cart>>| Ok(Step::Commit(turn.data().clone()));
        let seen = manager.handle(&user(1), &message(id), look).await.unwrap();
        assert_eq!(seen.into_output().unwrap(), Some(stored.clone()));
    }
    assert_eq!(other.cache_stats().hits, 1);
}

#[tokio::test(start_paused = true)]
async fn variants_of_one_form_are_the_first_everywhere() {
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct To {
        who: Option<Who>,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Who {
        Handle(String),
        Name(String),
    }
    let store = MemoryStore::new();
    let manager = StateManager::<OneStage<To>>::new(store.clone());
    let name = |turn: &mut Turn<OneStage<To>>| {
        turn.data_mut().who = Some(Who::Name("ada".to_owned()));
        Ok(Step::Commit(()))
    };
    let handled = manager.handle(&user(1), &message("a"), name).await.unwrap();
    // JSON cannot tell them apart. So this process does not either.
    let who = &handled.user().data().who;
    assert_eq!(*who, Some(Who::Handle("ada".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn open_turn_is_refused_too() {
    let manager = StateManager::<OneStage<Amounts>>::new(MemoryStore::new());
    let begun = manager.begin(&user(1), &message("a")).await.unwrap();
    let vimbiso_state::manager::Begin::Turn(mut turn) = begun else {
        panic!("{begun:?}")
    };
    turn.data_mut().total = f64::NAN;
    assert!(matches!(turn.commit().await, Err(Error::State(_))));
    let changed = manager
        .update_state(&user(1), "job", |turn| {
            turn.data_mut().total = f64::NAN;
            Ok(())
        })
        .await;
    assert!(matches!(changed, Err(Error::State(_))));
    assert_eq!(manager.load(&user(1)).await.unwrap().version(), None);
}
