//! Buttons and typed answers, before and after other questions.

use serde::{Deserialize, Serialize};

use crate::flow::{
    Answer, Choice, ChoiceRow, Flow, MenuOptions, NotOnMenu, QuestionId, Row, Stage, choice, row,
};
use crate::id::{CommitId, UserId};
use crate::session::CachedUser;
use crate::turn::Turn;
use crate::{assert_choices, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Home,
}

impl Stage for At {
    const START: Self = Self::Home;
    const TABLE: &'static [Row<Self>] = &[row(Self::Home, "home", &[])];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    Pay,
    Wait,
    Hidden,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Pay, "pay", None),
        choice(Self::Wait, "wait", None),
        choice(Self::Hidden, "hidden", None),
    ];
}
assert_choices!(Pick);

static MENU: MenuOptions<Pick> =
    MenuOptions::new("menu", &[(Pick::Wait, "Wait"), (Pick::Pay, "Pay")]);
static OTHER: MenuOptions<Pick> = MenuOptions::new("other", &[(Pick::Pay, "Pay")]);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Data {}

struct Shop;

impl Flow for Shop {
    const NAME: &'static str = "shop";
    type Stage = At;
    type Choice = Pick;
    type Data = Data;
}

fn turn() -> Turn<Shop> {
    Turn::of(visitor())
}

fn visitor() -> CachedUser<Shop> {
    CachedUser::visitor(UserId::new("u").unwrap())
}

/// The next turn of the same session.
fn next(turn: Turn<Shop>) -> Turn<Shop> {
    Turn::of(turn.user)
}

fn not_on(options: usize) -> Result<Answer<Pick>, NotOnMenu> {
    Err(NotOnMenu { options })
}

fn assert_only_second_pays(turn: &Turn<Shop>, first: QuestionId, second: QuestionId) {
    let pick = |question: QuestionId| turn.pick(&question.button("pay"));
    assert_eq!(pick(first), Ok(Answer::Older(Pick::Pay)));
    assert_eq!(pick(second), Ok(Answer::Open(Pick::Pay)));
}

#[test]
fn button_of_an_earlier_question_is_older() {
    let mut turn = turn();
    let first = turn.show(&MENU);
    let mut turn = next(turn);
    let second = turn.show(&MENU);
    let turn = next(turn);
    assert_only_second_pays(&turn, first, second);
    assert_eq!(turn.pick("2"), Ok(Answer::Open(Pick::Pay)));
}

#[test]
fn question_stays_open_until_the_next_one() {
    let mut turn = turn();
    let question = turn.show(&MENU);
    for _ in 0..3 {
        turn = next(turn);
        assert_eq!(turn.question(), Some(question));
        assert_eq!(
            turn.pick(&question.button("wait")),
            Ok(Answer::Open(Pick::Wait))
        );
    }
}

#[test]
fn of_two_menus_in_one_turn_the_last_is_open() {
    let mut turn = turn();
    let first = turn.show(&MENU);
    let second = turn.show(&OTHER);
    assert_ne!(first, second);
    // "pay" is on both menus, but only the buttons of one are open.
    assert_only_second_pays(&turn, first, second);
    assert_eq!(turn.pick("1"), Ok(Answer::Open(Pick::Pay)));
}

#[test]
fn nothing_is_open_once_the_question_is_closed() {
    for close in [Turn::close_question, Turn::reset] {
        let mut turn = turn();
        let question = turn.show(&MENU);
        close(&mut turn);
        assert_eq!(turn.question(), None);
        assert_eq!(
            turn.pick(&question.button("pay")),
            Ok(Answer::Older(Pick::Pay))
        );
        assert_eq!(turn.answer(&question.button("yes")), Answer::Older("yes"));
        assert_eq!(turn.pick("1"), not_on(0));
        assert!(turn.pick_from("1", &["a"]).is_err());
    }
}

#[test]
fn menu_after_a_reset_has_an_id_of_its_own() {
    let mut turn = turn();
    let before = turn.show(&MENU);
    turn.reset();
    assert_ne!(turn.show(&MENU), before);
}

#[test]
fn message_decided_again_gives_the_same_id() {
    let commit_id = CommitId::random();
    let asked = || {
        let mut turn = Turn::new(visitor(), commit_id);
        (turn.show(&MENU), turn.ask())
    };
    assert_eq!(asked(), asked());
}

#[test]
fn forged_button_is_not_open() {
    let mut turn = turn();
    let open = turn.show(&MENU);
    let id = open.to_string();
    // On no menu, or not a choice at all.
    assert_eq!(turn.pick(&open.button("hidden")), not_on(2));
    assert_eq!(turn.pick(&open.button("1")), not_on(2));
    assert_eq!(turn.pick(&open.button("PAY")), not_on(2));
    assert_eq!(turn.pick(&open.button("pay ")), not_on(2));
    assert_eq!(turn.pick(&open.button("nothing")), not_on(2));
    for text in [
        format!("pay~{}", id.to_uppercase() + "0"),
        format!("pay~{id}0"),
        format!("pay~0{id}"),
        format!("pay~{}", &id[1..]),
        format!("pay~{id} "),
        format!("pay ~{id}"),
        format!("pay~~{id}"),
        format!("~{id}"),
        format!("pay:{id}"),
        format!("pay\u{200b}~{id}"),
        format!("1~{id}"),
    ] {
        assert_eq!(turn.pick(&text), not_on(2), "{text}");
        assert!(!matches!(turn.answer(&text), Answer::Open("pay")), "{text}");
    }
    let other: QuestionId = "0123456789abcdef".parse().unwrap();
    assert_eq!(
        turn.pick(&other.button("pay")),
        Ok(Answer::Older(Pick::Pay))
    );
    assert_eq!(turn.pick(&other.button("nothing")), not_on(2));
}

#[test]
fn question_without_a_menu_closes_the_menu() {
    let mut turn = turn();
    let menu = turn.show(&MENU);
    let question = turn.ask();
    assert_eq!(turn.user().menu_shown(), None);
    assert_eq!(turn.pick("1"), not_on(0));
    assert_eq!(turn.pick(&menu.button("pay")), Ok(Answer::Older(Pick::Pay)));
    assert_eq!(turn.pick(&question.button("pay")), not_on(0));
    assert_eq!(turn.answer(&question.button("yes")), Answer::Open("yes"));
    assert_eq!(turn.answer(&menu.button("yes")), Answer::Older("yes"));
    assert_eq!(turn.answer("\u{200f}Yes! "), Answer::Open("Yes!"));
}

#[test]
fn list_is_read_by_number_and_its_buttons_by_id() {
    let mut turn = turn();
    let older = turn.ask();
    let open = turn.ask();
    let ids = ["2", "1", "o-7"];
    let pick = |answer: &str| {
        turn.pick_from(answer, &ids)
            .map(|answer| answer.map(|id| *id))
    };
    // Typed, a number is a position; in a button, a name is an id.
    assert_eq!(pick("2."), Ok(Answer::Open("1")));
    assert_eq!(pick(&open.button("2")), Ok(Answer::Open("2")));
    assert_eq!(pick(&older.button("2")), Ok(Answer::Older("2")));
    assert_eq!(pick("O-7"), Ok(Answer::Open("o-7")));
    assert_eq!(pick(&open.button("O-7")), Err(NotOnMenu { options: 3 }));
    assert_eq!(pick(&older.button("o-8")), Err(NotOnMenu { options: 3 }));
    assert_eq!(pick("4"), Err(NotOnMenu { options: 3 }));
}

#[test]
fn list_is_not_read_while_a_menu_is_open() {
    let mut turn = turn();
    turn.show(&MENU);
    assert!(turn.pick_from("1", &["a"]).is_err());
    turn.ask();
    assert_eq!(turn.pick_from("1", &["a"]), Ok(Answer::Open(&"a")));
}
