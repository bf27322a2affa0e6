//! All that is remembered of one user, and what the contract makes of it at a given instant. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::moment::Moment;
use super::recorded::Recorded;
use crate::CommitId;
use crate::record::Record;
use crate::store::{
    Basis, Claim, Commit, CommitOutcome, Done, ExpectedToken, Loaded, Owner, Resolution, Session, StoredToken, TokenOutcome,
    TokenPut,
};

/// What is remembered of one user. What has expired may still stand in it, and is never seen.
///
/// Small, for there are millions: what only some have stands apart.
#[derive(Debug, Default)]
pub(super) struct Entry {
    newest: Option<Newest>,
    rest: Option<Box<Rest>>,
}

/// The newest commit and the session that it made; both are forgotten together.
#[derive(Debug)]
struct Newest {
    id: CommitId,
    /// Without its state once that is freed: what a trace needs.
    record: Arc<Record>,
    began: Moment,
    expires: Moment,
    forgotten: Moment,
}

#[derive(Debug, Default)]
struct Rest {
    token: Option<Until<StoredToken>>,
    claim: Option<Until<Owner>>,
    /// Older commits, fences, and the newest commit too where it remembers a reply.
    done: Recorded,
}

#[derive(Debug)]
struct Until<T> {
    value: T,
    until: Moment,
}

impl<T> Until<T> {
    fn alive(&self, now: Moment) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }
}

impl Entry {
    /// About how many bytes a commit or a fence may add besides texts.
    pub(super) const WEIGHT_OF_COMMIT: usize = Newest::WEIGHT + Rest::WEIGHT + Recorded::WEIGHT;
    /// About how many a claim or a token may add, besides the token.
    pub(super) const WEIGHT_OF_REST: usize = Rest::WEIGHT;

    pub(super) fn load(&self, commit: Option<&CommitId>, now: Moment) -> Loaded {
        Loaded {
            session: self.session(now),
            basis: Basis::new(self.words(now).as_slice().as_flattened()),
            token: self.token(now).cloned(),
            done: commit.and_then(|id| self.done(id, now)),
        }
    }

    /// The commit: first what is recorded, then what it was decided on, then everything at once.
    pub(super) fn commit(&mut self, commit: &Commit<'_>, now: Moment, retention: Duration) -> CommitOutcome {
        let Commit { id, basis, record, reply, .. } = *commit;
        match self.done(id, now) {
            Some(Done::Fenced) => return CommitOutcome::Fenced,
            Some(Done::Applied { version, .. }) if version == record.version => {
                return CommitOutcome::Applied(self.load(None, now).basis_of(record.version));
            }
            Some(Done::Applied { version, reply }) => {
                return CommitOutcome::Duplicate { version, reply, current: self.load(None, now) };
            }
            None => {}
        }
        if basis.as_bytes() != self.words(now).as_slice().as_flattened() {
            return CommitOutcome::Conflict(self.load(None, now));
        }
        self.note_newest(now);
        let began = match &self.newest {
            Some(newest) if now < newest.expires => newest.began,
            _ => now,
        };
        let expires = (now + commit.ttl).min(began + commit.lifetime);
        let forgotten = now + retention;
        self.newest = Some(Newest { id: *id, record: Arc::clone(record), began, expires, forgotten });
        if let Some(reply) = reply {
            self.rest().done.add(*id, Done::Applied { version: record.version, reply: Some(reply.into()) }, forgotten);
        }
        if let Some(rest) = self.rest.as_mut().filter(|_| commit.drop_token) {
            rest.token = None;
        }
        CommitOutcome::Applied(Some(Basis::new(self.words(now).as_slice().as_flattened())))
    }

    pub(super) fn resolve(&mut self, id: &CommitId, now: Moment, retention: Duration) -> Resolution {
        match self.done(id, now) {
            Some(Done::Applied { version, .. }) => Resolution::Applied(version),
            Some(Done::Fenced) => Resolution::Fenced,
            None => {
                self.note_newest(now);
                self.rest().done.add(*id, Done::Fenced, now + retention);
                Resolution::Fenced
            }
        }
    }

    pub(super) fn put_token(&mut self, put: &TokenPut<'_>, now: Moment) -> TokenOutcome {
        let current = self.token(now);
        let expected = match put.expected {
            ExpectedToken::Any => true,
            ExpectedToken::Exactly(token) => current == Some(token),
            ExpectedToken::Absent => current.is_none(),
        };
        if !expected {
            return TokenOutcome::Refused { current: current.cloned() };
        }
        let rest = self.rest();
        rest.token = put.token.map(|token| Until { value: token.clone(), until: now + put.ttl });
        if rest.claim.as_ref().map(|claim| &claim.value) == put.release {
            rest.claim = None;
        }
        TokenOutcome::Stored
    }

    pub(super) fn claim(&mut self, owner: &Owner, lease: Duration, now: Moment) -> Claim {
        let claim = &mut self.rest().claim;
        match claim {
            Some(held) if now < held.until && held.value != *owner => Claim::Held { remaining: held.until.after(now) },
            _ => {
                *claim = Some(Until { value: *owner, until: now + lease });
                Claim::Won
            }
        }
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn session(&self, now: Moment) -> Session {
        match &self.newest {
            Some(newest) if now < newest.expires => Session::Live(Arc::clone(&newest.record)),
            Some(newest) if now < newest.forgotten => Session::Expired(newest.record.trace()),
            _ => Session::New,
        }
    }

    /// What is recorded under a commit id.
    fn done(&self, id: &CommitId, now: Moment) -> Option<Done> {
        let noted = self.rest.as_ref().and_then(|rest| rest.done.get(id, now));
        noted.cloned().or_else(|| {
            let newest = self.newest.as_ref().filter(|newest| newest.id == *id && now < newest.forgotten)?;
            Some(Done::Applied { version: newest.record.version, reply: None })
        })
    }

    /// Gives the newest commit a place among the older ones, before there is a newer one.
    fn note_newest(&mut self, now: Moment) {
        if let Some(newest) = self.newest.as_ref().filter(|newest| now < newest.forgotten) {
            let done = Done::Applied { version: newest.record.version, reply: None };
            self.rest.get_or_insert_default().done.add(newest.id, done, newest.forgotten);
        }
    }

    /// The words of a basis: the version, and whether the session is alive. None where there is no session.
    fn words(&self, now: Moment) -> Option<[u8; 25]> {
        let newest = self.newest.as_ref().filter(|newest| now < newest.forgotten.max(newest.expires))?;
        let (version, mut words) = (newest.record.version, [0; 25]);
        let bytes = version.revision.to_be_bytes().into_iter().chain(version.tag.to_be_bytes());
        words.iter_mut().zip(bytes.chain([u8::from(now < newest.expires)])).for_each(|(word, byte)| *word = byte);
        Some(words)
    }

    fn token(&self, now: Moment) -> Option<&StoredToken> {
        self.rest.as_ref()?.token.as_ref()?.alive(now)
    }

    /// Frees what has expired.
    pub(super) fn free(&mut self, now: Moment) {
        self.newest = self.newest.take().filter(|newest| now < newest.forgotten);
        if let Some(newest) = self.newest.as_mut().filter(|newest| now >= newest.expires) {
            newest.free_state();
        }
        self.rest.take_if(|rest| !rest.free(now));
    }

    /// When there is something to free next; never, where nothing is left.
    pub(super) fn next_due(&self) -> Moment {
        let newest = self.newest.as_ref().map_or(Moment::NEVER, Newest::next_due);
        self.rest.as_ref().map_or(Moment::NEVER, |rest| rest.next_due()).min(newest)
    }

    /// About how many bytes it takes besides itself.
    pub(super) fn weight(&self) -> usize {
        self.newest.as_ref().map_or(0, Newest::weight) + self.rest.as_ref().map_or(0, |rest| rest.weight())
    }
}

impl Newest {
    const WEIGHT: usize = size_of::<(usize, usize, Record)>();

    fn is_freed(&self) -> bool {
        self.record.state.is_empty()
    }

    /// Keeps of the session what a trace needs.
    fn free_state(&mut self) {
        if !self.is_freed() {
            let (stage, option) = (self.record.stage.clone(), self.record.option.clone());
            self.record = Arc::new(Record { stage, option, menu: None, state: "".into(), ..*self.record });
        }
    }

    fn next_due(&self) -> Moment {
        if self.is_freed() { self.forgotten } else { self.expires.min(self.forgotten) }
    }

    fn weight(&self) -> usize {
        Self::WEIGHT + self.record.state.len() + self.record.menu.as_ref().map_or(0, |menu| menu.len())
    }
}

impl Rest {
    const WEIGHT: usize = size_of::<Self>();

    /// Frees what has expired. Whether something is left.
    fn free(&mut self, now: Moment) -> bool {
        self.token = self.token.take().filter(|token| now < token.until);
        self.claim = self.claim.take().filter(|claim| now < claim.until);
        self.done.free(now);
        self.next_due() < Moment::NEVER
    }

    fn next_due(&self) -> Moment {
        let token = self.token.as_ref().map_or(Moment::NEVER, |token| token.until);
        let claim = self.claim.as_ref().map_or(Moment::NEVER, |claim| claim.until);
        token.min(claim).min(self.done.next_due())
    }

    fn weight(&self) -> usize {
        Self::WEIGHT + self.done.weight() + self.token.as_ref().map_or(0, |token| token.value.expose().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Version;
    use crate::{CommitId, Direction};

    fn commit(entry: &mut Entry, id: &CommitId, reply: Option<&[u8]>, now: Moment, retention: Duration) -> Version {
        let found = entry.load(None, now);
        let record = Arc::new(Record {
            version: Version::after(found.session.version()),
            commit_id: *id,
            format: 1,
            stage: "menu".into(),
            option: None,
            direction: Direction::Out,
            menu: None,
            state: "{}".into(),
        });
        let (basis, ttl) = (&found.basis, retention / 2);
        let deadline = tokio::time::Instant::now();
        let commit = Commit { id, basis, record: &record, reply, drop_token: false, ttl, lifetime: retention, deadline };
        assert!(matches!(entry.commit(&commit, now, retention), CommitOutcome::Applied(Some(_))));
        record.version
    }

    const INSTANT: Duration = Duration::from_nanos(1);

    #[test]
    fn a_session_is_over_at_its_very_instant_and_not_before() {
        let (retention, ttl) = (Duration::from_secs(600), Duration::from_secs(300));
        let at = |after: Duration| Moment::START + after;
        let (mut entry, id) = (Entry::default(), CommitId::random());
        commit(&mut entry, &id, None, Moment::START, retention);
        let committed = entry.weight();
        let (session, basis) = (|at| entry.load(None, at).session, |at| entry.load(None, at).basis);
        assert!(matches!(session(at(ttl - INSTANT)), Session::Live(_)));
        assert!(matches!(session(at(ttl)), Session::Expired(_)));
        assert!(matches!(session(at(retention - INSTANT)), Session::Expired(_)));
        assert!(matches!(session(at(retention)), Session::New));
        assert_eq!(basis(at(ttl - INSTANT)), basis(Moment::START));
        assert_ne!(basis(at(ttl - INSTANT)), basis(at(ttl)));
        assert_eq!(basis(at(retention - INSTANT)), basis(at(ttl)));
        assert_eq!(basis(at(retention)), Entry::default().load(None, Moment::START).basis);
        assert!(entry.load(Some(&id), at(retention - INSTANT)).done.is_some());
        assert!(entry.load(Some(&id), at(retention)).done.is_none());

        entry.free(at(ttl - INSTANT));
        assert_eq!((entry.weight(), entry.next_due()), (committed, at(ttl)));
        entry.free(at(ttl));
        assert_eq!((entry.weight(), entry.next_due()), (committed - "{}".len(), at(retention)));
        commit(&mut entry, &CommitId::random(), None, at(retention), retention);
        assert_eq!(entry.weight(), committed, "nothing is kept of what is forgotten");
        entry.free(at(2 * retention - INSTANT));
        assert!(entry.weight() > 0);
        entry.free(at(2 * retention));
        assert_eq!((entry.weight(), entry.next_due()), (0, Moment::NEVER));
    }

    #[test]
    fn a_session_that_begins_when_another_ends_has_a_lifetime_of_its_own() {
        let (retention, ttl) = (Duration::from_secs(600), Duration::from_secs(300));
        let mut entry = Entry::default();
        for after in [0, 300, 500] {
            commit(&mut entry, &CommitId::random(), None, Moment::START + Duration::from_secs(after), retention);
        }
        assert!(matches!(entry.load(None, Moment::START + 2 * ttl + ttl / 2).session, Session::Live(_)));
    }

    #[test]
    fn a_token_and_a_claim_are_over_at_their_very_instant_and_not_before() {
        let (minute, token, deadline) = (Duration::from_secs(60), StoredToken::new("token"), tokio::time::Instant::now());
        let put = TokenPut { token: Some(&token), expected: ExpectedToken::Absent, ttl: minute, release: None, deadline };
        let end = Moment::START + minute;
        let mut entry = Entry::default();
        assert_eq!(entry.put_token(&put, Moment::START), TokenOutcome::Stored);
        assert_eq!(entry.claim(&Owner::random(), minute, Moment::START), Claim::Won);
        let last = Moment::START + (minute - INSTANT);
        assert_eq!((entry.load(None, last).token, entry.load(None, end).token), (Some(token.clone()), None));
        entry.free(last);
        assert_eq!(entry.claim(&Owner::random(), minute, last), Claim::Held { remaining: INSTANT });
        assert_eq!(entry.claim(&Owner::random(), minute, end), Claim::Won);
        assert_eq!(entry.next_due(), end);
        entry.free(end);
        assert_eq!(entry.next_due(), end + minute, "the token is freed, and the claim is not");
        entry.free(end + minute);
        assert_eq!((entry.weight(), entry.next_due()), (0, Moment::NEVER));
    }

    #[test]
    fn no_call_adds_more_than_was_reserved_for_it() {
        let (retention, text) = (Duration::from_secs(600), "x".repeat(1000));
        let (token, deadline) = (StoredToken::new(text.as_str()), tokio::time::Instant::now());
        let put = TokenPut { token: Some(&token), expected: ExpectedToken::Any, ttl: retention, release: None, deadline };
        assert!(Entry::WEIGHT_OF_COMMIT < 1000, "{} bytes", Entry::WEIGHT_OF_COMMIT);
        for first in 0..4 {
            let mut entry = Entry::default();
            for n in first..first + 8 {
                let (before, now) = (entry.weight(), Moment::START);
                let most = match n % 4 {
                    0 => {
                        let _ = entry.claim(&Owner::random(), retention, now);
                        Entry::WEIGHT_OF_REST
                    }
                    1 => {
                        let _ = entry.put_token(&put, now);
                        Entry::WEIGHT_OF_REST + text.len()
                    }
                    2 => {
                        commit(&mut entry, &CommitId::random(), Some(text.as_bytes()), now, retention);
                        Entry::WEIGHT_OF_COMMIT + "{}".len() + text.len()
                    }
                    _ => {
                        let _ = entry.resolve(&CommitId::random(), now, retention);
                        Entry::WEIGHT_OF_COMMIT
                    }
                };
                let added = entry.weight().saturating_sub(before);
                assert!(added <= most, "{added} of {most} bytes");
            }
        }
    }

    #[test]
    fn a_commit_is_known_again_whatever_came_after_it() {
        let retention = Duration::from_secs(600);
        // Two of each instant.
        let at = |n: u64| Moment::START + Duration::from_secs(n / 2 * 20);
        let (mut entry, mut sent) = (Entry::default(), Vec::new());
        for n in 0..200 {
            let (id, reply) = (CommitId::random(), (n % 3 == 0).then(|| b"1".as_slice()));
            let done = if n % 4 == 3 {
                assert_eq!(entry.resolve(&id, at(n), retention), Resolution::Fenced);
                Done::Fenced
            } else {
                Done::Applied { version: commit(&mut entry, &id, reply, at(n), retention), reply: reply.map(Into::into) }
            };
            sent.push((at(n) + retention, id, done));
            for (until, id, done) in &sent {
                assert_eq!(entry.load(Some(id), at(n)).done.as_ref(), (at(n) < *until).then_some(done), "{id} at {n}");
            }
            entry.free(at(n));
        }
        entry.free(at(200) + retention);
        assert_eq!((entry.next_due(), entry.weight()), (Moment::NEVER, 0));
    }
}
