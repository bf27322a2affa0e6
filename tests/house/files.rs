//! Each file of `src`: its size, its first sentence, and whose clock it reads.

use crate::figures::Figure;
use crate::source::Source;

const MEDIAN_LINES: usize = 150;
const MOST_LINES: usize = 350;

fn library(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let is_library = |source: &&Source| source.path.starts_with("src/") && source.is("rs");
    sources.iter().filter(is_library)
}

pub(crate) fn median_lines(sources: &[Source]) -> Figure {
    let mut lines: Vec<_> = library(sources).map(|source| source.lines.len()).collect();
    lines.sort_unstable();
    let median = lines.get(lines.len() / 2).copied().unwrap_or(usize::MAX);
    Figure::at_most(median, MEDIAN_LINES, Vec::new())
}

/// Files with more than one idea, by their length.
pub(crate) fn long_files(sources: &[Source]) -> Figure {
    let long = library(sources).filter(|source| source.lines.len() > MOST_LINES);
    Figure::none(
        long.map(|source| format!("{}:{}: the last line", source.path, source.lines.len()))
            .collect(),
    )
}

/// Files that begin without a sentence on what they are for.
pub(crate) fn files_without_a_sentence(sources: &[Source]) -> Figure {
    let without = library(sources).filter(|source| {
        // A file that is included into examples cannot have an inner doc comment.
        let included =
            ["src/guide/cafe.rs", "src/guide/cafe_bot.rs"].contains(&source.path.as_str());
        !source.text.starts_with("//! ") && !included
    });
    Figure::none(
        without
            .map(|source| format!("{}:1: no `//! ` sentence", source.path))
            .collect(),
    )
}

/// Expiries, leases and wake-ups are on the store's clock, and a bot waits on a monotonic one: if a
/// host's clock jumps by an hour, no session, lease or wait ends early. It only tells the ages of
/// messages and of questions, in `id`, `flow` and `manager`.
pub(crate) fn host_clocks(sources: &[Source]) -> Figure {
    let clocks = ["SystemTime", "UNIX_EPOCH", "Utc::", "Local::"];
    let folders = [
        "src/bot/",
        "src/session/",
        "src/store/",
        "src/sync/",
        "src/turn/",
    ];
    let mut found = Vec::new();
    for source in library(sources) {
        if !folders.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        for (at, line) in source.lines.iter().enumerate() {
            if let Some(clock) = clocks.iter().find(|clock| line.code.contains(**clock)) {
                found.push(format!("{}:{}: {clock}", source.path, at + 1));
            }
        }
    }
    Figure::none(found)
}
