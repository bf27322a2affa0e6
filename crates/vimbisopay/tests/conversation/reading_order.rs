//! The order in which a message is read, and the terms of an offer.

use proptest::prelude::*;
use vimbiso_state::vimbisopay::{ButtonId, Choice, Incoming, Stage};
use vimbisopay::{Amount, Handle, InvalidTerms, OfferTerms, Security};

use crate::harness::{MENU, Talk};

const GREETINGS: &str = "menu memu hi hie cancel home hy reset hello x c no n hey y yes retry";

#[test]
fn a_greeting_comes_first() {
    for word in GREETINGS.split(' ') {
        for text in [word.to_owned(), word.to_uppercase(), format!("  {word}\n")] {
            assert_eq!(
                Incoming::parse(&text),
                Incoming::Greeting(text.trim()),
                "{text:?}"
            );
        }
    }
    for text in [
        "Hi!",
        "menu\u{200e}",
        "\u{202b}MENU\u{202c}",
        "\"cancel\"",
        "Yes.",
        "*no*",
        "ｙｅｓ",
    ] {
        assert!(
            matches!(Incoming::parse(text), Incoming::Greeting(_)),
            "{text:?}"
        );
    }
    for text in ["hi there", "yes?", "-yes"] {
        assert!(
            matches!(Incoming::parse(text), Incoming::Text(_)),
            "{text:?}"
        );
    }
}

#[test]
fn an_offer_in_one_line_comes_second() {
    for (text, terms) in [
        ("1=>bob", None),
        ("accept_1=>bob", Some(InvalidTerms::Amount)),
        ("=>", Some(InvalidTerms::Amount)),
    ] {
        assert_eq!(Incoming::parse(text), Incoming::QuickOffer(text));
        assert_eq!(text.parse::<OfferTerms>().err(), terms, "{text}");
    }
}

#[test]
fn a_button_comes_third_and_keeps_the_case_of_its_id() {
    for (text, button) in [
        ("accept_aB-1", ButtonId::Accept("aB-1")),
        ("Decline_1", ButtonId::Decline("1")),
        ("cancel_1_2", ButtonId::Cancel("1_2")),
        ("AcceptAllIncomingOffers", ButtonId::AcceptAll),
        ("View Pending", ButtonId::ViewPending),
    ] {
        assert_eq!(Incoming::parse(text), Incoming::Button(button));
    }
    for text in [
        "accept_",
        "accept",
        "accept_a b",
        "handle_action",
        "accept_a.b.c",
    ] {
        assert!(matches!(Incoming::parse(text), Incoming::Text(_)), "{text}");
    }
}

#[test]
fn a_choice_comes_fourth_and_any_other_text_last() {
    for text in [
        "1",
        "007",
        "1.",
        "(2)",
        "１",
        "١",
        "1️⃣",
        "handle_action_transactions",
        "Handle_Action_Menu",
        "submitting",
    ] {
        assert_eq!(Incoming::parse(text), Incoming::Choice(text));
    }
    for text in ["", "one", "1.5", "-1", "1 2", "{\"amount\":\"1->2\"}"] {
        assert_eq!(Incoming::parse(text), Incoming::Text(text));
    }
}

#[tokio::test]
async fn no_makes_no_call_in_any_stage() {
    for no in ["no", "n", "x", "c", "cancel"] {
        for before in [
            &["hi"][..],
            &["hi", "1"],
            &["hi", "2"],
            &["hi", "4"],
            &["hi", "1", "10=>grace"],
        ] {
            let mut talk = Talk::after(before).await;
            talk.say(no).await;
            assert!(talk.world().calls.is_empty(), "{no} after {before:?}");
        }
    }
}

#[tokio::test]
async fn answer_is_read_however_it_is_typed() {
    for (yes, made) in [
        ("Yes.", 1),
        ("YES!", 1),
        ("yes\u{200e}", 1),
        ("\u{feff}Ｙｅｓ", 1),
        ("yes?", 0),
        ("No!", 0),
    ] {
        let mut talk = Talk::after(&["hi", "10=>grace"]).await;
        talk.say(yes).await;
        assert_eq!(talk.counts(), (made, made), "{yes:?}");
    }
    // Menus and lists read numbers by the same rule.
    for (list, stage) in [("٤", Stage::Transactions), ("2️⃣", Stage::PendingOffersIn)] {
        let mut talk = Talk::after(&["hi", list]).await;
        assert_eq!(talk.at().await.0, stage);
        for number in ["1.", "１", "#1", "१", "1\u{200b}", "\u{200f}1"] {
            let reply = talk.say(number).await;
            assert!(!reply.starts_with('❌'), "{number:?}: {reply}");
        }
        for odd in ["-1", "1.5", "1 2", "+1"] {
            let reply = talk.say(odd).await;
            assert!(reply.starts_with('❌'), "{odd:?}: {reply}");
        }
    }
}

#[tokio::test]
async fn yes_confirms_only_what_was_asked() {
    for before in [
        &["hi"][..],
        &["hi", "1"],
        &["hi", "2", "1"],
        &["hi", "4", "1"],
        &["hi", "1", "10=>grace", "hi"],
    ] {
        let mut talk = Talk::after(before).await;
        talk.say("yes").await;
        assert!(talk.world().calls.is_empty(), "after {before:?}");
        assert_eq!(talk.at().await, MENU);
    }
}

#[tokio::test]
async fn a_greeting_without_an_answer_drops_the_question() {
    for word in ["menu", "hi", "home", "reset", "retry"] {
        let mut talk = Talk::after(&["hi", "10=>grace"]).await;
        talk.say(word).await;
        assert_eq!(talk.at().await, MENU, "{word}");
        assert_eq!(talk.data().await.draft, None);
        assert!(talk.world().calls.is_empty(), "{word}");
    }
}

#[tokio::test]
async fn an_offer_in_one_line_is_made_from_anywhere() {
    for before in ["hi", "2", "3", "4", "handle_action_more_options", "7=>alan"] {
        let mut talk = Talk::after(&["hi", before]).await;
        assert!(talk.say("10=>grace").await.contains("*10 USD*"));
        assert_eq!(
            talk.at().await,
            (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex)),
            "{before}"
        );
        talk.say("0=>grace").await;
        assert_eq!(
            talk.at().await,
            (Stage::OfferCredex, Some(Choice::OfferCredex))
        );
        assert_eq!(
            talk.data().await.draft,
            None,
            "an invalid offer drops the earlier one"
        );
    }
}

#[test]
fn an_amount_is_positive_with_at_most_two_decimals() {
    for text in ["1", "0.01", "12.5", "999999999999.99", " 7 "] {
        assert_eq!(text.parse::<Amount>().unwrap().as_str(), text.trim());
    }
    for text in [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "1.",
        ".5",
        "1.234",
        "1,5",
        "1e3",
        "01",
        "00.5",
        "1 0",
        "inf",
        "NaN",
        "１",
        "1000000000000",
        "1.2.3",
    ] {
        assert_eq!(
            text.parse::<Amount>(),
            Err(InvalidTerms::Amount),
            "{text:?}"
        );
    }
}

#[test]
fn a_handle_has_its_letters_and_its_length() {
    assert_eq!(
        "@Bob.Moyo_1-x".parse::<Handle>().unwrap().as_str(),
        "bob.moyo_1-x"
    );
    for text in ["", "ab", "a b c", "bob!", "bób", "@", &"a".repeat(31)] {
        assert_eq!(
            text.parse::<Handle>(),
            Err(InvalidTerms::Handle),
            "{text:?}"
        );
    }
}

#[test]
fn a_date_is_a_day_of_the_calendar() {
    for text in [
        "2028-02-29",
        "2000-01-01",
        "2400-02-29",
        "2030-12-31",
        "2030-04-30",
        "9999-12-31",
        " 2030-12-31 ",
    ] {
        let terms: OfferTerms = format!("1->bob={text}").parse().unwrap();
        let due = Some(text.trim().parse().unwrap());
        assert_eq!(terms.security, Security::Unsecured { due }, "{text:?}");
    }
    for text in [
        "2026-02-29",
        "2100-02-29",
        "2030-04-31",
        "2030-13-01",
        "2030-00-10",
        "2030-01-00",
        "1999-12-31",
        "30-12-31",
        "2030-1-1",
        "2030/12/31",
        "2030-12-31x",
        "+030-12-31",
        "２030-12-31",
        "20301231",
        "+002030-12-31",
        "2030-12-31T10:00",
        "2030-12-31 10:00",
        "2030-W01-1",
        "2030-12-31[u-ca=iso8601]",
        "",
    ] {
        let terms = format!("1->bob={text}").parse::<OfferTerms>();
        assert_eq!(terms, Err(InvalidTerms::Date), "{text:?}");
    }
}

#[test]
fn terms_come_back_from_json_and_only_valid_ones_do() {
    let terms: OfferTerms = "12.50->bob=2030-12-31".parse().unwrap();
    assert_eq!(
        terms.security,
        Security::Unsecured {
            due: Some("2030-12-31".parse().unwrap())
        }
    );
    let json = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<OfferTerms>(&json).unwrap(), terms);
    assert!(serde_json::from_str::<OfferTerms>(&json.replace("12.50", "-12.50")).is_err());
}

proptest! {
    #[test]
    fn terms_that_are_read_are_written_and_read_again(
        amount in "[0-9]{1,4}(\\.[0-9]{1,2})?",
        arrow in "(=>|->)",
        handle in "@?[a-zA-Z0-9._-]{2,31}",
        due in "(=(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9])?",
    ) {
        let Ok(terms) = format!("{amount} {arrow} {handle}{due}").parse::<OfferTerms>() else {
            return Ok(());
        };
        let written = match &terms.security {
            Security::Secured => format!("{}=>{}", terms.amount, terms.handle),
            Security::Unsecured { due: None } => format!("{}->{}", terms.amount, terms.handle),
            Security::Unsecured { due: Some(due) } => {
                format!("{}->{}={due}", terms.amount, terms.handle)
            }
        };
        prop_assert_eq!(written.parse::<OfferTerms>(), Ok(terms.clone()));
        let json = serde_json::to_string(&terms).unwrap();
        prop_assert_eq!(serde_json::from_str::<OfferTerms>(&json).unwrap(), terms);
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,40}(=>|->).{0,40}") {
        let _ = text.parse::<OfferTerms>();
    }
}

#[tokio::test]
async fn a_token_as_text_is_refused_with_a_reply() {
    let mut talk = Talk::after(&["hi", "handle_action_more_options", "1"]).await;
    let before = (talk.at().await, talk.revision().await);
    assert_eq!(before.0.0, Stage::CreateBusinessAccount);
    let reply = talk.say("eyJhbGciOiJIUzI1NiJ9.e30.c2ln, shop").await;
    assert!(
        reply.contains("cannot be used") && !reply.contains("eyJ"),
        "{reply}"
    );
    assert_eq!((talk.at().await, talk.revision().await), before);
    assert_eq!(talk.counts(), (0, 0));
}
