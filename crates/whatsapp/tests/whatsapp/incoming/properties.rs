//! Any field of a batch missing, of another type, or new: nothing else is affected.

use proptest::prelude::*;
use serde_json::{Value, json};
use vimbiso_whatsapp::webhook::{Event, parse};

use super::shapes;
use crate::server::value;

/// The way to a value within JSON.
type Path = Vec<Step>;

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What is done to the value.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Become(Value),
    /// A field is added, if it is an object.
    Add(Value),
}

fn paths(json: &Value, path: &mut Path, all: &mut Vec<Path>) {
    all.push(path.clone());
    let mut down = |step: Step, inner: &Value| {
        path.push(step);
        paths(inner, path, all);
        path.pop();
    };
    match json {
        Value::Object(fields) => {
            for (key, inner) in fields {
                down(Step::Key(key.clone()), inner);
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                down(Step::Index(at), inner);
            }
        }
        _ => {}
    }
}

fn change(json: &mut Value, path: &[Step], what: &Change) {
    let Some((step, rest)) = path.split_first() else {
        match what {
            Change::Remove => *json = Value::Null,
            Change::Become(value) => *json = value.clone(),
            Change::Add(value) => {
                if let Value::Object(fields) = json {
                    fields.insert("x-new".to_owned(), value.clone());
                }
            }
        }
        return;
    };
    let is_removed = rest.is_empty() && matches!(what, Change::Remove);
    match (step, json) {
        (Step::Key(key), Value::Object(fields)) if is_removed => drop(fields.remove(key)),
        (Step::Key(key), json) => change(&mut json[key], rest, what),
        // A message is not removed, but empty: the others keep their places.
        (Step::Index(at), json) => change(&mut json[at], rest, what),
    }
}

fn odd_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-7)),
        Just(json!(1.5e300)),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{ "a": [1] }, "b"])),
        ".{0,12}".prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Remove),
        odd_values().prop_map(Change::Become),
        odd_values().prop_map(Change::Add),
    ]
}

/// Two changes of some messages each, and statuses.
fn batches() -> impl Strategy<Value = Value> {
    let some = || prop::collection::vec(0..shapes::messages().len(), 1..6);
    (some(), some()).prop_map(|(one, two)| {
        let all = shapes::messages();
        let messages = |picked: &[usize], prefix: &str| -> Vec<Value> {
            let message = |(n, at): (usize, &usize)| {
                all[*at].message(&format!("{prefix}{n}"), &format!("wamid.{prefix}{n}"))
            };
            picked.iter().enumerate().map(message).collect()
        };
        let statuses = json!([{ "id": "wamid.9", "status": "read", "recipient_id": "5" }]);
        let change = |messages: Vec<Value>| {
            let fields = json!({ "messages": messages, "statuses": statuses,
                "contacts": [{ "wa_id": "10", "profile": { "name": "Ada" } }, { "wa_id": "20" }] });
            json!({ "field": "messages", "value": value(fields) })
        };
        let changes = [change(messages(&one, "1")), change(messages(&two, "2"))];
        json!({ "object": "whatsapp_business_account",
            "entry": [{ "id": "1", "changes": changes }] })
    })
}

fn read(json: &Value) -> Vec<Event> {
    parse(json.to_string().as_bytes()).unwrap()
}

/// The events of one change alone.
fn of_change(json: &Value, at: usize) -> Vec<Event> {
    let change = json["entry"][0]["changes"][at].clone();
    read(&json!({ "entry": [{ "changes": [change] }] }))
}

/// How many steps lead to a change, and to a message.
const TO_CHANGE: usize = 4;
const TO_MESSAGE: usize = 7;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn odd_field_affects_nothing_else(
        batch in batches(),
        pick in any::<prop::sample::Index>(),
        what in changes(),
    ) {
        let mut all = Vec::new();
        paths(&batch, &mut Vec::new(), &mut all);
        let path = pick.get(&all);
        if path.is_empty() {
            return Ok(()); // the whole body: malformed, if it is no object any more
        }
        let mut odd = batch.clone();
        change(&mut odd, path, &what);
        let events = read(&odd);
        let Some(Step::Index(changed)) = path.get(TO_CHANGE - 1) else {
            return Ok(()); // above the changes
        };
        // The other change is read as it was.
        let other = 1 - changed;
        let whole = of_change(&batch, other);
        let found = match other {
            0 => &events[..whole.len()],
            _ => &events[events.len() - whole.len()..],
        };
        prop_assert_eq!(found, &whole[..]);
        // Within a change, so are the other messages.
        if path.get(TO_MESSAGE - 2) != Some(&Step::Key("messages".to_owned())) {
            return Ok(());
        }
        let Some(Step::Index(message)) = path.get(TO_MESSAGE - 1) else {
            return Ok(());
        };
        let before = of_change(&batch, *changed);
        let after = of_change(&odd, *changed);
        if after.len() < before.len() {
            // The message is no object any more.
            prop_assert!(path.len() == TO_MESSAGE && after.len() + 1 == before.len());
            let mut rest = before;
            rest.remove(*message);
            prop_assert_eq!(after, rest);
            return Ok(());
        }
        prop_assert_eq!(after.len(), before.len());
        for (n, (before, after)) in before.iter().zip(&after).enumerate() {
            prop_assert!(n == *message || before == after, "{} {:?}", n, path);
        }
    }

    #[test]
    fn damaged_body_is_read_if_it_is_an_object(
        batch in batches(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut body = batch.to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        let is_object = serde_json::from_slice::<serde_json::Map<String, Value>>(&body).is_ok();
        prop_assert!(parse(&body).is_ok() || !is_object);
    }
}
