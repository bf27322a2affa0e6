//! What a rule found, and the table of all figures, printed when every rule has run.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Mutex;

/// A figure beside its limit, and what a person has to mend.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) limit: String,
    pub(crate) is_kept: bool,
    /// `file:line: what is wrong there`.
    pub(crate) found: Vec<String>,
}

impl Figure {
    /// A rule without exceptions.
    pub(crate) fn none(found: Vec<String>) -> Self {
        Self {
            value: found.len().to_string(),
            limit: "0".to_owned(),
            is_kept: found.is_empty(),
            found,
        }
    }

    pub(crate) fn at_most<T: PartialOrd + Display>(value: T, limit: T, found: Vec<String>) -> Self {
        Self {
            value: format!("{value:.2}"),
            limit: format!("<= {limit:.2}"),
            is_kept: value <= limit,
            found,
        }
    }

    pub(crate) fn at_least(value: f64, limit: f64, found: Vec<String>) -> Self {
        Self {
            value: format!("{value:.2}"),
            limit: format!(">= {limit:.2}"),
            is_kept: value >= limit,
            found,
        }
    }
}

static TABLE: Mutex<BTreeMap<&str, String>> = Mutex::new(BTreeMap::new());

/// Records the figure, prints the table with the last of `count`, and fails if the limit is passed.
pub(crate) fn hold(rule: &'static str, figure: &Figure, count: usize) {
    let verdict = if figure.is_kept { "ok" } else { "OVER" };
    let value = &figure.value;
    let limit = &figure.limit;
    let row = format!("{rule:<44} {value:>10} {limit:>10}  {verdict}");
    let table = {
        let mut rows = TABLE.lock().unwrap();
        rows.insert(rule, row);
        let rows: Vec<_> = rows.values().cloned().collect();
        (rows.len() == count).then(|| rows.join("\n"))
    };
    if let Some(rows) = table {
        println!("\n{:<44} {:>10} {:>10}\n{rows}\n", "figure", "is", "limit");
    }
    assert!(
        figure.is_kept,
        "{rule} is {value}, limit {limit}\n{}\n\nby folder:\n{}",
        figure.found.join("\n"),
        by_folder(&figure.found)
    );
}

/// How many findings each folder has, the most first.
fn by_folder(found: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found {
        let file = finding.split(':').next().unwrap_or_default();
        let folder = file.rsplit_once('/').map_or(file, |(folder, _)| folder);
        *counts.entry(folder).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(folder, count)| (usize::MAX - count, *folder));
    let rows = counts.iter().map(|(folder, n)| format!("{n:>6} {folder}"));
    rows.collect::<Vec<_>>().join("\n")
}

/// One test for each rule: its name, and the function that finds what breaks it.
macro_rules! rules {
    ($($name:ident => $rule:expr;)+) => {
        const COUNT: usize = [$(stringify!($name)),+].len();
        $(#[test]
        fn $name() {
            let figure = $rule(crate::repository::all());
            crate::figures::hold(stringify!($name), &figure, COUNT);
        })+
    };
}
pub(crate) use rules;
