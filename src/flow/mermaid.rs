//! The transition table as a picture.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Choice, Flow, Row, Stage};

/// The table of a flow as a Mermaid state diagram: every stage, every transition, and on a transition the choices that
/// lead there.
///
/// GitHub, GitLab and rustdoc plug-ins draw it; so does <https://mermaid.live>.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// let diagram = vimbiso_state::mermaid::<vimbiso_state::vimbisopay::VimbisoPay>();
/// assert!(diagram.starts_with("stateDiagram-v2\n"));
/// # }
/// ```
#[must_use]
pub fn mermaid<F: Flow>() -> String {
    let mut text = String::from("stateDiagram-v2\n");
    let _ = writeln!(text, "    [*] --> {}", F::Stage::START.name());
    for from in F::Stage::TABLE {
        for to in from.next() {
            let _ = write!(text, "    {} --> {}", from.name(), to.name());
            let choices: BTreeSet<_> = choices_to::<F>(from, *to).collect();
            if !choices.is_empty() {
                let _ = write!(text, ": {}", Vec::from_iter(choices).join(", "));
            }
            text.push('\n');
        }
    }
    text
}

fn choices_to<F: Flow>(from: &Row<F::Stage>, to: F::Stage) -> impl Iterator<Item = &'static str> {
    let stays = from.stage() == to;
    F::Choice::ALL.iter().filter(move |choice| !stays && choice.leads_to() == Some(to)).map(|choice| choice.name())
}
