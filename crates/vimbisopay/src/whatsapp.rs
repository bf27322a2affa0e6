//! How a reply is shown on WhatsApp.

use vimbiso_whatsapp::limits::ROWS;
use vimbiso_whatsapp::message::MenuOption;
use vimbiso_whatsapp::{Message, ToMessage};

use crate::reply::{Button, Reply};

/// Entries and buttons become the options of one message: buttons if they are few and short, a list
/// otherwise. If they are more than a list can hold, the entries stay numbered lines of the text.
impl ToMessage for Reply {
    fn to_message(&self) -> Message {
        let has_list = self.entries.len() + self.buttons.len() <= ROWS;
        let (text, entries) = match has_list {
            true => (self.text_without_entries(), &self.entries[..]),
            false => (self.text.clone(), &[][..]),
        };
        let options = entries.iter().chain(&self.buttons);
        Message::new(text)
            .options(options.map(option))
            .list_button("Choose")
    }
}

fn option(button: &Button) -> MenuOption {
    MenuOption::new(&button.id, &button.title)
}

impl Reply {
    /// The text without the numbered lines of the entries.
    fn text_without_entries(&self) -> String {
        let mut entries = (1..).zip(&self.entries).peekable();
        let mut lines = self.text.lines().collect::<Vec<_>>();
        lines.retain(|line| {
            let is_entry =
                |(number, entry): &(u32, &Button)| *line == format!("{number}. {}", entry.title);
            entries.next_if(is_entry).is_none()
        });
        lines.join("\n")
    }
}
