//! Refresh leases: one holder at a time, released by that holder alone.

use super::case::Case;
use super::requests::LONG;
use super::violation::{CaseResult, ensure, extract};
use crate::store::{Lease, LeaseHolder};

pub(super) async fn refresh_lease_has_one_holder(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let answers = case.at_once(16, |case, _| {
        let user = user.clone();
        async move { case.acquire(&user, &LeaseHolder::random(), LONG).await }
    });
    let mut acquired = 0;
    for lease in answers.await? {
        match lease {
            Lease::Acquired => acquired += 1,
            Lease::Held { remaining } => {
                ensure!(
                    remaining <= LONG && remaining > LONG / 2,
                    "a lease of {LONG:?} that was just acquired has {remaining:?} remaining"
                );
            }
        }
    }
    ensure!(
        acquired == 1,
        "of 16 requests for the lease at once, {acquired} acquired it"
    );
    Ok(())
}

pub(super) async fn refresh_lease_ends_with_its_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let one = LeaseHolder::random();
    let two = LeaseHolder::random();
    let length = case.short();
    extract!(
        case.acquire(&user, &one, length).await?,
        Lease::Acquired => (),
        "the free lease to be acquired"
    );
    extract!(
        case.acquire(&user, &two, length).await?,
        Lease::Held { .. } => (),
        "the lease to be held by another holder"
    );
    case.sleep(length * 4 / 3).await;
    extract!(
        case.acquire(&user, &two, length).await?,
        Lease::Acquired => (),
        "a lease whose time is over to be acquired"
    );
    extract!(
        case.acquire(&user, &one, length).await?,
        Lease::Held { .. } => (),
        "the lease to be held by the next holder"
    );
    Ok(())
}

pub(super) async fn refresh_lease_is_renewed_by_its_holder(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    for _ in 0..3 {
        extract!(
            case.acquire(&user, &holder, case.short()).await?,
            Lease::Acquired => (),
            "the lease to be acquired again by its holder"
        );
        case.sleep(case.short() / 2).await;
    }
    extract!(
        case.acquire(&user, &LeaseHolder::random(), case.short()).await?,
        Lease::Held { .. } => (),
        "a lease that its holder renewed to be held"
    );
    Ok(())
}

pub(super) async fn refresh_lease_is_shortened_by_its_holder(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let one = LeaseHolder::random();
    let two = LeaseHolder::random();
    let length = case.short();
    for length in [LONG, length] {
        extract!(
            case.acquire(&user, &one, length).await?,
            Lease::Acquired => (),
            "the lease to be acquired again by its holder"
        );
    }
    let remaining = extract!(
        case.acquire(&user, &two, length).await?,
        Lease::Held { remaining } => remaining,
        "the lease to be held by its first holder"
    );
    ensure!(
        remaining <= length,
        "a lease that was shortened to {length:?} has {remaining:?} remaining"
    );
    case.sleep(length * 4 / 3).await;
    extract!(
        case.acquire(&user, &two, length).await?,
        Lease::Acquired => (),
        "a lease whose shorter time is over to be acquired"
    );
    Ok(())
}

pub(super) async fn refresh_lease_is_released_by_its_holder_alone(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let one = LeaseHolder::random();
    let two = LeaseHolder::random();
    case.release(&user, &one).await?;
    extract!(
        case.acquire(&user, &one, LONG).await?,
        Lease::Acquired => (),
        "the free lease to be acquired"
    );
    case.release(&user, &two).await?;
    extract!(
        case.acquire(&user, &two, LONG).await?,
        Lease::Held { .. } => (),
        "a lease that another holder released to be held"
    );
    case.release(&user, &one).await?;
    extract!(
        case.acquire(&user, &two, LONG).await?,
        Lease::Acquired => (),
        "a lease that its holder released to be acquired"
    );
    // Releasing twice must not release what the next holder has acquired.
    case.release(&user, &one).await?;
    extract!(
        case.acquire(&user, &one, LONG).await?,
        Lease::Held { .. } => (),
        "a lease released a second time to be held by the next holder"
    );
    Ok(())
}
