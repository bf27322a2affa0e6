//! Replies are taken in the order of their commits, and shown ones are removed.

use super::requests::{adds, adds_to_fetch, bodies, lease};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::LONG;
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{
    EntryId, Lane, LaneState, LeaseHolder, OutboxChanges, OutboxRefusal, Settled, Taken, Work,
};

pub(crate) async fn replies_are_taken_in_order(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let all: Vec<_> = (0..12).map(|n| format!("{n}").into_bytes()).collect();
    let mut ids = Vec::new();
    for body in &all {
        ids.push(case.send(&user, adds(body)).await?.id);
    }
    let outbox = case.outbox(&user).await?;
    let read: Vec<_> = outbox.replies.iter().map(|reply| reply.id).collect();
    ensure!(
        read == ids && bodies(&outbox) == all,
        "the replies are not read in the order of their commits: {outbox:?}"
    );
    let mut next = Some(case.take_reply(&user, holder).await?);
    let mut taken = Vec::new();
    while let Some(reply) = next {
        taken.push(reply.id);
        let entry = EntryId::Reply(reply.id);
        next = match case.settle(&user, entry, holder, None).await? {
            Settled::Next(Work::Reply(reply)) => Some(reply),
            _ => None,
        };
    }
    ensure!(
        taken == ids,
        "of {} replies, {} were taken in the order of their commits",
        ids.len(),
        taken.iter().zip(&ids).take_while(|(a, b)| a == b).count()
    );
    Ok(())
}

pub(crate) async fn unsent_reply_refuses_a_commit_if_told(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let only_if_sent = OutboxChanges {
        only_if_sent: true,
        ..adds(b"2")
    };
    let first = case.send(&user, adds(b"1")).await?;
    extract!(
        case.refused(&user, only_if_sent).await?,
        OutboxRefusal::Unsent => (),
        "a refusal, because an earlier reply is in the queue"
    );
    // A taken reply may be on its way, or the worker may be dead.
    case.take_reply(&user, holder).await?;
    extract!(
        case.refused(&user, only_if_sent).await?,
        OutboxRefusal::Unsent => (),
        "a refusal, because an earlier reply may not be sent yet"
    );
    let _ = case.settle(&user, first.entry(), holder, None).await?;
    case.send(&user, only_if_sent).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2"],
        "after a refused commit and an applied one, the outbox is {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn replies_to_fetch_make_no_work(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        lease: Some(lease(LeaseHolder::random(), case.short())),
        ..adds_to_fetch(b"1")
    };
    let sent = case.send(&user, changes).await?;
    ensure!(
        sent.replies == LaneState::Later,
        "a lane with a reply that the user fetches is {:?}",
        sent.replies
    );
    let lease = lease(LeaseHolder::random(), case.short());
    extract!(
        case.take(&user, Lane::Replies, lease).await?,
        Taken::Idle => (),
        "no work for a reply that the user fetches"
    );
    case.ensure_not_due(&user, false, "for a reply that the user fetches")
        .await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1"],
        "a reply that the user fetches is not in the outbox: {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn shown_replies_are_dropped_and_no_others(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let drop_shown = |changes| OutboxChanges {
        drop_shown: true,
        ..changes
    };
    case.send(&user, adds_to_fetch(b"1")).await?;
    case.send(&user, drop_shown(adds_to_fetch(b"2"))).await?;
    let shown = case.show(&user, &[]).await?;
    ensure!(
        bodies(&shown) == [b"1", b"2"],
        "of two replies that no caller has seen, these are shown: {shown:?}"
    );
    case.send(&user, adds_to_fetch(b"3")).await?;
    let read = case.outbox(&user).await?;
    ensure!(
        bodies(&read) == [b"1", b"2", b"3"],
        "replies were dropped by a commit that was not told to: {read:?}"
    );
    // The third one has been read, and that shows nothing to the user.
    extract!(
        case.refused(
            &user,
            OutboxChanges {
                only_if_sent: true,
                ..drop_shown(adds_to_fetch(b"4"))
            }
        ).await?,
        OutboxRefusal::Unsent => (),
        "a refusal, because one reply was not shown"
    );
    case.send(&user, drop_shown(adds_to_fetch(b"4"))).await?;
    let read = case.outbox(&user).await?;
    ensure!(
        bodies(&read) == [b"3", b"4"],
        "after the shown replies were dropped, these are left: {read:?}"
    );
    case.show(&user, &[]).await?;
    let last = OutboxChanges {
        only_if_sent: true,
        ..drop_shown(OutboxChanges::default())
    };
    case.send(&user, last).await?;
    let read = case.outbox(&user).await?;
    ensure!(read.replies.is_empty(), "shown replies are left: {read:?}");
    Ok(())
}

pub(crate) async fn shown_reply_is_dropped_while_it_is_sent(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let other = lease(LeaseHolder::random(), LONG);
    let drop_shown = OutboxChanges {
        drop_shown: true,
        ..Default::default()
    };
    let first = case.send(&user, adds(b"1")).await?;
    case.send(&user, adds(b"2")).await?;
    case.take_reply(&user, holder).await?;
    case.show(&user, &[]).await?;
    let third = case.send(&user, adds(b"3")).await?;
    case.send(&user, drop_shown).await?;
    let read = case.outbox(&user).await?;
    ensure!(
        bodies(&read) == [b"3"],
        "after a reply was dropped that a worker was sending: {read:?}"
    );
    extract!(
        case.take(&user, Lane::Replies, other).await?,
        Taken::Held { .. } => (),
        "a lease that is held as before"
    );
    let next = extract!(
        case.settle(&user, first.entry(), holder, None).await?,
        Settled::Next(Work::Reply(reply)) => reply,
        "the reply that was not shown"
    );
    ensure!(
        next.id == third.id && next.attempt == 1 && !next.in_doubt,
        "after a reply that was dropped, its worker gets {next:?}"
    );
    case.show(&user, &[]).await?;
    let last = OutboxChanges {
        lease: Some(other),
        reply: adds(b"4").reply,
        ..drop_shown
    };
    let sent = case.send(&user, last).await?;
    ensure!(
        sent.replies == LaneState::Acquired,
        "after the last reply of a worker was dropped, the lane is {:?}",
        sent.replies
    );
    extract!(
        case.settle(&user, third.entry(), holder, None).await?,
        Settled::NotHolder => (),
        "no work for the worker whose last reply was dropped"
    );
    Ok(())
}

pub(crate) async fn left_out_reply_waits_behind_the_shown(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.send(&user, adds_to_fetch(b"1")).await?.id;
    case.send(&user, adds_to_fetch(b"2")).await?;
    let third = case.send(&user, adds_to_fetch(b"3")).await?.id;
    case.send(&user, adds_to_fetch(b"4")).await?;
    case.show(&user, &[]).await?;
    let shown = case.show(&user, &[third, first]).await?;
    let read = case.outbox(&user).await?;
    for outbox in [&shown, &read] {
        ensure!(
            bodies(outbox) == [b"2", b"4", b"1", b"3"],
            "after the first and the third of four replies were left out: {outbox:?}"
        );
    }
    let dropped = OutboxChanges {
        drop_shown: true,
        ..adds_to_fetch(b"5")
    };
    extract!(
        case.refused(&user, OutboxChanges { only_if_sent: true, ..dropped }).await?,
        OutboxRefusal::Unsent => (),
        "a refusal, because replies were left out"
    );
    case.send(&user, dropped).await?;
    let read = case.outbox(&user).await?;
    ensure!(
        bodies(&read) == [b"1", b"3", b"5"],
        "after the shown replies were dropped, these are left: {read:?}"
    );
    // A release that can read them shows them.
    case.show(&user, &[]).await?;
    case.send(
        &user,
        OutboxChanges {
            reply: None,
            ..dropped
        },
    )
    .await?;
    let read = case.outbox(&user).await?;
    ensure!(read.replies.is_empty(), "shown replies are left: {read:?}");
    Ok(())
}

pub(crate) async fn newest_reply_says_how_all_are_delivered(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, adds_to_fetch(b"1")).await?;
    let sent = case.send(&user, adds(b"2")).await?;
    ensure!(
        sent.replies == LaneState::Due,
        "with a reply that is sent behind one to fetch, the lane is {:?}",
        sent.replies
    );
    case.wait_until_due(&user, false, case.short() / 4).await?;
    let taken = case.take_reply(&user, holder).await?;
    ensure!(
        taken.id == first.id,
        "the reply that was to be fetched is not taken first: {taken:?}"
    );
    case.send(&user, adds_to_fetch(b"3")).await?;
    extract!(
        case.settle(&user, first.entry(), holder, None).await?,
        Settled::Released => (),
        "no further work, because the user fetches the rest"
    );
    case.sleep(case.short()).await;
    case.ensure_not_due(&user, false, "for replies that the user fetches")
        .await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2", b"3"],
        "the user has these replies to fetch: {outbox:?}"
    );
    Ok(())
}
