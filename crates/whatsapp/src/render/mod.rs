//! Brings a [`Message`] within the [limits] of WhatsApp. Nothing is cut.
#![doc = ""]
#![doc = include_str!("shapes.md")]

mod content;
mod options;
mod split;

#[cfg(test)]
mod tests;

use std::fmt;

use content::{Action, Content, Interactive, Kind, Text};
use options::Shape;
use serde::Serialize;

use crate::limits;
use crate::message::{Message, Template};

/// One request to WhatsApp: a part of a message that fits.
///
/// `Debug` shows no text.
#[derive(Clone, Serialize)]
pub struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Clone, Serialize)]
struct Context {
    message_id: String,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.content {
            Content::Text { .. } => "text",
            Content::Interactive { .. } => "interactive",
            Content::Template { .. } => "template",
        };
        f.debug_struct("Part")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}

/// The parts of a message, in the order in which they are sent. Empty if the message is blank. The
/// same message always has the same parts.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::Message;
/// use vimbiso_whatsapp::render::render;
///
/// let parts = render(&Message::new("Pay 3 dollars?").option("yes", "Yes").option("no", "No"));
/// let json = serde_json::to_value(&parts)?;
/// assert_eq!(json[0]["interactive"]["action"]["buttons"][1]["reply"]["title"], "No");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn render(message: &Message) -> Vec<Part> {
    let contents = match options::shape(message) {
        Shape::Text(lines) => texts(message, &lines),
        Shape::Interactive(kind, action) => interactive(message, kind, action),
    };
    let mut quoted = message.quoted.clone();
    let parts = contents.into_iter().map(|content| Part {
        // The first part quotes.
        context: quoted.take().map(|message_id| Context { message_id }),
        content,
    });
    parts.collect()
}

/// A template as a part.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::Template;
/// use vimbiso_whatsapp::render::render_template;
///
/// let part = render_template(&Template::new("payment_made", "en").parameter("3 dollars"));
/// let json = serde_json::to_value(&part)?;
/// assert_eq!(json["template"]["components"][0]["parameters"][0]["text"], "3 dollars");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn render_template(template: &Template) -> Part {
    Part {
        context: None,
        content: Content::template(template),
    }
}

fn texts(message: &Message, lines: &str) -> Vec<Content> {
    let header = message.header.as_deref().unwrap_or_default();
    let footer = message.footer.as_deref().unwrap_or_default();
    let whole = paragraphs(&[header, &message.text, lines, footer]);
    let texts = split::split(&whole, limits::TEXT).into_iter();
    texts.map(Content::text).collect()
}

fn interactive(message: &Message, kind: Kind, action: Action) -> Vec<Content> {
    let is_line = |text: &&String| limits::is_line(text, limits::HEADER);
    // A header is above all of the text, so it is a part of a text that is split.
    let is_short = limits::length(&message.text) <= limits::BODY;
    let header = message.header.as_ref().filter(is_line).filter(|_| is_short);
    let footer = message.footer.as_ref().filter(is_line);
    let first = match header {
        Some(_) => None,
        None => message.header.as_deref(),
    };
    let last = match footer {
        Some(_) => None,
        None => message.footer.as_deref(),
    };
    let mut text = paragraphs(&[
        first.unwrap_or_default(),
        &message.text,
        last.unwrap_or_default(),
    ]);
    if text.is_empty() {
        // There must be a text.
        options::list_button(message).clone_into(&mut text);
    }
    let (before, body) = split::tail(&text, limits::BODY);
    let mut contents: Vec<_> = split::split(before, limits::TEXT)
        .into_iter()
        .map(Content::text)
        .collect();
    contents.push(Content::Interactive {
        interactive: Interactive {
            kind,
            header: header.cloned().map(content::Header::new),
            body: Text::new(body),
            footer: footer.map(Text::new),
            action,
        },
    });
    contents
}

/// Joins those that are not blank.
fn paragraphs(texts: &[&str]) -> String {
    let texts = texts.iter().filter(|text| !text.trim().is_empty());
    let texts: Vec<_> = texts.copied().collect();
    texts.join("\n\n")
}
