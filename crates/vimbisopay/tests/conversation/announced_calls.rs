//! Calls that change something: delivered twice, interrupted, unanswered, expired.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, MessageId, Step};

use crate::harness::{Behaviour, MENU, Talk};

const SUBMITTING: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::Submitting));

async fn about_to_offer() -> Talk {
    Talk::after(&["hi", "10=>grace"]).await
}

/// Handles a message and crashes while it waits for the API.
async fn crash_during(talk: &Talk, id: &str, text: &str) {
    talk.world().behaviour = Behaviour::Hangs;
    let message = MessageId::new(id).unwrap();
    let wait = Duration::from_millis(50);
    assert!(
        timeout(wait, talk.bot.answer(&talk.user, &message, text))
            .await
            .is_err()
    );
    talk.world().behaviour = Behaviour::Accepts;
}

#[tokio::test]
async fn a_call_is_announced_before_it_is_made() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes").await;
    assert_eq!(talk.at().await, SUBMITTING);
    let user = talk.cached().await;
    let pending = user.data().pending.clone().unwrap();
    assert_eq!(talk.world().calls, [(pending.key, pending.call)]);
    assert_eq!(
        (pending.stage, pending.option),
        (Stage::OfferCredex, Some(Choice::OfferCredex))
    );
    assert_eq!(user.state().direction(), Direction::In, "no reply was sent");
    assert_eq!(user.data().draft, None);
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
            let answer = talk.bot.answer(&talk.user, part, text).await.unwrap();
            assert!(
                answer.duplicate == duplicate && answer.reply.text.starts_with(told),
                "{text}: {}",
                answer.reply.text
            );
        }
    }
    assert_eq!((talk.counts(), talk.data().await.pending), ((2, 2), None));
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
    let answers = four_at_once(&talk).await;
    assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
    assert_eq!(talk.counts(), (1, 1));
    assert_eq!(talk.at().await, MENU);
}

async fn four_at_once(talk: &Talk) -> Vec<vimbisopay::Answer> {
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let bot = talk.bot.clone();
            let user = talk.user.clone();
            tokio::spawn(async move {
                bot.answer(&user, &MessageId::new("yes-1").unwrap(), "yes")
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn a_duplicate_without_a_result_is_in_progress() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes").await;
    let again = talk.deliver("yes-1", "yes").await;
    assert!(again.duplicate && again.reply.text.contains("in progress"));
    assert_eq!((talk.at().await, talk.counts()), (SUBMITTING, (1, 1)));
}

#[tokio::test]
async fn after_a_crash_the_next_message_repeats_the_call() {
    for text in ["hi", "no", "4", "what?", "accept_o1", "99=>alan"] {
        let talk = about_to_offer().await;
        crash_during(&talk, "yes-1", "yes").await;
        let answer = talk.deliver("next", text).await;
        assert!(
            answer.reply.text.starts_with("✅ done 1"),
            "{text}: {}",
            answer.reply.text
        );
        assert_eq!(talk.at().await, MENU);
        let world = talk.world();
        assert_eq!(
            world.calls[0], world.calls[1],
            "the same call under the same key"
        );
        assert_eq!(
            (world.calls.len(), world.effects.len()),
            (2, 1),
            "made twice, and once in effect"
        );
    }
}

#[tokio::test]
async fn a_message_that_repeats_a_call_has_duplicates() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes").await;
    let first = talk.deliver("next", "hi").await;
    let again = talk.deliver("next", "hi").await;
    assert_eq!((again.duplicate, again.reply), (true, first.reply));
    assert_eq!(talk.world().calls.len(), 2);
}

#[tokio::test]
async fn a_call_is_pending_until_the_api_answers() {
    for down in [Behaviour::Down, Behaviour::LosesTheAnswer] {
        let mut talk = about_to_offer().await;
        talk.world().behaviour = down;
        assert!(talk.say("yes").await.contains("no answer yet"));
        assert!(talk.say("hello?").await.contains("no answer yet"));
        assert_eq!(talk.at().await, SUBMITTING);
        talk.world().behaviour = Behaviour::Accepts;
        assert!(talk.say("hello?").await.starts_with("✅ done 1"));
        assert_eq!(talk.at().await, MENU);
        let world = talk.world();
        assert_eq!((world.calls.len(), world.effects.len()), (3, 1));
        assert!(world.calls.iter().all(|call| *call == world.calls[0]));
    }
}

#[tokio::test]
async fn a_duplicate_after_another_message_got_the_result() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes").await;
    talk.deliver("next", "hi").await;
    let again = talk.deliver("yes-1", "yes").await;
    assert!(
        again.duplicate && again.reply.text.contains("dealt with"),
        "{}",
        again.reply.text
    );
    assert_eq!(talk.counts(), (2, 1));
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
async fn a_late_result_is_told_and_changes_nothing() {
    let talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.deliver("yes-1", "yes").await;
    let pending = talk.data().await.pending.unwrap();
    talk.world().behaviour = Behaviour::Accepts;
    talk.deliver("next", "hi").await;
    talk.deliver("later", "4").await;
    let before = talk.data().await;

    // The worker of the first message gets its answer late.
    let receipt = talk.world().done[&pending.key].clone();
    let result = MessageId::new("yes-1").unwrap().step("result");
    let handled = talk
        .manager
        .handle(&talk.user, &result, |turn| {
            vimbisopay::record_result(turn, &pending, &receipt).map(Step::Commit)
        })
        .await
        .unwrap();
    assert_eq!(handled.into_output().unwrap().unwrap().text, "✅ done 1");
    assert_eq!(
        talk.at().await,
        (Stage::Transactions, Some(Choice::Transactions))
    );
    assert_eq!(talk.data().await, before);
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_tells_the_outcome_of_its_call() {
    for (behaviour, told) in [
        (Behaviour::LosesTheAnswer, "went through: done 1"),
        (Behaviour::Down, "no trace of your last request"),
    ] {
        let mut talk = about_to_offer().await;
        talk.world().behaviour = behaviour;
        talk.say("yes").await;
        // A message in between prolongs the session, and the key is still that of the announcement.
        sleep(Duration::from_secs(200)).await;
        talk.say("hello?").await;
        sleep(Duration::from_secs(301)).await;
        talk.world().behaviour = Behaviour::Accepts;
        let made = talk.counts();
        let reply = talk.say("hi").await;
        assert!(
            reply.starts_with("Your session expired.") && reply.contains(told),
            "{reply}"
        );
        assert!(reply.contains("What would you like to do?"));
        assert_eq!(
            (talk.at().await, talk.counts()),
            (MENU, made),
            "nothing is made again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_tells_an_unseen_refusal() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.say("yes").await;
    let key = talk.world().calls[0].0;
    talk.world().done.insert(key, Err("Too low.".into()));
    sleep(Duration::from_secs(301)).await;
    assert!(talk.say("hi").await.contains("was refused: Too low."));
}

#[tokio::test(start_paused = true)]
async fn a_result_revives_no_expired_session() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.say("yes").await;
    let pending = talk.data().await.pending.unwrap();
    sleep(Duration::from_secs(301)).await;
    let result = MessageId::new("m3").unwrap().step("result");
    let refusal = Err("Too low.".to_owned());
    let handled = talk
        .manager
        .handle(&talk.user, &result, |turn| {
            vimbisopay::record_result(turn, &pending, &refusal).map(Step::Commit)
        })
        .await
        .unwrap();
    assert_eq!(handled.into_output().unwrap().unwrap().text, "❌ Too low.");
    assert_eq!(talk.at().await, (Stage::Menu, None));
    talk.world().behaviour = Behaviour::Accepts;
    assert!(talk.say("hi").await.contains("What would you like to do?"));
}

#[tokio::test]
async fn a_duplicate_gets_its_reply_without_the_api() {
    let talk = Talk::of_member();
    let first = talk.deliver("a", "hi").await;
    talk.world().reads_fail = true;
    let again = talk.deliver("a", "hi").await;
    assert_eq!((again.duplicate, again.reply), (true, first.reply));
}

#[tokio::test]
async fn a_failed_query_lets_the_next_delivery_take_effect() {
    let talk = Talk::of_member();
    talk.world().reads_fail = true;
    assert!(
        talk.deliver("a", "hi")
            .await
            .reply
            .text
            .contains("try again")
    );
    assert_eq!(talk.revision().await, 0);
    talk.world().reads_fail = false;
    let again = talk.deliver("a", "hi").await;
    assert!(!again.duplicate && again.reply.text.contains("What would you like to do?"));
}
