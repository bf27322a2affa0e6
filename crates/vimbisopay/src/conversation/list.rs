//! Numbered lists, and the hint at the numbers that a list accepts.

use crate::reply::Reply;

/// The most entries that a list shows. The reply then fits into [`Reply::MAX_TEXT`].
const MAX_ENTRIES: usize = 20;

/// The entries that are shown.
pub(crate) fn truncated<T>(list: &[T]) -> &[T] {
    list.get(..MAX_ENTRIES).unwrap_or(list)
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
