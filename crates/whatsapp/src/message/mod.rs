//! What a host's reply is in the terms of WhatsApp.

mod option;
mod template;

use std::fmt;

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::QuestionId;
use vimbiso_state::{Choice, MenuOptions, Stage};

pub use option::MenuOption;
pub use template::Template;

/// A reply that WhatsApp can send. A bot whose reply is a [`Message`] or a `String` has it already;
/// another reply says how it is shown.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::{Message, ToMessage};
///
/// struct Receipt {
///     cents: u32,
/// }
///
/// impl ToMessage for Receipt {
///     fn to_message(&self) -> Message {
///         Message::new(format!("Paid: {} cents.", self.cents))
///     }
/// }
/// # let _ = Receipt { cents: 3 }.to_message();
/// ```
pub trait ToMessage {
    /// What the user reads. Pure: the same reply gives the same message in each attempt.
    fn to_message(&self) -> Message;
}

impl ToMessage for Message {
    fn to_message(&self) -> Message {
        self.clone()
    }
}

impl ToMessage for String {
    fn to_message(&self) -> Message {
        Message::new(self)
    }
}

/// A message to a user: a text, the options below it if there are any, and the template that
/// replaces it if WhatsApp allows no other message any more.
///
/// It can be the [reply](vimbiso_state::bot::Conversation::Reply) of a conversation as it is. It
/// has no limits of its own: [`render`](crate::render) brings it within those of WhatsApp.
///
/// `Debug` shows sizes and no text.
///
/// # Examples
/// A menu, with a button for each choice that says which question it answers:
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS};
/// # use vimbiso_state::{CachedUser, Turn, UserId};
/// use vimbiso_whatsapp::Message;
///
/// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
/// let question = turn.show(&DRINKS);
/// let message = Message::new("What would you like?").menu(&DRINKS, question);
/// # let _ = message;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) options: Vec<MenuOption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) footer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list_button: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<Template>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quoted: Option<String>,
}

impl Message {
    /// A message with this text. WhatsApp shows `*bold*`, `_italic_` and `~struck through~`.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    ///
    /// let message = Message::new("Your table is ready.");
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            options: Vec::new(),
            header: None,
            footer: None,
            list_button: None,
            template: None,
            quoted: None,
        }
    }

    /// Adds the choices of a menu. The question is what
    /// [`Turn::show`](vimbiso_state::Turn::show) returned for it.
    ///
    /// The text need not list them: if they fit no buttons and no list, the message is a numbered
    /// text.
    ///
    /// # Examples
    /// [That of the type](Message#examples).
    #[must_use]
    pub fn menu<S: Stage, C: Choice<S>>(self, menu: &MenuOptions<C>, question: QuestionId) -> Self {
        let buttons = menu.buttons(question);
        self.options(buttons.map(|(id, label)| MenuOption::new(id, label)))
    }

    /// Adds an option. The bot gets the id as its input if the user chooses it; carry the question
    /// with [`QuestionId::button`].
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::flow::QuestionId;
    /// use vimbiso_whatsapp::Message;
    ///
    /// # let question: QuestionId = "7f3a1c0b2d4e5f60".parse()?;
    /// let message = Message::new("Pay 3 dollars?")
    ///     .option(question.button("yes"), "Yes")
    ///     .option(question.button("no"), "No");
    /// # let _ = message;
    /// # Ok::<(), vimbiso_state::flow::InvalidQuestionId>(())
    /// ```
    #[must_use]
    pub fn option(self, id: impl Into<String>, label: impl Into<String>) -> Self {
        self.options([MenuOption::new(id, label)])
    }

    /// Adds options, of which each may have a description.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    /// use vimbiso_whatsapp::message::MenuOption;
    ///
    /// let message = Message::new("What would you like?").options([
    ///     MenuOption::new("coffee", "Coffee").description("3 dollars"),
    ///     MenuOption::new("tea", "Tea").description("2 dollars"),
    /// ]);
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn options(mut self, options: impl IntoIterator<Item = MenuOption>) -> Self {
        self.options.extend(options);
        self
    }

    /// A line above the text, in bold if there are options. At most
    /// [`HEADER`](crate::limits::HEADER) characters; a longer one becomes the first paragraph.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    ///
    /// let message = Message::new("Coffee or tea?").header("Breakfast");
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = Some(header.into());
        self
    }

    /// A line below the text, in small letters if there are options. At most
    /// [`HEADER`](crate::limits::HEADER) characters; a longer one becomes the last paragraph.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    ///
    /// let message = Message::new("Coffee or tea?").footer("Until 11 o'clock");
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn footer(mut self, footer: impl Into<String>) -> Self {
        self.footer = Some(footer.into());
        self
    }

    /// The label of the button that opens the list, if there are more options than buttons, in the
    /// user's language: at most [`LIST_BUTTON`](crate::limits::LIST_BUTTON) characters. With a
    /// longer one, the options are a numbered text. `Options` by default.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    ///
    /// let message = Message::new("Que desea?").list_button("Opciones");
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn list_button(mut self, label: impl Into<String>) -> Self {
        self.list_button = Some(label.into());
        self
    }

    /// What is sent instead when the user has not written for 24 hours: WhatsApp then accepts
    /// nothing but a template that Meta has approved. Without one, the message is rejected. Give
    /// one to the outcome of a payment.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::{Message, Template};
    ///
    /// let message = Message::new("Paid: 3 dollars.")
    ///     .template(Template::new("payment_made", "en").parameter("3 dollars"));
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn template(mut self, template: Template) -> Self {
        self.template = Some(template);
        self
    }

    /// Quotes a message of the chat, by the id that WhatsApp gave it.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Message;
    ///
    /// let message = Message::new("Yes.").quoting("wamid.HBgMMjYzNzcxMjM0NTY3");
    /// # let _ = message;
    /// ```
    #[must_use]
    pub fn quoting(mut self, message_id: impl Into<String>) -> Self {
        self.quoted = Some(message_id.into());
        self
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("text", &format_args!("{} bytes", self.text.len()))
            .field("options", &self.options.len())
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}
