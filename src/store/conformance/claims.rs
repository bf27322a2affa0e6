//! A refresh claim has one owner.

use super::trial::{LONG, Trial, put};
use super::violation::{Verdict, answered, ensure};
use crate::store::{ExpectedToken, Lease, LeaseHolder, StoredToken, TokenPut};

pub(super) async fn a_claim_has_one_owner(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let claims = trial.at_once(16, |trial, _| {
        let user = user.clone();
        async move { trial.claim(&user, &LeaseHolder::random(), LONG).await }
    });
    let mut won = 0;
    for claim in claims.await? {
        match claim {
            Lease::Won => won += 1,
            Lease::Held { remaining } => {
                ensure!(
                    remaining <= LONG && remaining > LONG / 2,
                    "a lease of {LONG:?} is said to run for {remaining:?} more"
                );
            }
        }
    }
    ensure!(won == 1, "of 16 owners who claim at once {won} won");
    Ok(())
}

pub(super) async fn a_claim_ends_with_its_lease(trial: Trial) -> Verdict {
    let (user, one, two) = (
        trial.user("a")?,
        LeaseHolder::random(),
        LeaseHolder::random(),
    );
    answered!(trial.claim(&user, &one, trial.short()).await?, Lease::Won => (), "a claim that nobody else has");
    answered!(trial.claim(&user, &two, trial.short()).await?, Lease::Held { .. } => (), "a claim that another has");
    trial.sleep(trial.short() * 4 / 3).await;
    answered!(trial.claim(&user, &two, trial.short()).await?, Lease::Won => (), "a claim whose lease is over to be free");
    answered!(trial.claim(&user, &one, trial.short()).await?, Lease::Held { .. } => (), "a claim that the next owner has");
    Ok(())
}

pub(super) async fn a_claim_is_prolonged_by_its_owner(trial: Trial) -> Verdict {
    let (user, one, two) = (
        trial.user("a")?,
        LeaseHolder::random(),
        LeaseHolder::random(),
    );
    for _ in 0..3 {
        answered!(trial.claim(&user, &one, trial.short()).await?, Lease::Won => (), "a claim that is the owner's own");
        trial.sleep(trial.short() / 2).await;
    }
    answered!(trial.claim(&user, &two, trial.short()).await?, Lease::Held { .. } => (), "a claim that its owner has prolonged");
    Ok(())
}

pub(super) async fn a_claim_is_released_by_its_owner_alone(trial: Trial) -> Verdict {
    let (user, one, two, token) = (
        trial.user("a")?,
        LeaseHolder::random(),
        LeaseHolder::random(),
        StoredToken::new("token"),
    );
    answered!(trial.claim(&user, &one, LONG).await?, Lease::Won => (), "a claim that nobody else has");
    let any = put(Some(&token), ExpectedToken::Any);
    for (put, released, whose) in [
        (
            TokenPut {
                release: None,
                ..any
            },
            false,
            "a put that releases nothing",
        ),
        (
            TokenPut {
                release: Some(&two),
                ..any
            },
            false,
            "a put that releases another owner's claim",
        ),
        (
            TokenPut {
                release: Some(&one),
                expected: ExpectedToken::Absent,
                ..any
            },
            false,
            "a put that was refused",
        ),
        (
            TokenPut {
                release: Some(&one),
                ..any
            },
            true,
            "a put that releases its owner's claim",
        ),
    ] {
        let _ = trial.put(&user, put).await?;
        let claim = trial.claim(&user, &two, LONG).await?;
        ensure!(
            (claim == Lease::Won) == released,
            "after {whose}, another owner's claim is answered {claim:?}"
        );
    }
    Ok(())
}
