//! Random steps: the session is what a plain model says it is, and no series of steps leaves the
//! table. `PROPTEST_CASES=10000 cargo test --test turns random_steps` for more of them.

use std::collections::HashMap;
use std::time::Duration;

use harness::desk::{Choice, Manager, SHORT, Stage, message, user};
use proptest::prelude::*;
use tokio::time::advance;
use vimbiso_state::{Answer, Error, MemoryStore, Stage as _, Step, UserId};

#[derive(Debug, Clone)]
enum Action {
    Go {
        message: u8,
        to: Stage,
        option: Option<Choice>,
    },
    Fail {
        message: u8,
    },
    Stop {
        message: u8,
    },
    Pick {
        message: u8,
        answer: &'static str,
    },
    Update {
        stage: Stage,
        option: Change,
    },
    Reset,
    Delete,
    Wait {
        seconds: u64,
    },
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Keep,
    Set(Choice),
    Clear,
}

/// An action, and which of two users it is for.
fn action() -> impl Strategy<Value = (usize, Action)> {
    let choices = vec![Choice::Weigh, Choice::Send, Choice::Back, Choice::Asking];
    let choice = prop::sample::select(choices);
    let stage = prop::sample::select(vec![Stage::Menu, Stage::Weigh, Stage::Send]);
    let change = prop_oneof![
        Just(Change::Keep),
        Just(Change::Clear),
        choice.clone().prop_map(Change::Set)
    ];
    let answers = vec!["1", "2", "3", "0", "weigh", "send", "x"];
    let go =
        (any::<u8>(), stage.clone(), prop::option::of(choice)).prop_map(|(message, to, option)| {
            Action::Go {
                message,
                to,
                option,
            }
        });
    let pick = (any::<u8>(), prop::sample::select(answers))
        .prop_map(|(message, answer)| Action::Pick { message, answer });
    let update = (stage, change).prop_map(|(stage, option)| Action::Update { stage, option });
    let wait = prop::sample::select(vec![1, 100, 200, 301]);
    let action = prop_oneof![
        8 => go,
        1 => any::<u8>().prop_map(|message| Action::Fail { message }),
        1 => any::<u8>().prop_map(|message| Action::Stop { message }),
        4 => pick,
        2 => update,
        1 => Just(Action::Reset),
        1 => Just(Action::Delete),
        2 => wait.prop_map(|seconds| Action::Wait { seconds }),
    ];
    (0..2_usize, action)
}

/// The session as plain facts.
#[derive(Debug, Clone, PartialEq, Default)]
struct Model {
    live: Option<Session>,
    done: Vec<u8>,
    seen: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Session {
    stage: Stage,
    option: Option<Choice>,
    menu: bool,
    applied: Vec<String>,
    left: u64,
}

impl Session {
    fn fresh() -> Self {
        Self {
            stage: Stage::Menu,
            option: None,
            menu: false,
            applied: vec![],
            left: 0,
        }
    }
}

impl Model {
    fn session(&self) -> Session {
        self.live.clone().unwrap_or(Session::fresh())
    }

    fn commit(&mut self, session: Session) {
        self.live = Some(Session {
            left: 300,
            ..session
        });
        self.seen = true;
    }

    /// A change outside any message, which begins no session without need.
    fn update(&mut self, session: Session) {
        if self.live.is_some() || session != Session::fresh() {
            self.commit(session);
        }
    }

    fn wait(&mut self, seconds: u64) {
        if let Some(session) = &mut self.live {
            session.left = session.left.saturating_sub(seconds);
        }
        self.live.take_if(|session| session.left == 0);
    }

    fn status(&self) -> &'static str {
        match self.live {
            Some(_) => "active",
            None if self.seen => "expired",
            None => "new",
        }
    }
}

fn allowed(from: Stage, to: Stage) -> bool {
    from == to
        || matches!(
            (from, to),
            (Stage::Menu, Stage::Weigh)
                | (Stage::Weigh, Stage::Send | Stage::Menu)
                | (Stage::Send, Stage::Menu)
        )
}

async fn run(actions: Vec<(usize, Action)>) {
    let manager = Manager::new(MemoryStore::new());
    let mut models: HashMap<usize, Model> = HashMap::new();
    for (n, action) in actions {
        models.entry(n).or_default();
        if let Action::Wait { seconds } = action {
            advance(Duration::from_secs(seconds)).await;
            models.values_mut().for_each(|model| model.wait(seconds));
        } else if let Some(model) = models.get_mut(&n) {
            act(&manager, &user(n), model, action).await;
        }
        for (n, model) in &models {
            assert_same(&manager, &user(*n), model).await;
        }
    }
}

async fn act(manager: &Manager, user: &UserId, model: &mut Model, action: Action) {
    match action {
        Action::Go {
            message: n,
            to,
            option,
        } => go(manager, user, model, n, to, option).await,
        Action::Pick { message: n, answer } => pick(manager, user, model, n, answer).await,
        Action::Fail { message: n } => {
            let id = message(n.to_string());
            let fails = |turn: &mut vimbiso_state::Turn<_>| -> Result<Step<()>, Error> {
                turn.reset();
                Err(Error::host("no"))
            };
            let failed = manager.handle(user, &id, fails).await;
            let is_duplicate = failed.is_ok_and(|handled| handled.is_duplicate());
            assert_eq!(is_duplicate, model.done.contains(&n));
        }
        Action::Stop { message: n } => {
            let id = message(n.to_string());
            let stops = |turn: &mut vimbiso_state::Turn<_>| {
                turn.reset();
                Ok(Step::Stop(()))
            };
            let stopped = manager.handle(user, &id, stops).await.unwrap();
            // A message that was applied before is told from a stopped one only by a load, and a
            // stop never answers from the cache.
            assert_eq!(stopped.is_duplicate(), model.done.contains(&n));
        }
        Action::Update { stage, option } => update(manager, user, model, stage, option).await,
        Action::Reset => {
            let _ = manager.reset_state(user).await.unwrap();
            model.update(Session::fresh());
        }
        Action::Delete => {
            manager.delete(user).await.unwrap();
            *model = Model::default();
        }
        Action::Wait { .. } => unreachable!("it is for all users"),
    }
}

async fn go(
    manager: &Manager,
    user: &UserId,
    model: &mut Model,
    n: u8,
    to: Stage,
    option: Option<Choice>,
) {
    let session = model.session();
    let handled = manager
        .handle(user, &message(n.to_string()), |turn| {
            turn.transition_to(to, option)?;
            turn.show(&SHORT);
            turn.data_mut().applied.push(n.to_string());
            Ok(Step::Commit(()))
        })
        .await;
    if model.done.contains(&n) {
        assert!(handled.unwrap().is_duplicate());
    } else if allowed(session.stage, to) {
        assert!(!handled.unwrap().is_duplicate());
        let mut applied = session.applied;
        applied.push(n.to_string());
        model.commit(Session {
            stage: to,
            option,
            menu: true,
            applied,
            left: 0,
        });
        model.done.push(n);
    } else {
        match handled {
            Err(Error::InvalidTransition(refused)) => {
                assert_eq!(refused.from, session.stage.name());
                assert_eq!(refused.to, to.name());
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn pick(manager: &Manager, user: &UserId, model: &mut Model, n: u8, answer: &str) {
    let session = model.session();
    let handled = manager
        .handle(user, &message(n.to_string()), |turn| {
            if let Ok(Answer::Open(choice)) = turn.pick(answer) {
                turn.select(choice)?;
            }
            Ok(Step::Commit(()))
        })
        .await;
    let picked = match answer {
        "1" | "weigh" if session.menu => Some((Stage::Weigh, Choice::Weigh)),
        "2" if session.menu => Some((Stage::Menu, Choice::Back)),
        _ => None,
    };
    match picked {
        _ if model.done.contains(&n) => assert!(handled.unwrap().is_duplicate()),
        Some((to, _)) if !allowed(session.stage, to) => {
            assert!(matches!(handled, Err(Error::InvalidTransition(_))));
        }
        _ => {
            assert!(!handled.unwrap().is_duplicate());
            let (stage, option) = match picked {
                Some((to, choice)) => (to, Some(choice)),
                None => (session.stage, session.option),
            };
            model.commit(Session {
                stage,
                option,
                ..session
            });
            model.done.push(n);
        }
    }
}

async fn update(manager: &Manager, user: &UserId, model: &mut Model, to: Stage, change: Change) {
    let session = model.session();
    let updated = manager
        .update_state(user, "random", |turn| {
            let option = match change {
                Change::Keep => turn.option(),
                Change::Set(option) => Some(option),
                Change::Clear => None,
            };
            Ok(turn.transition_to(to, option)?)
        })
        .await;
    assert_eq!(updated.is_ok(), allowed(session.stage, to));
    if updated.is_ok() {
        let option = match change {
            Change::Keep => session.option,
            Change::Set(option) => Some(option),
            Change::Clear => None,
        };
        model.update(Session {
            stage: to,
            option,
            ..session
        });
    }
}

async fn assert_same(manager: &Manager, user: &UserId, model: &Model) {
    let found = manager.load(user).await.unwrap();
    let session = model.session();
    assert_eq!(found.status().name(), model.status());
    assert_eq!(found.state().stage(), session.stage);
    assert_eq!(found.state().option(), session.option);
    assert_eq!(found.data().applied, session.applied);
    assert_eq!(found.state().menu_shown().is_some(), session.menu);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    })]

    #[test]
    fn random_steps_stay_in_the_table_and_match_the_model(
        actions in prop::collection::vec(action(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(actions));
    }
}
