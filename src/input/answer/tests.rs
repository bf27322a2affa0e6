//! How people type numbers and words.

use proptest::prelude::*;

use super::*;

#[test]
fn number_is_read_however_it_is_written() {
    for text in [
        "1",
        " 1 ",
        "01",
        "1.",
        "1)",
        "(1)",
        "#1",
        "[1]",
        "1,",
        "1:",
        "*1*",
        "_1_",
        "\"1\"",
        "“1”",
        "１",
        "１．",
        "（１）",
        "١",
        "۱",
        "१",
        "১",
        "๑",
        "၁",
        "𝟏",
        "1️⃣",
        "1⃣",
        "1️⃣.",
        "#1️⃣",
        "①",
        "⑴",
        "⒈",
        "❶",
        "\u{200f}1",
        "1\u{200b}",
        "\u{202a}1\u{202c}",
        "\u{feff}1",
        "1\u{fe0f}",
        "\u{2066}1\u{2069}.",
        "1\u{a0}",
        "\u{3000}1",
        "\u{202f}1",
        "1!",
        "1…",
        "١\u{200f}.",
        "1\u{2060}\n",
        "\u{200d}1\u{200c}",
    ] {
        assert_eq!(number(text), Some(1), "{text:?}");
    }
    assert_eq!(number("🔟"), Some(10));
    assert_eq!(number("１０"), Some(10));
    assert_eq!(number("000000012"), Some(12));
    assert_eq!(number("999999999"), Some(999_999_999));
}

#[test]
fn other_texts_are_no_number() {
    for text in [
        "",
        " ",
        "-1",
        "+1",
        "−1",
        "–1",
        "—1",
        "‐1",
        "1-",
        "±1",
        "－1",
        "＋1",
        "﹣1",
        "➖1",
        "➕1",
        "\u{ad}1",
        "(-1)",
        "#-1",
        "1.5",
        ".5",
        ",5",
        "1,5",
        "1/2",
        "½",
        "1e3",
        "1E3",
        "1 2",
        "1️⃣2️⃣",
        "①②",
        "1️⃣0️⃣",
        "1.2.",
        "0x1",
        "1st",
        "one",
        "Ⅰ",
        "一",
        "²",
        "$1",
        "1%",
        "1?",
        "~1",
        "1234567890",
        "0000000001",
        "1\u{200d}2",
        "1\u{3164}2",
        "1\u{2063}2",
        "1\u{1160}2",
        "1_2",
        "1'2",
    ] {
        assert_eq!(number(text), None, "{text:?}");
    }
}

#[test]
fn word_is_read_however_it_is_written() {
    for text in [
        "yes",
        "Yes",
        "YES!",
        "Yes.",
        "yes,",
        "\"yes\"",
        "'yes'",
        "«Yes»",
        "“Yes.”",
        "*Yes*",
        "_yes_",
        "(yes)",
        "¡Yes!",
        "yes…",
        "yes\u{200e}",
        "\u{200f}yes",
        "y\u{200b}es",
        "ＹＥＳ",
        "yes\u{200d}.",
        " yes !",
        "「yes」",
        "yes。",
    ] {
        assert_eq!(word(text), "yes", "{text:?}");
    }
    for text in ["yes?", "yes no", "-yes", "yess", "y e s", "yes\u{ad}"] {
        assert_ne!(word(text), "yes", "{text:?}");
    }
    assert_eq!(word("View \t Pending"), "view pending");
    assert_eq!(word("ÉCOLE"), "école");
    assert_eq!(word("می\u{200c}خواهم"), "می\u{200c}خواهم");
    assert_eq!(word("!"), "");
    assert_eq!(word("👍🏽"), "👍🏽");
}

#[test]
fn entry_is_picked_by_position_or_name() {
    let names = ["IN", "OUT", "out", "2"];
    for (text, index) in [
        ("1", Some(0)),
        ("٤", Some(3)),
        ("4", Some(3)),
        ("in", Some(0)),
        ("In.", Some(0)),
        ("OUT", Some(1)),
        ("out", Some(2)),
        ("Out", None),  // two names are this word
        ("2", Some(1)), // a number is a position
        ("5", None),
        ("0", None),
        ("9999999999", None),
        ("", None),
        ("!", None),
    ] {
        assert_eq!(pick(text, names), index, "{text:?}");
    }
    assert_eq!(pick("!", ["!"]), Some(0));
    assert_eq!(pick("", [""; 0]), None);
}

#[test]
fn ends_of_free_text_are_cut() {
    assert_eq!(trim("\u{200f} \u{feff}a b\u{200b}\n"), "a b");
    assert_eq!(trim("“a”"), "“a”");
    assert_eq!(trim("\u{200e}"), "");
}

/// Texts of what people type, and of what trips a reader up.
fn typed() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        "0123456789١२１𝟏①⑽🔟⃣\u{fe0f}\u{200b}\u{200d}\u{200e}\u{202e}\u{ad} \u{a0}\
         ().,:!?#*_-+−'\"aZıİſKßǅ"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![3 => odd, 1 => any::<char>()], 0..8)
        .prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(text in typed()) {
        let once = word(&text).into_owned();
        prop_assert_eq!(word(&once), once.as_str());
        prop_assert_eq!(number(&once), number(&text));
    }

    #[test]
    fn number_is_the_same_in_every_script(
        n in 0_u32..1_000_000_000, zeros in prop::collection::vec(0_usize..76, 9),
    ) {
        let digits = n.to_string();
        let text: String = digits
            .bytes()
            .zip(&zeros)
            .map(|(digit, script)| {
                char::from_u32(digit::zero(*script) + u32::from(digit - b'0')).unwrap()
            })
            .collect();
        prop_assert_eq!(number(&text), Some(n), "{}", text);
    }

    #[test]
    fn text_with_a_sign_is_no_number(
        before in typed(), after in typed(),
        sign in prop::sample::select("-+−–—‐‑±﹣－＋➖".chars().collect::<Vec<_>>()),
    ) {
        let text = format!("{before}{sign}{after}");
        prop_assert_eq!(number(&text), None, "{:?}", text);
    }

    #[test]
    fn two_numbers_in_a_text_are_none(
        a in "[0-9]{1,3}", b in "[0-9]{1,3}", between in "[ .,:/)(]{1,3}",
    ) {
        let text = format!("{a}{between}{b}");
        prop_assert_eq!(number(&text), None, "{:?}", text);
    }
}
