//! A glance at a state's text. Most states are innocent at first sight, and are spared the walk.

use super::is_secret;
use crate::session::Record;

/// Whether a [walk](super::walk) would find nothing to refuse in this JSON. `false` where only the walk can tell.
pub(super) fn is_innocent(json: &str, may_hold: &[&str]) -> bool {
    let (mut depth, mut dots, mut last) = (0_usize, 0, "");
    let mut begun = None;
    for byte in json
        .bytes()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'"' | b'\\' | b'.' | b':' | b'{' | b'}' | b'[' | b']'))
    {
        match (begun, byte) {
            // What is escaped may be anything.
            (_, (_, b'\\')) => return false,
            (None, (at, b'"')) => (begun, dots) = (Some(at + 1), 0),
            (Some(from), (to, b'"')) => {
                (begun, last) = (None, json.get(from..to).unwrap_or_default())
            }
            (Some(_), (_, b'.')) => dots += 1,
            (None, (_, b':')) if is_secret(last, may_hold) => return false,
            (None, (_, b'{' | b'[')) => depth += 1,
            (None, (_, b'}' | b']')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A token has two dots.
        if dots > 1 || depth > Record::MAX_DEPTH {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::session::guard::walk::walk;

    const NAMES: &[&str] = &[
        "PIN",
        "access-token",
        "accessToken",
        "pins",
        "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    ];

    /// JSON with a liking for what is refused.
    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-c.\"\\\\:{\\[é\n\u{1}]{0,8}",
            Just("eyJhbGciOiJIUzI1NiJ9.e30.c2ln".to_owned()),
            Just("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln\n".to_owned()),
            Just("?token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln.".to_owned()),
        ];
        let name = prop_oneof![
            "[a-c\"\\\\:]{0,4}",
            prop::sample::select(NAMES).prop_map(str::to_owned)
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from)
        ];
        leaf.prop_recursive(40, 80, 3, move |inner| {
            let list = prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from);
            prop_oneof![
                list,
                prop::collection::hash_map(name.clone(), inner, 0..3)
                    .prop_map(|map| map.into_iter().collect())
            ]
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
            r#"{"page_number":1.5,"accounts":[{"name":"Tariro: {Moyo}","balance":"1.5"},{"pinned":[]}],"menu":null}"#,
            r#"{"a":[[],[],{}]}"#,
            &format!(r#"{{"a":[{}{{}}]}}"#, "{},".repeat(Record::MAX_DEPTH)),
        ] {
            assert!(is_innocent(text, &[]), "{text}");
        }
        for (levels, innocent) in [(Record::MAX_DEPTH, true), (Record::MAX_DEPTH + 1, false)] {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            for text in [
                format!(r#"{{"a":{open}{close}}}"#),
                format!(r#"{{"a":{open}"x"{close},"b":"y"}}"#),
            ] {
                assert_eq!(is_innocent(&text, &[]), innocent, "{text}");
            }
        }
        assert!(!is_innocent(r#"{"pin":1}"#, &[]) && is_innocent(r#"{"pin":1}"#, &["pin"]));
        assert!(!is_innocent(
            r#"{"a":"\u0065yJhbGciOiJIUzI1NiJ9\u002ee30.c2ln"}"#,
            &[]
        ));
        assert!(!is_innocent(r#"{"\u0070in":1}"#, &[]));
    }
}
