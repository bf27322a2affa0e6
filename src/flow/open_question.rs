//! The question that a user has read last, and what an answer to it means.

use std::borrow::Cow;

use super::question_id::{self, QuestionId};
use super::wire_name::MAX_NAME;
use super::{Choice, MenuOptions, Stage};
use crate::input;

/// A question as it was asked. As a text: `drinks~7f3a1c0b2d4e5f60:coffee,tea,pay` for a menu,
/// which is its name, its id and the wire names of its choices; `~7f3a1c0b2d4e5f60` for a question
/// without a menu.
///
/// The whole list is kept, not only the name of the menu. So "2" means what was number 2 when the
/// user read the menu, even if a later release has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenQuestion {
    id: QuestionId,
    text: Cow<'static, str>,
}

impl OpenQuestion {
    /// The longest text: the name of a menu, the question's id, and ten wire names, each with a
    /// separator.
    pub(crate) const MAX_LEN: usize = 11 * (MAX_NAME + 1) + question_id::DIGITS;

    /// A question without a menu.
    pub(crate) fn without_menu(id: QuestionId) -> Self {
        let text = id.button("").into();
        Self { id, text }
    }

    pub(crate) fn with_menu<S: Stage, C: Choice<S>>(id: QuestionId, menu: &MenuOptions<C>) -> Self {
        let names: Vec<_> = menu.options().map(|(choice, _)| choice.name()).collect();
        let text = format!("{}:{}", id.button(menu.name()), names.join(",")).into();
        Self { id, text }
    }

    /// Reads what [`text`](Self::text) wrote. `None` for any other text: no question is open then.
    pub(crate) fn from_text(text: Cow<'static, str>) -> Option<Self> {
        let (question, choices) = match text.split_once(':') {
            Some((question, choices)) => (question, Some(choices)),
            None => (&*text, None),
        };
        let (menu, id) = question.split_once(question_id::SEPARATOR)?;
        let id = id.parse().ok()?;
        // A menu has a name and choices, and any other question has neither.
        let is_whole = menu.is_empty() == choices.is_none_or(str::is_empty);
        is_whole.then_some(Self { id, text })
    }

    pub(crate) fn id(&self) -> QuestionId {
        self.id
    }

    pub(crate) fn text(&self) -> &Cow<'static, str> {
        &self.text
    }

    /// The name of the menu, if the question has one.
    pub(crate) fn menu(&self) -> Option<&str> {
        let (menu, _) = self.text.split_once(question_id::SEPARATOR)?;
        (!menu.is_empty()).then_some(menu)
    }

    /// The wire names of the menu's choices.
    fn choices(&self) -> impl Iterator<Item = &str> {
        let choices = self.text.split_once(':').map(|(_, choices)| choices);
        choices.into_iter().flat_map(|choices| choices.split(','))
    }

    /// How many choices the menu has.
    pub(crate) fn options(&self) -> usize {
        self.choices().count()
    }

    /// The choice that a typed answer means: its number, or its wire name. `None` if the menu has
    /// no such choice, or this release has it no more.
    pub(crate) fn read<S: Stage, C: Choice<S>>(&self, typed: &str) -> Option<C> {
        let index = input::pick(typed, self.choices())?;
        // A choice that this release no longer has is not on the menu.
        self.choices().nth(index).and_then(C::from_name)
    }

    /// The choice of the button of this name, exactly as it is written.
    pub(crate) fn press<S: Stage, C: Choice<S>>(&self, name: &str) -> Option<C> {
        self.choices()
            .find(|choice| *choice == name)
            .and_then(C::from_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{ChoiceRow, Row, choice, row};
    use crate::id::Direction;
    use crate::{assert_choices, assert_transitions};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Here {
        Only,
    }

    impl Stage for Here {
        const START: Self = Self::Only;
        const TABLE: &'static [Row<Self>] = &[row(Self::Only, "only", &[])];
    }
    assert_transitions!(Here);

    impl Choice<Here> for Direction {
        const TABLE: &'static [ChoiceRow<Self, Here>] =
            &[choice(Self::In, "IN", None), choice(Self::Out, "OUT", None)];
    }
    assert_choices!(Direction);

    static BOTH: MenuOptions<Direction> =
        MenuOptions::new("both", &[(Direction::Out, "Away"), (Direction::In, "Home")]);

    const LONG_NAME: &str = "a_name_of_64_bytes______________________________________________";

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Long {
        Only,
    }

    impl Choice<Here> for Long {
        const TABLE: &'static [ChoiceRow<Self, Here>] = &[choice(Self::Only, LONG_NAME, None)];
    }
    assert_choices!(Long);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Amount {
        Two,
        Twenty,
    }

    impl Choice<Here> for Amount {
        const TABLE: &'static [ChoiceRow<Self, Here>] = &[
            choice(Self::Two, "2", None),
            choice(Self::Twenty, "20", None),
        ];
    }
    assert_choices!(Amount);

    fn id() -> QuestionId {
        "7f3a1c0b2d4e5f60".parse().unwrap()
    }

    fn both() -> OpenQuestion {
        OpenQuestion::with_menu(id(), &BOTH)
    }

    #[test]
    fn stored_form_is_golden() {
        assert_eq!(both().text(), "both~7f3a1c0b2d4e5f60:OUT,IN");
        assert_eq!(OpenQuestion::without_menu(id()).text(), "~7f3a1c0b2d4e5f60");
        for question in [both(), OpenQuestion::without_menu(id())] {
            let read = OpenQuestion::from_text(question.text().clone()).unwrap();
            assert_eq!(read, question);
        }
        assert_eq!(both().menu(), Some("both"));
        assert_eq!(both().options(), 2);
        let question = OpenQuestion::without_menu(id());
        assert_eq!((question.menu(), question.options()), (None, 0));
    }

    #[test]
    fn longest_menu_is_kept_whole() {
        static LONGEST: MenuOptions<Long> =
            MenuOptions::new(LONG_NAME, &[(Long::Only, "Long"); 10]);
        let text = OpenQuestion::with_menu(id(), &LONGEST).text().len();
        assert_eq!(text, OpenQuestion::MAX_LEN);
    }

    #[test]
    fn typed_answer_is_a_number_or_a_wire_name() {
        for (typed, choice) in [
            ("1", Direction::Out),
            (" 2 ", Direction::In),
            ("02", Direction::In),
            ("IN", Direction::In),
            ("in", Direction::In),
            ("In.", Direction::In),
            ("２", Direction::In),
            ("٢", Direction::In),
            ("2️⃣", Direction::In),
            ("2.", Direction::In),
            ("\u{200f}2", Direction::In),
            ("2\u{200b}", Direction::In),
        ] {
            let read = both().read::<Here, Direction>(typed);
            assert_eq!(read, Some(choice), "{typed}");
        }
        for typed in [
            "0",
            "3",
            "-1",
            "+1",
            "",
            " ",
            "IN,OUT",
            "both",
            ":",
            ",",
            "1.5",
            "1 2",
            "IN?",
            "99999999999999999999999",
            "IN~7f3a1c0b2d4e5f61",
        ] {
            assert_eq!(both().read::<Here, Direction>(typed), None, "{typed}");
        }
    }

    #[test]
    fn button_is_matched_exactly() {
        assert_eq!(both().press::<Here, Direction>("IN"), Some(Direction::In));
        for name in ["in", "1", " IN", "IN.", "", "OUT,IN"] {
            assert_eq!(both().press::<Here, Direction>(name), None, "{name}");
        }
    }

    #[test]
    fn number_is_a_position_and_a_button_a_name() {
        static AMOUNTS: MenuOptions<Amount> =
            MenuOptions::new("amounts", &[(Amount::Twenty, "20"), (Amount::Two, "2")]);
        let menu = OpenQuestion::with_menu(id(), &AMOUNTS);
        assert_eq!(menu.read::<Here, Amount>("1"), Some(Amount::Twenty));
        assert_eq!(menu.read::<Here, Amount>("20"), None);
        assert_eq!(menu.press::<Here, Amount>("20"), Some(Amount::Twenty));
        assert_eq!(menu.press::<Here, Amount>("2"), Some(Amount::Two));
    }

    #[test]
    fn number_of_a_dropped_choice_means_nothing() {
        let menu = OpenQuestion::from_text("old~7f3a1c0b2d4e5f60:GONE,IN".into()).unwrap();
        assert!(menu.read::<Here, Direction>("1").is_none());
        assert!(menu.press::<Here, Direction>("GONE").is_none());
        assert_eq!(menu.read::<Here, Direction>("2"), Some(Direction::In));
        assert_eq!(menu.menu(), Some("old"));
    }

    #[test]
    fn corrupt_question_is_not_open() {
        for text in [
            "",
            "~",
            "x",
            ":",
            "x:",
            "x:IN",
            "x:,",
            "x~:IN",
            "x~7f3a1c0b2d4e5f60",
            "x~7f3a1c0b2d4e5f60:",
            "~7f3a1c0b2d4e5f60:IN",
            "~7f3a1c0b2d4e5f6A",
            "~7f3a1c0b2d4e5f6",
            "~7f3a1c0b2d",
            "x~7f3a1c0b2d4e5f600:IN",
            "~~7f3a1c0b2d4e5f60",
            "x~7f3a1c0b2d4e5f60~7f3a1c0b2d4e5f60:IN",
        ] {
            assert_eq!(
                OpenQuestion::from_text(text.to_owned().into()),
                None,
                "{text:?}"
            );
        }
    }
}
