//! Refresh leases: one holder at a time, released by that holder alone.

use super::trial::{LONG, Trial};
use super::violation::{Verdict, answered, ensure};
use crate::store::{Lease, LeaseHolder};

pub(super) async fn refresh_lease_has_one_holder(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let answers = trial.at_once(16, |trial, _| {
        let user = user.clone();
        async move { trial.acquire(&user, &LeaseHolder::random(), LONG).await }
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

pub(super) async fn refresh_lease_ends_with_its_time(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let one = LeaseHolder::random();
    let two = LeaseHolder::random();
    let length = trial.short();
    answered!(
        trial.acquire(&user, &one, length).await?,
        Lease::Acquired => (),
        "the free lease to be acquired"
    );
    answered!(
        trial.acquire(&user, &two, length).await?,
        Lease::Held { .. } => (),
        "the lease to be held by another holder"
    );
    trial.sleep(length * 4 / 3).await;
    answered!(
        trial.acquire(&user, &two, length).await?,
        Lease::Acquired => (),
        "a lease whose time is over to be acquired"
    );
    answered!(
        trial.acquire(&user, &one, length).await?,
        Lease::Held { .. } => (),
        "the lease to be held by the next holder"
    );
    Ok(())
}

pub(super) async fn refresh_lease_is_renewed_by_its_holder(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let holder = LeaseHolder::random();
    for _ in 0..3 {
        answered!(
            trial.acquire(&user, &holder, trial.short()).await?,
            Lease::Acquired => (),
            "the lease to be acquired again by its holder"
        );
        trial.sleep(trial.short() / 2).await;
    }
    answered!(
        trial.acquire(&user, &LeaseHolder::random(), trial.short()).await?,
        Lease::Held { .. } => (),
        "a lease that its holder renewed to be held"
    );
    Ok(())
}

pub(super) async fn refresh_lease_is_released_by_its_holder_alone(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let one = LeaseHolder::random();
    let two = LeaseHolder::random();
    trial.release(&user, &one).await?;
    answered!(
        trial.acquire(&user, &one, LONG).await?,
        Lease::Acquired => (),
        "the free lease to be acquired"
    );
    trial.release(&user, &two).await?;
    answered!(
        trial.acquire(&user, &two, LONG).await?,
        Lease::Held { .. } => (),
        "a lease that another holder released to be held"
    );
    trial.release(&user, &one).await?;
    answered!(
        trial.acquire(&user, &two, LONG).await?,
        Lease::Acquired => (),
        "a lease that its holder released to be acquired"
    );
    // Releasing twice must not release what the next holder has acquired.
    trial.release(&user, &one).await?;
    answered!(
        trial.acquire(&user, &one, LONG).await?,
        Lease::Held { .. } => (),
        "a lease released a second time to be held by the next holder"
    );
    Ok(())
}
