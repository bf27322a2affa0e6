//! Bad input gets a typed error that says what was wrong and what is allowed; nothing is written and nothing is lost.

use harness::desk::{
    Choice, Desk, LONG, Manager, SHORT, Stage, applied, apply, message, shows, user,
};
use serde_json::{Value, json};
use vimbiso_state::Step;
use vimbiso_state::session::{InvalidState, check_state};
use vimbiso_state::{
    CachedUser, Change, Direction, Error, MemoryStore, MenuOptions, StateUpdate, Turn, UserId,
};

#[tokio::test(start_paused = true)]
async fn forbidden_step_names_what_is_allowed() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
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
    assert_eq!(
        (after.version(), after.data()),
        (before.version(), before.data())
    );
}

#[test]
fn a_refused_step_leaves_the_turn_as_it_was() {
    let mut turn = Turn::<Desk>::of(CachedUser::visitor(user(1)));
    turn.set_direction(Direction::In);
    turn.select(Choice::Weigh).unwrap();
    assert_eq!(
        turn.transition_to(Stage::Weigh, Choice::Asking),
        Ok(()),
        "staying is always legal"
    );
    turn.select(Choice::Back).unwrap();
    let refused = turn.select(Choice::Send).unwrap_err();
    assert_eq!(
        (refused.from, refused.to, refused.allowed),
        ("menu", "send", vec!["weigh"])
    );
    assert_eq!(
        (turn.stage(), turn.option(), turn.direction()),
        (Stage::Menu, Some(Choice::Back), Direction::In)
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_resolved_against_the_menu_as_last_shown() {
    let manager = Manager::new(MemoryStore::new());
    let pick = |reply: &'static str| move |turn: &mut Turn<Desk>| Ok(turn.pick(reply)?);
    let none = manager.handle(&user(1), &message("0"), pick("1")).await;
    assert_eq!(none.unwrap_err().to_string(), "no menu is open");
    for (menu, id, expected) in [(&SHORT, "a", Choice::Weigh), (&LONG, "b", Choice::Back)] {
        let _ = manager
            .handle(&user(1), &message(id), shows(menu))
            .await
            .unwrap();
        let picked = manager
            .handle(&user(1), &message(format!("{id}1")), pick("1"))
            .await
            .unwrap();
        let vimbiso_state::Handled::Committed { output, .. } = picked else {
            panic!("a new message")
        };
        assert_eq!(output, expected);
    }
    let wrong = manager.handle(&user(1), &message("c"), pick("4")).await;
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "not on the menu: reply with a number from 1 to 3, or with the name of a choice"
    );
    assert_eq!(
        manager.load(&user(1)).await.unwrap().state().menu_shown(),
        Some("long")
    );
}

/// How long the state is, as JSON.
async fn store_state(extra: Value) -> Result<usize, Error> {
    let (store, user) = (MemoryStore::new(), user(1));
    let manager = Manager::new(store.clone());
    let Value::Object(extra) = extra else {
        panic!("an object")
    };
    let stored = manager
        .handle(&user, &message("a"), |turn| {
            turn.data_mut().extra = extra.clone();
            Ok(Step::Commit(()))
        })
        .await
        .map(drop);
    assert_eq!(
        store.is_empty(),
        stored.is_err(),
        "nothing is stored of what is refused"
    );
    let checked = check_state::<Desk>(&harness::desk::State {
        extra,
        ..Default::default()
    });
    assert_eq!(checked.is_ok(), stored.is_ok(), "it can be known before");
    stored?;
    Ok(checked?)
}

#[tokio::test(start_paused = true)]
async fn unfit_state_is_refused_before_the_store_sees_it() {
    let too_large = store_state(json!({"blob": "x".repeat(64 * 1024)})).await;
    assert!(
        matches!(
            too_large,
            Err(Error::State(InvalidState::TooLarge { bytes: 65_547 }))
        ),
        "{too_large:?}"
    );
    assert_eq!(
        store_state(json!({"blob": "x".repeat(64 * 1024 - 11)}))
            .await
            .unwrap(),
        64 * 1024
    );

    // Hyphens and underscores do not count, and anything else does.
    store_state(json!({"jwt.token": 1, "p-n": 2}))
        .await
        .unwrap();
    let camel = store_state(json!({"accessToken": "x"})).await;
    assert!(
        matches!(&camel, Err(Error::State(InvalidState::SecretName { path })) if path == "accessToken"),
        "{camel:?}"
    );

    let mut deep = json!(1);
    for _ in 0..32 {
        deep = json!([deep]);
    }
    let too_deep = store_state(json!({ "deep": deep })).await;
    assert!(
        matches!(&too_deep, Err(Error::State(InvalidState::TooDeep { path })) if path.starts_with("deep.0.0")),
        "{too_deep:?}"
    );

    let secret = store_state(json!({"profile": {"password": "hunter2"}}))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        secret.contains("profile.password") && !secret.contains("hunter2"),
        "{secret}"
    );

    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjd9.c2ln";
    let token = store_state(json!({"notes": [{"text": format!("Bearer {jwt}")}]}))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        token.contains("notes.0.text") && !token.contains("eyJ"),
        "{token}"
    );
    for state in [
        json!({"link": format!("https://x/?token={jwt}")}),
        json!({"seen": {jwt: true}}),
    ] {
        let token = store_state(state).await;
        assert!(
            matches!(token, Err(Error::State(InvalidState::Token { .. }))),
            "{token:?}"
        );
        assert!(!format!("{token:?}").contains("eyJ"));
    }

    assert!(
        store_state(json!({"fine": [1.5, "text", null]}))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn closure_error_comes_back_whole_without_a_trace() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("the host's own")]
    struct Own(u32);

    let manager = Manager::new(MemoryStore::new());
    let failed = manager
        .handle(&user(1), &message("a"), |turn| -> Result<(), Error> {
            turn.data_mut().applied.push("never".into());
            Err(Error::host(Own(7)))
        })
        .await;
    assert_eq!(failed.unwrap_err().into_host::<Own>().unwrap(), Own(7));
    assert!(manager.load(&user(1)).await.unwrap().version().is_none());
    assert!(
        !manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
}

#[tokio::test(start_paused = true)]
async fn closure_panic_unwinds_and_poisons_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let panicking = tokio::spawn({
        let manager = manager.clone();
        async move {
            manager
                .handle(&user(1), &message("b"), |turn| -> Result<(), Error> {
                    turn.data_mut().applied.clear();
                    panic!("in the host's closure")
                })
                .await
        }
    });
    assert!(panicking.await.unwrap_err().is_panic());
    let handled = manager
        .handle(&user(1), &message("b"), apply("b"))
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn keep_set_and_clear_are_three_different_things() {
    let manager = Manager::new(MemoryStore::new());
    let user = user(1);
    let update = || StateUpdate::<Desk>::new("test");
    let all = update()
        .stage(Stage::Weigh)
        .option(Change::Set(Choice::Asking))
        .change(|state| state.name = Some("Tariro".into()));
    let _ = manager.update_state(&user, all).await.unwrap();

    let kept = manager.update_state(&user, update()).await.unwrap();
    assert_eq!(
        (kept.state().stage(), kept.state().option()),
        (Stage::Weigh, Some(Choice::Asking))
    );
    assert_eq!(
        (
            kept.first_name(),
            kept.last_name(),
            kept.registration_complete()
        ),
        ("Tariro", "Moyo", true)
    );

    let changed = manager
        .update_state(
            &user,
            update().change(|state| state.applied.push("x".into())),
        )
        .await
        .unwrap();
    assert_eq!(
        (changed.first_name(), changed.data().applied.len()),
        ("Tariro", 1),
        "no field is lost"
    );

    let cleared = manager
        .update_state(&user, update().option(Change::Clear))
        .await
        .unwrap();
    assert_eq!(
        (cleared.state().option(), cleared.first_name()),
        (None, "Tariro")
    );

    let emptied = manager
        .update_state(&user, update().state(Change::Clear))
        .await
        .unwrap();
    assert_eq!(
        (
            emptied.first_name(),
            emptied.last_name(),
            emptied.registration_complete()
        ),
        ("Welcome", "Visitor", false)
    );

    let refused = manager
        .update_state(
            &user,
            update()
                .stage(Stage::Menu)
                .change(|state| state.name = None),
        )
        .await;
    assert!(refused.is_ok());
    let refused = manager
        .update_state(
            &user,
            update()
                .stage(Stage::Send)
                .change(|state| state.name = None),
        )
        .await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no transition from menu to send; allowed: weigh"
    );
    assert_eq!(
        manager.load(&user).await.unwrap().state().stage(),
        Stage::Menu
    );
}

#[tokio::test(start_paused = true)]
async fn no_id_reaches_the_session_of_another() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
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
    assert!(
        applied(&manager, &UserId::new("263771230001-").unwrap())
            .await
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn reset_clears_all_but_the_token_and_forget_all() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let user = user(1);
    let token = vimbiso_state::JwtToken::new("opaque").unwrap();
    let update = StateUpdate::<Desk>::new("test")
        .stage(Stage::Weigh)
        .option(Change::Set(Choice::Asking))
        .change(|s| s.name = Some("T".into()));
    let _ = manager.update_state(&user, update).await.unwrap();
    let _ = manager
        .handle(&user, &message("shown"), shows(&SHORT))
        .await
        .unwrap();
    manager.set_jwt_token(&user, &token).await.unwrap();

    let reset = manager.reset_state(&user).await.unwrap();
    assert_eq!(
        (
            reset.state().stage(),
            reset.state().option(),
            reset.state().menu_shown()
        ),
        (Stage::Menu, None, None)
    );
    assert_eq!(reset.data(), &harness::desk::State::default());
    assert_eq!(manager.load(&user).await.unwrap().jwt_token(), Some(&token));

    manager.delete(&user).await.unwrap();
    let gone = manager.load(&user).await.unwrap();
    assert_eq!(
        (
            gone.status().name(),
            gone.jwt_token(),
            store.len(),
            store.bytes()
        ),
        ("new", None, 0, 0)
    );
    assert!(
        !manager
            .handle(&user, &message("shown"), apply("a"))
            .await
            .unwrap()
            .is_duplicate(),
        "a forgotten message is new"
    );
}

/// A desk whose only choice has a name that no store can keep.
#[derive(Debug)]
struct Careless;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misnamed {
    TwoWords,
    Missing,
    Fine,
}

impl vimbiso_state::Choice<Stage> for Misnamed {
    const ALL: &'static [Self] = &[Self::TwoWords, Self::Fine];

    fn name(self) -> &'static str {
        match self {
            Self::TwoWords => "two words",
            Self::Missing => "missing",
            Self::Fine => "fine",
        }
    }

    fn leads_to(self) -> Option<Stage> {
        None
    }
}

impl vimbiso_state::Flow for Careless {
    type Stage = Stage;
    type Choice = Misnamed;
    type Data = harness::desk::State;

    fn member(_: &harness::desk::State) -> Option<vimbiso_state::Member<'_>> {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_choice_is_refused_before_the_store_sees_it() {
    static TWO_WORDS: MenuOptions<Misnamed> =
        MenuOptions::new("menu", &[(Misnamed::Fine, ""), (Misnamed::TwoWords, "")]);
    static MISSING: MenuOptions<Misnamed> = MenuOptions::new("menu", &[(Misnamed::Missing, "")]);
    static FINE: MenuOptions<Misnamed> = MenuOptions::new("menu", &[(Misnamed::Fine, "")]);
    let store = MemoryStore::new();
    let manager = vimbiso_state::StateManager::<Careless>::new(store.clone());
    for (menu, choice, name) in [
        (&FINE, Misnamed::TwoWords, "two words"),
        (&FINE, Misnamed::Missing, "missing"),
        (&TWO_WORDS, Misnamed::Fine, "two words"),
        (&MISSING, Misnamed::Fine, "missing"),
    ] {
        let decide = |turn: &mut vimbiso_state::Turn<Careless>| {
            turn.show(menu);
            Ok(turn.select(choice)?)
        };
        let refused = manager.handle(&user(1), &message("a"), decide).await;
        assert!(
            matches!(refused, Err(Error::Name(it)) if it == name),
            "{refused:?}"
        );
    }
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_turn_in_the_place_of_another_is_not_committed() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let of = |who| Turn::of(CachedUser::visitor(user(who)));
    for who in [1, 2] {
        let refused = manager
            .handle(&user(1), &message("a"), |turn| {
                *turn = of(who);
                Ok(Step::Commit(()))
            })
            .await;
        assert!(matches!(refused, Err(Error::Replaced)), "{refused:?}");
        let mut begun = manager.begin(&user(1)).await.unwrap();
        *begun = of(who);
        assert!(matches!(begun.commit().await, Err(Error::Replaced)));
    }
    let (mut one, mut other) = (
        manager.begin(&user(1)).await.unwrap(),
        manager.begin(&user(2)).await.unwrap(),
    );
    std::mem::swap(&mut *one, &mut *other);
    assert!(matches!(one.commit().await, Err(Error::Replaced)));
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_menu_that_was_closed_is_not_picked_from() {
    static MENU: MenuOptions<Misnamed> = MenuOptions::new("menu", &[(Misnamed::Fine, "Fine")]);
    let manager = vimbiso_state::StateManager::<Careless>::new(MemoryStore::new());
    let open = |turn: &mut vimbiso_state::Turn<Careless>| {
        turn.show(&MENU);
        Ok(turn.pick("1").is_ok())
    };
    let close = |turn: &mut vimbiso_state::Turn<Careless>| {
        turn.close_menu();
        Ok(turn.pick("1").is_err())
    };
    assert_eq!(
        manager
            .handle(&user(1), &message("a"), open)
            .await
            .unwrap()
            .into_output()
            .unwrap(),
        Some(true)
    );
    assert_eq!(
        manager
            .handle(&user(1), &message("b"), close)
            .await
            .unwrap()
            .into_output()
            .unwrap(),
        Some(true)
    );
    assert!(
        manager
            .user(&user(1))
            .await
            .unwrap()
            .state()
            .menu_shown()
            .is_none()
    );
}
