//! An error names the field by the names of the program. No key of a map is in its text.

use std::collections::{BTreeMap, HashMap};

use harness::desk::{Desk, State};
use harness::one_stage::OneStage;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vimbiso_state::session::check_state;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Book {
    #[serde(default)]
    people: BTreeMap<String, Person>,
    #[serde(flatten)]
    shelf: Shelf,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Shelf {
    #[serde(default)]
    notes: HashMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Person {
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<u16>,
    amount: f64,
    #[serde(default)]
    knows: BTreeMap<String, Person>,
}

fn text(book: &Book) -> String {
    match check_state::<OneStage<Book>>(book) {
        Ok(_) => String::new(),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// Keys that no text of ours holds.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "2637[0-9]{8}",
        "[A-Z]{3}Ωé🦀 [a-z]{4}",
        "\"\\\\[0-9]{9}",
        Just(format!("{JWT}{}", "9".repeat(40))),
    ]
}

/// One of these makes the person unfit.
fn person() -> impl Strategy<Value = Person> {
    let leaf = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(pin, nan, _)| Person {
        pin: pin.then_some(1234),
        amount: if nan { f64::NAN } else { 1.5 },
        knows: BTreeMap::new(),
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::btree_map(key(), inner, 0..3).prop_map(|knows| Person {
            knows,
            ..Person::default()
        })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(JWT)), Just(json!(1)), Just(json!({"pin": 1}))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::hash_map(key(), inner, 0..3)
            .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into())
    })
}

fn keys_of(book: &Book) -> Vec<String> {
    fn of_people(people: &BTreeMap<String, Person>, keys: &mut Vec<String>) {
        for (key, person) in people {
            keys.push(key.clone());
            of_people(&person.knows, keys);
        }
    }
    fn of_value(value: &Value, keys: &mut Vec<String>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            keys.push(key.clone());
            of_value(inner, keys);
        }
    }
    let mut keys: Vec<_> = book.shelf.notes.keys().cloned().collect();
    of_people(&book.people, &mut keys);
    of_value(&Value::from(book.extra.clone()), &mut keys);
    keys.retain(|key| key != "pin"); // the name of a secret is shown, and is a constant
    keys
}

proptest! {
    #[test]
    fn no_key_of_a_map_is_in_an_error(
        people in prop::collection::btree_map(key(), person(), 0..3),
        notes in prop::collection::hash_map(
            key(),
            prop::collection::vec("fine|eyJhbGciOiJIUzI1NiJ9\\.e30\\.c2ln", 0..3),
            0..3,
        ),
        extra in prop::collection::hash_map(key(), value(), 0..3),
    ) {
        let book = Book { people, shelf: Shelf { notes }, extra: extra.into_iter().collect() };
        let text = text(&book);
        for key in keys_of(&book) {
            prop_assert!(!text.contains(&key), "{key} is in {text}");
        }
        prop_assert!(text.len() < 1000, "{text}");
    }
}

#[test]
fn path_shows_fields_and_hides_keys() {
    let person = |person: Person| Book {
        people: [("263779999999".to_owned(), person)].into(),
        ..Book::default()
    };
    let pin = Person {
        pin: Some(1),
        ..Person::default()
    };
    assert!(text(&person(pin.clone())).contains("field people.*.pin has the name"));
    let knows = [("263778888888".to_owned(), pin)].into();
    let deeper = Person {
        knows,
        ..Person::default()
    };
    assert!(text(&person(deeper)).contains("field people.*.knows.*.pin has the name"));
    // A field of a flattened struct is known by its type.
    let notes = [(
        "263777777777".to_owned(),
        vec!["fine".to_owned(), JWT.to_owned()],
    )]
    .into();
    let book = Book {
        shelf: Shelf { notes },
        ..Book::default()
    };
    assert!(
        text(&book).contains("field notes.*.1 holds a token"),
        "{}",
        text(&book)
    );
    let mut book = Book::default();
    book.extra
        .insert("263776666666".to_owned(), json!([{"x": JWT}]));
    assert!(
        text(&book).contains("field *.0.* holds a token"),
        "{}",
        text(&book)
    );
}

#[test]
fn secret_named_key_is_shown_as_the_constant() {
    let mut data = State::default();
    data.extra.insert("Jwt_Token".to_owned(), json!(1));
    let error = check_state::<Desk>(&data).unwrap_err().to_string();
    assert!(
        error.contains("field jwttoken has the name of a secret"),
        "{error}"
    );
}

#[test]
fn long_path_is_cut_in_the_middle() {
    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Nested {
        #[serde(skip_serializing_if = "Option::is_none")]
        a_name_of_more_than_thirty_letters_é: Option<Box<Nested>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        passcode: Option<u8>,
    }
    let mut data = Nested {
        passcode: Some(7),
        ..Nested::default()
    };
    for _ in 0..30 {
        let inner = Some(Box::new(data));
        data = Nested {
            a_name_of_more_than_thirty_letters_é: inner,
            passcode: None,
        };
    }
    let error = check_state::<OneStage<Nested>>(&data)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains('…') && error.contains(".passcode has"),
        "{error}"
    );
    assert!(error.chars().count() < 350, "{error}");
}
