//! How the options of a message are shown.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::content::{Action, Button, Kind, Row, Section};
use crate::limits::{self, is_line};
use crate::message::{MenuOption, Message};

/// The label of the button that opens a list, if the host gave none.
const LIST_BUTTON: &str = "Options";

pub(super) enum Shape {
    /// A text, followed by these lines.
    Text(String),
    Interactive(Kind, Action),
}

pub(super) fn shape(message: &Message) -> Shape {
    let options = &message.options;
    if options.is_empty() {
        return Shape::Text(String::new());
    }
    let interactive = has_usable_ids(options)
        .then(|| buttons(options).or_else(|| list(message)))
        .flatten();
    match interactive {
        Some((kind, action)) => Shape::Interactive(kind, action),
        None => Shape::Text(numbered(options)),
    }
}

pub(super) fn list_button(message: &Message) -> &str {
    message.list_button.as_deref().unwrap_or(LIST_BUTTON)
}

/// WhatsApp refuses ids that occur twice or have spaces around them.
fn has_usable_ids(options: &[MenuOption]) -> bool {
    let mut ids = HashSet::new();
    options.iter().all(|option| {
        let id = option.id.as_str();
        is_line(id, limits::OPTION_ID) && id.trim() == id && ids.insert(id)
    })
}

fn buttons(options: &[MenuOption]) -> Option<(Kind, Action)> {
    if options.len() > limits::BUTTONS {
        return None;
    }
    let mut labels = HashSet::new();
    let mut buttons = Vec::new();
    for option in options {
        let label = &option.label;
        // It refuses two buttons with one title, also if only spaces tell them apart.
        let fits = is_line(label, limits::BUTTON_TITLE) && labels.insert(label.trim());
        if !fits || option.description.is_some() {
            return None;
        }
        buttons.push(Button::new(option.id.clone(), label.clone()));
    }
    Some((Kind::Button, Action::Buttons { buttons }))
}

fn list(message: &Message) -> Option<(Kind, Action)> {
    let button = list_button(message);
    if message.options.len() > limits::ROWS || !is_line(button, limits::LIST_BUTTON) {
        return None;
    }
    let numbered = (1..).zip(&message.options);
    let rows: Option<Vec<_>> = numbered
        .map(|(number, option)| row(number, option))
        .collect();
    let section = Section {
        title: button.to_owned(),
        rows: rows?,
    };
    let action = Action::List {
        button: button.to_owned(),
        sections: vec![section],
    };
    Some((Kind::List, action))
}

fn row(number: usize, option: &MenuOption) -> Option<Row> {
    let label = &option.label;
    let is_title = is_line(label, limits::ROW_TITLE);
    let (title, description) = match &option.description {
        Some(description) if is_title => (label.clone(), Some(description.clone())),
        None if is_title => (label.clone(), None),
        None => (number.to_string(), Some(label.clone())),
        Some(_) => return None,
    };
    let fits = |text: &String| is_line(text, limits::ROW_DESCRIPTION);
    description.as_ref().is_none_or(fits).then(|| Row {
        id: option.id.clone(),
        title,
        description,
    })
}

/// One line for each option, as a user reads a [menu](vimbiso_state::MenuOptions).
fn numbered(options: &[MenuOption]) -> String {
    let mut lines = String::new();
    for (number, option) in (1..).zip(options) {
        let separator = if number == 1 { "" } else { "\n" };
        // Writing to a text does not fail.
        let _ = write!(lines, "{separator}{number}. {}", option.label);
        if let Some(description) = &option.description {
            let _ = write!(lines, " – {description}");
        }
    }
    lines
}
