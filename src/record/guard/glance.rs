//! A glance at a state's text. Most states are innocent at first sight, and are spared the walk.

use super::is_secret;
use crate::record::Record;

/// Whether a [walk](super::walk) would find nothing to refuse in this JSON. `false` where only the walk can tell.
pub(super) fn is_innocent(json: &str, may_hold: &[&str]) -> bool {
    let (mut depth, mut rest) = (0_usize, json);
    while let Some((before, after)) = rest.split_once('"') {
        for byte in before.bytes() {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > Record::MAX_DEPTH {
                return false;
            }
        }
        let Some((text, after)) = string(after) else { return false };
        rest = after;
        let innocent = if after.trim_start().starts_with(':') {
            !text.contains('\\') && !is_secret(text, may_hold)
        } else {
            // A token has two dots, and its letters are escaped by nobody but who hides it.
            text.bytes().filter(|byte| *byte == b'.').count() < 2 && !text.contains("\\u")
        };
        if !innocent {
            return false;
        }
    }
    // What follows the last string closes, or is a nest of brackets without any text.
    rest.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() + depth <= Record::MAX_DEPTH
}

/// A string, from behind its opening quote, and what comes after its closing one.
fn string(from: &str) -> Option<(&str, &str)> {
    let mut bytes = from.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((from.get(..at)?, from.get(at + 1..)?)),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::record::guard::walk::walk;

    /// JSON with a liking for what is refused.
    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-c.\"\\\\:{\\[é\n\u{1}]{0,8}",
            Just("eyJhbGciOiJIUzI1NiJ9.e30.c2ln".to_owned()),
            Just("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln\n".to_owned()),
        ];
        let name =
            prop_oneof!["[a-c\"\\\\:]{0,4}", Just("PIN".to_owned()), Just("access-token".to_owned()), Just("pins".to_owned())];
        let leaf = prop_oneof![Just(Value::Null), any::<f64>().prop_map(Value::from), text.prop_map(Value::from)];
        leaf.prop_recursive(40, 80, 3, move |inner| {
            let list = prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from);
            prop_oneof![list, prop::collection::hash_map(name.clone(), inner, 0..3).prop_map(|map| map.into_iter().collect())]
        })
    }

    proptest! {
        #[test]
        fn what_the_walk_refuses_is_never_innocent(json in json(), pretty: bool, nested in 0_usize..40) {
            let json = (0..nested).fold(json, |inner, _| Value::Array(vec![inner]));
            let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.unwrap();
            if walk(&text, &["pin"]).is_err() {
                prop_assert!(!is_innocent(&text, &["pin"]), "{text}");
            }
        }

        #[test]
        fn any_text_is_looked_at_without_panic(text: String) {
            is_innocent(&text, &[]);
        }
    }

    #[test]
    fn an_ordinary_state_is_innocent() {
        for text in [
            "{}",
            r#"{"page_number":1,"accounts":[{"name":"Tariro \"T\" Moyo\n","balance":"1.5"},{"pinned":[]}],"menu":null}"#,
            r#"{"a":[[],[],{}]}"#,
        ] {
            assert!(is_innocent(text, &[]), "{text}");
        }
        for (levels, innocent) in [(Record::MAX_DEPTH, true), (Record::MAX_DEPTH + 1, false)] {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            for text in [format!(r#"{{"a":{open}{close}}}"#), format!(r#"{{"a":{open}"x"{close},"b":"y"}}"#)] {
                assert_eq!(is_innocent(&text, &[]), innocent, "{text}");
            }
        }
        assert!(!is_innocent(r#"{"pin":1}"#, &[]) && is_innocent(r#"{"pin":1}"#, &["pin"]));
        assert!(!is_innocent(r#"{"a":"\u0065yJhbGciOiJIUzI1NiJ9\u002ee30.c2ln"}"#, &[]));
        assert!(!is_innocent(r#"{"\u0070in":1}"#, &[]));
    }
}
