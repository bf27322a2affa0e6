//! The transition table as a picture that can be read.

use std::collections::BTreeSet;

use super::{Choice, Flow, Stage};

/// The table of a flow as a Mermaid state diagram: every stage, every transition, and on a transition the choices that lead
/// there.
///
/// Exact, and drawn with few lines: a stage that most others lead to gets one line from *any stage*, which names the
/// exceptions, and stages with the same ways in and out stand together in a box. GitHub draws it, and so does
/// <https://mermaid.live>.
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
    let boxes = boxes::<F::Stage>();
    let mut lines = vec!["stateDiagram-v2".to_owned()];
    let draw = |from: &str, to: &str, label: &[&str]| {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(": {}", label.join(", "))
        };
        format!("    {from} --> {to}{label}")
    };
    lines.push(draw("[*]", F::Stage::START.name(), &[]));
    for drawn in boxes.iter().filter(|drawn| drawn.stages.len() > 1) {
        lines.push(format!("    state {} {{", drawn.id));
        lines.extend(
            drawn
                .stages
                .iter()
                .map(|stage| format!("        {}", stage.name())),
        );
        lines.push("    }".to_owned());
    }
    let mut from_any = Vec::new();
    for to in &boxes {
        let label = choices_to::<F>(&to.stages);
        let (from, not_from): (Vec<_>, Vec<_>) = boxes
            .iter()
            .filter(|from| from.id != to.id)
            .partition(|from| from.leads_to(to));
        if boxes.len() > 4 && 2 * from.len() > boxes.len() {
            let except: Vec<_> = not_from
                .iter()
                .flat_map(|from| &from.stages)
                .map(|stage| stage.name())
                .collect();
            let except = (!except.is_empty()).then(|| format!("not from {}", except.join(" or ")));
            from_any.push(draw(
                "any_stage",
                &to.id,
                &label
                    .into_iter()
                    .chain(except.as_deref())
                    .collect::<Vec<_>>(),
            ));
        } else {
            lines.extend(from.iter().map(|from| draw(&from.id, &to.id, &label)));
        }
    }
    if !from_any.is_empty() {
        lines.push("    state \"any stage\" as any_stage".to_owned());
        lines.append(&mut from_any);
    }
    lines.join("\n") + "\n"
}

/// Stages that lead to the same stages, and that the same stages lead to.
struct Drawn<S> {
    id: String,
    stages: Vec<S>,
    next: BTreeSet<&'static str>,
    before: BTreeSet<&'static str>,
}

impl<S: Stage> Drawn<S> {
    fn leads_to(&self, other: &Self) -> bool {
        other
            .stages
            .iter()
            .any(|stage| self.next.contains(stage.name()))
    }
}

fn boxes<S: Stage>() -> Vec<Drawn<S>> {
    let mut boxes: Vec<Drawn<S>> = Vec::new();
    for row in S::TABLE {
        let others = |stage: &S| *stage != row.stage();
        let next = row
            .next()
            .iter()
            .copied()
            .filter(others)
            .map(S::name)
            .collect();
        let before = S::TABLE
            .iter()
            .filter(|from| others(&from.stage()) && from.next().contains(&row.stage()));
        let before = before.map(|from| from.name()).collect();
        match boxes
            .iter_mut()
            .find(|drawn| drawn.next == next && drawn.before == before)
        {
            Some(alike) => {
                alike.stages.push(row.stage());
                alike.id = format!(
                    "like_{}",
                    alike.stages.first().map_or("", |stage| stage.name())
                );
            }
            None => boxes.push(Drawn {
                id: row.name().to_owned(),
                stages: vec![row.stage()],
                next,
                before,
            }),
        }
    }
    boxes
}

fn choices_to<F: Flow>(stages: &[F::Stage]) -> Vec<&'static str> {
    let leads_there = |choice: &F::Choice| {
        choice
            .leads_to()
            .is_some_and(|stage| stages.contains(&stage))
    };
    F::Choice::all()
        .filter(leads_there)
        .map(|choice| choice.name())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::flow::{Choice, ChoiceRow, Flow, Member, Row, Stage, choice, row};
    use crate::{assert_choices, assert_transitions};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Step {
        Hub,
        Left,
        Right,
        Far,
        Help,
    }

    impl Stage for Step {
        const START: Self = Self::Hub;
        const TABLE: &'static [Row<Self>] = &[
            row(
                Self::Hub,
                "hub",
                &[Self::Left, Self::Right, Self::Help, Self::Hub],
            ),
            row(Self::Left, "left", &[Self::Far, Self::Help]),
            row(Self::Right, "right", &[Self::Far, Self::Help]),
            row(Self::Far, "far", &[Self::Hub, Self::Help]),
            row(Self::Help, "help", &[Self::Hub]),
        ];
    }
    assert_transitions!(Step);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Go {
        Left,
        Right,
        Help,
    }

    impl Choice<Step> for Go {
        const TABLE: &'static [ChoiceRow<Self, Step>] = &[
            choice(Self::Left, "go_left", Some(Step::Left)),
            choice(Self::Right, "go_right", Some(Step::Right)),
            choice(Self::Help, "help_me", Some(Step::Help)),
        ];
    }
    assert_choices!(Go);

    struct Walk;

    impl Flow for Walk {
        type Stage = Step;
        type Choice = Go;
        type Data = ();
        fn member((): &()) -> Option<Member<'_>> {
            None
        }
    }

    #[test]
    fn stages_alike_share_a_box_and_what_most_lead_to_is_drawn_once() {
        let expected = "stateDiagram-v2
    [*] --> hub
    state like_left {
        left
        right
    }
    far --> hub
    help --> hub
    hub --> like_left: go_left, go_right
    like_left --> far
    hub --> help: help_me
    like_left --> help: help_me
    far --> help: help_me
";
        assert_eq!(super::mermaid::<Walk>(), expected);
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Room {
        Hall,
        Attic,
        Bath,
        Cellar,
        Porch,
        Yard,
    }

    impl Stage for Room {
        const START: Self = Self::Hall;
        const TABLE: &'static [Row<Self>] = &[
            row(Self::Hall, "hall", &[Self::Attic, Self::Bath, Self::Yard]),
            row(
                Self::Attic,
                "attic",
                &[Self::Hall, Self::Porch, Self::Cellar, Self::Yard],
            ),
            row(Self::Bath, "bath", &[Self::Hall, Self::Porch, Self::Yard]),
            row(
                Self::Cellar,
                "cellar",
                &[Self::Hall, Self::Porch, Self::Yard],
            ),
            row(Self::Porch, "porch", &[Self::Hall]),
            row(Self::Yard, "yard", &[Self::Hall]),
        ];
    }
    assert_transitions!(Room);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Jump {
        Out,
    }

    impl Choice<Room> for Jump {
        const TABLE: &'static [ChoiceRow<Self, Room>] =
            &[choice(Self::Out, "jump", Some(Room::Yard))];
    }
    assert_choices!(Jump);

    struct House;

    impl Flow for House {
        type Stage = Room;
        type Choice = Jump;
        type Data = ();
        fn member((): &()) -> Option<Member<'_>> {
            None
        }
    }

    #[test]
    fn what_more_than_half_lead_to_gets_one_line_which_names_the_exceptions() {
        let expected = "stateDiagram-v2
    [*] --> hall
    hall --> attic
    hall --> bath
    attic --> cellar
    attic --> porch
    bath --> porch
    cellar --> porch
    state \"any stage\" as any_stage
    any_stage --> hall
    any_stage --> yard: jump, not from porch
";
        assert_eq!(super::mermaid::<House>(), expected);
    }
}
