//! Work on an outbox, with a flaw.

use std::time::Duration;

use tokio::task::yield_now;
use vimbiso_state::store::{
    Due, EntryId, LeaseHolder, Outbox, OutboxChanges, OutboxStore, Retry, Session, Settled,
    Settlement, Take, Taken, Work,
};
use vimbiso_state::{StateStore, StoreError, UserId};

use super::flaws::OutboxFlaw;
use super::{Flawed, KeptOutbox};
use crate::store::{LONG, soon};

impl Flawed {
    pub async fn flawed_take(&self, user: &UserId, mut take: Take) -> Result<Taken, StoreError> {
        let own = take.lease.holder;
        let last = self.keep(user, |kept| kept.outbox.taker.replace(own));
        match self.outbox_flaw() {
            Some(OutboxFlaw::LaneLeasesNeverEnd) => take.lease.length = LONG * 10,
            Some(OutboxFlaw::TakersWaitForThemselves) if last == Some(own) => {
                take.lease.holder = LeaseHolder::random()
            }
            Some(OutboxFlaw::OutboxEndsWithTheSession) if self.is_over(user).await? => {
                return Ok(Taken::Idle);
            }
            _ => {}
        }
        let stored = self.stored(user).await?;
        let mut taken = self.store.take(user, take).await?;
        match (self.outbox_flaw(), &mut taken) {
            (Some(OutboxFlaw::EveryTakerGetsWork), Taken::Held { .. }) => {
                let entry = stored.replies.into_iter().next().map(Work::Reply);
                return Ok(entry.map_or(taken, Taken::Work));
            }
            (Some(OutboxFlaw::SkipsThePostponed), Taken::Idle) => {
                let entry = stored.replies.into_iter().nth(1).map(Work::Reply);
                return Ok(entry.map_or(taken, Taken::Work));
            }
            (Some(OutboxFlaw::CountsNoAttempts), Taken::Work(Work::Reply(reply))) => {
                reply.attempt = 1;
                reply.in_doubt = false;
            }
            (Some(OutboxFlaw::AgeOfTheTake), Taken::Work(Work::Call(call))) => {
                call.age = Duration::ZERO;
            }
            _ => {}
        }
        Ok(taken)
    }

    pub async fn flawed_settle(
        &self,
        user: &UserId,
        mut settlement: Settlement,
    ) -> Result<Settled, StoreError> {
        let flaw = self.outbox_flaw();
        let at_once = |retry| Retry {
            after: Duration::ZERO,
            ..retry
        };
        let is_call = matches!(settlement.entry, EntryId::Call(_));
        match flaw {
            Some(OutboxFlaw::AlwaysInDoubt) => {
                let in_doubt = true;
                settlement.retry = settlement.retry.map(|retry| Retry { in_doubt, ..retry });
            }
            Some(OutboxFlaw::PostponesNothing) => settlement.retry = settlement.retry.map(at_once),
            Some(OutboxFlaw::PostponesRepliesAlone) if is_call => {
                settlement.retry = settlement.retry.map(at_once)
            }
            Some(OutboxFlaw::ForgetsThePostponed) if settlement.retry.is_some() => {
                self.keep(user, |kept| kept.outbox.was_postponed = true)
            }
            Some(OutboxFlaw::SettlesTheFirst) if !is_call => {
                if let Some(reply) = self.stored(user).await?.replies.first() {
                    settlement.entry = EntryId::Reply(reply.id);
                }
            }
            _ => {}
        }
        let settled = self.store.settle(user, settlement).await?;
        match (flaw, settled) {
            (Some(OutboxFlaw::AnyoneSettles), Settled::NotHolder) => {
                let taker = self.keep(user, |kept| kept.outbox.taker);
                settlement.holder = taker.unwrap_or(settlement.holder);
                self.store.settle(user, settlement).await
            }
            (Some(OutboxFlaw::SettlementCountsNothing), Settled::Next(Work::Reply(mut reply))) => {
                reply.attempt = 0;
                Ok(Settled::Next(Work::Reply(reply)))
            }
            (
                Some(OutboxFlaw::CountsRepeatedSettlements),
                Settled::Next(Work::Reply(mut reply)),
            ) => {
                let earlier = self.keep(user, |kept| {
                    let settled = kept.outbox.settled.replace(settlement.entry);
                    settled == Some(settlement.entry)
                });
                reply.attempt += u32::from(earlier);
                Ok(Settled::Next(Work::Reply(reply)))
            }
            (Some(OutboxFlaw::SettlesAndReleases), Settled::Next(Work::Reply(reply))) => {
                settlement.entry = EntryId::Reply(reply.id);
                settlement.retry = Some(Retry {
                    after: Duration::ZERO,
                    in_doubt: false,
                });
                self.store.settle(user, settlement).await
            }
            (Some(OutboxFlaw::SettledCallIsRemoved), Settled::Released) => {
                if let EntryId::Call(key) = settlement.entry {
                    let concludes = OutboxChanges {
                        concludes: Some(key),
                        ..Default::default()
                    };
                    self.change_outbox(user, concludes).await?;
                }
                Ok(Settled::Released)
            }
            (_, settled) => Ok(settled),
        }
    }

    pub async fn flawed_read(&self, user: &UserId) -> Result<Outbox, StoreError> {
        let mut outbox = self.stored(user).await?;
        match self.outbox_flaw() {
            Some(OutboxFlaw::ReadsNewestFirst) => outbox.replies.reverse(),
            Some(OutboxFlaw::OutboxEndsWithTheSession) if self.is_over(user).await? => {
                return Ok(Outbox::default());
            }
            Some(flaw @ OutboxFlaw::OutboxIsNotRenewed) if self.is_forgotten(user, flaw) => {
                return Ok(Outbox::default());
            }
            _ => {}
        }
        Ok(outbox)
    }

    pub async fn flawed_due(&self, limit: usize, claim: Duration) -> Result<Vec<Due>, StoreError> {
        let Some(flaw) = self.outbox_flaw() else {
            return self.store.due(limit, claim, soon()).await;
        };
        let (limit, claim) = match flaw {
            OutboxFlaw::IgnoresTheLimit => (1000, claim),
            OutboxFlaw::DueOnce => (limit, LONG * 10),
            OutboxFlaw::ClaimsNothing => (limit, Duration::ZERO),
            OutboxFlaw::NewestDueFirst => {
                let mut due = self.store.due(1000, Duration::ZERO, soon()).await?;
                due.reverse();
                due.truncate(limit);
                return Ok(due);
            }
            OutboxFlaw::LooksThenClaims => {
                let due = self.store.due(limit, Duration::ZERO, soon()).await?;
                yield_now().await;
                let _ = self.store.due(limit, claim, soon()).await?;
                return Ok(due);
            }
            _ => (limit, claim),
        };
        let mut due = self.store.due(limit, claim, soon()).await?;
        match flaw {
            OutboxFlaw::WakesOnce => due.retain(|due| {
                let again = self.keep(&due.user, |kept| {
                    std::mem::replace(&mut kept.outbox.was_woken, true)
                });
                !(due.is_reminder && again)
            }),
            OutboxFlaw::ForgetsThePostponed => {
                due.retain(|due| !self.keep(&due.user, |kept| kept.outbox.was_postponed))
            }
            OutboxFlaw::OneDateForBoth => due.retain(|due| !due.is_reminder),
            OutboxFlaw::DueForEver => {
                for due in &due {
                    self.keep(&due.user, |kept| kept.outbox.was_due = true);
                }
                self.add_known(&mut due, |kept, _| kept.was_due).await?;
            }
            OutboxFlaw::DueWhileHeld => {
                let has_replies = |_: &KeptOutbox, outbox: &Outbox| !outbox.replies.is_empty();
                self.add_known(&mut due, has_replies).await?;
            }
            _ => {}
        }
        Ok(due)
    }

    /// Adds the known users of whom this is true.
    async fn add_known(
        &self,
        due: &mut Vec<Due>,
        is_added: impl Fn(&KeptOutbox, &Outbox) -> bool,
    ) -> Result<(), StoreError> {
        let known: Vec<_> = self.kept.lock().unwrap().keys().cloned().collect();
        for user in known {
            let outbox = self.stored(&user).await?;
            let added = Due {
                user: user.clone(),
                is_reminder: false,
            };
            let is_added = self.keep(&user, |kept| is_added(&kept.outbox, &outbox));
            if is_added && !due.contains(&added) {
                due.push(added);
            }
        }
        Ok(())
    }

    /// Whether the session has expired.
    async fn is_over(&self, user: &UserId) -> Result<bool, StoreError> {
        let session = self.store.load(user, None, soon()).await?.session;
        Ok(matches!(session, Session::Expired(_)))
    }
}
