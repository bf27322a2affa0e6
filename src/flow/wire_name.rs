//! Wire names: the names under which stages, choices and menus are stored.

/// The longest wire name of a stage, a choice or a menu, in bytes.
pub(crate) const MAX_NAME: usize = 64;

/// Whether a text is a wire name. A wire name goes into keys, lines and diagrams without escaping.
pub(crate) const fn is_wire_name(name: &str) -> bool {
    let mut rest = name.as_bytes();
    if rest.is_empty() || rest.len() > MAX_NAME {
        return false;
    }
    // Written out, because iterators are not constant yet.
    while let [byte, tail @ ..] = rest {
        if !matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-') {
            return false;
        }
        rest = tail;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME, is_wire_name};

    #[test]
    fn wire_name_is_one_plain_word() {
        for name in ["a", "Z9_.-", &"x".repeat(MAX_NAME)] {
            assert!(is_wire_name(name), "{name}");
        }
        for name in [
            "",
            "two words",
            "a:",
            "a,b",
            "é",
            "a\n",
            &"x".repeat(MAX_NAME + 1),
        ] {
            assert!(!is_wire_name(name), "{name:?}");
        }
    }
}
