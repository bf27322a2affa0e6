//! Files that need each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::figures::Figure;
use crate::modules::Modules;
use crate::source::Source;

/// What a module names, directly.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// All that a module reaches, over any number of others.
fn reach(arrows: &Arrows, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from.to_owned()];
    while let Some(module) = next.pop() {
        let named = arrows.get(&module).into_iter().flatten();
        next.extend(
            named
                .filter(|target| reached.insert((*target).clone()))
                .cloned(),
        );
    }
    reached
}

/// Groups of files in which each needs each other, directly or through the rest.
pub(crate) fn circles(sources: &[Source]) -> Figure {
    let modules = Modules::new(sources);
    let mut arrows = Arrows::new();
    for (module, _, (target, _)) in modules.uses() {
        arrows.entry(module.to_owned()).or_default().insert(target);
    }
    let names = modules.all.keys();
    let reached: BTreeMap<_, _> = names.map(|name| (name, reach(&arrows, name))).collect();
    let mut circles = BTreeSet::new();
    for (name, others) in &reached {
        let mutual = others.iter().filter(|other| reached[other].contains(*name));
        let circle: Vec<&str> = mutual.map(|other| modules.file(other)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let described = circles.iter().map(|circle| {
        let arrows = arrows_within(&modules, circle);
        format!("{}:1: circle of {} files{arrows}", circle[0], circle.len())
    });
    Figure::none(described.collect())
}

/// Which file of a circle needs which other one, one a line.
fn arrows_within(modules: &Modules<'_>, circle: &[&str]) -> String {
    let mut arrows = BTreeMap::new();
    for (module, path, (target, _)) in modules.uses() {
        let file = modules.file(module);
        let needed = modules.file(&target);
        if circle.contains(&file) && circle.contains(&needed) {
            arrows.insert((file, needed), path.line);
        }
    }
    let rows = arrows
        .iter()
        .map(|((file, to), line)| format!("\n    {file}:{line} needs {to}"));
    rows.collect()
}
