//! The ten keys of a user, the only ones there are. What each of them holds is said at
//! [`RedisStore`](crate::store::RedisStore).

use crate::id::UserId;

/// How a user's keys are named: `{id}` is the user id, after `namespace:` if there is a namespace,
/// and in literal braces if these are asked for.
///
/// No two users share a key, under any two namings: a user id contains neither `:` nor `_` nor a
/// brace, so the last `:` of a key ends the namespace, and the first `_` after it begins the
/// suffix. A namespace contains no brace, so the first one of a key is that around the id: it alone
/// decides about the slot of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyNaming {
    pub(crate) namespace: Option<Box<str>>,
    pub(crate) braces: bool,
}

impl KeyNaming {
    const MAX_NAMESPACE: usize = 64;

    pub(crate) fn keys(&self, user: &UserId) -> Keys {
        self.keys_of(user.expose())
    }

    /// Keys that no user has, because `_` is not allowed in a user id.
    pub(crate) fn probe(&self) -> Keys {
        self.keys_of("_probe")
    }

    /// The index of the users for whom something is due, or one of its shards. Like the probe, it
    /// is no user's key.
    pub(crate) fn index(&self, shard: Option<u32>) -> String {
        match shard {
            None => self.keys_of("_wake").0,
            Some(shard) => self.keys_of(&format!("_wake_{shard}")).0,
        }
    }

    /// The key that is there for as long as the index need not be compared with the outboxes. No
    /// user's key either.
    pub(crate) fn index_check(&self) -> String {
        self.keys_of("_wake_check").0
    }

    /// A glob-style pattern of the keys of all outboxes. Without a namespace, those of other
    /// namespaces match too.
    pub(crate) fn outbox_pattern(&self) -> String {
        // No character of a namespace has a meaning in a pattern.
        self.keys_of("*").name(Key::OUTBOX)
    }

    /// The user whose outbox has this key; `None` if it is no outbox of this naming.
    pub(crate) fn user_of_outbox(&self, key: &[u8]) -> Option<UserId> {
        let key = std::str::from_utf8(key).ok()?;
        let Key(suffix) = Key::OUTBOX;
        let id = key.strip_prefix(&self.prefix())?.strip_suffix(suffix)?;
        let id = match self.braces {
            true => id.strip_prefix('{')?.strip_suffix('}')?,
            false => id,
        };
        UserId::from_exposed(id).ok()
    }

    fn prefix(&self) -> String {
        self.namespace
            .as_ref()
            .map(|namespace| format!("{namespace}:"))
            .unwrap_or_default()
    }

    fn keys_of(&self, id: &str) -> Keys {
        let prefix = self.prefix();
        Keys(if self.braces {
            format!("{prefix}{{{id}}}")
        } else {
            prefix + id
        })
    }
}

/// Whether a text can be a namespace.
pub(crate) fn is_namespace(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    (1..=KeyNaming::MAX_NAMESPACE).contains(&text.len()) && text.bytes().all(allowed)
}

/// The keys of one user.
pub(crate) struct Keys(String);

/// One of the keys, by what follows the id.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static str);

impl Key {
    pub(crate) const DATA: Self = Self("");
    pub(super) const STAGE: Self = Self("_stage");
    pub(super) const OPTION: Self = Self("_option");
    pub(super) const DIRECTION: Self = Self("_direction");
    pub(crate) const TOKEN: Self = Self("_jwt_token");
    pub(crate) const LEASE: Self = Self("_jwt_claim");
    pub(crate) const VERSION: Self = Self("_version");
    pub(crate) const DONE: [Self; 2] = [Self("_done_0"), Self("_done_1")];
    pub(crate) const OUTBOX: Self = Self("_outbox");

    pub(crate) const ALL: [Self; 10] = {
        let [done_0, done_1] = Self::DONE;
        [
            Self::DATA,
            Self::STAGE,
            Self::OPTION,
            Self::DIRECTION,
            Self::TOKEN,
            Self::LEASE,
            Self::VERSION,
            done_0,
            done_1,
            Self::OUTBOX,
        ]
    };
}

impl Keys {
    /// What all of them begin with; itself one of them.
    pub(crate) fn id(&self) -> &str {
        &self.0
    }

    pub(crate) fn name(&self, Key(suffix): Key) -> String {
        // Allocates once, unlike `format!`.
        [&self.0, suffix].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn naming(namespace: Option<&str>, braces: bool) -> KeyNaming {
        KeyNaming {
            namespace: namespace.map(Into::into),
            braces,
        }
    }

    fn names(namespace: Option<&str>, braces: bool) -> Vec<String> {
        let keys = naming(namespace, braces).keys(&UserId::new("263771234567").unwrap());
        Key::ALL.iter().map(|key| keys.name(*key)).collect()
    }

    #[test]
    fn the_first_five_keys_are_golden() {
        assert_eq!(
            names(None, false)[..5],
            [
                "263771234567",
                "263771234567_stage",
                "263771234567_option",
                "263771234567_direction",
                "263771234567_jwt_token"
            ]
        );
    }

    #[test]
    fn namespace_and_braces_surround_the_id_alone() {
        assert_eq!(names(Some("bank"), false)[7], "bank:263771234567_done_0");
        assert_eq!(names(None, true)[1], "{263771234567}_stage");
        assert_eq!(names(Some("bank"), true)[0], "bank:{263771234567}");
    }

    #[test]
    fn a_namespace_is_one_word_without_braces() {
        for bad in [
            "",
            "{a}",
            "a{",
            "}a",
            "a b",
            "é",
            "*",
            "[a]",
            "a\n",
            &"a".repeat(65),
        ] {
            assert!(!is_namespace(bad), "{bad}");
        }
        for good in [
            "Bank-1.eu",
            "bot:prod",
            "bot_prod",
            ":",
            "a:",
            "_",
            &"a".repeat(64),
        ] {
            assert!(is_namespace(good), "{good}");
        }
    }

    /// Pieces that make one naming look like another.
    fn any_naming() -> impl Strategy<Value = KeyNaming> {
        let piece = prop_oneof![
            Just("a"),
            Just("263"),
            Just(":"),
            Just("_"),
            Just("_stage"),
            Just("_probe"),
            Just("_done_0"),
            Just("."),
        ];
        let namespace = proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
        let namespace = proptest::option::of(namespace);
        (namespace, proptest::bool::ANY)
            .prop_map(|(namespace, braces)| naming(namespace.as_deref(), braces))
    }

    fn any_user() -> impl Strategy<Value = UserId> {
        "(a|263|stage|probe|done|[_:{}.+@-]){1,4}".prop_map(|text| UserId::encode(text).unwrap())
    }

    /// The parts of a key, found as the type says.
    fn parts(key: &str) -> (Option<&str>, bool, &str, &str) {
        let (namespace, rest) = match key.rsplit_once(':') {
            Some((namespace, rest)) => (Some(namespace), rest),
            None => (None, key),
        };
        let (id, suffix) = rest.split_at(rest.find('_').unwrap_or(rest.len()));
        match id.strip_prefix('{').and_then(|id| id.strip_suffix('}')) {
            Some(id) => (namespace, true, id, suffix),
            None => (namespace, false, id, suffix),
        }
    }

    proptest! {
        #[test]
        fn a_key_tells_naming_user_and_suffix(naming in any_naming(), user in any_user()) {
            let keys = naming.keys(&user);
            for key in Key::ALL {
                let name = keys.name(key);
                let expected = (naming.namespace.as_deref(), naming.braces, user.expose(), key.0);
                prop_assert_eq!(parts(&name), expected, "{}", &name);
            }
        }

        #[test]
        fn two_users_or_namings_share_no_key(
            one in (any_naming(), any_user()), other in (any_naming(), any_user())
        ) {
            let names = |(naming, user): &(KeyNaming, UserId)| -> BTreeSet<String> {
                let keys = naming.keys(user);
                Key::ALL.iter().map(|key| keys.name(*key)).collect()
            };
            let is_shared = !names(&one).is_disjoint(&names(&other));
            prop_assert_eq!(is_shared, one == other);
            // And none of them is a key of any probe.
            let probe = other.0.probe();
            prop_assert!(Key::ALL.iter().all(|key| !names(&one).contains(&probe.name(*key))));
        }

        #[test]
        fn an_outbox_tells_its_user_under_its_naming_alone(
            naming in any_naming(), other in any_naming(), user in any_user()
        ) {
            let outbox = naming.keys(&user).name(Key::OUTBOX);
            let found = other.user_of_outbox(outbox.as_bytes());
            prop_assert_eq!(found, (naming == other).then_some(user), "{}", outbox);
        }

        #[test]
        fn a_cluster_hashes_the_user_alone(naming in any_naming(), user in any_user()) {
            let naming = KeyNaming { braces: true, ..naming };
            for key in Key::ALL {
                let name = naming.keys(&user).name(key);
                // What is in the first braces decides about the slot.
                let (_, tag) = name.split_once('{').unwrap();
                let (tag, _) = tag.split_once('}').unwrap();
                prop_assert_eq!(tag, user.expose());
            }
        }
    }

    #[test]
    fn the_probe_is_no_users_key() {
        assert_eq!(naming(Some("bank"), false).probe().id(), "bank:_probe");
        assert_eq!(naming(None, false).probe().id(), "_probe");
        assert_eq!(naming(None, true).probe().id(), "{_probe}");
        assert!(UserId::new("_probe").is_err());
        let index = naming(Some("bank"), true);
        assert_eq!(index.index(None), "bank:{_wake}");
        assert_eq!(index.index(Some(15)), "bank:{_wake_15}");
        assert_eq!(index.index_check(), "bank:{_wake_check}");
        assert_eq!(index.outbox_pattern(), "bank:{*}_outbox");
    }
}
