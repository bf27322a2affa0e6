//! The first message of a new, expired, recovered or submitting session.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{CommitOutcome, CommitRequest, Session, StateStore};
use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{CommitId, SessionStatus};

use crate::accounts_api::Behaviour;
use crate::harness::{MENU, Talk};

#[tokio::test]
async fn a_new_user_is_welcomed_and_a_known_one_greeted() {
    let mut talk = Talk::of_member();
    assert!(talk.say("hi").await.starts_with("👋 Welcome"));
    assert!(talk.say("hi").await.starts_with("Hello, Ada."));
}

#[tokio::test]
async fn any_first_message_opens_the_menu() {
    for text in ["hi", "4", "what?", "next", "yes"] {
        let mut talk = Talk::of_member();
        assert!(
            talk.say(text).await.contains("What would you like to do?"),
            "{text}"
        );
        assert_eq!(talk.at().await, MENU);
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_is_not_a_new_one() {
    let mut talk = Talk::after(&["hi", "4"]).await;
    sleep(Duration::from_secs(301)).await;
    let reply = talk.say("2").await;
    assert!(
        reply.starts_with("Your session expired.") && reply.contains("What would you like to do?"),
        "{reply}"
    );
    assert_eq!(
        talk.at().await,
        MENU,
        "2 was a reply to the page of transactions, so the menu must not read it"
    );
    assert!(talk.say("hi").await.starts_with("Hello"), "it is told once");
}

#[tokio::test(start_paused = true)]
async fn an_expired_question_is_not_confirmed() {
    let mut talk = Talk::after(&["hi", "10=>grace"]).await;
    sleep(Duration::from_secs(301)).await;
    assert!(talk.say("yes").await.starts_with("Your session expired."));
    assert!(talk.world().calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_button_of_an_expired_session_still_acts() {
    let mut talk = Talk::after(&["hi", "2"]).await;
    sleep(Duration::from_secs(301)).await;
    let reply = talk.say("accept_o1").await;
    assert!(
        reply.starts_with("Your session expired.") && reply.contains("✅ done 1"),
        "{reply}"
    );
    assert_eq!(talk.world().effects.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_query_leaves_an_expired_session_expired() {
    let mut talk = Talk::after(&["hi"]).await;
    sleep(Duration::from_secs(301)).await;
    talk.world().reads_fail = true;
    assert!(talk.say("hi").await.contains("try again"));
    talk.world().reads_fail = false;
    assert!(talk.say("hi").await.starts_with("Your session expired."));
}

/// Changes the stored session to one that no release writes.
async fn corrupt(talk: &Talk, change: impl FnOnce(&mut Record)) {
    let deadline = Instant::now() + Duration::from_secs(1);
    let loaded = talk.store.load(&talk.user, None, deadline).await.unwrap();
    let Session::Live(record) = &loaded.session else {
        panic!("no session")
    };
    let mut record = Record::clone(record);
    record.version = Version::after(Some(record.version));
    change(&mut record);
    let commit = CommitRequest {
        id: &CommitId::random(),
        precondition: &loaded.precondition,
        record: &Arc::new(record),
        reply: None,
        drop_token: false,
        ttl: Duration::from_secs(300),
        max_lifetime: Duration::from_secs(3600),
        deadline,
    };
    assert!(matches!(
        talk.store.commit(&talk.user, commit).await.unwrap(),
        CommitOutcome::Applied(_)
    ));
}

#[tokio::test]
async fn an_unreadable_session_starts_over() {
    for text in ["hi", "4", "next"] {
        let mut talk = Talk::after(&["hi", "4", "next"]).await;
        corrupt(&talk, |record| record.stage = "handle_action_gone".into()).await;
        assert!(matches!(
            talk.cached().await.status(),
            SessionStatus::Recovered { .. }
        ));
        let reply = talk.say(text).await;
        assert!(
            reply.contains("start over") && reply.contains("What would you like to do?"),
            "{reply}"
        );
        assert_eq!(talk.at().await, MENU);
    }
}

#[tokio::test]
async fn an_unreadable_state_starts_over() {
    let mut talk = Talk::after(&["hi", "4"]).await;
    corrupt(&talk, |record| {
        record.data = r#"{"page_number":"two"}"#.into()
    })
    .await;
    assert!(talk.say("1").await.contains("start over"));
    assert_eq!(talk.at().await, MENU);
}

#[tokio::test(start_paused = true)]
async fn a_recovered_session_keeps_its_pending_call() {
    for (behaviour, told) in [
        (
            Behaviour::Accepts,
            "✅ Your last request went through: done 1",
        ),
        (
            Behaviour::Refuses("Too late."),
            "❌ Your last request was refused: Too late.",
        ),
    ] {
        let mut talk = Talk::after(&["hi", "1"]).await;
        talk.world().behaviour = Behaviour::Down;
        talk.say("accept_o1").await;
        corrupt(&talk, |record| record.stage = "handle_action_gone".into()).await;
        assert!(talk.say("hi").await.contains("start over"));
        assert_eq!(talk.at().await, MENU);
        talk.world().behaviour = behaviour;
        talk.work();
        sleep(Duration::from_secs(5)).await;
        let reply = talk.say("hi").await;
        assert!(reply.starts_with(told), "{reply}");
        assert_eq!((talk.at().await, talk.is_pending().await), (MENU, false));
        let world = talk.world();
        assert!(world.calls.iter().all(|call| *call == world.calls[0]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_moves_no_unreadable_session() {
    let mut talk = Talk::after(&["hi", "1"]).await;
    talk.world().behaviour = Behaviour::Down;
    talk.say("accept_o1").await;
    corrupt(&talk, |record| record.stage = "handle_action_gone".into()).await;
    talk.world().behaviour = Behaviour::Accepts;
    talk.work();
    sleep(Duration::from_secs(5)).await;
    let reply = talk.say("hi").await;
    assert!(
        reply.starts_with("✅ Your last request went through: done 1")
            && reply.contains("start over"),
        "{reply}"
    );
    assert_eq!((talk.at().await, talk.counts().1), (MENU, 1));
}

#[tokio::test]
async fn submitting_without_a_call_is_no_dead_end() {
    let mut talk = Talk::after(&["hi", "1"]).await;
    talk.support(|turn| {
        let stage = turn.stage();
        Ok(turn.transition_to(stage, Choice::Submitting)?)
    })
    .await;
    talk.say("4").await;
    assert_eq!(talk.at().await, MENU);
    talk.support_moves_to(Stage::SwitchAccount).await;
    talk.say("4").await;
    assert_eq!(talk.at().await, MENU);
}
