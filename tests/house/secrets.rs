//! Channels compare secrets in constant time. A measurement of times would fail now and then, so
//! this reads the source.

use crate::readme::read;

/// Each function that compares secrets, and how it does.
const COMPARISONS: [(&str, &str, &str); 3] = [
    ("crates/telegram/src/token.rs", "pub fn verify(", ".ct_eq("),
    (
        "crates/whatsapp/src/verify.rs",
        "pub fn verify(",
        ".verify_slice(",
    ),
    ("crates/whatsapp/src/verify.rs", "fn is_same(", ".ct_eq("),
];

#[test]
fn secrets_are_compared_in_constant_time() {
    for (path, function, comparison) in COMPARISONS {
        let source = read(path);
        let (_, body) = source.split_once(function).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        assert!(body.contains(comparison), "{path}: {function}");
        for shortcut in ["==", "!=", ".eq(", "starts_with"] {
            assert!(!body.contains(shortcut), "{path}: {function} {shortcut}");
        }
    }
}
