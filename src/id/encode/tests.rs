//! Texts as ids, at the length limit and at random.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn encoded(text: &str) -> UserId {
    UserId::encode(text).unwrap()
}

#[test]
fn ids_of_many_channels_are_encoded_and_read_back() {
    for (text, id) in [
        ("263771234567", "263771234567"),
        ("whatsapp:+263771234567", "whatsapp+3A+2B263771234567"),
        ("@ada:example.org", "@ada+3Aexample.org"),
        ("01234567890A=", "01234567890A+3D"),
        ("Vib/er+Id==", "Vib+2Fer+2BId+3D+3D"),
        ("oLVPpjqs_Bh-9", "oLVPpjqs+5FBh-9"),
        ("ada+shop@example.com", "ada+2Bshop@example.com"),
        ("29:1_x", "29+3A1+5Fx"),
        ("user|42", "user+7C42"),
        ("é", "+C3+A9"),
        ("用户", "+E7+94+A8+E6+88+B7"),
        ("\0\n", "+00+0A"),
        ("+h", "+2Bh"),
        ("+263", "+2B263"),
        (" ", "+20"),
    ] {
        assert_eq!(encoded(text).expose(), id);
        assert_eq!(encoded(text).decode().as_deref(), Some(text));
        assert_eq!(UserId::from_exposed(id), Ok(encoded(text)));
    }
    assert_eq!(UserId::encode(""), Err(InvalidUserId::Empty));
}

#[test]
fn text_at_the_length_limit_is_read_back() {
    for (text, fits) in [
        ("a".repeat(160), true),
        ("a".repeat(161), false),
        (format!("{}:", "a".repeat(157)), true),
        (format!("{}:", "a".repeat(158)), false),
        (":".repeat(53), true),
        (":".repeat(54), false),
        ("a".repeat(100_000), false),
    ] {
        let id = encoded(&text);
        assert_eq!(id.decode().is_some_and(|decoded| decoded == text), fits);
        assert_eq!(id.expose().starts_with("+h"), !fits);
        assert!(id.expose().len() <= UserId::MAX_LEN);
        assert_eq!(UserId::from_exposed(id.expose()), Ok(id));
    }
}

#[test]
fn hash_never_changes() {
    // printf 'a%.0s' $(seq 161) | sha256sum
    assert_eq!(
        encoded(&"a".repeat(161)).expose(),
        "+h1668eb4fad53ba7b37b233bcb819f4a0c38ee2a6d03e204134edcc882bb56ae8"
    );
}

#[test]
fn id_of_teams_with_258_characters_is_hashed() {
    let text = format!("29:{}", "a".repeat(255));
    // (printf '29:'; printf 'a%.0s' $(seq 255)) | sha256sum
    assert_eq!(
        encoded(&text).expose(),
        "+h7fdf273aace05d461467bd041e01784679cfdd8591373b32d1a5b4bd513b90f5"
    );
    assert_ne!(encoded(&text[..257]), encoded(&text));
}

#[test]
fn text_that_looks_like_a_hash_is_another_user() {
    let long = "a".repeat(200);
    let hash = encoded(&long);
    for text in [hash.expose(), &hash.expose()[1..], &hash.expose()[2..]] {
        assert_ne!(encoded(text), hash);
        assert_eq!(encoded(text).decode().as_deref(), Some(text));
    }
}

#[test]
fn text_that_expose_does_not_return_is_refused() {
    for id in [
        "",
        "a b",
        "a:b",
        "+",
        "+2",
        "+2G",
        "+2b",
        "+41",
        "+C3",
        "+FF",
        "a+",
        "+h",
        "+h00",
        "+k",
        "+x00",
        "é",
        &format!("+h{}", "A".repeat(64)),
        &"a".repeat(161),
    ] {
        assert_eq!(
            UserId::from_exposed(id),
            Err(InvalidUserId::NotExposed),
            "{id}"
        );
    }
}

/// Texts that are close to each other, and to what `encode` writes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab+:2hH3A]{1,6}",
        "[+][0-9A-Fa-fh]{0,4}",
        "\\PC{1,12}",
        "(?s).{1,40}",
        "[a:]{50,170}",
    ]
}

proptest! {
    #[test]
    fn reversible_form_returns_its_text(text in text()) {
        let id = encoded(&text);
        match id.decode() {
            Some(decoded) => prop_assert_eq!(&decoded, &text),
            None => prop_assert!(id.expose().starts_with("+h")),
        }
        prop_assert!(id.expose().len() <= UserId::MAX_LEN);
        prop_assert_eq!(UserId::from_exposed(id.expose()), Ok(id.clone()));
        if let Ok(new) = UserId::new(&text) {
            prop_assert_eq!(new, id);
        }
    }

    #[test]
    fn two_texts_never_share_an_id(texts in prop::collection::vec(text(), 1..40)) {
        let mut text_of = HashMap::new();
        for text in texts {
            // The id of a text is a text too, and the most likely one to meet it.
            let id = encoded(&text).expose().to_owned();
            for text in [text, id] {
                let before = text_of.insert(encoded(&text), text.clone());
                prop_assert!(before.is_none_or(|before| before == text));
            }
        }
    }

    #[test]
    fn exposed_id_has_one_text(id in "[ab+2h3AC9]{1,9}") {
        if let Ok(read) = UserId::from_exposed(&id) {
            prop_assert_eq!(read.expose(), &id);
            if let Some(text) = read.decode() {
                prop_assert_eq!(encoded(&text), read);
            }
        }
    }
}
