//! A commit id takes effect once, however often it comes, and the same attempt may be sent again.

use super::trial::{LONG, Trial, after, commit, following};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn a_second_commit_under_one_id_is_a_duplicate(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let first = after(&found, r#"{"n":1}"#);
    let precondition = trial
        .apply(
            &user,
            CommitRequest {
                reply: Some(b"\"one\""),
                ..commit(&id, &found.precondition, &first)
            },
        )
        .await?;
    let second = following(Some(first.version), r#"{"n":2}"#);
    let outcome = trial
        .commit(
            &user,
            CommitRequest {
                reply: Some(b"\"two\""),
                ..commit(&id, &precondition, &second)
            },
        )
        .await?;
    let (version, reply, current) = answered!(
        outcome,
        CommitOutcome::Duplicate { version, reply, current } => (version, reply, current),
        "a duplicate"
    );
    ensure!(
        version == first.version,
        "the duplicate names version {version}, not the one that the first made"
    );
    ensure!(
        reply.as_deref() == Some(b"\"one\""),
        "the duplicate does not carry the reply that the first remembered"
    );
    let shown = matches!(&current.session, Session::Live(read) if *read == first);
    ensure!(
        shown && current.precondition == precondition,
        "the duplicate carries another session: {:?}",
        current.session
    );
    ensure!(
        trial.load(&user).await?.precondition == precondition,
        "the duplicate changed the session"
    );
    Ok(())
}

pub(super) async fn a_duplicate_is_known_whatever_it_was_decided_on(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let nothing = trial.load(&user).await?.precondition;
    let first = trial.write(&user, r#"{"n":1}"#, LONG).await?;
    let newest = trial.write(&user, r#"{"n":2}"#, LONG).await?;
    let outcome = trial
        .commit(&user, commit(&first.id, &nothing, &following(None, "{}")))
        .await?;
    let (version, reply, current) = answered!(
        outcome,
        CommitOutcome::Duplicate { version, reply, current } => (version, reply, current),
        "a duplicate"
    );
    ensure!(
        version == first.record.version,
        "the duplicate names version {version}, not the one that the first made"
    );
    ensure!(
        reply.is_none(),
        "the duplicate carries a reply, and the first remembered none"
    );
    let shown = matches!(&current.session, Session::Live(read) if *read == newest.record);
    ensure!(
        shown,
        "the duplicate carries another session than the newest: {:?}",
        current.session
    );
    Ok(())
}

pub(super) async fn a_duplicate_is_known_when_the_session_is_long_gone(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", trial.short()).await?;
    trial.sleep(trial.short() * 2).await;
    let again = following(Some(first.record.version), "{}");
    answered!(
        trial.commit(&user, commit(&first.id, &first.precondition, &again)).await?,
        CommitOutcome::Duplicate { current: Loaded { session: Session::Expired(_), .. }, .. } => (),
        "a duplicate that shows the session as expired"
    );
    Ok(())
}

pub(super) async fn a_duplicate_is_known_after_many_other_commits(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", LONG).await?;
    let mut newest = first.precondition.clone();
    for _ in 0..100 {
        newest = trial.write(&user, "{}", LONG).await?.precondition;
    }
    answered!(
        trial.commit(&user, commit(&first.id, &newest, &following(None, "{}"))).await?,
        CommitOutcome::Duplicate { .. } => (),
        "a duplicate, a hundred commits later"
    );
    Ok(())
}

pub(super) async fn of_many_deliveries_at_once_one_applies(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let outcomes = trial.at_once(16, |trial, _| {
        let user = user.clone();
        async move {
            let found = trial.load(&user).await?;
            match trial
                .commit(
                    &user,
                    commit(&id, &found.precondition, &after(&found, "{}")),
                )
                .await?
            {
                CommitOutcome::Applied(_) => Ok(1),
                CommitOutcome::Duplicate { .. } => Ok(0),
                other => Err(Violation::instead_of(
                    "an applied commit or a duplicate",
                    &other,
                )),
            }
        }
    });
    let applied: usize = outcomes.await?.into_iter().sum();
    ensure!(
        applied == 1,
        "of 16 deliveries of one message {applied} applied"
    );
    let revision = trial
        .load(&user)
        .await?
        .session
        .version()
        .map(|version| version.revision);
    ensure!(
        revision == Some(1),
        "after one commit the session is at revision {revision:?}"
    );
    Ok(())
}

pub(super) async fn a_load_under_a_commit_id_says_what_became_of_it(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", LONG).await?;
    trial.write(&user, "{}", LONG).await?;
    let status = trial.load_under(&user, &first.id).await?.commit_status;
    let applied = CommitStatus::Applied {
        version: first.record.version,
        reply: None,
    };
    ensure!(
        status.as_ref() == Some(&applied),
        "under an applied commit id a load says {status:?}"
    );
    let status = trial
        .load_under(&user, &CommitId::random())
        .await?
        .commit_status;
    ensure!(
        status.is_none(),
        "under an unknown commit id a load says {status:?}"
    );
    Ok(())
}

pub(super) async fn an_attempt_sent_again_is_applied_once(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let record = after(&found, "{}");
    let first = trial
        .apply(&user, commit(&id, &found.precondition, &record))
        .await?;
    let second = trial
        .apply(&user, commit(&id, &found.precondition, &record))
        .await?;
    ensure!(
        first == second,
        "the same attempt made another basis the second time"
    );
    ensure!(
        trial.load(&user).await?.precondition == first,
        "the same attempt changed the session the second time"
    );
    Ok(())
}

pub(super) async fn an_attempt_sent_again_later_undoes_nothing(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let record = after(&found, r#"{"n":1}"#);
    trial
        .apply(&user, commit(&id, &found.precondition, &record))
        .await?;
    trial.write(&user, r#"{"n":2}"#, LONG).await?;
    // It brings no precondition: with the newer one, the older record could overwrite what came between.
    answered!(
        trial.commit(&user, commit(&id, &found.precondition, &record)).await?,
        CommitOutcome::Applied(None) => (),
        "an applied commit without a precondition, since the session has moved on"
    );
    let state = trial.state(&user).await?;
    ensure!(
        state.as_deref() == Some(r#"{"n":2}"#),
        "the attempt sent again left the state {state:?}"
    );
    Ok(())
}

pub(super) async fn an_attempt_sent_again_after_the_expiry_brings_no_basis(
    trial: Trial,
) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let record = after(&found, "{}");
    let attempt = || CommitRequest {
        ttl: trial.short(),
        ..commit(&id, &found.precondition, &record)
    };
    trial.apply(&user, attempt()).await?;
    trial.sleep(trial.short() * 2).await;
    answered!(
        trial.commit(&user, attempt()).await?,
        CommitOutcome::Applied(None) => (),
        "an applied commit without a precondition, since the session has expired"
    );
    let found = trial.load(&user).await?.session;
    ensure!(
        matches!(found, Session::Expired(_)),
        "the attempt sent again revived the session: {found:?}"
    );
    Ok(())
}
