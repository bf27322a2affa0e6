//! JSON text as a tree of ranges: where its values are, and in which value two texts differ.
//!
//! Only for texts that `serde_json` has written. Used if something is wrong with the data, or if
//! its maps have no order.

use std::iter::once;
use std::ops::Range;

/// A value of a JSON text.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) range: Range<usize>,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Leaf,
    List(Vec<Tree>),
    /// The names with their quotes, as they are written.
    Object(Vec<(Range<usize>, Tree)>),
}

impl Tree {
    /// The tree of this text; `None` if the text is not JSON.
    pub(super) fn of(text: &str) -> Option<Self> {
        Reader { text, at: 0 }.value()
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.inside {
            Inside::Leaf => Box::new(std::iter::empty()),
            Inside::List(elements) => Box::new(elements.iter()),
            Inside::Object(members) => Box::new(members.iter().map(|(_, value)| value)),
        }
    }

    /// The positions that lead to the innermost value around this byte.
    pub(super) fn positions_at(&self, byte: usize) -> Vec<usize> {
        let mut children = self.children().enumerate();
        match children.find(|(_, child)| child.range.contains(&byte)) {
            Some((position, child)) => once(position).chain(child.positions_at(byte)).collect(),
            None => Vec::new(),
        }
    }

    /// The member of an object at this position: the range of its name and its value.
    pub(super) fn member(&self, position: usize) -> Option<(Range<usize>, &Self)> {
        match &self.inside {
            Inside::Object(members) => members
                .get(position)
                .map(|(name, value)| (name.clone(), value)),
            _ => None,
        }
    }

    /// The value at this position in an object or a list.
    pub(super) fn child(&self, position: usize) -> Option<&Self> {
        self.children().nth(position)
    }

    /// The value that these positions lead to.
    pub(super) fn at(&self, positions: &[usize]) -> Option<&Self> {
        let mut positions = positions.iter();
        positions.try_fold(self, |value, position| value.child(*position))
    }

    /// The text of this value in an order of its own: members by name, elements by their text.
    fn in_order(&self, text: &str) -> String {
        let own = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().to_owned();
        let (open, mut parts, close) = match &self.inside {
            Inside::Leaf => return own(&self.range),
            Inside::List(elements) => {
                let parts: Vec<_> = elements.iter().map(|inner| inner.in_order(text)).collect();
                ('[', parts, ']')
            }
            Inside::Object(members) => {
                let member =
                    |(name, value): &(_, Self)| format!("{}:{}", own(name), value.in_order(text));
                ('{', members.iter().map(member).collect(), '}')
            }
        };
        parts.sort_unstable();
        format!("{open}{}{close}", parts.join(","))
    }
}

/// The positions, in the first text, that lead to the value that the second text does not have.
/// `None` if the texts differ in the order of members and elements at most.
///
/// The order of a list is not compared, because a set is written as a list too, and each set of a
/// process has an order of its own.
pub(super) fn difference(left: &str, right: &str) -> Option<Vec<usize>> {
    match (Tree::of(left), Tree::of(right)) {
        (Some(left_tree), Some(right_tree)) => between((&left_tree, left), (&right_tree, right)),
        _ => Some(Vec::new()),
    }
}

fn between(left: (&Tree, &str), right: (&Tree, &str)) -> Option<Vec<usize>> {
    let (left_tree, left_text) = left;
    let (right_tree, right_text) = right;
    if left_tree.in_order(left_text) == right_tree.in_order(right_text) {
        return None;
    }
    let below = |position, counterpart| match counterpart {
        Some(counterpart) => between(
            (left_tree.child(position)?, left_text),
            (counterpart, right_text),
        )
        .map(|deeper| once(position).chain(deeper).collect()),
        None => Some(vec![position]),
    };
    let deeper =
        match (&left_tree.inside, &right_tree.inside) {
            (Inside::Object(members), Inside::Object(others)) => members
                .iter()
                .enumerate()
                .find_map(|(position, (name, _))| {
                    let name = left_text.get(name.clone());
                    let other = others
                        .iter()
                        .find(|(other, _)| right_text.get(other.clone()) == name);
                    below(position, other.map(|(_, value)| value))
                }),
            (Inside::List(elements), Inside::List(others)) if elements.len() == others.len() => {
                let mut pairs = others.iter().enumerate();
                pairs.find_map(|(position, other)| below(position, Some(other)))
            }
            _ => None,
        };
    Some(deeper.unwrap_or_default())
}

/// Reads a text that is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads the next byte if it is this one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) -> Option<Tree> {
        let first = self.peek()?;
        let start = self.at;
        let inside = match first {
            b'{' => Inside::Object(self.all(b'}', |reader| {
                let name = reader.leaf()?;
                reader.take(b':').then_some(())?;
                Some((name, reader.value()?))
            })?),
            b'[' => Inside::List(self.all(b']', Self::value)?),
            _ => {
                self.leaf()?;
                Inside::Leaf
            }
        };
        let range = start..self.at;
        Some(Tree { range, inside })
    }

    /// Reads what is between two brackets.
    fn all<T>(&mut self, close: u8, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.at += 1;
        let mut found = Vec::new();
        while !self.take(close) {
            found.push(one(self)?);
            if !self.take(b',') && self.peek()? != close {
                return None;
            }
        }
        Some(found)
    }

    /// Reads a text, a number, a bool or null.
    fn leaf(&mut self) -> Option<Range<usize>> {
        let first = self.peek()?;
        let start = self.at;
        let rest = self.text.as_bytes().get(start..)?;
        let length = if first == b'"' {
            let mut escaped = false;
            let end = rest.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            });
            end? + 2
        } else {
            rest.iter()
                .take_while(|byte| !b",:]}".contains(byte) && !byte.is_ascii_whitespace())
                .count()
        };
        self.at = start + length;
        (length > 0).then_some(start..self.at)
    }
}
