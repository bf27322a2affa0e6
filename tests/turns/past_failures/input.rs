//! Names and texts that were read in more than one way.

use harness::desk::{Desk, Stage, user};
use vimbiso_state::vimbisopay::{self, Incoming};
use vimbiso_state::{CachedUser, Stage as _, Turn};

#[test]
fn n06_stages_and_names_correspond_one_to_one() {
    for row in vimbisopay::Stage::TABLE {
        assert_eq!(vimbisopay::Stage::from_name(row.name()), Some(row.stage()));
        assert!(row.name().starts_with("handle_action_"), "{}", row.name());
    }
    assert_eq!(vimbisopay::Stage::from_name("handle"), None);
    assert_eq!(vimbisopay::Stage::TABLE.len(), 17);
}

#[test]
fn n07_step_is_checked_against_a_checked_table() {
    let mut turn = Turn::<Desk>::of(CachedUser::visitor(user(1)));
    assert!(turn.transition_to(Stage::Send, None).is_err());
    assert!(turn.transition_to(Stage::Weigh, None).is_ok());
}

#[test]
fn n22_commands_and_input_are_told_apart_in_one_order() {
    let parse = Incoming::parse;
    assert!(matches!(parse("  MENU "), Incoming::Greeting(_)));
    assert!(matches!(parse("10=>tariro"), Incoming::QuickOffer(_)));
    assert!(matches!(parse("accept_42"), Incoming::Button(_)));
    assert!(matches!(parse("7"), Incoming::Choice(_)));
    assert!(matches!(parse("Tariro Moyo"), Incoming::Text(_)));
}

#[test]
fn n28_only_an_explicit_yes_confirms() {
    // On the whole conversation: crates/vimbisopay/tests/conversation/reading_order.rs.
    assert_eq!(Incoming::parse("no").answer(), Some(false));
    assert_eq!(Incoming::parse("YES").answer(), Some(true));
    for text in ["ok", "1=>x", "sure", "yess", "maybe", "accept_1"] {
        assert_eq!(Incoming::parse(text).answer(), None, "{text}");
    }
}
