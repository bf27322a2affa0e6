//! The commit ids of one user that took effect or were given up, for as long as they are remembered.

use std::collections::{HashMap, VecDeque};

use super::moment::Moment;
use crate::id::CommitId;
use crate::store::CommitStatus;

/// Recorded commit ids, in the order in which they go.
///
/// A conversation has tens of messages a day, and a row of that length is searched faster than a map, in less room. A longer
/// one gets an index.
#[derive(Debug, Default, Clone)]
pub(super) struct Recorded {
    row: VecDeque<Record>,
    /// Where in the row an id stands, counted from the first that there ever was.
    index: Option<HashMap<CommitId, usize>>,
    gone: usize,
    /// Bytes of all replies.
    replies: usize,
}

#[derive(Debug, Clone)]
struct Record {
    id: CommitId,
    done: CommitStatus,
    until: Moment,
}

const SHORT: usize = 32;

impl Record {
    fn reply_len(&self) -> usize {
        match &self.done {
            CommitStatus::Applied {
                reply: Some(reply), ..
            } => reply.len(),
            _ => 0,
        }
    }
}

impl Recorded {
    /// About what a recorded commit id takes besides its reply.
    const WEIGHT: usize = size_of::<Record>();

    pub(super) fn get(&self, id: &CommitId, now: Moment) -> Option<&CommitStatus> {
        let record = match &self.index {
            Some(index) => self.row.get(index.get(id)?.checked_sub(self.gone)?)?,
            // Newest first, since a second delivery mostly follows soon.
            None => self.row.iter().rev().find(|record| record.id == *id)?,
        };
        (now < record.until).then_some(&record.done)
    }

    /// Records an id, unless it is recorded until then; never one that goes before another.
    pub(super) fn add(&mut self, id: CommitId, done: CommitStatus, until: Moment) {
        if self
            .row
            .iter()
            .rev()
            .take_while(|record| record.until >= until)
            .any(|record| record.id == id)
        {
            return;
        }
        if self.row.is_empty() {
            self.row.reserve_exact(1);
        }
        let record = Record { id, done, until };
        self.replies += record.reply_len();
        self.row.push_back(record);
        match &mut self.index {
            Some(index) => drop(index.insert(id, self.gone + self.row.len() - 1)),
            None if self.row.len() > SHORT => {
                self.index = Some(
                    self.row
                        .iter()
                        .map(|record| record.id)
                        .zip(self.gone..)
                        .collect(),
                )
            }
            None => {}
        }
    }

    pub(super) fn free(&mut self, now: Moment) {
        while self.row.front().is_some_and(|record| now >= record.until) {
            let Some(old) = self.row.pop_front() else {
                break;
            };
            self.gone += 1;
            self.replies -= old.reply_len();
            // An id that was recorded again since, after its first record had run out, keeps its newer place.
            if let Some(index) = &mut self.index
                && index.get(&old.id) == Some(&(self.gone - 1))
            {
                index.remove(&old.id);
            }
        }
        if self.row.is_empty() {
            *self = Self::default();
        }
    }

    pub(super) fn next_due(&self) -> Moment {
        self.row
            .front()
            .map_or(Moment::NEVER, |record| record.until)
    }

    /// More bytes than two more ids add, besides a reply: the row and its index may both double.
    pub(super) fn growth(&self) -> usize {
        3 * (self.weight() - self.replies) + 4 * Self::WEIGHT
    }

    pub(super) fn weight(&self) -> usize {
        let index = self
            .index
            .as_ref()
            .map_or(0, |index| index.capacity() * size_of::<(CommitId, usize)>());
        self.replies + self.row.capacity() * Self::WEIGHT + index
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::session::Version;

    fn replied(bytes: usize) -> CommitStatus {
        CommitStatus::Applied {
            version: Version {
                revision: 1,
                tag: 1,
            },
            reply: Some(vec![0; bytes].into()),
        }
    }

    #[test]
    fn a_row_weighs_what_it_takes() {
        for number in [1, 10, 32, 33, 100, 500] {
            let (mut recorded, ids) = (
                Recorded::default(),
                (0..number).map(|_| CommitId::random()).collect::<Vec<_>>(),
            );
            let taken = allocation_counter::measure(|| {
                ids.iter()
                    .for_each(|id| recorded.add(*id, replied(50), Moment::START))
            });
            let (taken, counted) = (taken.bytes_current as usize, recorded.weight());
            assert!(
                taken.abs_diff(counted) < taken / 6,
                "{number}: {taken} bytes are taken, {counted} counted"
            );
        }
    }

    #[test]
    fn a_reply_that_has_run_out_weighs_nothing() {
        let (mut recorded, minute) = (Recorded::default(), Duration::from_secs(60));
        recorded.add(CommitId::random(), replied(100), Moment::START + minute);
        recorded.add(CommitId::random(), replied(30), Moment::START + 2 * minute);
        let (before, growth) = (recorded.weight(), recorded.growth());
        recorded.free(Moment::START + minute);
        assert_eq!(
            (recorded.weight(), recorded.next_due()),
            (before - 100, Moment::START + 2 * minute)
        );
        assert_eq!(recorded.growth(), growth, "a reply does not grow");
    }

    #[test]
    fn a_row_of_any_length_remembers_what_has_not_run_out_and_nothing_else() {
        let at = |n: u64| Moment::START + Duration::from_secs(n);
        let ids: Vec<_> = (0..200).map(|_| CommitId::random()).collect();
        let mut recorded = Recorded::default();
        for (n, id) in (0..).zip(&ids) {
            assert_eq!(recorded.get(id, at(n)), None);
            let most = recorded.weight() + recorded.growth();
            let mut two_more = recorded.clone();
            (0..2).for_each(|_| two_more.add(CommitId::random(), CommitStatus::Fenced, at(n + 50)));
            assert!(
                two_more.weight() <= most,
                "{} of {most} bytes at {n}",
                two_more.weight()
            );
            recorded.add(*id, CommitStatus::Fenced, at(n + 50));
            assert!(
                recorded.weight() <= most,
                "{} of {most} bytes at {n}",
                recorded.weight()
            );
            recorded.free(at(n));
            for (m, id) in (0..=n).zip(&ids) {
                assert_eq!(recorded.get(id, at(n)).is_some(), m + 50 > n, "{m} at {n}");
            }
            let indexed = recorded.index.as_ref().map(HashMap::len);
            assert_eq!(
                indexed,
                (n >= 32).then_some(recorded.row.len()),
                "a row of {}",
                recorded.row.len()
            );
        }
        // One whose record has run out, but is not freed yet, is recorded anew.
        recorded.add(ids[150], CommitStatus::Fenced, at(300));
        recorded.free(at(249));
        assert!(recorded.get(&ids[150], at(249)).is_some());
        recorded.free(at(300));
        assert_eq!((recorded.next_due(), recorded.weight()), (Moment::NEVER, 0));
    }
}
