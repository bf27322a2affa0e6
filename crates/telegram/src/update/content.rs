//! What a user sent.

use std::fmt;

use super::shape;

/// What a user sent.
///
/// `Debug` shows the kind alone.
///
/// # Examples
/// ```
/// use vimbiso_telegram::Content;
///
/// assert_eq!(Content::Text("hi".to_owned()).text(), Some("hi"));
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// A text, as it was typed: a command with its `/`, and in a group with the `@name` of the bot.
    Text(String),
    /// A button of a menu was pressed: its id, with that of its question.
    Button(String),
    /// A file, by the id under which the Bot API's `getFile` finds it.
    File {
        /// What kind of file.
        kind: FileKind,
        /// Its id.
        file_id: String,
        /// What was written below it.
        caption: Option<String>,
    },
    /// A place on the map, in degrees.
    Location {
        /// North of the equator.
        latitude: f64,
        /// East of Greenwich.
        longitude: f64,
    },
    /// A contact. It is the sender's own if `user_id` is the sender's.
    Contact {
        /// The phone number, as Telegram writes it: often without a `+`.
        phone_number: String,
        /// The Telegram user who has that number, if there is one.
        user_id: Option<i64>,
    },
    /// Something else that a user can send: a poll, a story, a die.
    Other,
}

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // the kinds of the Bot API
pub enum FileKind {
    Photo,
    Document,
    Audio,
    Voice,
    Video,
    VideoNote,
    Animation,
    Sticker,
}

impl Content {
    /// The text, the id of the button, or the caption of the file. `None` if there is no text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Button(text) => Some(text),
            Self::File { caption, .. } => caption.as_deref(),
            Self::Location { .. } | Self::Contact { .. } | Self::Other => None,
        }
    }

    /// `None` if the message tells of something that happened in the chat, or is of a kind that is
    /// not known.
    pub(super) fn of(message: shape::Message) -> Option<Self> {
        if let Some(text) = message.text.0 {
            return Some(Self::Text(text));
        }
        // The sizes of a photo, the smallest first.
        let photo = message.photo.0.and_then(|mut sizes| sizes.pop());
        // An animation has a document beside it, for older clients.
        let files = [
            (FileKind::Photo, photo),
            (FileKind::Animation, message.animation.0),
            (FileKind::Document, message.document.0),
            (FileKind::Audio, message.audio.0),
            (FileKind::Voice, message.voice.0),
            (FileKind::Video, message.video.0),
            (FileKind::VideoNote, message.video_note.0),
            (FileKind::Sticker, message.sticker.0),
        ];
        for (kind, file) in files {
            if let Some(file_id) = file.and_then(|file| file.file_id.0) {
                return Some(Self::File {
                    kind,
                    file_id,
                    caption: message.caption.0,
                });
            }
        }
        if let Some(location) = message.location.0
            && let Some(latitude) = location.latitude.0
            && let Some(longitude) = location.longitude.0
        {
            return Some(Self::Location {
                latitude,
                longitude,
            });
        }
        if let Some(contact) = message.contact.0
            && let Some(phone_number) = contact.phone_number.0
        {
            return Some(Self::Contact {
                phone_number,
                user_id: contact.user_id.0,
            });
        }
        let others = [
            message.poll,
            message.dice,
            message.game,
            message.story,
            message.checklist,
            message.paid_media,
        ];
        let is_other = others.iter().any(|other| other.0.is_some());
        is_other.then_some(Self::Other)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text(…)",
            Self::Button(_) => "Button(…)",
            Self::File { kind, .. } => return write!(f, "File({kind:?}, …)"),
            Self::Location { .. } => "Location(…)",
            Self::Contact { .. } => "Contact(…)",
            Self::Other => "Other",
        };
        f.write_str(kind)
    }
}
