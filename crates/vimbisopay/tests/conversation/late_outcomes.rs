//! Calls whose outcome comes late: after an outage, a crash, or the session's end.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, MessageId};
use vimbisopay::Place;

use crate::accounts_api::Behaviour;
use crate::harness::{MENU, Phone, Talk};

const SUBMITTING: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::Submitting));
const LEASE: Duration = Duration::from_secs(30);

async fn about_to_offer() -> Talk {
    Talk::after(&["hi", "10=>grace"]).await
}

/// The same with a bot that sends its replies. The phone shows those that come from here on.
async fn about_to_offer_by_phone() -> (Talk, Phone) {
    let mut talk = Talk::of_member();
    let phone = Phone::default();
    let bot = talk.another_bot().channel(phone.clone());
    talk.bot = bot.build().unwrap();
    tokio::spawn(talk.bot.clone().work());
    for (id, text) in [("hi", "hi"), ("offer", "10=>grace")] {
        talk.hand_over(id, text).await;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(phone.take().len(), 2);
    (talk, phone)
}

/// A process that dies while it waits for the API: with its runtime, all its tasks end.
async fn crash_during(talk: &Talk, id: &str, text: &str, behaviour: Behaviour) {
    talk.world().behaviour = behaviour;
    let bot = talk.another_bot().build().unwrap();
    let inbound = talk.inbound(MessageId::new(id).unwrap(), text);
    let process = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let answered = runtime.block_on(async {
            let wait = Duration::from_millis(50);
            timeout(wait, bot.answer(inbound)).await.is_ok()
        });
        assert!(!answered);
    });
    process.join().unwrap();
    // The paused clock must not be behind that of the other runtime, which has given the lease.
    sleep(Duration::from_secs(2)).await;
    talk.world().behaviour = Behaviour::Accepts;
}

#[tokio::test(start_paused = true)]
async fn call_is_announced_before_it_is_made() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes", Behaviour::Hangs).await;
    assert_eq!(talk.at().await, SUBMITTING);
    let user = talk.cached().await;
    let keys: Vec<_> = talk.world().calls.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, [user.pending_call().unwrap()]);
    let back = Place {
        stage: Stage::OfferCredex,
        option: Some(Choice::OfferCredex),
    };
    assert_eq!(user.data().back_to, Some(back));
    assert_eq!(user.state().direction(), Direction::In, "no reply was sent");
    assert_eq!(user.data().draft, None);
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_the_call_is_made_without_a_message() {
    for (behaviour, effects) in [(Behaviour::Hangs, 1), (Behaviour::HangsBeforeTheEffect, 0)] {
        let mut talk = about_to_offer().await;
        crash_during(&talk, "yes-1", "yes", behaviour).await;
        assert_eq!(talk.counts(), (1, effects));
        talk.work();
        sleep(LEASE + Duration::from_secs(3)).await;
        assert_eq!(talk.at().await, MENU);
        {
            let world = talk.world();
            let again = world.calls.iter().all(|call| *call == world.calls[0]);
            assert!(again, "the same call under the same key");
            // If it took effect, asking about it is enough.
            assert_eq!((world.calls.len(), world.effects.len()), (2 - effects, 1));
        }
        let reply = talk.say("what?").await;
        assert!(reply.starts_with("✅ done 1"), "{reply}");
        assert!(reply.contains("Invalid option"), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn duplicate_without_a_result_is_in_progress() {
    let talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes", Behaviour::Hangs).await;
    for _ in 0..2 {
        let again = talk.deliver("yes-1", "yes").await;
        assert!(again.duplicate && again.reply.text.contains("still in progress"));
    }
    assert_eq!((talk.at().await, talk.counts()), (SUBMITTING, (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn messages_meanwhile_are_answered_and_make_no_call() {
    for text in ["hi", "no", "yes", "4", "what?", "accept_o1", "99=>alan"] {
        let mut talk = about_to_offer().await;
        talk.world().behaviour = Behaviour::Down;
        talk.say("yes").await;
        let first = talk.deliver("next", text).await;
        assert!(
            first.reply.text.contains("still in progress"),
            "{text}: {}",
            first.reply.text
        );
        let again = talk.deliver("next", text).await;
        assert_eq!((again.duplicate, again.reply), (true, first.reply));
        assert_eq!(talk.counts(), (1, 0), "{text}");

        talk.world().behaviour = Behaviour::Accepts;
        talk.work();
        sleep(Duration::from_secs(5)).await;
        let reply = talk.say("hi").await;
        assert!(
            reply.starts_with("✅ done 1")
                || reply.starts_with("✅ Your last request went through: done 1"),
            "{text}: {reply}"
        );
        assert_eq!(talk.counts(), (2, 1), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn call_is_pending_until_the_api_answers() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.work();
    assert!(talk.say("yes").await.contains("still in progress"));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(
        (talk.at().await, talk.is_pending().await),
        (SUBMITTING, true)
    );
    talk.world().behaviour = Behaviour::Accepts;
    sleep(Duration::from_secs(5)).await;
    assert_eq!((talk.at().await, talk.is_pending().await), (MENU, false));
    assert!(talk.say("hello?").await.starts_with("✅ done 1"));
    let world = talk.world();
    assert!(world.calls.len() > 1 && world.effects.len() == 1);
    assert!(world.calls.iter().all(|call| *call == world.calls[0]));
}

#[tokio::test(start_paused = true)]
async fn lost_answer_is_asked_for() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::LosesTheAnswer;
    talk.work();
    assert!(talk.say("yes").await.contains("still in progress"));
    sleep(Duration::from_secs(5)).await;
    assert!(talk.say("hello?").await.starts_with("✅ done 1"));
    assert_eq!(talk.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn duplicate_gets_a_result_that_was_told_later() {
    let mut talk = about_to_offer().await;
    crash_during(&talk, "yes-1", "yes", Behaviour::Hangs).await;
    talk.work();
    sleep(LEASE + Duration::from_secs(3)).await;
    for _ in 0..2 {
        let again = talk.deliver("yes-1", "yes").await;
        assert!(again.duplicate && again.reply.text.starts_with("✅ done 1"));
        talk.say("hi").await;
    }
    assert_eq!(talk.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn user_who_went_on_stays_there() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.say_all(&["yes", "hi", "4", "next"]).await;
    let at = talk.at().await;
    assert_eq!(at, (Stage::Transactions, Some(Choice::Transactions)));
    let before = talk.data().await;
    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    assert_eq!((talk.at().await, talk.data().await), (at, before));
    let reply = talk.say("next").await;
    assert!(
        reply.starts_with("✅ Your last request went through: done 1") && reply.contains("page 3"),
        "{reply}"
    );
    assert_eq!(talk.counts().1, 1);
}

#[tokio::test(start_paused = true)]
async fn user_who_went_on_sees_the_new_balance() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.say_all(&["yes", "hi"]).await;
    let balance = serde_json::json!({"securedNetBalancesByDenom": ["89.76 USD"]});
    talk.world().dashboard.as_mut().unwrap().accounts[0].balance_data = Some(balance);
    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    assert!(talk.say("what?").await.contains("Secured: 89.76 USD"));
}

#[tokio::test(start_paused = true)]
async fn outcome_is_told_without_a_message() {
    let (talk, phone) = about_to_offer_by_phone().await;
    talk.world().behaviour = Behaviour::Down;
    talk.hand_over("yes-1", "yes").await;
    sleep(Duration::from_secs(8)).await;
    assert!(phone.texts().is_empty());
    // A user who waits is told that there is no outcome yet, once.
    sleep(Duration::from_secs(60)).await;
    let [waiting] = &phone.texts()[..] else {
        panic!("{:?}", phone.texts())
    };
    assert!(waiting.contains("still in progress"));
    talk.world().behaviour = Behaviour::Accepts;
    sleep(Duration::from_secs(35)).await;
    assert!(
        phone.texts()[1].starts_with("✅ done 1"),
        "{:?}",
        phone.texts()
    );
    assert_eq!((talk.at().await, talk.counts().1), (MENU, 1));
}

#[tokio::test(start_paused = true)]
async fn user_whose_call_was_quick_is_not_reminded() {
    let (talk, phone) = about_to_offer_by_phone().await;
    talk.hand_over("yes-1", "yes").await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(phone.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn call_survives_the_session_and_is_told() {
    for (behaviour, told) in [
        (
            Behaviour::Accepts,
            "✅ Your last request went through: done 1",
        ),
        (
            Behaviour::Refuses("Too low."),
            "❌ Your last request was refused: Too low.",
        ),
    ] {
        let (talk, phone) = about_to_offer_by_phone().await;
        talk.world().behaviour = Behaviour::Down;
        talk.hand_over("yes-1", "yes").await;
        sleep(Duration::from_secs(301)).await;
        assert_eq!(talk.cached().await.status().name(), "expired");
        assert!(talk.is_pending().await);
        talk.world().behaviour = behaviour;
        sleep(Duration::from_secs(40)).await;
        assert_eq!(phone.texts().last().unwrap(), told);
        // The outcome revives no session: the next message still finds it expired.
        let user = talk.cached().await;
        assert_eq!(
            (user.status().name(), user.pending_call()),
            ("expired", None)
        );
        assert_eq!(talk.at().await, (Stage::Menu, None));
        let made = talk.counts();
        talk.hand_over("next", "hi").await;
        sleep(Duration::from_secs(1)).await;
        let texts = phone.texts();
        let reply = texts.last().unwrap();
        assert!(
            reply.starts_with("Your session expired.\n\nHello, Ada."),
            "{reply}"
        );
        assert_eq!((talk.at().await, talk.counts()), (MENU, made));
    }
}

#[tokio::test(start_paused = true)]
async fn new_session_is_told_that_a_call_is_pending() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    talk.say("yes").await;
    sleep(Duration::from_secs(301)).await;
    let reply = talk.say("hi").await;
    assert!(
        reply.starts_with("Your session expired.\n\n⏳ Your request is still in progress."),
        "{reply}"
    );
    assert!(reply.contains("What would you like to do?"));
    talk.say("1").await;
    let asking = talk.at().await;
    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(
        talk.at().await,
        asking,
        "it is not the session that made the call"
    );
    let reply = talk.say("what?").await;
    assert!(
        reply.starts_with("✅ Your last request went through: done 1"),
        "{reply}"
    );
}

#[tokio::test(start_paused = true)]
async fn call_that_was_never_made_is_told() {
    let mut talk = about_to_offer().await;
    {
        let mut world = talk.world();
        world.behaviour = Behaviour::Down;
        world.repeat_for = Duration::ZERO;
        world.settles_within = Some(Duration::from_secs(10));
    }
    talk.work();
    talk.say("yes").await;
    sleep(Duration::from_secs(90)).await;
    assert_eq!(
        talk.at().await,
        (Stage::OfferCredex, Some(Choice::OfferCredex))
    );
    let reply = talk.say("hi").await;
    assert!(
        reply.contains("❌ Your last request did not go through."),
        "{reply}"
    );
    assert_eq!(talk.counts(), (1, 0), "a key without meaning is used once");
}

#[tokio::test(start_paused = true)]
async fn call_without_an_outcome_is_given_up() {
    let mut talk = about_to_offer().await;
    talk.world().behaviour = Behaviour::Down;
    let bot = talk.another_bot().give_up_after(Duration::from_secs(60));
    tokio::spawn(bot.build().unwrap().work());
    talk.say("yes").await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!((talk.at().await, talk.is_pending().await), (MENU, false));
    let reply = talk.say("hi").await;
    assert!(
        reply.contains("could not find out whether your last request"),
        "{reply}"
    );
}
