//! An entry that was postponed is not handed out before its time.

use super::requests::{adds, announces, bodies, lease, random_key, retry};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::LONG;
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{EntryId, Lane, LaneState, LeaseHolder, OutboxChanges, Settled, Taken};

pub(crate) async fn postponed_reply_is_not_handed_out_early(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let pause = case.short();
    let sent = case.send(&user, adds(b"1")).await?;
    case.take_reply(&user, holder).await?;
    extract!(
        case.settle(&user, sent.entry(), holder, Some(retry(pause))).await?,
        Settled::Released => (),
        "a reply that is postponed to be released"
    );
    for holder in [holder, LeaseHolder::random()] {
        extract!(
            case.take(&user, Lane::Replies, lease(holder, LONG)).await?,
            Taken::Idle => (),
            "no work before the time of a postponed reply"
        );
    }
    case.sleep(pause * 4 / 3).await;
    let reply = case.take_reply(&user, LeaseHolder::random()).await?;
    ensure!(
        reply.id == sent.id && reply.attempt == 2,
        "a postponed reply was handed out as {reply:?}"
    );
    Ok(())
}

pub(crate) async fn reply_behind_a_postponed_one_waits(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let pause = case.short();
    let first = case.send(&user, adds(b"1")).await?;
    case.take_reply(&user, holder).await?;
    let _ = case
        .settle(&user, first.entry(), holder, Some(retry(pause)))
        .await?;
    let changes = OutboxChanges {
        lease: Some(lease(LeaseHolder::random(), LONG)),
        ..adds(b"2")
    };
    let second = case.send(&user, changes).await?;
    ensure!(
        second.replies == LaneState::Later,
        "a commit behind a postponed reply found the lane {:?}",
        second.replies
    );
    extract!(
        case.take(&user, Lane::Replies, lease(holder, LONG)).await?,
        Taken::Idle => (),
        "the second reply to wait for the first one"
    );
    case.sleep(pause * 4 / 3).await;
    let reply = case.take_reply(&user, holder).await?;
    ensure!(
        reply.id == first.id,
        "a later reply was handed out before the postponed one"
    );
    let left = case.outbox(&user).await?;
    ensure!(
        bodies(&left) == [b"1", b"2"],
        "while the first reply is tried again, the queue is {left:?}"
    );
    Ok(())
}

pub(crate) async fn postponed_call_is_not_handed_out_early(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let holder = LeaseHolder::random();
    let pause = case.short();
    case.send(&user, announces(key)).await?;
    case.take_call(&user, holder).await?;
    let entry = EntryId::Call(key);
    extract!(
        case.settle(&user, entry, holder, Some(retry(pause))).await?,
        Settled::Released => (),
        "a call that is postponed to be released"
    );
    for holder in [holder, LeaseHolder::random()] {
        extract!(
            case.take(&user, Lane::Call, lease(holder, LONG)).await?,
            Taken::Idle => (),
            "no work before the time of a postponed call"
        );
    }
    case.sleep(pause * 4 / 3).await;
    let call = case.take_call(&user, LeaseHolder::random()).await?;
    ensure!(
        call.key == key && call.attempt == 2,
        "a postponed call was handed out as {call:?}"
    );
    Ok(())
}
