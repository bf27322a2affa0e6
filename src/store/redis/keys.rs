//! The nine keys of a user, the only ones there are.
//!
//! | key | value | expires |
//! |---|---|---|
//! | `{id}` | the state, a JSON object | with the session |
//! | `{id}_stage`, `{id}_option` | wire names; no `_option` where there is none | with the session |
//! | `{id}_direction` | `IN` or `OUT` | with the session |
//! | `{id}_jwt_token` | the token, as it was put | after its own TTL |
//! | `{id}_jwt_claim` | who refreshes the token, and until when: owner, space, Unix milliseconds | with the lease |
//! | `{id}_version` | one [line](super::line) | the retention after the last commit |
//! | `{id}_done_0`, `{id}_done_1` | hashes: commit id → `version`, `version reply` or `fenced`; and expiries | see below |
//!
//! `{id}` is the user id, after `namespace:` where there is one, and in literal braces where these are asked for.
//!
//! Under the layout of [one key](super::one_key), `{id}` holds the stage, the option and the direction as well, and
//! `_stage`, `_option` and `_direction` are not there. The others are the same.
//!
//! The two hashes are a wheel. With g = ⌊Unix time ÷ retention⌋, commit ids are written to `_done_{g mod 2}`, which expires at
//! (g + 2) × retention, and are looked for in both: none is forgotten before its retention is over, none is kept longer than
//! twice that, and no key but these two is ever needed. Where the retention is changed, a hash lives until the latest of its
//! expiries: each is a field without a value, and the latest stands under the empty field.

use super::layout::KeyLayout;
use crate::id::UserId;

/// What makes a user id a key, and which keys a session has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) namespace: Option<Box<str>>,
    pub(super) braces: bool,
    pub(super) keys: KeyLayout,
}

impl Layout {
    pub(super) const MAX_NAMESPACE: usize = 64;

    /// The keys of a user.
    ///
    /// An id holds neither `:` nor `_` nor a brace, and a namespace only the first of them, at its end: whatever the ids, no two
    /// users of one layout share a key.
    pub(super) fn keys(&self, user: &UserId) -> Keys {
        self.keys_of(user.expose())
    }

    /// Keys that no user has, for [the check](super::check) of a server. There is nothing under them.
    pub(super) fn probe(&self) -> Keys {
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
pub(super) fn is_namespace(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    (1..=Layout::MAX_NAMESPACE).contains(&text.len()) && text.bytes().all(allowed)
}

/// The keys of one user.
pub(super) struct Keys(String);

/// One of the keys: what follows the id.
#[derive(Clone, Copy)]
pub(super) struct Key(&'static str);

impl Key {
    pub(super) const STATE: Self = Self("");
    pub(super) const STAGE: Self = Self("_stage");
    pub(super) const OPTION: Self = Self("_option");
    pub(super) const DIRECTION: Self = Self("_direction");
    pub(super) const TOKEN: Self = Self("_jwt_token");
    pub(super) const CLAIM: Self = Self("_jwt_claim");
    pub(super) const VERSION: Self = Self("_version");
    pub(super) const DONE: [Self; 2] = [Self("_done_0"), Self("_done_1")];

    pub(super) const ALL: [Self; 9] = {
        let [done_0, done_1] = Self::DONE;
        [
            Self::STATE,
            Self::STAGE,
            Self::OPTION,
            Self::DIRECTION,
            Self::TOKEN,
            Self::CLAIM,
            Self::VERSION,
            done_0,
            done_1,
        ]
    };
}

impl Keys {
    /// What they all begin with, itself one of them.
    pub(super) fn id(&self) -> &str {
        &self.0
    }

    pub(super) fn name(&self, Key(suffix): Key) -> String {
        [&self.0, suffix].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(namespace: Option<&str>, braces: bool) -> Vec<String> {
        let keys = Layout {
            namespace: namespace.map(Into::into),
            braces,
            ..Layout::default()
        }
        .keys(&UserId::new("263771234567").unwrap());
        Key::ALL.iter().map(|key| keys.name(*key)).collect()
    }

    #[test]
    fn the_first_five_are_the_specifications() {
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
    fn a_namespace_and_braces_go_around_the_id_alone() {
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
    fn what_a_server_is_probed_with_is_nobodys() {
        assert_eq!(
            Layout {
                namespace: Some("bank".into()),
                ..Layout::default()
            }
            .probe()
            .id(),
            "bank:_probe"
        );
        assert_eq!(Layout::default().probe().id(), "_probe");
        assert_eq!(
            Layout {
                braces: true,
                ..Layout::default()
            }
            .probe()
            .id(),
            "{_probe}"
        );
    }
}
