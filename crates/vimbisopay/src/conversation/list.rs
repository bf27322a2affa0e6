//! Numbered lists, and the hint at the numbers that a list accepts.

use vimbiso_state::flow::QuestionId;

use crate::reply::Reply;

/// The most entries that a list shows. The reply then fits into [`Reply::MAX_TEXT`].
const MAX_ENTRIES: usize = 20;

/// The entries that are shown.
pub(crate) fn truncated<T>(list: &[T]) -> &[T] {
    list.get(..MAX_ENTRIES).unwrap_or(list)
}

/// A numbered list as text.
pub(crate) fn numbered(lines: &[String]) -> String {
    let lines: Vec<_> = (1..)
        .zip(lines)
        .map(|(number, line)| format!("{number}. {line}"))
        .collect();
    lines.join("\n")
}

/// The entries of a numbered list: choosing one is the same as typing its number.
pub(crate) fn entries(
    question: QuestionId,
    lines: Vec<String>,
) -> impl Iterator<Item = (String, String)> {
    (1..)
        .zip(lines)
        .map(move |(number, line)| (question.button(number), line))
}

pub(crate) fn number_up_to(last: usize) -> Reply {
    Reply::new(match last {
        0 => "Send *menu* to go back.".to_owned(),
        1 => "Reply with *1*, or send *menu* to go back.".to_owned(),
        _ => format!("Reply with a number from *1* to *{last}*, or send *menu* to go back."),
    })
}
