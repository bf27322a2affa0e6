//! Random walks: whatever users, duplicates, resets and pauses come, the session is what a plain model says, and no walk
//! leaves the table.

use std::collections::HashMap;
use std::time::Duration;

use harness::desk::{Choice, Manager, SHORT, Stage, message, user};
use proptest::prelude::*;
use vimbiso_state::Step;
use vimbiso_state::{Change, Error, MemoryStore, Stage as _, StateUpdate};

#[derive(Debug, Clone)]
enum Step {
    Go {
        message: u8,
        to: Stage,
        option: Option<Choice>,
    },
    Fail {
        message: u8,
    },
    Pick {
        message: u8,
        reply: &'static str,
    },
    Update {
        stage: Stage,
        option: Change<Choice>,
    },
    Reset,
    Forget,
    Wait(u64),
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let stage = prop::sample::select(vec![Stage::Menu, Stage::Weigh, Stage::Send]);
    let choice = prop::sample::select(vec![
        Choice::Weigh,
        Choice::Send,
        Choice::Back,
        Choice::Asking,
    ]);
    let change = prop_oneof![
        Just(Change::Keep),
        Just(Change::Clear),
        choice.clone().prop_map(Change::Set)
    ];
    let reply = prop::sample::select(vec!["1", "2", "3", "0", "weigh", "send", "x"]);
    let step = prop_oneof![
        8 => (any::<u8>(), stage.clone(), prop::option::of(choice)).prop_map(|(message, to, option)| Step::Go { message, to, option }),
        1 => any::<u8>().prop_map(|message| Step::Fail { message }),
        4 => (any::<u8>(), reply).prop_map(|(message, reply)| Step::Pick { message, reply }),
        2 => (stage, change).prop_map(|(stage, option)| Step::Update { stage, option }),
        1 => Just(Step::Reset),
        1 => Just(Step::Forget),
        2 => prop::sample::select(vec![1, 100, 200, 301]).prop_map(Step::Wait),
    ];
    (0..2_usize, step)
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

impl Model {
    fn session(&self) -> Session {
        self.live.clone().unwrap_or(Session {
            stage: Stage::Menu,
            option: None,
            menu: false,
            applied: vec![],
            left: 0,
        })
    }

    fn commit(&mut self, session: Session) {
        self.live = Some(Session {
            left: 300,
            ..session
        });
        self.seen = true;
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

async fn walk(steps: Vec<(usize, Step)>) {
    let manager = Manager::new(MemoryStore::new());
    let mut models: HashMap<usize, Model> = HashMap::new();
    for (who, step) in steps {
        let id = user(who);
        let model = models.entry(who).or_default();
        let mut session = model.session();
        match step {
            Step::Go {
                message: n,
                to,
                option,
            } => {
                let handled = manager
                    .handle(&id, &message(n.to_string()), |turn| {
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
                    session.applied.push(n.to_string());
                    model.commit(Session {
                        stage: to,
                        option,
                        menu: true,
                        ..session
                    });
                    model.done.push(n);
                } else {
                    let Err(Error::InvalidTransition(refused)) = handled else {
                        panic!("{handled:?}")
                    };
                    assert_eq!(
                        (refused.from, refused.to),
                        (session.stage.name(), to.name())
                    );
                }
            }
            Step::Fail { message: n } => {
                let failed = manager
                    .handle(&id, &message(n.to_string()), |turn| -> Result<(), Error> {
                        turn.data_mut().applied.clear();
                        Err(Error::host("no"))
                    })
                    .await;
                assert_eq!(
                    failed.is_ok_and(|handled| handled.is_duplicate()),
                    model.done.contains(&n)
                );
            }
            Step::Pick { message: n, reply } => {
                let handled = manager
                    .handle(&id, &message(n.to_string()), |turn| {
                        match turn.pick(reply) {
                            Ok(choice) => Ok(Step::Commit(turn.select(choice)?)),
                            Err(_) => Ok(Step::Commit(())),
                        }
                    })
                    .await;
                let to = match (session.menu, reply) {
                    (true, "1" | "weigh") => Some((Stage::Weigh, Choice::Weigh)),
                    (true, "2") => Some((Stage::Menu, Choice::Back)),
                    _ => None,
                };
                match to {
                    _ if model.done.contains(&n) => assert!(handled.unwrap().is_duplicate()),
                    Some((to, _)) if !allowed(session.stage, to) => {
                        assert!(matches!(handled, Err(Error::InvalidTransition(_))))
                    }
                    _ => {
                        let (stage, option) = to
                            .map_or((session.stage, session.option), |(to, choice)| {
                                (to, Some(choice))
                            });
                        assert!(!handled.unwrap().is_duplicate());
                        model.commit(Session {
                            stage,
                            option,
                            ..session
                        });
                        model.done.push(n);
                    }
                }
            }
            Step::Update { stage, option } => {
                let updated = manager
                    .update_state(&id, StateUpdate::new("walk").stage(stage).option(option))
                    .await;
                assert_eq!(updated.is_ok(), allowed(session.stage, stage));
                if updated.is_ok() {
                    let option = match option {
                        Change::Keep => session.option,
                        Change::Set(option) => Some(option),
                        Change::Clear => None,
                    };
                    model.commit(Session {
                        stage,
                        option,
                        ..session
                    });
                }
            }
            Step::Reset => {
                let _ = manager.reset_state(&id).await.unwrap();
                model.commit(Session {
                    stage: Stage::Menu,
                    option: None,
                    menu: false,
                    applied: vec![],
                    left: 0,
                });
            }
            Step::Forget => {
                manager.delete(&id).await.unwrap();
                *model = Model::default();
            }
            Step::Wait(seconds) => {
                tokio::time::advance(Duration::from_secs(seconds)).await;
                for model in models.values_mut() {
                    model.live = model
                        .live
                        .take()
                        .filter(|session| session.left > seconds)
                        .map(|session| Session {
                            left: session.left - seconds,
                            ..session
                        });
                }
            }
        }
        for (who, model) in &models {
            let found = manager.load(&user(*who)).await.unwrap();
            let opening = match (&model.live, model.seen) {
                (Some(_), _) => "active",
                (None, true) => "expired",
                (None, false) => "new",
            };
            let (state, session) = (found.state(), model.session());
            assert_eq!(found.status().name(), opening);
            assert_eq!(
                (state.stage(), state.option(), &state.state().applied),
                (session.stage, session.option, &session.applied)
            );
            assert_eq!(state.menu_shown().is_some(), session.menu);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_steps_stay_in_the_table_and_match_the_model(steps in prop::collection::vec(step(), 1..60)) {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(walk(steps));
    }
}
