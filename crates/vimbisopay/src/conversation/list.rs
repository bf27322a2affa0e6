//! How lists are shown, and which replies they take.

use crate::reply::Reply;

/// The most that a list shows: numbers that a thumb can type, and a reply that is remembered whole.
pub(crate) fn shown<T>(list: &[T]) -> &[T] {
    list.get(..20).unwrap_or(list)
}

pub(crate) fn numbered(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<_> = lines
        .into_iter()
        .zip(1..)
        .map(|(line, number)| format!("{number}. {line}"))
        .collect();
    lines.join("\n")
}

pub(crate) fn number_up_to(last: usize) -> Reply {
    Reply::new(match last {
        0 => "Send *menu* to go back.".to_owned(),
        1 => "Reply with *1*, or send *menu* to go back.".to_owned(),
        _ => format!("Reply with a number from *1* to *{last}*, or send *menu* to go back."),
    })
}
