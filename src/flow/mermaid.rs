//! The transition table as a picture.

use super::{Choice, Flow, Row, Stage};

/// Draws the transition table of a flow as a Mermaid state diagram: one arrow for each stage and
/// each stage that may follow it, with the choices that lead there.
///
/// The choices are left out if they have the same name as the stage. GitHub draws the diagram in a
/// Markdown block of the language `mermaid`, and so does <https://mermaid.live>.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Cafe;
/// use vimbiso_state::flow;
///
/// let diagram = "\
/// stateDiagram-v2
///     [*] --> counter
///     counter --> paying: pay
///     paying --> counter
///     paying --> waiting
///     waiting --> counter
/// ";
/// assert_eq!(flow::mermaid::<Cafe>(), diagram);
/// ```
#[must_use]
pub fn mermaid<F: Flow>() -> String {
    let mut lines = vec!["stateDiagram-v2".to_owned()];
    for name in F::Stage::TABLE.iter().map(Row::name) {
        let id = id(name);
        if id != name {
            lines.push(format!("    state \"{name}\" as {id}"));
        }
    }
    lines.push(format!("    [*] --> {}", id(F::Stage::START.name())));
    for row in F::Stage::TABLE {
        let from = id(row.name());
        for to in row.next().iter().filter(|to| **to != row.stage()) {
            let label = choices_to::<F>(*to);
            lines.push(format!("    {from} --> {}{label}", id(to.name())));
        }
    }
    lines.join("\n") + "\n"
}

/// The choices that lead to a stage, as the label of an arrow.
fn choices_to<F: Flow>(stage: F::Stage) -> String {
    let names: Vec<_> = F::Choice::all()
        .filter(|choice| choice.leads_to() == Some(stage))
        .map(Choice::name)
        .filter(|name| *name != stage.name())
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    }
}

/// The id of a stage in the diagram: its wire name if Mermaid can read that as an id.
fn id(name: &str) -> String {
    // Mermaid ends an id at a hyphen and reads these words as commands. No wire name has a `′`.
    const COMMANDS: &[&str] = &[
        "class", "default", "note", "root", "scale", "state", "style",
    ];
    if name.contains('-') || COMMANDS.contains(&name.to_ascii_lowercase().as_str()) {
        format!("′{}", name.replace('-', "′"))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::{Choice, ChoiceRow, Flow, Member, Row, Stage, choice, mermaid, row};
    use crate::{assert_choices, assert_transitions};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Room {
        Hall,
        Attic,
        Cellar,
        Note,
    }

    impl Stage for Room {
        const START: Self = Self::Hall;
        const TABLE: &'static [Row<Self>] = &[
            row(Self::Hall, "hall", &[Self::Hall, Self::Attic, Self::Cellar]),
            row(Self::Attic, "attic", &[Self::Hall]),
            row(Self::Cellar, "wine-cellar", &[Self::Hall, Self::Note]),
            row(Self::Note, "Note", &[Self::Hall]),
        ];
    }
    assert_transitions!(Room);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Go {
        Up,
        Down,
        Fall,
        Attic,
        Wait,
    }

    impl Choice<Room> for Go {
        const TABLE: &'static [ChoiceRow<Self, Room>] = &[
            choice(Self::Up, "up", Some(Room::Attic)),
            choice(Self::Down, "down", Some(Room::Cellar)),
            choice(Self::Fall, "fall", Some(Room::Cellar)),
            choice(Self::Attic, "attic", Some(Room::Attic)),
            choice(Self::Wait, "wait", None),
        ];
    }
    assert_choices!(Go);

    struct House;

    impl Flow for House {
        const NAME: &'static str = "house";

        type Stage = Room;
        type Choice = Go;
        type Data = ();
        fn member((): &()) -> Option<Member<'_>> {
            None
        }
    }

    #[test]
    fn every_transition_is_one_arrow() {
        let expected = "stateDiagram-v2
    state \"wine-cellar\" as ′wine′cellar
    state \"Note\" as ′Note
    [*] --> hall
    hall --> attic: up
    hall --> ′wine′cellar: down, fall
    attic --> hall
    ′wine′cellar --> hall
    ′wine′cellar --> ′Note
    ′Note --> hall
";
        assert_eq!(mermaid::<House>(), expected);
    }
}
