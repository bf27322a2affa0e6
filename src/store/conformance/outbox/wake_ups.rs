//! A wake-up is returned when it is due, until a commit drops or moves it.

use std::time::Duration;

use super::requests::adds;
use crate::id::UserId;
use crate::session::Version;
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::LONG;
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{OutboxChanges, Reminder, WakeUp};

fn only<'a>(wake_up: WakeUp) -> OutboxChanges<'a> {
    OutboxChanges {
        wake_up,
        ..Default::default()
    }
}

/// Breaks unless there is a wake-up that is bound to this version.
async fn ensure_bound(case: &Case, user: &UserId, to: Version, when: &str) -> CaseResult {
    let reminder = case.outbox(user).await?.reminder;
    let version = reminder.map(|reminder| reminder.version);
    ensure!(
        version == Some(to),
        "{when}, the wake-up is bound to {version:?} instead of {to}"
    );
    Ok(())
}

pub(crate) async fn wake_up_is_due_until_it_is_dropped(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let time = case.short();
    let sent = case.send(&user, only(WakeUp::After(time))).await?;
    let reminder = extract!(
        case.outbox(&user).await?.reminder,
        Some(reminder) => reminder,
        "the wake-up of the commit"
    );
    ensure!(
        reminder.version == sent.record.version && reminder.after <= time,
        "a wake-up after {time:?} was read as {reminder:?}"
    );
    case.ensure_not_due(&user, true, "before its wake-up")
        .await?;
    case.sleep(time * 4 / 3).await;
    for _ in 0..2 {
        case.wait_until_due(&user, true, time).await?;
        case.ensure_not_due(&user, true, "while its wake-up was claimed")
            .await?;
        case.sleep(time * 4 / 3).await;
    }
    extract!(
        case.outbox(&user).await?.reminder,
        Some(Reminder { after: Duration::ZERO, .. }) => (),
        "a wake-up that is due"
    );
    case.ensure_not_due(&user, false, "for work, and it has none but a wake-up")
        .await?;
    case.send(&user, OutboxChanges::default()).await?;
    ensure!(
        case.outbox(&user).await?.reminder.is_none(),
        "the wake-up is there after a commit that drops it"
    );
    case.ensure_not_due(&user, true, "after its wake-up was dropped")
        .await
}

pub(crate) async fn wake_up_and_work_are_due_apart(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        wake_up: WakeUp::After(Duration::ZERO),
        ..adds(b"1")
    };
    case.send(&user, changes).await?;
    // Claimed for both purposes by any of these calls, so each is asked for with short claims.
    case.wait_until_due(&user, false, case.short() / 4).await?;
    case.sleep(case.short()).await;
    case.wait_until_due(&user, true, case.short() / 4).await
}

pub(crate) async fn wake_up_is_moved_by_a_later_commit(case: Case) -> CaseResult {
    let later = case.user("later")?;
    let earlier = case.user("earlier")?;
    let time = case.short();
    case.send(&later, only(WakeUp::After(time))).await?;
    case.send(&later, only(WakeUp::After(LONG))).await?;
    case.send(&earlier, only(WakeUp::After(LONG))).await?;
    let sent = case.send(&earlier, only(WakeUp::After(time))).await?;
    let when = "after a commit with an earlier wake-up";
    ensure_bound(&case, &earlier, sent.record.version, when).await?;
    case.sleep(time * 4 / 3).await;
    case.ensure_not_due(&later, true, "before its later wake-up")
        .await?;
    // The call before has claimed this one, if it was due by then.
    case.send(&earlier, only(WakeUp::After(Duration::ZERO)))
        .await?;
    case.wait_until_due(&earlier, true, LONG).await
}

pub(crate) async fn wake_up_is_kept_and_bound_as_told(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.send(&user, only(WakeUp::After(LONG))).await?;
    let first = first.record.version;
    case.send(&user, only(WakeUp::Keep(None))).await?;
    ensure_bound(&case, &user, first, "kept as it was").await?;
    let second = case.send(&user, only(WakeUp::Keep(Some(first)))).await?;
    let second = second.record.version;
    ensure_bound(&case, &user, second, "kept and bound anew").await?;
    case.send(&user, only(WakeUp::Keep(Some(first)))).await?;
    let when = "kept by a commit that means an earlier version";
    ensure_bound(&case, &user, second, when).await?;
    case.write(&user, "{}", LONG).await?;
    ensure_bound(&case, &user, second, "after a plain commit").await?;
    let after = case
        .outbox(&user)
        .await?
        .reminder
        .map(|reminder| reminder.after);
    ensure!(
        after > Some(LONG / 2),
        "a wake-up after {LONG:?} that was kept is due after {after:?}"
    );
    Ok(())
}

pub(crate) async fn late_reminder_drops_no_newer_wake_up(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.send(&user, only(WakeUp::After(LONG))).await?;
    let second = case.send(&user, only(WakeUp::After(LONG))).await?;
    let first = first.record.version;
    let second = second.record.version;
    case.send(&user, only(WakeUp::DropIf(first))).await?;
    let when = "after a commit that drops an earlier one";
    ensure_bound(&case, &user, second, when).await?;
    case.send(&user, only(WakeUp::DropIf(second))).await?;
    ensure!(
        case.outbox(&user).await?.reminder.is_none(),
        "the wake-up is there after a commit that drops it by its version"
    );
    Ok(())
}
