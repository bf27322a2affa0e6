//! The question that a user has read last, and what an answer to it means.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::question_id::{self, QuestionId, SEPARATOR};
use super::wire_name::MAX_NAME;
use super::{Choice, MenuOptions, Stage};
use crate::id::is_hex;
use crate::input;

const TIME_DIGITS: usize = 11;
const LAST_TIME: u64 = (1 << (4 * TIME_DIGITS)) - 1;

/// A question as it was asked. As a text, `drinks~7f3a1c0b2d4e5f60~19ae62c6f40:coffee,tea,pay` for
/// a menu, which is its name, its id, when it was asked, and the wire names of its choices;
/// `~7f3a1c0b2d4e5f60~19ae62c6f40` for a question without a menu. The time is in milliseconds since
/// 1970, as eleven hexadecimal digits.
///
/// The whole list is kept, not only the name of the menu. So "2" means what was number 2 when the
/// user read the menu, even if a later release has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenQuestion {
    id: QuestionId,
    /// In milliseconds since 1970.
    asked_at: u64,
    text: Cow<'static, str>,
}

impl OpenQuestion {
    /// The longest text: the name of a menu, the question's id, its time, and ten wire names, each
    /// with a separator.
    pub(crate) const MAX_LEN: usize = 11 * (MAX_NAME + 1) + question_id::DIGITS + 1 + TIME_DIGITS;

    /// The time for a question that is asked now, by the clock of this machine.
    pub(crate) fn now() -> u64 {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since_1970.map_or(0, |time| time.as_millis());
        // The digits reach to the year 2527.
        u64::try_from(now).unwrap_or(u64::MAX).min(LAST_TIME)
    }

    /// A question without a menu, asked at this time.
    pub(crate) fn without_menu(id: QuestionId, asked_at: u64) -> Self {
        let text = format!("{}{SEPARATOR}{asked_at:011x}", id.button("")).into();
        Self { id, asked_at, text }
    }

    /// A question with a menu, asked at this time.
    pub(crate) fn with_menu<S: Stage, C: Choice<S>>(
        id: QuestionId,
        asked_at: u64,
        menu: &MenuOptions<C>,
    ) -> Self {
        let names: Vec<_> = menu.options().map(|(choice, _)| choice.name()).collect();
        let names = names.join(",");
        let question = id.button(menu.name());
        let text = format!("{question}{SEPARATOR}{asked_at:011x}:{names}").into();
        Self { id, asked_at, text }
    }

    /// Reads what [`text`](Self::text) wrote. `None` for any other text: no question is open then.
    pub(crate) fn from_text(text: Cow<'static, str>) -> Option<Self> {
        let (question, choices) = match text.split_once(':') {
            Some((question, choices)) => (question, Some(choices)),
            None => (&*text, None),
        };
        let (menu, rest) = question.split_once(SEPARATOR)?;
        let (id, asked_at) = rest.split_once(SEPARATOR)?;
        let id = id.parse().ok()?;
        let asked_at = is_hex(asked_at, TIME_DIGITS).then_some(asked_at)?;
        let asked_at = u64::from_str_radix(asked_at, 16).ok()?;
        // A menu has a name and choices, and any other question has neither.
        let is_whole = menu.is_empty() == choices.is_none_or(str::is_empty);
        is_whole.then_some(Self { id, asked_at, text })
    }

    pub(crate) fn id(&self) -> QuestionId {
        self.id
    }

    /// When it was asked, in milliseconds since 1970 by the clock of the process that asked.
    pub(crate) fn asked_at(&self) -> u64 {
        self.asked_at
    }

    pub(crate) fn text(&self) -> &Cow<'static, str> {
        &self.text
    }

    /// The name of the menu, if the question has one.
    pub(crate) fn menu(&self) -> Option<&str> {
        let (menu, _) = self.text.split_once(SEPARATOR)?;
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

    const ASKED: u64 = 0x19a_e62c_6f40;

    fn id() -> QuestionId {
        "7f3a1c0b2d4e5f60".parse().unwrap()
    }

    fn both() -> OpenQuestion {
        OpenQuestion::with_menu(id(), ASKED, &BOTH)
    }

    #[test]
    fn stored_form_is_golden() {
        assert_eq!(both().text(), "both~7f3a1c0b2d4e5f60~19ae62c6f40:OUT,IN");
        let question = OpenQuestion::without_menu(id(), ASKED);
        assert_eq!(question.text(), "~7f3a1c0b2d4e5f60~19ae62c6f40");
        for question in [both(), OpenQuestion::without_menu(id(), ASKED)] {
            let read = OpenQuestion::from_text(question.text().clone()).unwrap();
            assert_eq!(read, question);
            assert_eq!(read.asked_at(), ASKED);
        }
        assert_eq!(both().menu(), Some("both"));
        assert_eq!(both().options(), 2);
        let question = OpenQuestion::without_menu(id(), ASKED);
        assert_eq!((question.menu(), question.options()), (None, 0));
    }

    #[test]
    fn longest_menu_is_kept_whole() {
        static LONGEST: MenuOptions<Long> =
            MenuOptions::new(LONG_NAME, &[(Long::Only, "Long"); 10]);
        let text = OpenQuestion::with_menu(id(), ASKED, &LONGEST).text().len();
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
        let menu = OpenQuestion::with_menu(id(), ASKED, &AMOUNTS);
        assert_eq!(menu.read::<Here, Amount>("1"), Some(Amount::Twenty));
        assert_eq!(menu.read::<Here, Amount>("20"), None);
        assert_eq!(menu.press::<Here, Amount>("20"), Some(Amount::Twenty));
        assert_eq!(menu.press::<Here, Amount>("2"), Some(Amount::Two));
    }

    #[test]
    fn number_of_a_dropped_choice_means_nothing() {
        let menu =
            OpenQuestion::from_text("old~7f3a1c0b2d4e5f60~19ae62c6f40:GONE,IN".into()).unwrap();
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
            "x~~19ae62c6f40:IN",
            "x~7f3a1c0b2d4e5f60~19ae62c6f40",
            "x~7f3a1c0b2d4e5f60~19ae62c6f40:",
            "x~7f3a1c0b2d4e5f60:IN",
            "~7f3a1c0b2d4e5f60~19ae62c6f40:IN",
            "~7f3a1c0b2d4e5f60",
            "~7f3a1c0b2d4e5f60~",
            "~7f3a1c0b2d4e5f60~+9ae62c6f40",
            "~7f3a1c0b2d4e5f60~19ae62c6f4",
            "~7f3a1c0b2d4e5f60~019ae62c6f40",
            "~7f3a1c0b2d4e5f6A~19ae62c6f40",
            "~7f3a1c0b2d4e5f6~19ae62c6f40",
            "x~7f3a1c0b2d4e5f600~19ae62c6f40:IN",
            "~~7f3a1c0b2d4e5f60~19ae62c6f40",
            "x~7f3a1c0b2d4e5f60~19ae62c6f40~19ae62c6f40:IN",
        ] {
            assert_eq!(
                OpenQuestion::from_text(text.to_owned().into()),
                None,
                "{text:?}"
            );
        }
    }
}
