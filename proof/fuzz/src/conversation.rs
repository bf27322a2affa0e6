//! A conversation that goes wherever it is pushed.

use vimbiso_state::vimbisopay::{CachedUser, Choice, Stage, TIER_1, TIER_2, Turn};
use vimbiso_state::{Choice as _, Stage as _, UserId};

fn may_follow(from: Stage, to: Stage) -> bool {
    from == to
        || Stage::TABLE
            .iter()
            .any(|row| row.stage() == from && row.next().contains(&to))
}

/// Two bytes a step: what is tried, and with which stage, choice, menu or answer. No walk leaves
/// the table, and what is refused changes nothing.
pub fn transitions(data: &[u8]) {
    let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567").unwrap()));
    for step in data.chunks_exact(2) {
        let from = turn.stage();
        let option = turn.option();
        let pick = usize::from(step[1]);
        let stage = Stage::TABLE[pick % Stage::TABLE.len()].stage();
        let choice = Choice::ALL[pick % Choice::ALL.len()];
        let (to, to_option, went) = match step[0] % 6 {
            0 => (stage, None, turn.transition_to(stage, None)),
            1 => (stage, Some(choice), turn.transition_to(stage, choice)),
            2 => (
                choice.leads_to().unwrap_or(from),
                Some(choice),
                turn.select(choice),
            ),
            3 => {
                turn.show([&TIER_1, &TIER_2][pick % 2]);
                continue;
            }
            4 => match turn.pick(&(pick % 12).to_string()) {
                Ok(picked) => (
                    picked.leads_to().unwrap_or(from),
                    Some(picked),
                    turn.select(picked),
                ),
                Err(_) => continue,
            },
            _ => {
                turn.reset();
                assert_eq!(
                    (
                        turn.stage(),
                        turn.option(),
                        turn.user().state().menu_shown()
                    ),
                    (Stage::START, None, None)
                );
                continue;
            }
        };
        match went {
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
