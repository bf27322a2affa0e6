//! Traverses a value by its `Serialize`, which tells the fields of a type from the keys of a map.
//!
//! JSON has one kind of name for both. A field's name is part of the program; a map's key is part
//! of the user's data, and no error text may show it.

mod serializer;

use std::fmt::Display;

use serde::ser::{self, Serialize, SerializeMap, Serializer};

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A field of a struct, or the variant of an enum.
    Field(&'static str),
    /// An entry of a map. A flattened struct is written as one, too.
    Entry,
    /// An element of a list.
    Element,
}

/// The position of a value among those beside it, and what kind of step leads to it.
pub(super) type Path = Vec<(usize, Step)>;

/// The nulls that a value writes.
#[derive(Debug)]
pub(super) struct Nulls {
    /// Where a `Some` is written as null, as `Some(None)` of an `Option<Option<u8>>` is.
    in_some: Vec<Path>,
}

impl Nulls {
    /// Whether a `Some` is among them.
    pub(super) fn have_some(&self) -> bool {
        !self.in_some.is_empty()
    }

    /// The first `Some` that is a `None` in the other value; `None` if there is no such.
    pub(super) fn lost_in(&self, other: &Self) -> Option<&Path> {
        // Not the paths: the entries of a map may have another order in the other value.
        if self.in_some.len() == other.in_some.len() {
            return None;
        }
        let is_lost = |path: &&Path| !other.in_some.contains(path);
        self.in_some.iter().find(is_lost).or(self.in_some.first())
    }
}

/// A number that JSON writes as null, and where it is.
#[derive(Debug)]
pub(super) struct NotFinite(pub(super) Path);

/// Looks at all nulls that a value writes.
///
/// # Errors
/// [`NotFinite`] at the first number that is infinite or no number.
pub(super) fn nulls<T: Serialize + ?Sized>(value: &T) -> Result<Nulls, NotFinite> {
    let mut traversal = Traversal::new(Goal::Nulls);
    match value.serialize(&mut traversal) {
        Err(Stop) if traversal.not_finite => Err(NotFinite(traversal.path)),
        _ => Ok(Nulls {
            in_some: traversal.somes_written_as_null,
        }),
    }
}

/// The steps to the first value that JSON has no form for, such as a map whose keys are no names.
pub(super) fn path_to_failure<T: Serialize + ?Sized>(value: &T) -> Path {
    let mut traversal = Traversal::new(Goal::Failure);
    let _ = value.serialize(&mut traversal);
    traversal.path
}

/// The steps to the value at these positions, as far as the value has them.
pub(super) fn path_to<T: Serialize + ?Sized>(value: &T, positions: &[usize]) -> Path {
    let mut traversal = Traversal::new(Goal::Position(positions));
    let _ = value.serialize(&mut traversal);
    traversal.path
}

#[derive(Clone, Copy)]
enum Goal<'a> {
    Nulls,
    Failure,
    Position(&'a [usize]),
}

struct Traversal<'a> {
    goal: Goal<'a>,
    /// Where the traversal is; after it has stopped, where it stopped.
    path: Path,
    /// How many `Some`s are directly around the value to come.
    somes: usize,
    somes_written_as_null: Vec<Path>,
    not_finite: bool,
}

/// The traversal ends. The reason is in the traversal.
#[derive(Debug)]
struct Stop;

impl Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Visited = Result<(), Stop>;

impl<'a> Traversal<'a> {
    fn new(goal: Goal<'a>) -> Self {
        Self {
            goal,
            path: Vec::new(),
            somes: 0,
            somes_written_as_null: Vec::new(),
            not_finite: false,
        }
    }

    /// Goes to one value inside this one, unless the goal lies beside it.
    fn visit<T: Serialize + ?Sized>(&mut self, position: usize, step: Step, inner: &T) -> Visited {
        let goal = match self.goal {
            Goal::Position(positions) => Some(positions),
            Goal::Nulls | Goal::Failure => None,
        };
        let depth = self.path.len();
        if goal.is_some_and(|positions| positions.get(depth) != Some(&position)) {
            return Ok(());
        }
        self.path.push((position, step));
        inner.serialize(&mut *self)?;
        if goal.is_some() {
            return Err(Stop); // the path stays
        }
        self.path.pop();
        Ok(())
    }

    fn leaf(&mut self) -> Visited {
        self.somes = 0;
        Ok(())
    }

    fn null(&mut self) -> Visited {
        for _ in 0..self.somes {
            self.somes_written_as_null.push(self.path.clone());
        }
        self.leaf()
    }

    fn float(&mut self, is_finite: bool) -> Visited {
        if !is_finite {
            self.not_finite = true;
            return Err(Stop);
        }
        self.leaf()
    }

    fn inside<'t>(&'t mut self, steps_around: usize) -> Inside<'t, 'a> {
        self.somes = 0;
        Inside {
            traversal: self,
            next: 0,
            steps_around,
        }
    }

    /// Goes into the variant of an enum, which JSON writes as an object of one member.
    fn inside_variant<'t>(&'t mut self, variant: &'static str) -> Inside<'t, 'a> {
        self.path.push((0, Step::Field(variant)));
        self.inside(1)
    }
}

/// The inside of a list, a map, a struct or a variant.
struct Inside<'t, 'a> {
    traversal: &'t mut Traversal<'a>,
    next: usize,
    /// How many steps lead into it, beside that to the value itself.
    steps_around: usize,
}

impl Inside<'_, '_> {
    fn visit<T: Serialize + ?Sized>(&mut self, step: Step, inner: &T) -> Visited {
        let position = self.next;
        self.next += 1;
        self.traversal.visit(position, step, inner)
    }

    fn leave(self) -> Visited {
        if let Goal::Position(_) = self.traversal.goal {
            return Err(Stop); // the value has no such position
        }
        let outside = self.traversal.path.len().saturating_sub(self.steps_around);
        self.traversal.path.truncate(outside);
        Ok(())
    }
}

impl SerializeMap for Inside<'_, '_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Visited {
        if matches!(self.traversal.goal, Goal::Failure) && !is_name(key) {
            self.traversal.path.push((self.next, Step::Entry));
            return Err(Stop);
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Visited {
        self.visit(Step::Entry, value)
    }

    fn end(self) -> Visited {
        self.leave()
    }
}

/// Whether this key can be written as a name in JSON.
fn is_name<K: Serialize + ?Sized>(key: &K) -> bool {
    struct Alone<'a, K: ?Sized>(&'a K);

    impl<K: Serialize + ?Sized> Serialize for Alone<'_, K> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(self.0, ())])
        }
    }

    serde_json::to_writer(std::io::sink(), &Alone(key)).is_ok()
}

macro_rules! lists {
    ($($kind:ident::$method:ident;)*) => {$(
        impl ser::$kind for Inside<'_, '_> {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Visited {
                self.visit(Step::Element, element)
            }

            fn end(self) -> Visited {
                self.leave()
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! structs {
    ($($kind:ident;)*) => {$(
        impl ser::$kind for Inside<'_, '_> {
            type Ok = ();
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                field: &T,
            ) -> Visited {
                self.visit(Step::Field(name), field)
            }

            fn end(self) -> Visited {
                self.leave()
            }
        }
    )*};
}

structs! {
    SerializeStruct;
    SerializeStructVariant;
}
