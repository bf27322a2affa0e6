//! A turn that fails gives a typed error, writes nothing and loses nothing.

use harness::desk::{Choice, Desk, Manager, Stage, applied, deliver, message, user};
use vimbiso_state::{CachedUser, Direction, Error, MemoryStore, Step, Turn, UserId};

#[tokio::test(start_paused = true)]
async fn forbidden_step_names_what_is_allowed() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let before = manager.load(&user(1)).await.unwrap();
    let refused = manager
        .handle(&user(1), &message("b"), |turn| {
            turn.data_mut().applied.clear();
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no transition from menu to send; allowed: weigh"
    );
    let after = manager.load(&user(1)).await.unwrap();
    assert_eq!(after.version(), before.version());
    assert_eq!(after.data(), before.data());
}

#[test]
fn refused_step_leaves_the_turn_as_it_was() {
    let mut turn = Turn::<Desk>::of(CachedUser::visitor(user(1)));
    turn.set_direction(Direction::In);
    turn.select(Choice::Weigh).unwrap();
    let stay = turn.transition_to(Stage::Weigh, Choice::Asking);
    assert_eq!(stay, Ok(()), "staying is always allowed");
    turn.select(Choice::Back).unwrap();

    let refused = turn.select(Choice::Send).unwrap_err();
    assert_eq!(refused.from, "menu");
    assert_eq!(refused.to, "send");
    assert_eq!(refused.allowed, ["weigh"]);
    assert_eq!(turn.stage(), Stage::Menu);
    assert_eq!(turn.option(), Some(Choice::Back));
    assert_eq!(turn.direction(), Direction::In);
}

#[tokio::test(start_paused = true)]
async fn closure_error_comes_back_whole_without_a_trace() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("the host's own")]
    struct Own(u32);

    let manager = Manager::new(MemoryStore::new());
    let fails = |turn: &mut Turn<Desk>| -> Result<Step<()>, Error> {
        turn.data_mut().applied.push("never".into());
        Err(Error::host(Own(7)))
    };
    let failed = manager.handle(&user(1), &message("a"), fails).await;
    assert_eq!(failed.unwrap_err().into_host::<Own>().unwrap(), Own(7));
    assert!(manager.load(&user(1)).await.unwrap().version().is_none());
    assert!(!deliver(&manager, &user(1), "a").await.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn closure_panic_unwinds_and_poisons_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let panicking = tokio::spawn({
        let manager = manager.clone();
        let panics = |turn: &mut Turn<Desk>| -> Result<Step<()>, Error> {
            turn.data_mut().applied.clear();
            panic!("in the host's closure")
        };
        async move { manager.handle(&user(1), &message("b"), panics).await }
    });
    assert!(panicking.await.unwrap_err().is_panic());
    let handled = deliver(&manager, &user(1), "b").await;
    assert_eq!(handled.user().data().applied, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn no_id_reaches_the_session_of_another() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    for text in [
        "263771230001_stage",
        "{263771230001}",
        "263771230001:x",
        "26377123000*",
        "263771230001 ",
        "263771230001\n",
    ] {
        assert!(UserId::new(text).is_err(), "{text:?}");
    }
    let similar = UserId::new("263771230001-").unwrap();
    assert!(applied(&manager, &similar).await.is_empty());
}
