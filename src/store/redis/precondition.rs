//! What a commit was decided on, in this store's own words.

use crate::store::Precondition;

/// What a commit stands on.
pub(super) struct Ground<'a> {
    /// When the session began, in ms; `None` where none is alive, or none that can be read.
    pub(super) began: Option<i64>,
    /// Which parts of it there are.
    pub(super) parts: u8,
    /// What the server compares with what it has.
    pub(super) text: &'a [u8],
}

const NEVER: i64 = i64::MIN;

impl<'a> Ground<'a> {
    /// `None` for the basis of another store.
    pub(super) fn of(precondition: &'a Precondition) -> Option<Self> {
        let (parts, rest) = precondition.as_bytes().split_first()?;
        let (began, text) = rest.split_first_chunk()?;
        let began = Some(i64::from_be_bytes(*began)).filter(|began| *began != NEVER);
        Some(Self {
            began,
            parts: *parts,
            text,
        })
    }

    pub(super) fn basis(&self) -> Precondition {
        Precondition::new(
            [
                &[self.parts][..],
                &self.began.unwrap_or(NEVER).to_be_bytes(),
                self.text,
            ]
            .concat(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for began in [None, Some(0), Some(-1), Some(1_763_863_200_000)] {
            let precondition = Ground {
                began,
                parts: 11,
                text: b"1 42",
            }
            .basis();
            let Ground {
                began: read,
                parts,
                text,
            } = Ground::of(&precondition).unwrap();
            assert_eq!((read, parts, text), (began, 11, &b"1 42"[..]));
        }
        for foreign in [&b""[..], b"1234567"] {
            assert!(Ground::of(&Precondition::new(foreign)).is_none());
        }
    }
}
