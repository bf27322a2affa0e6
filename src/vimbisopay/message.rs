//! Reading a message, in an order that is the same in every stage.

use std::fmt;

use crate::flow::Choice as _;
use crate::input;
use crate::vimbisopay::choice::Choice;

/// A message, read without regard to the stage.
///
/// It is read in this order: a greeting, an offer in one line, a button, a choice, any other text.
/// Case, punctuation and invisible characters are ignored as in [`input::word`] and
/// [`input::number`]. Some greetings answer a question if one is open; see
/// [`answer`](Self::answer).
///
/// A button is read by its name: [`Turn::answer`](crate::Turn::answer) tells it from the question
/// that it belongs to.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::{ButtonId, Incoming};
///
/// assert_eq!(Incoming::parse(" Hi! "), Incoming::Greeting("Hi!"));
/// assert_eq!(Incoming::parse("accept_7f3"), Incoming::Button(ButtonId::Accept("7f3")));
/// assert_eq!(Incoming::parse("5"), Incoming::Choice("5"));
/// assert_eq!(Incoming::parse("five"), Incoming::Text("five"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A word that leads to the main menu from any stage, unless it answers a question.
    Greeting(&'a str),
    /// A text with `=>` (a secured offer) or `->` (an unsecured offer) in it. It may still be
    /// invalid as an offer.
    QuickOffer(&'a str),
    /// A button that says itself what it acts on. It may be pressed in any stage.
    Button(ButtonId<'a>),
    /// A number, or the wire name of a [`Choice`]. Its meaning depends on the stage.
    Choice(&'a str),
    /// Any other text. Its meaning depends on the stage.
    Text(&'a str),
}

/// Shows the variant and no text.
impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting(_) => "Greeting",
            Self::QuickOffer(_) => "QuickOffer",
            Self::Button(_) => "Button",
            Self::Choice(_) => "Choice",
            Self::Text(_) => "Text",
        })
    }
}

// `memu` is a misspelling that the specification accepts.
const GREETINGS: &[&str] = &[
    "menu", "memu", "hi", "hie", "cancel", "home", "hy", "reset", "hello", "x", "c", "no", "n",
    "hey", "y", "yes", "retry",
];
const YES: &[&str] = &["y", "yes"];
const NO: &[&str] = &["n", "no", "c", "x", "cancel"];

impl<'a> Incoming<'a> {
    /// Reads a message.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let text = input::trim(text);
        let word = input::word(text);
        if GREETINGS.contains(&&*word) {
            return Self::Greeting(text);
        }
        // A form is JSON, and one of its texts may contain an arrow.
        if !text.starts_with('{') && (text.contains("=>") || text.contains("->")) {
            return Self::QuickOffer(text);
        }
        if let Some(button) = ButtonId::parse(text) {
            return Self::Button(button);
        }
        let is_wire_name = Choice::all().any(|choice| choice.name() == word);
        let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        if is_number || is_wire_name {
            Self::Choice(text)
        } else {
            Self::Text(text)
        }
    }

    /// The answer to an open question: `true` for `y` and `yes`, `false` for `n`, `no`, `c`, `x`
    /// and `cancel`, and `None` for anything else.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::vimbisopay::Incoming;
    ///
    /// assert_eq!(Incoming::parse("YES").answer(), Some(true));
    /// assert_eq!(Incoming::parse("cancel").answer(), Some(false));
    /// assert_eq!(Incoming::parse("ok").answer(), None);
    /// ```
    #[must_use]
    pub fn answer(&self) -> Option<bool> {
        let Self::Greeting(text) = self else {
            return None;
        };
        let word = input::word(text);
        let is_yes = YES.contains(&&*word);
        (is_yes || NO.contains(&&*word)).then_some(is_yes)
    }
}

/// The id of a button that acts in any stage.
///
/// # Examples
/// ```
/// use vimbiso_state::vimbisopay::ButtonId;
///
/// assert_eq!(ButtonId::Decline("7f3").to_string(), "decline_7f3");
/// assert_eq!(ButtonId::parse("view pending"), Some(ButtonId::ViewPending));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ButtonId<'a> {
    /// Accepts the offer of this id.
    Accept(&'a str),
    /// Declines the offer of this id.
    Decline(&'a str),
    /// Cancels the offer of this id.
    Cancel(&'a str),
    /// Accepts the incoming offers that were shown.
    AcceptAll,
    /// Shows the incoming offers.
    ViewPending,
}

/// Shows the variant and no text.
impl fmt::Debug for ButtonId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept(_) => "Accept",
            Self::Decline(_) => "Decline",
            Self::Cancel(_) => "Cancel",
            Self::AcceptAll => "AcceptAll",
            Self::ViewPending => "ViewPending",
        })
    }
}

impl<'a> ButtonId<'a> {
    /// Reads the id of a button. The id of an offer has 1 to 128 of `A–Z a–z 0–9 - _ :`, and its
    /// case matters.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        match &*input::word(text) {
            "acceptallincomingoffers" => return Some(Self::AcceptAll),
            "view pending" => return Some(Self::ViewPending),
            _ => {}
        }
        let (action, id) = text.split_once('_')?;
        if !(1..=128).contains(&id.len())
            || !id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':'))
        {
            return None;
        }
        match action.to_ascii_lowercase().as_str() {
            "accept" => Some(Self::Accept(id)),
            "decline" => Some(Self::Decline(id)),
            "cancel" => Some(Self::Cancel(id)),
            _ => None,
        }
    }
}

impl fmt::Display for ButtonId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept(id) => write!(f, "accept_{id}"),
            Self::Decline(id) => write!(f, "decline_{id}"),
            Self::Cancel(id) => write!(f, "cancel_{id}"),
            Self::AcceptAll => f.write_str("AcceptAllIncomingOffers"),
            Self::ViewPending => f.write_str("View Pending"),
        }
    }
}
