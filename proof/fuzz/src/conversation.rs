//! A conversation that is pushed in every direction.

use vimbiso_state::vimbisopay::{CachedUser, Choice, Stage, TIER_1, TIER_2, Turn};
use vimbiso_state::{Answer, Choice as _, Stage as _, UserId};

fn may_follow(from: Stage, to: Stage) -> bool {
    from == to
        || Stage::TABLE
            .iter()
            .any(|row| row.stage() == from && row.next().contains(&to))
}

/// Reads two bytes for each step: the call, and its stage, choice, menu or answer. No step leaves
/// the table, and a refused step changes nothing.
pub fn transitions(data: &[u8]) {
    let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567").unwrap()));
    for step in data.chunks_exact(2) {
        let from = turn.stage();
        let option = turn.option();
        let number = usize::from(step[1]);
        let stage = Stage::TABLE[number % Stage::TABLE.len()].stage();
        let choice = Choice::TABLE[number % Choice::TABLE.len()].choice();
        let (to, to_option, result) = match step[0] % 6 {
            0 => (stage, None, turn.transition_to(stage, None)),
            1 => (stage, Some(choice), turn.transition_to(stage, choice)),
            2 => {
                let to = choice.leads_to().unwrap_or(from);
                (to, Some(choice), turn.select(choice))
            }
            3 => {
                turn.show([&TIER_1, &TIER_2][number % 2]);
                continue;
            }
            4 => match turn.pick(&(number % 12).to_string()) {
                Ok(Answer::Open(picked) | Answer::Older(picked)) => {
                    let to = picked.leads_to().unwrap_or(from);
                    (to, Some(picked), turn.select(picked))
                }
                Err(_) => continue,
            },
            _ => {
                turn.reset();
                assert_eq!((turn.stage(), turn.option()), (Stage::START, None));
                assert_eq!(turn.user().state().menu_shown(), None);
                continue;
            }
        };
        match result {
            Ok(()) => {
                assert!(may_follow(from, to), "{from:?} led to {to:?}");
                assert_eq!((turn.stage(), turn.option()), (to, to_option));
            }
            Err(refused) => {
                assert!(!may_follow(from, to), "{from:?} did not lead to {to:?}");
                assert_eq!((turn.stage(), turn.option()), (from, option));
                assert_eq!((refused.from, refused.to), (from.name(), to.name()));
            }
        }
    }
}
