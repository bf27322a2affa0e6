//! Whom a message goes to.

use std::fmt;

use serde::Serialize;
use vimbiso_state::UserId;
use vimbiso_state::id::ConversationKey;

/// A user of WhatsApp, by a phone number or by the id that Meta gave to the user for this business.
/// A user may have no phone number that a business can see.
///
/// `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Recipient(Address);

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
enum Address {
    #[serde(rename = "to")]
    Phone(String),
    #[serde(rename = "recipient")]
    BusinessScoped(String),
}

impl Recipient {
    /// Reads a phone number in international form, 5 to 20 digits with or without a `+`, or a
    /// business-scoped user id, such as `US.13491208655302741918`. `None` for any other text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::client::Recipient;
    ///
    /// assert!(Recipient::parse("+263771234567").is_some());
    /// assert!(Recipient::parse("US.13491208655302741918").is_some());
    /// assert!(Recipient::parse("ada@example.org").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        if is_number && (5..=20).contains(&digits.len()) {
            return Some(Self(Address::Phone(digits.to_owned())));
        }
        let (country, id) = text.split_once('.')?;
        let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        // The id of a parent company has a further point: `US.ENT.118157992128868`.
        let is_id = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        let is_short = (1..=150).contains(&id.len());
        (is_country && is_id && is_short).then(|| Self(Address::BusinessScoped(text.to_owned())))
    }

    /// The recipient of a reply: where the message that led to it
    /// [said](vimbiso_state::bot::Inbound::reply_to), or else the user, by a user id that is made
    /// of the number or the id, or by a [`ConversationKey`] that names it. `None` if none of them
    /// is a recipient.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    /// use vimbiso_whatsapp::client::Recipient;
    ///
    /// let user = UserId::new("263771234567")?;
    /// assert_eq!(Recipient::of(&user, None), Recipient::parse("263771234567"));
    /// let other = Some("US.13491208655302741918");
    /// assert_eq!(Recipient::of(&user, other), Recipient::parse("US.13491208655302741918"));
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn of(user: &UserId, to: Option<&str>) -> Option<Self> {
        if let Some(to) = to {
            return Self::parse(to);
        }
        let named = ConversationKey::decode(user).and_then(|key| key.user);
        Self::parse(&named.or_else(|| user.decode())?)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Address::Phone(_) => "Phone",
            Address::BusinessScoped(_) => "BusinessScoped",
        };
        f.debug_struct(kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(recipient: Option<Recipient>) -> String {
        recipient.map_or_else(String::new, |to| serde_json::to_string(&to).unwrap())
    }

    #[test]
    fn user_is_found_in_its_id() {
        let of = |user: UserId, to| json(Recipient::of(&user, to));
        let number = UserId::mobile("+263 77 123-4567").unwrap();
        assert_eq!(of(number.clone(), None), r#"{"to":"263771234567"}"#);
        assert_eq!(of(number, Some("US.1")), r#"{"recipient":"US.1"}"#);
        let scoped = UserId::new("US.ENT.13491208655302741918").unwrap();
        assert_eq!(
            of(scoped, None),
            r#"{"recipient":"US.ENT.13491208655302741918"}"#
        );
        let key = ConversationKey::default()
            .channel("whatsapp")
            .user("+263771234567");
        assert_eq!(of(key.user_id().unwrap(), None), r#"{"to":"263771234567"}"#);
        assert_eq!(of(UserId::encode("whatsapp:+263").unwrap(), None), "");
    }

    #[test]
    fn text_that_is_no_recipient_is_refused() {
        let long = format!("US.{}", "1".repeat(151));
        for text in [
            "", "+", "1234", "US.", "us.123", "U.123", "US.1 2", "USA.1", "12a45", &long,
        ] {
            assert_eq!(Recipient::parse(text), None, "{text}");
        }
        assert_eq!(
            format!("{:?}", Recipient::parse("263771234567").unwrap()),
            "Phone { .. }"
        );
    }
}
