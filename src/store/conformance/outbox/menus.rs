//! A newer menu replaces an older one that did not reach the user, and nothing else.

use std::time::Duration;

use super::requests::{adds, adds_to_fetch, bodies, lease, retry};
use crate::id::CommitId;
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, after, commit};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, EntryId, Lane, LaneState, LeaseHolder, NewReply, Outbox, OutboxChanges,
    OutboxCommit, OutboxRefusal, Retry, Settled, StoreError, Taken, Work,
};

/// The same changes, with a reply that is a menu.
fn menu(changes: OutboxChanges<'_>) -> OutboxChanges<'_> {
    let reply = changes.reply.map(|reply| NewReply {
        is_replaceable: true,
        ..reply
    });
    OutboxChanges { reply, ..changes }
}

fn outcome(changes: OutboxChanges<'_>) -> OutboxChanges<'_> {
    let reply = changes.reply.map(|reply| NewReply {
        is_outcome: true,
        ..reply
    });
    OutboxChanges { reply, ..changes }
}

pub(crate) async fn newer_menu_replaces_an_unsent_one(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    for changes in [
        menu(adds(b"first menu")),
        adds(b"1"),
        outcome(adds(b"2")),
        menu(adds(b"second menu")),
        adds(b"3"),
    ] {
        case.send(&user, changes).await?;
    }
    let last = case.send(&user, menu(adds(b"third menu"))).await?;
    ensure!(
        last.replies == LaneState::Due,
        "with a new menu behind other replies, the lane is {:?}",
        last.replies
    );
    let all = [&b"1"[..], b"2", b"3", b"third menu"];
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == all,
        "after a third menu, the queue is {outbox:?}"
    );
    let first = case.take_reply(&user, holder).await?;
    ensure!(
        first.attempt == 1 && !first.in_doubt,
        "behind a menu that was replaced, a reply was handed out as {first:?}"
    );
    let mut taken = Vec::new();
    let mut next = Some(first);
    while let Some(reply) = next {
        let settled = case.settle(&user, EntryId::Reply(reply.id), holder, None);
        next = match settled.await? {
            Settled::Next(Work::Reply(reply)) => Some(reply),
            _ => None,
        };
        taken.push(reply.body);
    }
    ensure!(
        taken.iter().map(|body| &**body).eq(all),
        "after a third menu, {} replies were taken in an order that is not that of the queue",
        taken.len()
    );
    let alone = OutboxChanges {
        lease: Some(lease(holder, LONG)),
        ..menu(adds(b"fourth menu"))
    };
    ensure!(
        case.send(&user, alone).await?.replies == LaneState::Acquired,
        "the committer of the only menu did not get it"
    );
    Ok(())
}

pub(crate) async fn menu_that_may_be_sent_is_not_replaced(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, menu(adds(b"1"))).await?;
    let reply = case.take_reply(&user, holder).await?;
    let second = case.send(&user, menu(adds(b"2"))).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1", b"2"] && second.replies == LaneState::Held,
        "while a menu is sent, a newer one leads to {outbox:?}, and the lane is {:?}",
        second.replies
    );
    let not_sent = retry(Duration::ZERO);
    let in_doubt = Retry {
        in_doubt: true,
        ..not_sent
    };
    let _ = case
        .settle(&user, first.entry(), holder, Some(in_doubt))
        .await?;
    case.send(&user, menu(adds(b"3"))).await?;
    let outbox = case.outbox(&user).await?;
    let attempt = outbox.replies.first().map(|reply| reply.attempt);
    ensure!(
        bodies(&outbox) == [b"1", b"3"] && attempt == Some(reply.attempt),
        "behind a menu that may have been sent, a newer one leads to {outbox:?}"
    );
    // The channel can say what it has sent.
    case.take_reply(&user, holder).await?;
    let _ = case
        .settle(&user, first.entry(), holder, Some(not_sent))
        .await?;
    case.send(&user, menu(adds(b"4"))).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"4"],
        "two menus were certainly not sent, and a newer one leads to {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn menu_that_replaces_one_waits_as_long(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let pause = case.short();
    let first = case.send(&user, menu(adds(b"1"))).await?;
    case.take_reply(&user, holder).await?;
    let _ = case
        .settle(&user, first.entry(), holder, Some(retry(pause)))
        .await?;
    let changes = OutboxChanges {
        lease: Some(lease(LeaseHolder::random(), LONG)),
        ..menu(adds(b"2"))
    };
    let second = case.send(&user, changes).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2"],
        "a menu was certainly not sent, and a newer one leads to {outbox:?}"
    );
    // The channel has asked for the wait, or cannot be reached.
    ensure!(
        second.replies == LaneState::Later,
        "instead of a postponed menu, there is a newer one, and the lane is {:?}",
        second.replies
    );
    extract!(
        case.take(&user, Lane::Replies, lease(holder, LONG)).await?,
        Taken::Idle => (),
        "no work before the time of the menu that was replaced"
    );
    case.sleep(pause * 4 / 3).await;
    let reply = case.take_reply(&user, holder).await?;
    ensure!(
        reply.id == second.id && reply.attempt == 1 && !reply.in_doubt,
        "instead of a postponed menu, this was handed out: {reply:?}"
    );
    Ok(())
}

pub(crate) async fn replaced_menu_leaves_its_room(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for _ in 1..Outbox::MAX_REPLIES {
        case.send(&user, adds(b"1")).await?;
    }
    for body in [b"2", b"3"] {
        case.send(&user, menu(adds(body))).await?;
    }
    extract!(
        case.refused(&user, adds(b"4")).await?,
        OutboxRefusal::Full => (),
        "a refusal, because the queue is full"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        outbox.replies.len() == Outbox::MAX_REPLIES && bodies(&outbox).last() == Some(&&b"3"[..]),
        "the second menu is not the last of 32 replies in {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn unsent_menu_may_refuse_a_newer_one(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.send(&user, menu(adds(b"1"))).await?;
    // The user has typed an answer, and has not seen the question.
    let changes = OutboxChanges {
        only_if_sent: true,
        ..menu(adds(b"2"))
    };
    extract!(
        case.refused(&user, changes).await?,
        OutboxRefusal::Unsent => (),
        "a refusal, because the earlier menu is in the queue"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1"],
        "after a commit was refused, the queue is {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn shown_menu_is_not_replaced(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.send(&user, menu(adds_to_fetch(b"1"))).await?;
    case.show(&user, &[]).await?;
    for body in [b"2", b"3"] {
        case.send(&user, menu(adds_to_fetch(body))).await?;
    }
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1", b"3"],
        "after a menu was shown and two followed, the queue is {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn repeated_attempt_replaces_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.send(&user, menu(adds(b"1"))).await?;
    case.send(&user, menu(adds(b"2"))).await?;
    let again = commit(&first.id, &first.precondition, &first.record);
    extract!(
        case.commit_with(&user, again, menu(adds(b"1"))).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
        "the same attempt to be applied"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2"],
        "the commit of a menu that was replaced was sent again, and the queue is {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn replaceable_outcome_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let before = case.load(&user).await?;
    let id = CommitId::random();
    let record = after(&before, "{}");
    let request = commit(&id, &before.precondition, &record);
    let changes = outcome(menu(adds(b"1")));
    extract!(
        case.outboxes()?.commit_with(&user, request, changes).await,
        Err(StoreError::Misconfigured { .. }) => (),
        "an error, because an outcome must reach the user"
    );
    match case.load_with(&user, &id).await?.commit_status {
        None => Ok(()),
        Some(_) => Err(Violation::new("a commit that was refused was recorded")),
    }
}
