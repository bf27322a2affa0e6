//! Texts from outside: the user id, and the message.

use vimbiso_state::vimbisopay::{ButtonId, Incoming};
use vimbiso_state::{UserId, input};

/// A user id holds only characters that are safe in a key, and `Debug` hides it. Any text has an id
/// of its own.
pub fn user_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".@-".contains(&b);
    let is_id = (1..=UserId::MAX_LEN).contains(&text.len()) && text.bytes().all(allowed);
    match UserId::new(text) {
        Ok(id) => {
            assert!(is_id && id.expose() == text);
            assert_eq!(UserId::encode(text).as_ref(), Ok(&id));
            let debug = format!("{id:?}");
            let shown = debug
                .strip_prefix("UserId(")
                .and_then(|rest| rest.strip_suffix(')'))
                .unwrap();
            assert!(
                shown == "…" || (text.len() >= 10 && shown.chars().count() == 6),
                "{shown}"
            );
        }
        Err(why) => {
            assert!(!is_id && (text.len() < 2 || !format!("{why}").contains(&format!("{text:?}"))))
        }
    }
    match UserId::encode(text) {
        Ok(id) => {
            let key_safe = |b: u8| allowed(b) || b == b'+';
            assert!(id.expose().len() <= UserId::MAX_LEN && id.expose().bytes().all(key_safe));
            assert!(id.decode().is_none_or(|decoded| decoded == text));
            assert_eq!(UserId::from_exposed(id.expose()).as_ref(), Ok(&id));
        }
        Err(_) => assert!(text.is_empty()),
    }
    if let Ok(id) = UserId::mobile(text) {
        let digits = id.expose();
        assert!(
            (7..=15).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0')
        );
        let written: String = text.chars().filter(char::is_ascii_digit).collect();
        assert!(
            !text.is_ascii() || written.ends_with(digits),
            "digits were invented"
        );
        assert_eq!(UserId::mobile(digits).as_ref(), Ok(&id));
        assert_eq!(UserId::new(digits).as_ref(), Ok(&id));
    }
}

/// A message is read in one way only, and a button can be written and read again.
pub fn message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = Incoming::parse(text);
    assert_eq!(
        read,
        Incoming::parse(input::trim(text)),
        "spaces at the ends changed the message"
    );
    match &read {
        Incoming::QuickOffer(offer) => {
            assert!(*offer == input::trim(text) && (offer.contains("=>") || offer.contains("->")))
        }
        Incoming::Button(button) => assert_eq!(ButtonId::parse(&button.to_string()), Some(*button)),
        Incoming::Choice(word) | Incoming::Text(word) | Incoming::Greeting(word) => {
            assert_eq!(*word, input::trim(text))
        }
    }
    assert!(read.answer().is_none() || matches!(read, Incoming::Greeting(_)));
}
