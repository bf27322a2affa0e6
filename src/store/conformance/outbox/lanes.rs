//! The lease on a lane has one holder.

use super::requests::{adds, announces, lease, random_key};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::LONG;
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{
    EntryId, Lane, LaneState, LeaseHolder, OutboxChanges, Settled, Taken, WakeUp, Work,
};

pub(crate) async fn one_of_many_takes_gets_the_work(case: Case) -> CaseResult {
    for lane in [Lane::Replies, Lane::Call] {
        let user = case.user(&format!("{lane:?}"))?;
        let changes = OutboxChanges {
            call: announces(random_key()?).call,
            ..adds(b"1")
        };
        case.send(&user, changes).await?;
        let answers = case.at_once(16, |case, _| {
            let user = user.clone();
            async move {
                let lease = lease(LeaseHolder::random(), LONG);
                case.take(&user, lane, lease).await
            }
        });
        let mut takers = 0;
        for taken in answers.await? {
            match taken {
                Taken::Work(_) => takers += 1,
                Taken::Held { remaining } => ensure!(
                    remaining <= LONG && remaining > LONG / 2,
                    "a lease of {LONG:?} that was just taken has {remaining:?} remaining"
                ),
                Taken::Idle => ensure!(false, "a lane that another holder works on is idle"),
            }
        }
        ensure!(
            takers == 1,
            "of 16 takes of one entry at once, {takers} got it"
        );
    }
    Ok(())
}

pub(crate) async fn lease_on_a_lane_ends_with_its_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let one = lease(LeaseHolder::random(), case.short());
    let two = lease(LeaseHolder::random(), case.short());
    case.send(&user, adds(b"1")).await?;
    extract!(
        case.take(&user, Lane::Replies, one).await?,
        Taken::Work(_) => (),
        "the reply to be taken"
    );
    let remaining = extract!(
        case.take(&user, Lane::Replies, two).await?,
        Taken::Held { remaining } => remaining,
        "the lease to be held by another holder"
    );
    ensure!(
        remaining <= one.length,
        "a lease of {:?} has {remaining:?} remaining",
        one.length
    );
    case.sleep(one.length * 4 / 3).await;
    extract!(
        case.take(&user, Lane::Replies, two).await?,
        Taken::Work(_) => (),
        "a lease whose time is over to be taken"
    );
    extract!(
        case.take(&user, Lane::Replies, one).await?,
        Taken::Held { .. } => (),
        "the lease to be held by the next holder"
    );
    Ok(())
}

pub(crate) async fn holder_takes_its_lane_again(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let own = lease(LeaseHolder::random(), case.short());
    case.send(&user, adds(b"1")).await?;
    for _ in 0..3 {
        extract!(
            case.take(&user, Lane::Replies, own).await?,
            Taken::Work(_) => (),
            "the lane to be taken again by its holder"
        );
        case.sleep(own.length / 2).await;
    }
    let other = lease(LeaseHolder::random(), case.short());
    extract!(
        case.take(&user, Lane::Replies, other).await?,
        Taken::Held { .. } => (),
        "a lease that its holder took again to be held"
    );
    Ok(())
}

pub(crate) async fn lanes_have_leases_of_their_own(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let caller = LeaseHolder::random();
    let sender = LeaseHolder::random();
    let sent = case.send(&user, adds(b"1")).await?;
    let announced = OutboxChanges {
        lease: Some(lease(caller, LONG)),
        ..announces(key)
    };
    let announced = case.send(&user, announced).await?;
    ensure!(
        (announced.replies, announced.call) == (LaneState::Due, LaneState::Acquired),
        "a commit that takes the lease for a call found the lanes {:?} and {:?}",
        announced.replies,
        announced.call
    );
    case.take_reply(&user, sender).await?;
    extract!(
        case.settle(&user, sent.entry(), caller, None).await?,
        Settled::NotHolder => (),
        "the holder of one lane not to hold the other"
    );
    extract!(
        case.settle(&user, sent.entry(), sender, None).await?,
        Settled::Released => (),
        "the lane of replies to be released"
    );
    let other = lease(LeaseHolder::random(), LONG);
    extract!(
        case.take(&user, Lane::Call, other).await?,
        Taken::Held { .. } => (),
        "the lane of the call to be held still"
    );
    extract!(
        case.settle(&user, EntryId::Call(key), caller, None).await?,
        Settled::Released => (),
        "the lane of the call to be released"
    );
    case.take_call(&user, LeaseHolder::random()).await?;
    Ok(())
}

pub(crate) async fn commit_takes_the_lease_if_it_is_free(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = LeaseHolder::random();
    let with_lease = |holder| OutboxChanges {
        lease: Some(lease(holder, LONG)),
        wake_up: WakeUp::Keep(None),
        ..adds(b"1")
    };
    let sent = case.send(&user, with_lease(first)).await?;
    ensure!(
        (sent.replies, sent.call) == (LaneState::Acquired, LaneState::Empty),
        "a commit that adds the first reply found the lanes {:?} and {:?}",
        sent.replies,
        sent.call
    );
    extract!(
        case.take(&user, Lane::Replies, lease(LeaseHolder::random(), LONG)).await?,
        Taken::Held { .. } => (),
        "the lease to be held by the commit that took it"
    );
    let second = case.send(&user, with_lease(LeaseHolder::random())).await?;
    ensure!(
        second.replies == LaneState::Held,
        "a commit that adds the second reply found the lane {:?}",
        second.replies
    );
    let next = extract!(
        case.settle(&user, sent.entry(), first, None).await?,
        Settled::Next(Work::Reply(reply)) => reply,
        "the second reply for the first holder"
    );
    let _ = case
        .settle(&user, EntryId::Reply(next.id), first, None)
        .await?;
    let third = case.send(&user, with_lease(LeaseHolder::random())).await?;
    ensure!(
        third.replies == LaneState::Acquired,
        "a commit that adds to an empty queue found the lane {:?}",
        third.replies
    );
    Ok(())
}

pub(crate) async fn commit_behind_a_waiting_reply_takes_no_lease(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.send(&user, adds(b"1")).await?;
    let changes = OutboxChanges {
        lease: Some(lease(LeaseHolder::random(), LONG)),
        ..adds(b"2")
    };
    let second = case.send(&user, changes).await?;
    ensure!(
        second.replies == LaneState::Due,
        "a commit behind a reply that waits found the lane {:?}",
        second.replies
    );
    let reply = case.take_reply(&user, LeaseHolder::random()).await?;
    ensure!(
        reply.id == first.id && reply.attempt == 1,
        "the first of two replies was taken as {reply:?}"
    );
    Ok(())
}
