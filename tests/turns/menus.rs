//! An answer is read against the menu that was shown last.

use harness::desk::{Choice, Desk, LONG, Manager, SHORT, message, shows, user};
use vimbiso_state::{Error, Handled, MemoryStore, Step, Turn};

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
    assert_eq!(refusal(&manager, "0", "1").await, "no menu is open");
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
    assert_eq!(refusal(&manager, "c", "1").await, "no menu is open");
}
