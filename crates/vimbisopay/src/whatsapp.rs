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

#[cfg(test)]
mod tests {
    use vimbiso_state::vimbisopay::{TIER_1, TIER_2};
    use vimbiso_whatsapp::limits::check;
    use vimbiso_whatsapp::render::render;

    use super::*;
    use crate::{MORE_OPTIONS, REGISTER};

    /// What WhatsApp is sent: the text and the titles.
    fn shown(reply: &Reply) -> (String, Vec<String>) {
        let parts = serde_json::to_value(render(&reply.to_message())).unwrap();
        let part = &parts[0];
        let text = part["interactive"]["body"]["text"].as_str();
        let text = text.or_else(|| part["text"]["body"].as_str()).unwrap();
        let action = &part["interactive"]["action"];
        let buttons = action["buttons"].as_array().into_iter().flatten();
        let rows = action["sections"][0]["rows"].as_array();
        let titles = buttons
            .map(|button| &button["reply"]["title"])
            .chain(rows.into_iter().flatten().map(|row| &row["title"]))
            .map(|title| title.as_str().unwrap().to_owned());
        (text.to_owned(), titles.collect())
    }

    fn entries(count: usize) -> impl Iterator<Item = (String, String)> {
        (1..=count).map(|n| (format!("{n}~7f3a1c0b2d4e5f60"), format!("Entry {n}")))
    }

    fn list(count: usize) -> Reply {
        let lines: Vec<_> = (1..=count).map(|n| format!("{n}. Entry {n}")).collect();
        Reply::new(format!(
            "Title\n{}\n\nReply with a number.",
            lines.join("\n")
        ))
        .entries(entries(count))
    }

    #[test]
    fn labels_of_menus_fit() {
        for menu in [&TIER_1, &TIER_2, &MORE_OPTIONS, &REGISTER] {
            assert_eq!(check(menu), Ok(()));
        }
    }

    #[test]
    fn entries_are_rows_instead_of_lines() {
        let (text, titles) = shown(&list(2).button("More", "more"));
        assert_eq!(text, "Title\n\nReply with a number.");
        assert_eq!(titles, ["Entry 1", "Entry 2", "More"]);
        let (_, titles) = shown(&list(9).button("More", "more"));
        assert_eq!(titles.len(), 10);
    }

    #[test]
    fn more_entries_than_rows_stay_in_the_text() {
        let (text, titles) = shown(&list(10).button("More", "more"));
        assert!(text.contains("10. Entry 10"), "{text}");
        assert_eq!(titles, ["More"]);
        assert!(list(11).entries.is_empty());
        let long = [("1".to_owned(), "x".repeat(73))];
        assert!(Reply::new("1. x").entries(long).entries.is_empty());
    }

    #[test]
    fn text_without_entries_is_sent_as_it_is() {
        let reply = Reply::new("1. Yes\n2. No").button("Yes", "yes");
        assert_eq!(
            shown(&reply),
            ("1. Yes\n2. No".to_owned(), vec!["Yes".to_owned()])
        );
        assert_eq!(shown(&Reply::new("a\n\nb")).0, "a\n\nb");
    }
}
