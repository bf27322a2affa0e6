//! What a turn asks, and how an answer is read.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Turn;
use super::question_counts::QuestionCounts;
use crate::flow::{Answer, Choice, Flow, MenuOptions, NotOnMenu, OpenQuestion, QuestionId};
use crate::input;

impl<F: Flow> Turn<F> {
    /// Records that the reply shows this menu, so that the next answer is read against it. Returns
    /// the id that its buttons carry.
    ///
    /// The menu stays open until another question is shown, or until
    /// [`close_question`](Self::close_question). The ids of earlier questions are then *older*,
    /// also those of the same menu, and those of this turn.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS, Pick};
    /// # use vimbiso_state::{Answer, CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let question = turn.show(&DRINKS);
    /// assert_eq!(turn.question(), Some(question));
    /// assert_eq!(turn.pick("1")?, Answer::Open(Pick::Coffee));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn show(&mut self, menu: &MenuOptions<F::Choice>) -> QuestionId {
        let question = self.next_question();
        self.user.state.question =
            Some(OpenQuestion::with_menu(question, OpenQuestion::now(), menu));
        question
    }

    /// Records that the reply asks a question without a menu: yes or no, a free text, or a list of
    /// data. Returns the id that its buttons carry. A menu that was open is closed.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{Answer, CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let yes_to_5 = turn.ask().button("yes"); // "Pay 5 dollars?"
    /// let yes_to_500 = turn.ask().button("yes"); // "Pay 500 dollars?"
    /// assert_eq!(turn.answer(&yes_to_5), Answer::Older("yes"));
    /// assert_eq!(turn.answer(&yes_to_500), Answer::Open("yes"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ask(&mut self) -> QuestionId {
        let question = self.next_question();
        self.user.state.question = Some(OpenQuestion::without_menu(question, OpenQuestion::now()));
        question
    }

    /// How long ago the question was asked that was open when the turn began, by the clocks of the
    /// machines. `None` if none was open.
    pub(crate) fn age_of_question(&self) -> Option<Duration> {
        let (_, asked_at) = self.question_found?;
        let age = OpenQuestion::now().saturating_sub(asked_at);
        Some(Duration::from_millis(age))
    }

    fn next_question(&mut self) -> QuestionId {
        let question = QuestionId::of(self.commit_id, self.asked);
        self.asked += 1;
        question
    }

    /// Records that no question is open any more: every button is then an older one, and a number
    /// means nothing.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.show(&DRINKS);
    /// turn.close_question();
    /// assert!(turn.pick("1").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close_question(&mut self) {
        self.user.state.question = None;
    }

    /// The question that is open, with a menu or without.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// assert_eq!(turn.question(), None);
    /// let question = turn.ask();
    /// assert_eq!(turn.question(), Some(question));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn question(&self) -> Option<QuestionId> {
        self.user.state.question()
    }

    /// Reads an answer as a choice from a menu.
    ///
    /// * A typed answer is read against the open menu, as it was shown: the number of a choice, or
    ///   its wire name; see [`input::pick`].
    /// * A button of the open menu is read against that menu, by its exact name.
    /// * A button of an earlier question is [`Answer::Older`], read by the choices of this release.
    ///   It must not confirm, pay, delete, authorize or accept all.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS, Pick};
    /// # use vimbiso_state::{Answer, CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let older = turn.show(&DRINKS);
    /// let open = turn.show(&DRINKS);
    /// assert_eq!(turn.pick("2.")?, Answer::Open(Pick::Tea));
    /// assert_eq!(turn.pick(&open.button("tea"))?, Answer::Open(Pick::Tea));
    /// assert_eq!(turn.pick(&older.button("tea"))?, Answer::Older(Pick::Tea));
    /// assert!(turn.pick("4").is_err());
    ///
    /// let choice = turn.pick("coffee")?.open()?; // for a flow that refuses older buttons
    /// assert_eq!(choice, Pick::Coffee);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotOnMenu`] if the menu has no such choice, or no menu is open.
    pub fn pick(&self, answer: &str) -> Result<Answer<F::Choice>, NotOnMenu> {
        let open = self.user.state.question.as_ref();
        let choice = match self.pressed(answer) {
            None => open
                .and_then(|menu| menu.read(answer))
                .map(|choice| self.typed(choice)),
            Some(Answer::Open(name)) => open.and_then(|menu| menu.press(name)).map(Answer::Open),
            Some(Answer::Older(name)) => F::Choice::from_name(name).map(Answer::Older),
        };
        choice.ok_or(NotOnMenu {
            options: open.map_or(0, OpenQuestion::options),
        })
    }

    /// Reads an answer as an entry of a list of data, such as accounts or offers, which the turn
    /// showed with [`ask`](Self::ask). `ids` are the ids of the entries in the order of their
    /// numbers, kept in the data.
    ///
    /// * A typed answer is read if a question without a menu is open: the number of an entry, or
    ///   its id; see [`input::pick`].
    /// * A button of the open question is read by its name, which is exactly an id.
    /// * A button of an earlier question is [`Answer::Older`], if its id is on this list too.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{Answer, CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.data_mut().drinks = vec!["mocha".to_owned(), "latte".to_owned()];
    /// let older = turn.ask();
    /// let open = turn.ask();
    /// let drinks = &turn.data().drinks;
    /// assert_eq!(turn.pick_from("2", drinks)?.open()?, "latte");
    /// assert_eq!(turn.pick_from(&open.button("latte"), drinks)?.open()?, "latte");
    /// assert!(turn.pick_from(&older.button("latte"), drinks)?.open().is_err());
    /// assert!(turn.pick_from("3", drinks).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`NotOnMenu`] if the list has no such entry, or no list is open: a menu is, or nothing.
    pub fn pick_from<'a, T: AsRef<str>>(
        &self,
        answer: &str,
        ids: &'a [T],
    ) -> Result<Answer<&'a T>, NotOnMenu> {
        let open = self.user.state.question.as_ref();
        // A number is one of the menu's if a menu is open.
        let list = open.filter(|question| question.menu().is_none());
        let exactly = |name: &str| ids.iter().find(|id| id.as_ref() == name);
        let entry = match self.pressed(answer) {
            None => list
                .and_then(|_| input::pick(answer, ids.iter().map(AsRef::as_ref)))
                .and_then(|index| ids.get(index))
                .map(|entry| self.typed(entry)),
            Some(Answer::Open(name)) => exactly(name).map(Answer::Open),
            Some(Answer::Older(name)) => exactly(name).map(Answer::Older),
        };
        entry.ok_or(NotOnMenu {
            options: list.map_or(0, |_| ids.len()),
        })
    }

    /// Reads an answer as a word or a free text: the name of a button, or what was typed, without
    /// white space and invisible characters at its ends.
    ///
    /// Typed text is [`Answer::Open`], also if no question is open: the stage says what is awaited.
    /// What makes a button is the id at its end. So a button that was shown without one is read as
    /// typed, and typed text that ends in `~` and 16 hexadecimal digits as a button.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId, input};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let question = turn.ask(); // "Pay 5 dollars?"
    /// for answer in [question.button("yes"), "YES!".to_owned()] {
    ///     let answer = turn.answer(&answer).open()?;
    ///     assert_eq!(input::word(answer), "yes");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer<'a>(&self, answer: &'a str) -> Answer<&'a str> {
        self.pressed(answer)
            .unwrap_or_else(|| self.typed(input::trim(answer)))
    }

    /// Says that this decision confirms, pays, deletes or authorizes something. If a
    /// [`Bot`](crate::bot::Bot) holds the conversation, a *typed* answer then counts only if all
    /// earlier replies have been sent: one that was typed before the open question was on the
    /// screen is decided again as an [older](Answer::Older) one. A decision that makes a call
    /// needs no such word. Without a bot it has no effect.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{CachedUser, Turn, UserId};
    ///
    /// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.require_shown_question();
    /// turn.data_mut().drinks.clear();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require_shown_question(&mut self) {
        self.needs_shown_question = true;
    }

    /// A typed answer, which belongs to the open question if the user can have read that.
    fn typed<T>(&self, answer: T) -> Answer<T> {
        self.read_typed.store(true, Ordering::Relaxed);
        match self.question_counts {
            QuestionCounts::Always => Answer::Open(answer),
            QuestionCounts::IfPressed | QuestionCounts::Never => Answer::Older(answer),
        }
    }

    /// Whether a typed answer was read. A button proves that its question was shown; a typed answer
    /// does not.
    pub(crate) fn has_read_typed(&self) -> bool {
        self.read_typed.load(Ordering::Relaxed)
    }

    /// Which answers to the open question are read as such from here on. All others are read as
    /// answers to an older one.
    pub(crate) fn set_question_counts(&mut self, counts: QuestionCounts) {
        self.question_counts = counts;
    }

    /// The name of the button that was pressed. `None` if the answer was typed.
    fn pressed<'a>(&self, answer: &'a str) -> Option<Answer<&'a str>> {
        let (name, question) = QuestionId::split(answer)?;
        let counts = self.question_counts != QuestionCounts::Never;
        Some(if counts && self.question() == Some(question) {
            Answer::Open(name)
        } else {
            Answer::Older(name)
        })
    }
}

#[cfg(test)]
mod tests;
