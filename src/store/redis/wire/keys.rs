//! The nine keys of a user, the only ones there are. What each of them holds is said at
//! [`RedisStore`](crate::store::RedisStore).

use crate::id::UserId;

/// How a user's keys are named: `{id}` is the user id, after `namespace:` if there is a namespace,
/// and in literal braces if these are asked for.
///
/// A user id contains neither `:` nor `_` nor a brace, and a namespace contains only the first of
/// them, at its end. So no two users of one naming share a key.
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

    fn keys_of(&self, id: &str) -> Keys {
        let prefix = self
            .namespace
            .as_ref()
            .map(|namespace| format!("{namespace}:"))
            .unwrap_or_default();
        Keys(if self.braces {
            format!("{prefix}{{{id}}}")
        } else {
            prefix + id
        })
    }
}

/// Whether a text can be a namespace.
pub(crate) fn is_namespace(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    (1..=KeyNaming::MAX_NAMESPACE).contains(&text.len()) && text.bytes().all(allowed)
}

/// The keys of one user.
pub(crate) struct Keys(String);

/// One of the keys, by what follows the id.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static str);

impl Key {
    pub(super) const DATA: Self = Self("");
    pub(super) const STAGE: Self = Self("_stage");
    pub(super) const OPTION: Self = Self("_option");
    pub(super) const DIRECTION: Self = Self("_direction");
    pub(crate) const TOKEN: Self = Self("_jwt_token");
    pub(crate) const LEASE: Self = Self("_jwt_claim");
    pub(crate) const VERSION: Self = Self("_version");
    pub(crate) const DONE: [Self; 2] = [Self("_done_0"), Self("_done_1")];

    pub(crate) const ALL: [Self; 9] = {
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
    fn a_namespace_cannot_reach_into_an_id() {
        for bad in ["", "a:b", "a_b", "{a}", "a b", "é", "*", &"a".repeat(65)] {
            assert!(!is_namespace(bad), "{bad}");
        }
        assert!(is_namespace("Bank-1.eu") && is_namespace(&"a".repeat(64)));
    }

    #[test]
    fn the_probe_is_no_users_key() {
        assert_eq!(naming(Some("bank"), false).probe().id(), "bank:_probe");
        assert_eq!(naming(None, false).probe().id(), "_probe");
        assert_eq!(naming(None, true).probe().id(), "{_probe}");
        assert!(UserId::new("_probe").is_err());
    }
}
