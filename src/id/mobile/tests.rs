//! Mobile numbers that are read, and those that are refused.

use proptest::prelude::*;

use super::*;
use crate::id::InvalidMobile;

fn reason(number: &str) -> InvalidMobile {
    match UserId::mobile(number) {
        Err(InvalidUserId::NotMobile(why)) => why,
        other => panic!("{number:?} is read as {other:?}"),
    }
}

fn assert_refused(expected: InvalidMobile, numbers: &[&str]) {
    for number in numbers {
        assert_eq!(reason(number), expected, "{number:?}");
    }
}

#[test]
fn mobile_number_is_taken_as_people_write_it() {
    for text in [
        "263771234567",
        "+263 77 123-4567",
        "00263771234567",
        "00 263 77 1234567",
        " +263 (77) 123.4567 ",
        "(+263) 77 1234567",
        "+263\u{a0}77\u{2011}1234567",
        "+263771234567.",
        "+ 263 77 12 34 567",
        "(+263 77 1234567)",
        "+263 (771234567)",
    ] {
        assert_eq!(
            UserId::mobile(text).unwrap().expose(),
            "263771234567",
            "{text}"
        );
    }
}

#[test]
fn marks_that_phones_add_are_ignored() {
    for mark in "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\
                 \u{200e}\u{200f}\u{61c}\u{feff}\u{200b}\u{2060}"
        .chars()
    {
        for text in [
            format!("{mark}+263771234567{mark}"),
            format!("+{mark}263{mark} 77{mark}1234567"),
            format!("{mark}263771234567"),
        ] {
            assert_eq!(
                UserId::mobile(&text).unwrap().expose(),
                "263771234567",
                "{text:?}"
            );
        }
    }
}

#[test]
fn other_spaces_and_dashes_separate_the_digits() {
    for separator in "\u{a0}\u{2007}\u{2009}\u{202f}\u{3000}‐‑‒–—―−－．".chars() {
        let text = format!("+263{separator}77{separator}1234567");
        assert_eq!(
            UserId::mobile(&text).unwrap().expose(),
            "263771234567",
            "{text:?}"
        );
    }
}

#[test]
fn digits_of_other_scripts_are_read() {
    for text in [
        "+٢٦٣٧٧١٢٣٤٥٦٧",
        "\u{200f}٢٦٣٧٧١٢٣٤٥٦٧",
        "+۲۶۳ ۷۷ ۱۲۳۴۵۶۷",
        "+२६३७७१२३४५६७",
        "＋２６３　７７　１２３－４５６７",
        "٠٠٢٦٣٧٧١٢٣٤٥٦٧",
    ] {
        assert_eq!(
            UserId::mobile(text).unwrap().expose(),
            "263771234567",
            "{text}"
        );
    }
}

#[test]
fn trunk_zero_is_refused_by_name() {
    assert_refused(
        InvalidMobile::TrunkZero,
        &[
            "+44 (0)7700 900123",
            "+44(0)7700900123",
            "0044 (0) 7700 900123",
            "+44 (07700) 900123",
            "+44 07700 900123",
            "4407700900123",
            "+٤٤ (٠)٧٧٠٠ ٩٠٠١٢٣",
            "+263 077 123 4567",
            "+49 (0)171/1234567",
            "+39 (0)6 1234567",
        ],
    );
    assert!(
        reason("+44 (0)7700 900123")
            .to_string()
            .contains("without the (0)")
    );
}

#[test]
fn zero_that_belongs_to_the_number_is_kept() {
    for (text, id) in [
        ("+225 07 01 23 45 67", "2250701234567"),
        ("+226 07 12 34 56", "22607123456"),
        ("+229 01 97 12 34 56", "2290197123456"),
        ("+241 06 03 12 34", "24106031234"),
        ("+242 06 123 4567", "242061234567"),
        ("+39 06 1234 5678", "390612345678"),
        ("+378 0549 123456", "3780549123456"),
        ("+1 201 555 0123", "12015550123"),
    ] {
        assert_eq!(UserId::mobile(text).unwrap().expose(), id);
    }
}

#[test]
fn possible_extension_is_refused() {
    assert_refused(
        InvalidMobile::Extension,
        &[
            "+263771234567/5",
            "+263771234567-5",
            "+263771234567.9",
            "+263771234567 5",
            "+26377123456\u{2013}7",
            "+263771234567(5)",
            "+263 77 1234567 (12)",
            "+263771234567;ext=5",
            "+263771234567,5",
            "+263771234567#5",
            "+263771234567*5",
            "+263771234567x5",
            "+263771234567 ext. 5",
            "+263771234567 EXT5",
            "+263771234567 / +263771234568",
            "+263771234567 ٥",
        ],
    );
    assert_eq!(
        UserId::mobile("+33 6 12 34 56 78").unwrap().expose(),
        "33612345678"
    );
}

#[test]
fn number_without_country_code_is_refused() {
    assert_refused(
        InvalidMobile::NoCountryCode,
        &[
            "0771234567",
            "077 123 4567",
            "(077) 1234567",
            "+0771234567",
            "+00263771234567",
            "000263771234567",
            "555 123 4567",
            "(555) 123-4567",
            "263 77 1234567",
            "011 263 77 1234567",
        ],
    );
}

#[test]
fn sign_inside_is_refused() {
    assert_refused(
        InvalidMobile::Sign,
        &[
            "+26+3771234567",
            "++263771234567",
            "263771234567+",
            "+263771234567 +26377",
        ],
    );
    assert_refused(
        InvalidMobile::Sign,
        &["00+263771234567", "+２６３＋７７１２３４５６７"],
    );
}

#[test]
fn letters_and_other_characters_are_refused() {
    assert_refused(
        InvalidMobile::Letter,
        &[
            "+hello",
            "+1 800 FLOWERS",
            "tel:+263771234567",
            "+26377l234567",
            "+263٣a7712345",
        ],
    );
    assert_refused(
        InvalidMobile::Character,
        &[
            "+263~771234567",
            "+263\n771234567",
            "+263\t771234567",
            "+263:771234567",
            "☎263771234567",
        ],
    );
    assert_refused(
        InvalidMobile::Character,
        &["+²⁶³771234567", "+263_771234567", "+263%7712"],
    );
    assert_refused(
        InvalidMobile::Parenthesis,
        &[
            "+263 (77 1234567",
            "+263 77) 1234567",
            "+263 ((77)) 1234567",
        ],
    );
}

#[test]
fn length_is_that_of_e164() {
    assert_refused(
        InvalidMobile::TooShort,
        &["", "+", "12345", "+263771", "()", "."],
    );
    assert_refused(
        InvalidMobile::TooLong,
        &["1234567890123456", "+2637712345671234"],
    );
    assert!(UserId::mobile("+1234567").is_ok());
    assert!(UserId::mobile("+123456789012345").is_ok());
}

proptest! {
    #[test]
    fn plain_number_is_its_own_id(number in "26377[0-9]{7}|1[2-9][0-9]{9}|225[0-9]{10}") {
        for text in [number.clone(), format!("+{number}"), format!("00{number}")] {
            let id = UserId::mobile(text).unwrap();
            prop_assert_eq!(id.expose(), &number);
        }
    }

    #[test]
    fn accepted_number_has_the_digits_of_the_text(text in "[+]?[0-9 ()./x+-]{0,22}") {
        if let Ok(id) = UserId::mobile(&text) {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let with_prefix = format!("00{}", id.expose());
            prop_assert!(digits == id.expose() || digits == with_prefix);
            prop_assert!((7..=15).contains(&id.expose().len()));
            prop_assert_eq!(UserId::new(id.expose()), Ok(id.clone()));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        let _ = UserId::mobile(text);
    }
}
