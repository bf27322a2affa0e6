//! An outbox is kept apart from its session.

use std::time::Duration;

use tokio::time::{advance, sleep};

use super::requests::{adds, announces, bodies, lease, random_key, retry};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, soon};
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{LaneState, LeaseHolder, Outbox, OutboxChanges, Session, Settled, WakeUp};

pub(crate) async fn outbox_survives_its_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let changes = OutboxChanges {
        call: announces(key).call,
        ..adds(b"1")
    };
    case.send_data(&user, "{}", case.short(), changes).await?;
    case.sleep(case.short() * 2).await;
    extract!(
        case.load(&user).await?.session,
        Session::Expired(_) => (),
        "the session to be expired"
    );
    let outbox = case.outbox(&user).await?;
    let call = outbox.call.as_ref().map(|call| call.key);
    ensure!(
        bodies(&outbox) == [b"1"] && call == Some(key),
        "of the outbox of an expired session is left: {outbox:?}"
    );
    case.take_reply(&user, LeaseHolder::random()).await?;
    case.take_call(&user, LeaseHolder::random()).await?;
    Ok(())
}

/// Half of the retention and a little more, with time for work that the store does in the
/// background.
async fn wait_for_half_of_the_retention(case: &Case) {
    advance(case.store().retention() / 2).await;
    sleep(Duration::from_secs(10)).await;
}

pub(crate) async fn work_renews_outbox_and_tombstone(case: Case) -> CaseResult {
    let taken = case.user("taken")?;
    let settled = case.user("settled")?;
    let holder = LeaseHolder::random();
    let first = case.send(&taken, adds(b"1")).await?;
    let second = case.send(&settled, adds(b"1")).await?;
    case.take_reply(&settled, holder).await?;
    wait_for_half_of_the_retention(&case).await;
    case.take_reply(&taken, holder).await?;
    extract!(
        case.settle(&settled, second.entry(), holder, Some(retry(LONG))).await?,
        Settled::Released => (),
        "a reply that is postponed to be released"
    );
    wait_for_half_of_the_retention(&case).await;
    for (user, sent) in [(taken, first), (settled, second)] {
        let tombstone = extract!(
            case.load(&user).await?.session,
            Session::Expired(tombstone) => tombstone,
            "the tombstone to be kept as long as the outbox"
        );
        ensure!(
            tombstone == sent.record.tombstone(),
            "the tombstone is not that of the expired session: {tombstone:?}"
        );
        let outbox = case.outbox(&user).await?;
        ensure!(
            bodies(&outbox) == [b"1"],
            "of an outbox that was worked on is left: {outbox:?}"
        );
    }
    Ok(())
}

pub(crate) async fn delete_leaves_no_outbox(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        call: announces(random_key()?).call,
        lease: Some(lease(LeaseHolder::random(), LONG)),
        wake_up: WakeUp::After(Duration::ZERO),
        ..adds(b"1")
    };
    case.send(&user, changes).await?;
    case.store().delete(&user, soon()).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        outbox == Outbox::default(),
        "of the outbox of a deleted user is left: {outbox:?}"
    );
    for is_reminder in [false, true] {
        let when = "after it was deleted";
        case.ensure_not_due(&user, is_reminder, when).await?;
    }
    let sent = case.send(&user, changes).await?;
    ensure!(
        (sent.replies, sent.call) == (LaneState::Acquired, LaneState::Acquired),
        "after the user was deleted, the lanes of a new outbox are {:?} and {:?}",
        sent.replies,
        sent.call
    );
    Ok(())
}
