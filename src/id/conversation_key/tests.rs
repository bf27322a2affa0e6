//! Keys as ids, in every combination of parts.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn key(parts: [Option<&str>; 5]) -> ConversationKey {
    let [channel, account, chat, thread, user] = parts.map(|part| part.map(str::to_owned));
    ConversationKey {
        channel,
        account,
        chat,
        thread,
        user,
    }
}

#[test]
fn each_combination_of_parts_has_an_id_of_its_own() {
    let values = [None, Some(""), Some("a"), Some("a+ub"), Some("+u")];
    let mut key_of = HashMap::new();
    let mut combinations = 0;
    for at in 0..values.len().pow(5) {
        let value = |part: u32| values[at / values.len().pow(part) % values.len()];
        let key = key([value(0), value(1), value(2), value(3), value(4)]);
        if let Ok(id) = key.user_id() {
            combinations += 1;
            assert_eq!(ConversationKey::decode(&id).as_ref(), Some(&key));
            assert_eq!(UserId::from_exposed(id.expose()), Ok(id.clone()));
            assert_eq!(id.decode(), None);
            assert_eq!(key_of.insert(id, key), None);
        }
    }
    // Two of the five values name no chat and no user.
    assert_eq!(combinations, 5_usize.pow(5) - 5_usize.pow(3) * 4);
}

#[test]
fn key_without_chat_and_user_is_refused() {
    for parts in [
        [None; 5],
        [Some("telegram"), Some("bot"), None, Some("7"), None],
        [Some("telegram"), None, Some(""), None, Some("")],
    ] {
        assert_eq!(key(parts).user_id(), Err(InvalidUserId::NoConversation));
    }
}

#[test]
fn long_key_is_hashed_at_the_length_limit() {
    let of_length = |length: usize| key([None, None, None, None, Some(&"a".repeat(length))]);
    let fits = of_length(158);
    let id = fits.user_id().unwrap();
    assert_eq!(id.expose().len(), 160);
    assert_eq!(ConversationKey::decode(&id), Some(fits));
    let hashed = of_length(159).user_id().unwrap();
    assert!(hashed.expose().starts_with("+k"));
    assert_eq!(hashed.expose().len(), 66);
    assert_eq!(ConversationKey::decode(&hashed), None);
    assert_eq!(UserId::from_exposed(hashed.expose()), Ok(hashed.clone()));
    // The same parts, divided in another way.
    let divided = key([None, None, Some(&"a".repeat(159)), None, None]);
    assert_ne!(divided.user_id(), Ok(hashed.clone()));
    // The text that was hashed, as the id of a user.
    assert_ne!(UserId::encode(of_length(159).written()), Ok(hashed));
}

#[test]
fn id_that_no_key_has_is_not_read() {
    for id in [
        "+u", "+x1", "+u1+c2", "+u1+u2", "+cx", "+g+41", "u1", "+", "+U1", "+u1+", "+u1:",
    ] {
        assert_eq!(ConversationKey::read(id), None, "{id}");
    }
}

#[test]
fn debug_shows_which_parts_there_are() {
    let key = key([Some("telegram"), None, None, None, Some("263771234567")]);
    let shown = format!("{key:?}");
    assert!(shown.contains("channel: Some"), "{shown}");
    assert!(shown.contains("chat: None"), "{shown}");
    assert!(
        !shown.contains("2637") && !shown.contains("telegram"),
        "{shown}"
    );
}

fn part() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[+cagtu:2A]{0,4}|\\PC{0,8}|a{30,80}")
}

proptest! {
    #[test]
    fn key_is_read_back_and_never_that_of_a_text(
        parts in [part(), part(), part(), part(), part()],
        text in "[+]?[cagtukh][+:A2a]{0,6}",
    ) {
        let [channel, account, chat, thread, user] = parts;
        let key = ConversationKey { channel, account, chat, thread, user };
        if let Ok(id) = key.user_id() {
            if id.expose().starts_with("+k") {
                prop_assert!(key.written().len() > UserId::MAX_LEN);
            } else {
                prop_assert_eq!(ConversationKey::decode(&id), Some(key));
            }
            prop_assert_eq!(UserId::from_exposed(id.expose()), Ok(id.clone()));
            prop_assert_ne!(UserId::encode(id.expose()), Ok(id.clone()));
            prop_assert_ne!(UserId::encode(text), Ok(id));
        }
    }
}
