//! Random messages and API failures lead to no error, no dead end and no call made twice.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;
use vimbiso_state::id::CallKey;
use vimbiso_state::vimbisopay::Choice;

use crate::accounts_api::{Behaviour, account, dashboard};
use crate::harness::Talk;

#[derive(Debug, Clone)]
enum Step {
    Say(&'static str),
    Again(usize),
    Behaviour(u8),
    ReadsFail(bool),
    Accounts(usize, bool),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let said = prop::sample::select(vec![
        "hi",
        "no",
        "yes",
        "y",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "0",
        "99",
        "next",
        "prev",
        "alan",
        "nobody",
        "10=>grace",
        "0=>grace",
        "5->alan=2030-12-31",
        "1=>nobody",
        "accept_o1",
        "decline_o2",
        "cancel_o1",
        "AcceptAllIncomingOffers",
        "View Pending",
        "handle_action_more_options",
        "handle_action_notifications",
        "Ada Lovelace",
        "Bakery, bakery",
        "{}",
        "?",
    ]);
    prop_oneof![
        24 => said.prop_map(Step::Say),
        3 => (0_usize..20).prop_map(Step::Again),
        3 => (0_u8..4).prop_map(Step::Behaviour),
        1 => any::<bool>().prop_map(Step::ReadsFail),
        2 => (0_usize..4, any::<bool>())
            .prop_map(|(accounts, owned)| Step::Accounts(accounts, owned)),
        1 => prop::sample::select(vec![100, 301]).prop_map(Step::Wait),
    ]
}

fn keys(talk: &Talk) -> HashSet<CallKey> {
    talk.world().calls.iter().map(|(key, _)| *key).collect()
}

async fn run(steps: Vec<Step>) {
    let talk = Talk::of_member();
    talk.work();
    let mut said = Vec::new();
    for step in steps {
        match step {
            Step::Say(text) => {
                let id = format!("m{}", said.len());
                let first = talk.deliver(&id, text).await;
                assert!(!first.duplicate && !first.reply.text.is_empty());
                said.push((id, text));
            }
            Step::Again(back) => {
                let Some((id, text)) = said.iter().rev().nth(back) else {
                    continue;
                };
                let before = (talk.counts(), talk.revision().await);
                let keys = keys(&talk);
                // A duplicate may make a pending call again, under its key.
                let is_pending = talk.is_pending().await;
                if talk.deliver(id, text).await.duplicate {
                    assert_eq!(self::keys(&talk), keys, "a duplicate made a new call");
                    assert!(
                        is_pending || (talk.counts(), talk.revision().await) == before,
                        "a duplicate changed something"
                    );
                }
            }
            Step::Behaviour(behaviour) => {
                let behaviours = [
                    Behaviour::Accepts,
                    Behaviour::Refuses("No."),
                    Behaviour::Down,
                    Behaviour::LosesTheAnswer,
                ];
                talk.world().behaviour = behaviours[usize::from(behaviour)].clone();
            }
            Step::ReadsFail(fail) => talk.world().reads_fail = fail,
            Step::Accounts(0, _) => talk.world().dashboard = None,
            Step::Accounts(many, owned) => {
                let accounts = (1..=many)
                    .map(|n| account(&format!("a{n}"), &format!("Name{n}"), owned))
                    .collect();
                talk.world().dashboard = Some(vimbisopay::Dashboard {
                    accounts,
                    ..dashboard(&[])
                });
            }
            Step::Wait(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        }
        let (stage, option) = talk.at().await;
        let submitting = option == Some(Choice::Submitting);
        assert!(
            submitting || stage.waits_for_user(),
            "a session waits for a message in {stage:?}"
        );
        assert!(!submitting || talk.is_pending().await);
    }
    let world = talk.world();
    let mut by_key = HashMap::new();
    for (key, call) in &world.calls {
        assert_eq!(
            by_key.entry(key).or_insert(call),
            &call,
            "one key, two calls"
        );
    }
    assert_eq!(
        world.effects.len(),
        world.done.values().filter(|done| done.is_ok()).count()
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_conversation_goes_on(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(steps));
    }
}
