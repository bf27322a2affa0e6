//! Calls that change something: announced, made once, delivered twice.

use std::time::Duration;

use tokio::time::sleep;
use vimbiso_state::MessageId;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::accounts_api::Behaviour;
use crate::harness::{Answer, MENU, Talk};

async fn about_to_offer() -> Talk {
    Talk::after(&["hi", "10=>grace"]).await
}

#[tokio::test]
async fn a_duplicate_gets_the_result_and_makes_no_call() {
    let talk = about_to_offer().await;
    let first = talk.deliver("yes-1", "yes").await;
    let revision = talk.revision().await;
    for _ in 0..3 {
        let again = talk.deliver("yes-1", "yes").await;
        assert!(again.duplicate && !first.duplicate);
        assert_eq!(again.reply, first.reply);
    }
    assert_eq!((talk.counts(), talk.revision().await), ((1, 1), revision));
}

#[tokio::test]
async fn each_part_of_a_delivery_gets_its_own_result() {
    let talk = Talk::after(&["hi", "2"]).await;
    let delivery = MessageId::new("two-in-one").unwrap();
    let parts = [
        (delivery.step("1"), "accept_o1", "✅ done 1"),
        (delivery.step("2"), "decline_o2", "✅ done 2"),
    ];
    for duplicate in [false, true] {
        for (part, text, told) in &parts {
            let inbound = talk.inbound(part.clone(), text);
            let answer = Answer::of(talk.bot.answer(inbound).await.unwrap());
            assert!(
                answer.duplicate == duplicate && answer.reply.text.starts_with(told),
                "{text}: {}",
                answer.reply.text
            );
        }
    }
    assert_eq!((talk.counts(), talk.is_pending().await), ((2, 2), false));
}

#[tokio::test]
async fn a_late_duplicate_gets_the_result() {
    let mut talk = about_to_offer().await;
    let first = talk.deliver("yes-1", "yes").await;
    talk.say_all(&["4", "next"]).await;
    let again = talk.deliver("yes-1", "yes").await;
    assert_eq!((again.duplicate, again.reply), (true, first.reply));
    assert_eq!(
        talk.at().await,
        (Stage::Transactions, Some(Choice::Transactions))
    );
    assert_eq!(talk.world().calls.len(), 1);
}

#[tokio::test]
async fn duplicates_at_once_make_one_call() {
    let talk = about_to_offer().await;
    let answers = at_once(&talk, &[("yes-1", "yes"); 4]).await;
    assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
    assert_eq!(talk.counts(), (1, 1));
    assert_eq!(talk.at().await, MENU);
}

async fn at_once(talk: &Talk, messages: &[(&str, &str)]) -> Vec<Answer> {
    let tasks: Vec<_> = messages
        .iter()
        .map(|(id, text)| {
            let bot = talk.bot.clone();
            let inbound = talk.inbound(MessageId::new(*id).unwrap(), text);
            tokio::spawn(async move { Answer::of(bot.answer(inbound).await.unwrap()) })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn three_taps_on_yes_make_one_call() {
    for (behaviour, after) in [
        (Behaviour::Accepts, "✅ done 1"),
        (Behaviour::Takes(Duration::from_secs(5)), "✅ done 1"),
        (Behaviour::Refuses("Too low."), "❌ Too low."),
    ] {
        let talk = Talk::after(&["hi"]).await;
        let question = talk.deliver("ask", "10=>grace").await;
        let yes = &question.reply.buttons[0].id;
        talk.world().behaviour = behaviour;
        let taps = ["tap 1", "tap 2", "tap 3"].map(|id| (id, yes.as_str()));
        let answers = at_once(&talk, &taps).await;
        // The answer that tells it may repeat what the others have shown meanwhile.
        let told = |answer: &&Answer| answer.reply.text.contains(after);
        assert_eq!(answers.iter().filter(told).count(), 1, "{answers:?}");
        assert_eq!(talk.world().calls.len(), 1);
        // The first tap has ended the question.
        talk.deliver("tap 4", yes).await;
        assert_eq!(talk.world().calls.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn second_tap_leaves_the_session_to_the_outcome() {
    let talk = Talk::after(&["hi"]).await;
    let question = talk.deliver("ask", "10=>grace").await;
    let yes = &question.reply.buttons[0].id;
    talk.world().behaviour = Behaviour::Down;
    talk.deliver("tap 1", yes).await;
    let before = talk.revision().await;
    let again = talk.deliver("tap 2", yes).await;
    assert!(again.reply.text.contains("still in progress"));
    assert_eq!((talk.revision().await, talk.counts()), (before, (1, 0)));
    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    assert_eq!((talk.at().await, talk.counts()), (MENU, (2, 1)));
}

#[tokio::test(start_paused = true)]
async fn slow_call_is_waited_for() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Takes(Duration::from_secs(15));
    assert!(talk.say("yes").await.starts_with("✅ done 1"));
    assert_eq!((talk.at().await, talk.counts()), (MENU, (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn call_that_takes_too_long_is_asked_about() {
    let mut talk = about_to_offer().await;
    talk.work();
    talk.world().behaviour = Behaviour::Takes(Duration::from_secs(25));
    assert!(talk.say("yes").await.starts_with("⏳"));
    talk.world().behaviour = Behaviour::Takes(Duration::from_secs(5));
    sleep(Duration::from_secs(10)).await;
    assert!(talk.say("hi").await.starts_with("✅ done 1"));
    let world = talk.world();
    assert_eq!((world.calls.len(), world.effects.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn second_call_waits_for_the_first() {
    let mut talk = Talk::after(&["hi", "10=>grace"]).await;
    talk.world().behaviour = Behaviour::Down;
    talk.say("yes").await;
    for said in ["accept_o1", "hi", "accept_o1"] {
        assert!(talk.say(said).await.contains("still in progress"), "{said}");
    }
    talk.say_all(&["2", "7=>alan"]).await;
    let before = (talk.at().await, talk.revision().await);
    let reply = talk.say("yes").await;
    assert!(reply.starts_with("⏳"), "{reply}");
    assert_eq!((talk.at().await, talk.revision().await), before);
    assert_eq!(talk.world().calls.len(), 1);

    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    // A typed yes counts once the user has read what came before.
    let reply = talk.say("yes").await;
    assert!(
        reply.starts_with("✅ Your last request went through: done 1")
            && reply.contains("Offer *7 USD*"),
        "{reply}"
    );
    assert!(talk.say("yes").await.starts_with("✅ done 2"));
}

#[tokio::test]
async fn a_moved_session_has_no_open_question() {
    let confirms = [
        &["hi", "10=>grace"][..],
        &["hi", "handle_action_more_options", "2", "1", "grace"],
    ];
    for (asked, option) in confirms
        .iter()
        .zip([Choice::ConfirmOfferCredex, Choice::ConfirmAuthorization])
    {
        let mut talk = Talk::after(asked).await;
        assert_eq!(talk.at().await.1, Some(option));
        talk.support_moves_to(Stage::Menu).await;
        assert_eq!(
            talk.at().await,
            (Stage::Menu, Some(option)),
            "the option stays"
        );
        assert!(talk.say("yes").await.contains("What would you like to do?"));
        assert_eq!((talk.at().await, talk.counts()), (MENU, (0, 0)));
    }
}

#[tokio::test]
async fn a_number_never_selects_from_another_stages_list() {
    for stage in [Stage::AuthorizeMember, Stage::Notifications] {
        let mut talk = Talk::after(&["hi", "4"]).await;
        for stage in [Stage::Menu, stage] {
            talk.support_moves_to(stage).await;
        }
        assert_eq!(talk.data().await.listed, ["t1", "t2"]);
        talk.say("2").await;
        assert_eq!(
            (talk.at().await, talk.counts()),
            ((stage, Some(Choice::SelectOption)), (0, 0))
        );
        assert_ne!(talk.data().await.listed, ["t1", "t2"]);
    }
}

#[tokio::test]
async fn a_duplicate_gets_its_reply_without_the_api() {
    let talk = Talk::of_member();
    let first = talk.deliver("a", "hi").await;
    talk.world().reads_fail = true;
    let again = talk.deliver("a", "hi").await;
    assert_eq!((again.duplicate, again.reply), (true, first.reply));
}

#[tokio::test(start_paused = true)]
async fn failed_query_is_told_and_changes_nothing() {
    let talk = Talk::of_member();
    talk.world().reads_fail = true;
    let failed = talk.deliver("a", "hi").await;
    assert!(failed.reply.text.contains("try again"));
    assert_eq!(talk.revision().await, 0);
    talk.world().reads_fail = false;
    // The message is answered: another delivery of it tells the same, and the next message works.
    let again = talk.deliver("a", "hi").await;
    assert_eq!((again.duplicate, again.reply), (true, failed.reply));
    let next = talk.deliver("b", "hi").await;
    assert!(next.reply.text.contains("What would you like to do?"));
}
