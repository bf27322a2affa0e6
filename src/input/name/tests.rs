//! Names that are accepted, and those that are refused.

use proptest::prelude::*;

use super::*;

#[test]
fn names_of_many_scripts_are_accepted_as_they_are() {
    for name in [
        "Ada Lovelace",
        "Sukarno",
        "O'Brien-Smith Jr.",
        "Ng",
        "D’Arc",
        "José Ångström",
        "Jose\u{301}",
        "محمد علي",
        "علی\u{200c}رضا",
        "क्\u{200d}षितिज",
        "රාජපක්\u{200d}ෂ",
        "രാജന്\u{200d}",
        "王小明",
        "นาย สมชาย",
        "Łukasz 2nd",
    ] {
        assert_eq!(person_name(name).as_deref(), Ok(name));
    }
}

#[test]
fn white_space_is_normalised() {
    for text in [
        " Ada Lovelace\n",
        "\t\r\nAda  Lovelace",
        "Ada\u{a0}Lovelace",
        "Ada\u{202f}\u{3000} Lovelace\u{2003}",
    ] {
        assert_eq!(person_name(text).as_deref(), Ok("Ada Lovelace"), "{text:?}");
    }
}

#[test]
fn marks_that_change_the_direction_are_refused() {
    for c in
        "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}".chars()
    {
        for name in [
            format!("Ada{c}Lovelace"),
            format!("{c}Ada"),
            format!("Ada{c}"),
        ] {
            let found = c.into();
            assert_eq!(person_name(&name), Err(InvalidName::Direction { found }));
            assert_eq!(business_name(&name), Err(InvalidName::Direction { found }));
        }
    }
}

#[test]
fn invisible_characters_are_refused() {
    for c in "\u{200b}\u{2060}\u{feff}\u{ad}\u{34f}\u{115f}\u{3164}\u{ffa0}\u{2800}\u{fe0f}\
              \u{180e}\u{e0041}\u{2063}"
        .chars()
    {
        let found = c.into();
        for name in [
            format!("Ada{c}Lovelace"),
            format!("{c}Ada"),
            format!("Ada{c}"),
        ] {
            assert_eq!(person_name(&name), Err(InvalidName::Invisible { found }));
        }
    }
}

#[test]
fn joiner_that_joins_nothing_is_refused() {
    for name in [
        "A\u{200d}da",
        "Ada\u{200c}Lovelace",
        "علي\u{200c}",
        "\u{200d}علي",
        "علي\u{200c} رضا",
        "क\u{200d}",
        "क्\u{200d}\u{200d}ष",
        "A👩\u{200d}👧",
    ] {
        let refused = person_name(name);
        assert!(
            matches!(refused, Err(InvalidName::Invisible { .. })),
            "{name:?}"
        );
    }
}

#[test]
fn name_of_several_lines_is_refused() {
    for c in "\u{2028}\u{2029}\n\r\t\u{b}\u{85}\0\u{1b}\u{7f}".chars() {
        let found = c.into();
        let name = format!("Ada{c}Lovelace");
        assert_eq!(person_name(&name), Err(InvalidName::LineBreak { found }));
    }
    assert!(person_name("Ada\u{2028}").is_err());
}

#[test]
fn private_and_unassigned_characters_are_refused() {
    for c in "\u{e000}\u{f8ff}\u{fffd}\u{fffc}\u{fdd0}\u{ffff}\u{50000}\u{10fffd}".chars() {
        let found = c.into();
        let name = format!("Ada{c}");
        assert_eq!(person_name(&name), Err(InvalidName::Unassigned { found }));
    }
}

#[test]
fn name_without_a_letter_is_refused() {
    for text in ["12345", "٣٤", "-", "...", "💰", "\u{301}"] {
        assert_eq!(person_name(text), Err(InvalidName::NoLetter), "{text}");
    }
    assert_eq!(business_name("٣٤").as_deref(), Ok("٣٤"));
    assert_eq!(business_name("💰"), Err(InvalidName::NoLetter));
    assert_eq!(person_name(" \n"), Err(InvalidName::Empty));
}

#[test]
fn length_is_counted_in_characters() {
    assert!(person_name(&"é".repeat(MAX_NAME)).is_ok());
    let characters = MAX_NAME + 1;
    let long = "é".repeat(characters);
    assert_eq!(person_name(&long), Err(InvalidName::TooLong { characters }));
    let spaced = format!("Ada{}Lovelace", " ".repeat(100));
    assert!(person_name(&spaced).is_ok(), "it is counted as it is kept");
}

proptest! {
    #[test]
    fn accepted_name_is_visible_and_read_again_as_it_is(text in "\\PC{0,20}|.{0,20}") {
        if let Ok(name) = person_name(&text) {
            prop_assert_eq!(person_name(&name), Ok(name.clone()));
            prop_assert!(!name.contains(char::is_control));
            prop_assert!(!name.contains(|c: char| is_invisible(c) && !is_joiner(c)));
        }
    }
}
