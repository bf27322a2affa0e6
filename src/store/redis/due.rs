//! Who is due: claimed in the index, and looked at in the outbox.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::store::RedisStore;
use super::wire::outbox::{self, Claims, Correction};
use crate::id::UserId;
use crate::store::{Due, StoreError};

/// The longest claim on a cluster: shorter than the window of a hint.
const CLAIM: Duration = Duration::from_secs(6);

/// Those found in a part of the index, each with the time since when they are due, and the last
/// error.
#[derive(Default)]
struct Part {
    found: Vec<(f64, Due)>,
    failed: Option<StoreError>,
}

/// What a look into the outbox of a claimed user says.
enum Look {
    Due(Due),
    /// It is not due: its entry is moved to this time, or removed.
    Later(Option<i64>),
}

impl RedisStore {
    /// Claims those who are due, at most so many. Compares a little of the index with the outboxes
    /// meanwhile, if it is time for that.
    pub(super) async fn claim(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        let claiming = async {
            match self.own_index() {
                Some(index) => self.claim_in(&index, limit, claim, deadline).await,
                None => self.claim_on_cluster(limit, claim, deadline).await,
            }
        };
        let (part, ()) = join(claiming, self.check_index(halfway_to(deadline))).await;
        let Part { mut found, failed } = part;
        match failed {
            Some(error) if found.is_empty() => return Err(error),
            // A claim ends by itself, and the next look finds the user again.
            Some(error) => tracing::warn!(%error, "Not all who are due were found"),
            None => {}
        }
        found.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Ok(found.into_iter().map(|(_, due)| due).collect())
    }

    /// Looks at all parts at once, and then claims those who are overdue the longest: an idle
    /// process asks once for each part.
    async fn claim_on_cluster(&self, limit: usize, claim: Duration, deadline: Instant) -> Part {
        // A node that does not answer leaves the others half of the time.
        let until = halfway_to(deadline);
        let shards: Vec<_> = self.shards().collect();
        let seen = shards
            .iter()
            .map(|index| self.seen(index, limit, None, until));
        let mut overdue = Vec::new();
        let mut whole = Part::default();
        for (shard, seen) in join_all(seen).await.into_iter().enumerate() {
            match seen {
                Ok(seen) => overdue.extend(seen.members.iter().map(|(_, since)| (*since, shard))),
                Err(error) => whole.failed = Some(error),
            }
        }
        overdue.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        overdue.truncate(limit);
        let claim = claim.min(CLAIM);
        let claims = shards.iter().enumerate().filter_map(|(shard, index)| {
            let share = overdue.iter().filter(|(_, of)| *of == shard).count();
            (share > 0).then(|| self.claim_in(index, share, claim, deadline))
        });
        for part in join_all(claims).await {
            whole.found.extend(part.found);
            whole.failed = part.failed.or(whole.failed);
        }
        whole
    }

    /// Claims those who are due in a part of the index, looks at all of them at once, and corrects
    /// the index in one request.
    async fn claim_in(
        &self,
        index: &str,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Part {
        let mut part = Part::default();
        let claims = match self.seen(index, limit, Some(claim), deadline).await {
            Ok(claims) => claims,
            Err(error) => {
                part.failed = Some(error);
                return part;
            }
        };
        // What is found of others is corrected even if a node does not answer.
        let until = halfway_to(deadline);
        let members = claims.members.iter();
        let looks = join_all(members.map(|(member, _)| self.look_at(member, until))).await;
        let mut corrections = Vec::new();
        for ((member, since), look) in claims.members.into_iter().zip(looks) {
            let (look, wake_up) = match look {
                Ok(look) => look,
                Err(error) => {
                    part.failed = Some(error);
                    continue;
                }
            };
            corrections.extend(wake_up);
            match look {
                Look::Due(due) => part.found.push((since, due)),
                Look::Later(time) => corrections.push(Correction {
                    member,
                    claim: Some(claims.score.clone()),
                    time,
                }),
            }
        }
        if let Err(error) = self.correct(index, &corrections, deadline).await {
            part.failed = Some(error);
        }
        part
    }

    async fn seen(
        &self,
        index: &str,
        limit: usize,
        claim: Option<Duration>,
        deadline: Instant,
    ) -> Result<Claims, StoreError> {
        let call = outbox::due(index, limit, claim);
        let value = self.ask(index, call, deadline).await?;
        Ok(outbox::claims(value)?)
    }

    /// Looks into the outbox of a claimed user. On a cluster, who has work may have a wake-up that
    /// is not in the index yet.
    async fn look_at(
        &self,
        member: &[u8],
        deadline: Instant,
    ) -> Result<(Look, Option<Correction>), StoreError> {
        let Some((is_reminder, user)) = user_of(member) else {
            return Ok((Look::Later(None), None));
        };
        let [work, wake_up, now] = match self.when(&user, deadline).await {
            Ok(times) => times,
            // An outbox of a later release is reported by who takes it, and looked at again.
            Err(StoreError::Corrupt { .. }) => {
                return Ok((Look::Due(Due { user, is_reminder }), None));
            }
            Err(error) => return Err(error),
        };
        let time = if is_reminder { wake_up } else { work };
        let is_missing = !is_reminder && wake_up > 0 && self.endpoints.are_a_cluster();
        let missing = is_missing.then(|| missing('r', &user, wake_up));
        let look = if time > 0 && time <= now {
            Look::Due(Due { user, is_reminder })
        } else {
            Look::Later((time > 0).then_some(time))
        };
        Ok((look, missing))
    }

    /// When the user is due for work and for the wake-up, 0 for never; and the time now.
    pub(super) async fn when(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<[i64; 3], StoreError> {
        let keys = self.settings.naming.keys(user);
        let value = self.ask(keys.id(), outbox::when(&keys), deadline).await?;
        Ok(outbox::times(value)?)
    }

    /// Corrects a part of the index. Returns how many entries were missing.
    pub(super) async fn correct(
        &self,
        index: &str,
        corrections: &[Correction],
        deadline: Instant,
    ) -> Result<i64, StoreError> {
        if corrections.is_empty() {
            return Ok(0);
        }
        let call = outbox::correct(index, corrections);
        let value = self.ask(index, call, deadline).await?;
        Ok(outbox::number(&value)?)
    }
}

/// Adds an entry that may be missing: `w` for work, `r` for the wake-up.
pub(super) fn missing(kind: char, user: &UserId, time: i64) -> Correction {
    Correction {
        member: format!("{kind}{}", user.expose()).into_bytes(),
        claim: None,
        time: Some(time),
    }
}

fn user_of(member: &[u8]) -> Option<(bool, UserId)> {
    let (is_reminder, user) = outbox::due_member(member)?;
    Some((is_reminder, UserId::from_exposed(user).ok()?))
}

fn halfway_to(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / 2
}
