//! A user with an entry is due until nothing is left.

use super::requests::{adds, announces, concludes, lease, random_key, retry};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, soon};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{EntryId, Lane, LaneState, LeaseHolder, OutboxChanges, Settled, Taken};

pub(crate) async fn user_is_due_until_nothing_is_left(case: Case) -> CaseResult {
    // An id that `UserId::encode` has to escape: a store reads it back.
    let user = case.user("chat: 7")?;
    let claim = case.short();
    let key = random_key()?;
    let holder = LeaseHolder::random();
    let changes = OutboxChanges {
        call: announces(key).call,
        ..adds(b"1")
    };
    let sent = case.send(&user, changes).await?;
    for _ in 0..2 {
        case.wait_until_due(&user, false, claim).await?;
        case.ensure_not_due(&user, false, "while it was claimed")
            .await?;
        case.sleep(claim * 4 / 3).await;
    }
    // With one entry done, the other one is still due.
    case.take_reply(&user, holder).await?;
    let _ = case.settle(&user, sent.entry(), holder, None).await?;
    case.wait_until_due(&user, false, claim).await?;
    case.take_call(&user, holder).await?;
    case.send(&user, concludes(key)).await?;
    case.sleep(claim * 4 / 3).await;
    case.ensure_not_due(&user, false, "with nothing in the outbox")
        .await
}

pub(crate) async fn user_is_due_when_the_lease_is_over(case: Case) -> CaseResult {
    let taken = case.user("taken")?;
    let committed = case.user("committed")?;
    let own = lease(LeaseHolder::random(), case.short());
    case.send(&taken, adds(b"1")).await?;
    extract!(
        case.take(&taken, Lane::Replies, own).await?,
        Taken::Work(_) => (),
        "the reply to be taken"
    );
    case.ensure_not_due(&taken, false, "while a holder works on it")
        .await?;
    let changes = OutboxChanges {
        lease: Some(own),
        ..adds(b"1")
    };
    let sent = case.send(&committed, changes).await?;
    ensure!(
        sent.replies == LaneState::Acquired,
        "a commit that adds the first reply found the lane {:?}",
        sent.replies
    );
    case.ensure_not_due(&committed, false, "while its commit works on it")
        .await?;
    case.sleep(own.length * 4 / 3).await;
    for user in [&taken, &committed] {
        // Each of the calls claims the other user too.
        case.wait_until_due(user, false, own.length / 4).await?;
    }
    Ok(())
}

pub(crate) async fn postponed_user_is_due_in_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let pause = case.short();
    let sent = case.send(&user, adds(b"1")).await?;
    // Twice, because the second time the store moves a date that it has.
    for _ in 0..2 {
        case.take_reply(&user, holder).await?;
        extract!(
            case.settle(&user, sent.entry(), holder, Some(retry(pause))).await?,
            Settled::Released => (),
            "a reply that is postponed to be released"
        );
        case.ensure_not_due(&user, false, "before the time of its reply")
            .await?;
        case.sleep(pause * 4 / 3).await;
        case.wait_until_due(&user, false, LONG).await?;
    }
    Ok(())
}

pub(crate) async fn call_is_due_while_a_reply_is_postponed(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let holder = LeaseHolder::random();
    let changes = OutboxChanges {
        call: announces(key).call,
        ..adds(b"1")
    };
    let sent = case.send(&user, changes).await?;
    case.take_reply(&user, holder).await?;
    let _ = case
        .settle(&user, sent.entry(), holder, Some(retry(LONG)))
        .await?;
    case.wait_until_due(&user, false, case.short()).await?;
    case.take_call(&user, holder).await?;
    let pause = Some(retry(LONG));
    let _ = case
        .settle(&user, EntryId::Call(key), holder, pause)
        .await?;
    case.sleep(case.short() * 4 / 3).await;
    case.ensure_not_due(&user, false, "while both its entries are postponed")
        .await
}

pub(crate) async fn longest_overdue_user_is_returned_first(case: Case) -> CaseResult {
    // In another order than that of their names.
    let users = [case.user("c")?, case.user("a")?, case.user("b")?];
    for user in &users {
        case.send(user, adds(b"1")).await?;
        case.sleep(case.short()).await;
    }
    let mut returned = Vec::new();
    for _ in 0..1000 {
        let due = case.outboxes()?.due(1, LONG, soon()).await?;
        ensure!(
            due.len() <= 1,
            "a call for one of those who are due returned {}",
            due.len()
        );
        if due.is_empty() {
            case.sleep(case.short()).await;
        }
        // A store may be shared with other behaviours.
        returned.extend(
            due.into_iter()
                .map(|due| due.user)
                .filter(|user| users.contains(user)),
        );
        if returned.len() == users.len() {
            ensure!(
                returned == users,
                "three users were not returned in the order in which they became due"
            );
            return Ok(());
        }
    }
    Err(Violation::new(format!(
        "of three users who are due, {} were returned one by one",
        returned.len()
    )))
}

pub(crate) async fn one_of_many_claims_gets_a_user(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.send(&user, adds(b"1")).await?;
    for _ in 0..800 {
        let claims = case.at_once(16, |case, _| {
            let user = user.clone();
            async move { case.is_due(&user, false, LONG).await }
        });
        let claims = claims.await?.into_iter().filter(|claimed| *claimed).count();
        ensure!(
            claims <= 1,
            "of 16 calls at once for those who are due, {claims} returned one user"
        );
        if claims == 1 {
            return Ok(());
        }
        case.sleep(case.short() / 6).await;
    }
    Err(Violation::new("a user who is due was not returned"))
}
