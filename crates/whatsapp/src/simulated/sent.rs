//! A message that was accepted.

use serde_json::Value;

/// A message that the simulated Graph API has accepted.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::simulated::SentMessage;
///
/// fn print(message: &SentMessage) {
///     println!("to {}: {}", message.to, message.text());
///     for (id, title) in message.options() {
///         println!("[{title}] is {id}");
///     }
/// }
/// # let _ = print;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SentMessage {
    /// The id that it was given.
    pub id: String,
    /// The phone number or the business-scoped id of the user.
    pub to: String,
    /// The phone number id that it was sent by.
    pub phone_number_id: String,
    /// What comes back with its statuses.
    pub callback_data: Option<String>,
    /// The request.
    pub json: Value,
}

impl SentMessage {
    /// What the user reads: the header, the text and the footer, or the name and the values of the
    /// template, each on a line of its own.
    #[must_use]
    pub fn text(&self) -> String {
        let at = |path: &str| self.json.pointer(path).and_then(Value::as_str);
        let mut lines: Vec<&str> = [
            "/text/body",
            "/interactive/header/text",
            "/interactive/body/text",
            "/interactive/footer/text",
            "/template/name",
        ]
        .into_iter()
        .filter_map(at)
        .collect();
        let values = self.json.pointer("/template/components/0/parameters");
        let values = values.and_then(Value::as_array).into_iter().flatten();
        lines.extend(values.filter_map(|value| value.get("text")?.as_str()));
        lines.join("\n")
    }

    /// The id and the title of each button or row, in their order.
    #[must_use]
    pub fn options(&self) -> Vec<(String, String)> {
        let list = |path: &str| self.json.pointer(path).and_then(Value::as_array);
        let buttons = list("/interactive/action/buttons").into_iter().flatten();
        let rows = list("/interactive/action/sections/0/rows")
            .into_iter()
            .flatten();
        let options = buttons.filter_map(|button| button.get("reply")).chain(rows);
        let text = |option: &Value, name: &str| Some(option.get(name)?.as_str()?.to_owned());
        options
            .filter_map(|option| Some((text(option, "id")?, text(option, "title")?)))
            .collect()
    }
}
