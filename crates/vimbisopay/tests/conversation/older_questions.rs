//! A button of an earlier question: it confirms nothing, and the user is asked again.

use std::time::Duration;

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbisopay::ApiCall;

use crate::accounts_api::offer;
use crate::harness::{Answer, MENU, Talk};

const AGAIN: &str = "That button belongs to an earlier question.";

/// The id of the button with this title.
fn button(answer: &Answer, title: &str) -> String {
    let mut buttons = answer.reply.buttons.iter();
    let button = buttons.find(|button| button.title == title);
    button.unwrap_or_else(|| panic!("no {title}")).id.clone()
}

/// Proposes two offers, and returns the Yes below each question.
async fn two_questions(talk: &Talk, first: &str, second: &str) -> [String; 2] {
    talk.deliver("hi", "hi").await;
    let first = talk.deliver("first", first).await;
    let second = talk.deliver("second", second).await;
    [button(&first, "Yes"), button(&second, "Yes")]
}

#[tokio::test]
async fn yes_below_an_earlier_offer_pays_nothing() {
    // In either order of the two messages.
    for (first, second) in [("5=>grace", "500=>alan"), ("500=>alan", "5=>grace")] {
        let talk = Talk::of_member();
        let [older, open] = two_questions(&talk, first, second).await;
        let again = talk.deliver("tap", &older).await;
        let amount = second.split_once('=').unwrap().0;
        let question = format!("Offer *{amount} USD*");
        assert!(again.reply.text.starts_with(AGAIN) && again.reply.text.contains(&question));
        assert_eq!(talk.counts(), (0, 0));

        // The question was repeated, so what was open before is an earlier one as well.
        talk.deliver("tap 2", &open).await;
        assert_eq!(talk.counts(), (0, 0));
        let repeated = talk.deliver("ask", "what?").await;
        talk.deliver("tap 3", &button(&repeated, "Yes")).await;
        let world = talk.world();
        let [ApiCall::Offer { terms, .. }] = &world.effects[..] else {
            panic!("{:?}", world.effects)
        };
        assert_eq!(terms.amount.as_str(), amount);
    }
}

#[tokio::test]
async fn no_below_an_earlier_offer_keeps_the_open_one() {
    let talk = Talk::of_member();
    talk.deliver("hi", "hi").await;
    let first = talk.deliver("first", "5=>grace").await;
    talk.deliver("second", "500=>alan").await;
    talk.deliver("tap", &button(&first, "No")).await;
    assert!(talk.data().await.draft.is_some());
    talk.deliver("typed", "yes").await;
    assert_eq!(talk.counts(), (1, 1));
}

#[tokio::test]
async fn second_tap_on_yes_offers_nothing_more() {
    let talk = Talk::of_member();
    let [_, open] = two_questions(&talk, "5=>grace", "500=>alan").await;
    talk.deliver("tap", &open).await;
    for tap in ["tap 2", "tap 3"] {
        let again = talk.deliver(tap, &open).await;
        assert!(again.reply.text.starts_with(AGAIN));
    }
    assert_eq!((talk.at().await, talk.counts()), (MENU, (1, 1)));
}

#[tokio::test]
async fn yes_below_an_earlier_member_authorizes_no_one() {
    let mut talk = Talk::after(&["hi", "handle_action_more_options", "2", "1"]).await;
    let first = talk.deliver("first", "grace").await;
    talk.say_all(&["no", "1"]).await;
    let second = talk.deliver("second", "alan").await;
    let again = talk.deliver("tap", &button(&first, "Yes")).await;
    assert!(again.reply.text.starts_with(AGAIN) && again.reply.text.contains("@alan"));
    assert_ne!(button(&again, "Yes"), button(&second, "Yes"));
    assert_eq!(talk.counts(), (0, 0));
    talk.deliver("tap 2", &button(&again, "Yes")).await;
    assert!(matches!(
        &talk.world().effects[..],
        [ApiCall::Authorize { member, .. }] if member.handle == "alan"
    ));
}

#[tokio::test]
async fn forged_yes_confirms_nothing() {
    let talk = Talk::of_member();
    let [_, open] = two_questions(&talk, "5=>grace", "500=>alan").await;
    let mangled = [
        "yes~0000000000".to_owned(),
        open.to_uppercase(),
        format!("{open}0"),
        format!("{open}~0000000000"),
        open.replace('~', "~~"),
        format!(" {open}"),
    ];
    for (n, text) in mangled.iter().enumerate() {
        talk.deliver(&format!("tap {n}"), text).await;
        assert_eq!(talk.counts(), (0, 0), "{text}");
    }
}

#[tokio::test]
async fn accept_all_accepts_what_was_shown() {
    let talk = Talk::of_member();
    talk.deliver("hi", "hi").await;
    let list = talk.deliver("list", "2").await;
    talk.world().offers.push(offer("o3"));
    talk.deliver("tap", &button(&list, "Accept all")).await;
    let shown = ApiCall::AcceptAll {
        account: "a1".into(),
        offers: vec!["o1".into(), "o2".into()],
    };
    assert_eq!(talk.world().effects, [shown]);
}

#[tokio::test]
async fn earlier_accept_all_lists_the_offers_again() {
    let mut talk = Talk::of_member();
    talk.deliver("hi", "hi").await;
    let list = talk.deliver("list", "2").await;
    let accept_all = button(&list, "Accept all");
    for (tap, between) in ["1", "hi", "4", "10=>grace"].into_iter().enumerate() {
        talk.say(between).await;
        talk.world().offers.push(offer("o3"));
        let again = talk.deliver(&format!("tap {tap}"), &accept_all).await;
        assert!(
            again.reply.text.contains("3. 5.00 USD"),
            "{between}: {}",
            again.reply.text
        );
        assert_eq!(talk.counts(), (0, 0), "{between}");
        talk.world().offers.pop();
    }
}

#[tokio::test]
async fn typed_accept_all_needs_the_list_too() {
    for (before, calls) in [(&["hi"][..], 0), (&["hi", "4"], 0), (&["hi", "2"], 1)] {
        let mut talk = Talk::after(before).await;
        talk.say("AcceptAllIncomingOffers").await;
        assert_eq!(talk.world().effects.len(), calls, "{before:?}");
    }
}

#[tokio::test]
async fn earlier_offer_is_shown_again_and_not_accepted() {
    for (side, title) in [("2", "Accept"), ("2", "Decline"), ("3", "Cancel offer")] {
        for between in ["hi", "2", "10=>grace"] {
            let mut talk = Talk::after(&["hi", side]).await;
            let detail = talk.deliver("detail", "1").await;
            talk.say(between).await;
            let again = talk.deliver("tap", &button(&detail, title)).await;
            assert!(
                again.reply.text.starts_with(AGAIN) && again.reply.text.contains("*5.00 USD*"),
                "{title} after {between}: {}",
                again.reply.text
            );
            assert_eq!(talk.counts(), (0, 0), "{title} after {between}");
            talk.deliver("tap 2", &button(&again, title)).await;
            assert_eq!(talk.counts(), (1, 1), "{title} after {between}");
        }
    }
}

#[tokio::test]
async fn earlier_offer_that_is_gone_is_said_to_be() {
    let mut talk = Talk::after(&["hi", "2"]).await;
    let detail = talk.deliver("detail", "1").await;
    talk.say("hi").await;
    talk.world().offers.remove(0);
    let again = talk.deliver("tap", &button(&detail, "Accept")).await;
    assert!(
        again
            .reply
            .text
            .starts_with("❌ Personal has no such open offer.")
    );
    assert_eq!(talk.counts(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn button_of_an_expired_session_confirms_nothing() {
    for text in ["5=>grace", "2"] {
        let talk = Talk::of_member();
        talk.deliver("hi", "hi").await;
        let asked = talk.deliver("asked", text).await;
        let pressed = &asked.reply.buttons[0].id;
        tokio::time::sleep(Duration::from_secs(301)).await;
        let answer = talk.deliver("tap", pressed).await;
        assert!(answer.reply.text.starts_with("Your session expired."));
        assert_eq!(talk.counts(), (0, 0), "{pressed}");
    }
}

#[tokio::test]
async fn earlier_button_may_lead_to_another_menu() {
    let mut talk = Talk::of_member();
    let first = talk.deliver("hi", "hi").await;
    let more = button(&first, "More options");
    talk.say("hi").await;
    talk.deliver("tap", &more).await;
    assert_eq!(talk.at().await.0, Stage::MoreOptions);
    // From a stage that does not lead there, it is asked again.
    talk.say_all(&["hi", "4"]).await;
    assert!(
        talk.deliver("tap 2", &more)
            .await
            .reply
            .text
            .starts_with(AGAIN)
    );
    let transactions = (Stage::Transactions, Some(Choice::Transactions));
    assert_eq!(talk.at().await, transactions);
}

#[tokio::test]
async fn offer_that_is_shown_again_is_listed_alone() {
    let mut talk = Talk::after(&["hi", "2"]).await;
    let detail = talk.deliver("detail", "1").await;
    talk.say("hi").await;
    talk.world().offers.push(offer("o3"));
    talk.deliver("tap", &button(&detail, "Accept")).await;
    talk.say("AcceptAllIncomingOffers").await;
    let shown = ApiCall::AcceptAll {
        account: "a1".into(),
        offers: vec!["o1".into()],
    };
    assert_eq!(talk.world().effects, [shown]);
}

#[tokio::test]
async fn list_and_buttons_stay_open_after_a_typing_error() {
    let talk = Talk::after(&["hi"]).await;
    let list = talk.deliver("list", "2").await;
    talk.deliver("typed", "99").await;
    talk.deliver("tap", &button(&list, "Accept all")).await;
    assert_eq!(talk.counts(), (1, 1));
}
