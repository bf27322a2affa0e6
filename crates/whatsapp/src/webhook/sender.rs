//! Who has written a message.

use std::fmt;

use vimbiso_state::UserId;

use super::object::Object;

/// Who has written: by phone number, by business-scoped id, or by both.
///
/// A user who has taken a username hides the phone number, so that only the business-scoped id is
/// there, such as `US.13491208655302741918`. It is another one for each business.
///
/// These are personal data: `Debug` shows which parts there are, and no text.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::webhook::Sender;
///
/// let mut sender = Sender::default();
/// assert_eq!(sender.user(), None);
/// sender.user_id = Some("US.13491208655302741918".to_owned());
/// assert_eq!(sender.key(), Some("US.13491208655302741918"));
/// sender.phone = Some("263771234567".to_owned());
/// assert_eq!(sender.key(), Some("263771234567"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// The phone number, in digits: `263771234567`. It is what WhatsApp calls this user.
    pub phone: Option<String>,
    /// The business-scoped id.
    pub user_id: Option<String>,
    /// The name that the user gave to the profile. Anyone may take any name.
    pub name: Option<String>,
    /// The username, without `@`.
    pub username: Option<String>,
}

impl Sender {
    /// What the user is called: the phone number if it is known, or else the business-scoped id.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.phone.as_deref().or(self.user_id.as_deref())
    }

    /// The id under which the session is kept: that of [`key`](Self::key), as
    /// [`UserId::encode`] writes it. `None` if Meta has named neither a number nor an id.
    ///
    /// So the user of a session changes if a phone number is hidden or shown: a conversation
    /// begins anew then, and a button of the old one decides nothing in the new one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        UserId::encode(self.key()?).ok()
    }

    /// Adds what `contacts` says of this sender.
    pub(super) fn with_contact(mut self, contacts: &[Self]) -> Self {
        let is_this = |contact: &&Self| {
            let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
            same(&contact.phone, &self.phone) || same(&contact.user_id, &self.user_id)
        };
        let found = match (contacts.iter().find(is_this), contacts) {
            (Some(contact), _) => Some(contact),
            // A message that names no sender is from the only contact there is.
            (None, [contact]) if self.key().is_none() => Some(contact),
            (None, _) => None,
        };
        if let Some(contact) = found {
            self.phone = self.phone.or_else(|| contact.phone.clone());
            self.user_id = self.user_id.or_else(|| contact.user_id.clone());
            self.name.clone_from(&contact.name);
            self.username.clone_from(&contact.username);
        }
        self
    }

    pub(super) fn from_contact(contact: &Object<'_>) -> Self {
        let profile = contact.object("profile");
        let of_profile = |name| profile.as_ref().and_then(|profile| profile.text(name));
        Self {
            phone: contact.text("wa_id").map(without_plus),
            user_id: contact.text("user_id"),
            name: of_profile("name"),
            username: of_profile("username"),
        }
    }
}

/// A number with and without its sign is the same number.
pub(super) fn without_plus(text: String) -> String {
    match text.strip_prefix('+') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() => {
            digits.to_owned()
        }
        _ => text,
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("has_phone", &self.phone.is_some())
            .field("has_user_id", &self.user_id.is_some())
            .finish_non_exhaustive()
    }
}
