//! An answer is read against the question that is open, and a button belongs to its own.

use std::time::Duration;

use harness::desk::{Choice, Desk, LONG, Manager, SHORT, begin, message, shows, user};
use vimbiso_state::flow::QuestionId;
use vimbiso_state::{Answer, Error, Handled, MemoryStore, SessionStatus, Step, Turn};

fn pick(answer: &'static str) -> impl Fn(&mut Turn<Desk>) -> Result<Step<Choice>, Error> + Send {
    move |turn| Ok(Step::Commit(turn.pick(answer)?.open()?))
}

/// Why this answer is refused.
async fn refusal(manager: &Manager, id: &str, answer: &'static str) -> String {
    let refused = manager.handle(&user(1), &message(id), pick(answer)).await;
    assert!(matches!(refused, Err(Error::NotOnMenu(_))), "{refused:?}");
    refused.unwrap_err().to_string()
}

#[tokio::test(start_paused = true)]
async fn answer_is_read_against_the_menu_last_shown() {
    let manager = Manager::new(MemoryStore::new());
    assert_eq!(refusal(&manager, "0", "1").await, "no menu or list is open");
    for (menu, id, expected) in [(&SHORT, "a", Choice::Weigh), (&LONG, "b", Choice::Back)] {
        let _ = manager
            .handle(&user(1), &message(id), shows(menu))
            .await
            .unwrap();
        let picked = manager
            .handle(&user(1), &message(format!("{id}1")), pick("1"))
            .await;
        match picked.unwrap() {
            Handled::Committed { output, .. } => assert_eq!(output, expected),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        refusal(&manager, "c", "4").await,
        "not on the menu: reply with a number from 1 to 3, or with the name of a choice"
    );
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.state().menu_shown(), Some("long"));
}

#[tokio::test(start_paused = true)]
async fn closed_menu_is_not_picked_from() {
    let manager = Manager::new(MemoryStore::new());
    let show = |turn: &mut Turn<Desk>| {
        turn.show(&SHORT);
        Ok(Step::Commit(turn.pick("1").is_ok()))
    };
    let close = |turn: &mut Turn<Desk>| {
        turn.close_question();
        Ok(Step::Commit(turn.pick("1").is_ok()))
    };
    let shown = manager.handle(&user(1), &message("a"), show).await.unwrap();
    assert_eq!(shown.into_output().unwrap(), Some(true));
    let closed = manager.handle(&user(1), &message("b"), close).await;
    assert_eq!(closed.unwrap().into_output().unwrap(), Some(false));
    let found = manager.load(&user(1)).await.unwrap();
    assert!(found.state().menu_shown().is_none());
    assert_eq!(refusal(&manager, "c", "1").await, "no menu or list is open");
}

/// Asks in a message of this id.
async fn ask(manager: &Manager, id: &str) -> QuestionId {
    let asks = |turn: &mut Turn<Desk>| Ok(Step::Commit(turn.ask()));
    let asked = manager.handle(&user(1), &message(id), asks).await.unwrap();
    asked.into_output().unwrap().unwrap()
}

/// What a message with this text is read as, and how its session was found.
async fn read(manager: &Manager, id: &str, text: &str) -> (Answer<String>, &'static str) {
    let reads = |turn: &mut Turn<Desk>| {
        let answer = turn.answer(text).map(str::to_owned);
        Ok(Step::Stop((answer, turn.status().name())))
    };
    match manager.handle(&user(1), &message(id), reads).await.unwrap() {
        Handled::Stopped { output, .. } => output,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn yes_below_an_older_question_confirms_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let five = ask(&manager, "pay 5").await.button("yes");
    let five_hundred = ask(&manager, "pay 500").await.button("yes");
    let yes = "yes".to_owned();
    assert_eq!(
        read(&manager, "a", &five).await.0,
        Answer::Older(yes.clone())
    );
    assert_eq!(
        read(&manager, "b", &five_hundred).await.0,
        Answer::Open(yes.clone())
    );
    // Also if the questions were handled in another order than they were sent in.
    let manager = Manager::new(MemoryStore::new());
    let _ = ask(&manager, "pay 500").await;
    assert_eq!(ask(&manager, "pay 5").await.button("yes"), five);
    assert_eq!(
        read(&manager, "a", &five_hundred).await.0,
        Answer::Older(yes)
    );
}

#[tokio::test(start_paused = true)]
async fn button_after_an_expiry_is_older() {
    let manager = Manager::new(MemoryStore::new());
    let yes = ask(&manager, "a").await.button("yes");
    assert_eq!(
        read(&manager, "b", &yes).await,
        (Answer::Open("yes".into()), "active")
    );
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(
        read(&manager, "c", &yes).await,
        (Answer::Older("yes".into()), "expired")
    );
}

#[tokio::test(start_paused = true)]
async fn button_of_a_deleted_session_is_older() {
    let manager = Manager::new(MemoryStore::new());
    let yes = ask(&manager, "a").await.button("yes");
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(
        read(&manager, "b", &yes).await,
        (Answer::Older("yes".into()), "new")
    );
}

#[tokio::test(start_paused = true)]
async fn duplicate_has_the_same_buttons() {
    let manager = Manager::new(MemoryStore::new());
    let asks = |turn: &mut Turn<Desk>| {
        let button = turn.ask().button("yes");
        turn.remember_reply(&button)?;
        Ok(Step::Commit(button))
    };
    let mut buttons = Vec::new();
    for _ in 0..2 {
        let handled = manager.handle(&user(1), &message("a"), asks).await.unwrap();
        buttons.push(handled.into_output().unwrap().unwrap());
    }
    assert_eq!(buttons[0], buttons[1]);
    let answer = read(&manager, "b", &buttons[1]).await.0;
    assert_eq!(answer, Answer::Open("yes".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn message_decided_on_two_sessions_asks_once() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let other_worker = Manager::new(store);
    let _ = ask(&manager, "first").await;
    // Decided on a snapshot that another worker makes stale.
    let mut slow = begin(&manager, &user(1), "slow").await;
    let refused = slow.ask();
    let meanwhile = ask(&other_worker, "fast").await;
    assert!(matches!(slow.commit().await, Err(Error::Conflict)));
    let open = meanwhile.button("yes");
    assert_eq!(
        read(&manager, "a", &open).await.0,
        Answer::Open("yes".to_owned())
    );
    // The same message decided again has the same id, now on the newer session.
    assert_eq!(ask(&manager, "slow").await, refused);
    assert_eq!(
        read(&manager, "b", &open).await.0,
        Answer::Older("yes".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn two_workers_read_a_button_alike() {
    let store = MemoryStore::new();
    let yes = ask(&Manager::new(store.clone()), "a").await.button("yes");
    let other_worker = Manager::new(store);
    assert_eq!(
        read(&other_worker, "b", &yes).await.0,
        Answer::Open("yes".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn update_leaves_the_question_open() {
    let manager = Manager::new(MemoryStore::new());
    let yes = ask(&manager, "a").await.button("yes");
    let rename = |turn: &mut Turn<Desk>| {
        turn.data_mut().name = Some("Ada".to_owned());
        Ok(())
    };
    manager
        .update_state(&user(1), "rename", rename)
        .await
        .unwrap();
    assert_eq!(
        read(&manager, "b", &yes).await.0,
        Answer::Open("yes".to_owned())
    );
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        Some(yes),
        found.state().question().map(|open| open.button("yes"))
    );
    assert_eq!(found.status(), &SessionStatus::Active);
}
