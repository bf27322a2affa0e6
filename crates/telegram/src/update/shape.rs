//! The JSON of the Bot API, as far as a bot needs it. Each field may be missing, and one of another
//! type counts as missing, so that a change of the API in one place disturbs no other.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, de};
use serde_json::Value;

/// A field that may be missing.
#[derive(Debug)]
pub(super) struct Field<T>(pub(super) Option<T>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer).map_err(de::Error::custom)?;
        Ok(Self(serde_json::from_value(value).ok()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Update {
    pub(super) update_id: Field<i64>,
    pub(super) message: Field<Message>,
    pub(super) callback_query: Field<CallbackQuery>,
    pub(super) my_chat_member: Field<ChatMemberUpdated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) from: Field<User>,
    pub(super) chat: Field<Chat>,
    pub(super) date: Field<u64>,
    pub(super) message_thread_id: Field<i64>,
    pub(super) is_topic_message: Field<bool>,
    pub(super) is_automatic_forward: Field<bool>,
    pub(super) migrate_to_chat_id: Field<i64>,
    pub(super) text: Field<String>,
    pub(super) caption: Field<String>,
    pub(super) photo: Field<Vec<File>>,
    pub(super) document: Field<File>,
    pub(super) audio: Field<File>,
    pub(super) voice: Field<File>,
    pub(super) video: Field<File>,
    pub(super) video_note: Field<File>,
    pub(super) animation: Field<File>,
    pub(super) sticker: Field<File>,
    pub(super) location: Field<Location>,
    pub(super) contact: Field<Contact>,
    pub(super) poll: Field<Value>,
    pub(super) dice: Field<Value>,
    pub(super) game: Field<Value>,
    pub(super) story: Field<Value>,
    pub(super) checklist: Field<Value>,
    pub(super) paid_media: Field<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) id: Field<i64>,
    pub(super) is_bot: Field<bool>,
    pub(super) first_name: Field<String>,
    pub(super) last_name: Field<String>,
    pub(super) username: Field<String>,
    pub(super) language_code: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chat {
    pub(super) id: Field<i64>,
    pub(super) r#type: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) file_id: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub(super) latitude: Field<f64>,
    pub(super) longitude: Field<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact {
    pub(super) phone_number: Field<String>,
    pub(super) user_id: Field<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CallbackQuery {
    pub(super) id: Field<String>,
    pub(super) from: Field<User>,
    pub(super) message: Field<Message>,
    pub(super) data: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChatMemberUpdated {
    pub(super) chat: Field<Chat>,
    pub(super) new_chat_member: Field<ChatMember>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChatMember {
    pub(super) status: Field<String>,
}
