//! A load tells what is there, and changes nothing.

use std::borrow::Cow;
use std::sync::Arc;

use super::trial::{LONG, Trial, after, commit};
use super::violation::{Verdict, answered, ensure};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{Record, Version};
use crate::store::{CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn a_load_changes_nothing(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    trial.write(&user, "{}", trial.short()).await?;
    let first = trial.load(&user).await?;
    trial.sleep(trial.short() / 2).await;
    let second = trial.load(&user).await?;
    ensure!(
        second.precondition == first.precondition,
        "a load changed the basis of the session"
    );
    trial.sleep(trial.short() * 3 / 4).await;
    let third = trial.load(&user).await?;
    ensure!(
        matches!(third.session, Session::Expired(_)),
        "a load slid the expiry of the session: {third:?}"
    );
    Ok(())
}

pub(super) async fn a_load_revives_nothing(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    trial.write(&user, "{}", trial.short()).await?;
    trial.sleep(trial.short() * 2).await;
    for _ in 0..3 {
        answered!(trial.load(&user).await?.session, Session::Expired(_) => (), "an expired session, however often it is loaded");
    }
    Ok(())
}

pub(super) async fn a_load_under_a_commit_id_records_nothing(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    for _ in 0..2 {
        let status = trial.load_under(&user, &id).await?.commit_status;
        ensure!(
            status.is_none(),
            "a load recorded the commit id that it asked for: {status:?}"
        );
    }
    let found = trial.load_under(&user, &id).await?;
    trial
        .apply(
            &user,
            commit(&id, &found.precondition, &after(&found, "{}")),
        )
        .await?;
    Ok(())
}

pub(super) async fn a_new_user_has_nothing(trial: Trial) -> Verdict {
    let found = trial
        .load_under(&trial.user("a")?, &CommitId::random())
        .await?;
    answered!(found, Loaded { session: Session::New, commit_status: None, .. } => (), "nothing of a new user");
    Ok(())
}

pub(super) async fn an_expired_session_is_told_from_a_new_one(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let record = trial.write(&user, "{}", trial.short()).await?.record;
    trial.sleep(trial.short() * 2).await;
    let trace = answered!(trial.load(&user).await?.session, Session::Expired(trace) => trace, "an expired session");
    ensure!(
        trace == record.tombstone(),
        "what remains is not the trace of what expired: {trace:?}"
    );
    Ok(())
}

pub(super) async fn a_session_is_read_as_it_was_written(trial: Trial) -> Verdict {
    let user = trial.user("US.13491208655302741918")?;
    let found = trial.load(&user).await?;
    let record = Arc::new(Record {
        format: 7,
        stage: "handle_action_menu".into(),
        option: Some("-".into()),
        direction: Direction::In,
        menu: Some("tier_1:offer,accept".into()),
        ..Record::clone(&after(
            &found,
            r#"{"name":"Tariro \u0000 \"é\" 🌍","n":[1.5,null]}"#,
        ))
    });
    trial
        .apply(
            &user,
            commit(&CommitId::random(), &found.precondition, &record),
        )
        .await?;
    let read =
        answered!(trial.load(&user).await?.session, Session::Live(read) => read, "a live session");
    ensure!(
        read.data == record.data,
        "the state came back as {}",
        read.data
    );
    ensure!(
        read.menu == record.menu,
        "the menu came back as {:?}",
        read.menu
    );
    ensure!(read == record, "what was written came back as {read:?}");
    Ok(())
}

pub(super) async fn the_longest_of_everything_is_kept(trial: Trial) -> Verdict {
    let tag = trial.user("")?;
    let user = trial.user(&"a".repeat(UserId::MAX_LEN - tag.expose().len()))?;
    let found = trial.load(&user).await?;
    let name: Cow<'static, str> = "n".repeat(Record::MAX_NAME).into();
    let state = format!(r#"{{"a":"{}"}}"#, "x".repeat(Record::MAX_DATA - 8));
    let record = Arc::new(Record {
        version: Version {
            revision: u64::MAX,
            tag: u128::MAX,
        },
        format: u32::MAX,
        stage: name.clone(),
        option: Some(name),
        menu: Some("m".repeat(Record::MAX_MENU).into()),
        ..Record::clone(&after(&found, &state))
    });
    let id = CommitId::random();
    let reply = "r".repeat(trial.longest_text().await?);
    trial
        .apply(
            &user,
            CommitRequest {
                reply: Some(reply.as_bytes()),
                ..commit(&id, &found.precondition, &record)
            },
        )
        .await?;
    let found = trial.load_under(&user, &id).await?;
    let read = answered!(found.session, Session::Live(read) => read, "a live session");
    ensure!(read == record, "the longest record came back as {read:?}");
    let status = CommitStatus::Applied {
        version: record.version,
        reply: Some(reply.into_bytes().into()),
    };
    ensure!(
        found.commit_status.as_ref() == Some(&status),
        "the longest reply came back as {:?}",
        found.commit_status
    );
    Ok(())
}

pub(super) async fn an_option_and_a_menu_end_with_the_commit_that_has_none(
    trial: Trial,
) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let with = Record {
        option: Some("asking".into()),
        menu: Some("m:a".into()),
        ..Record::clone(&after(&found, "{}"))
    };
    trial
        .apply(&user, commit(&id, &found.precondition, &Arc::new(with)))
        .await?;
    let without = trial.write(&user, "{}", LONG).await?.record;
    let read =
        answered!(trial.load(&user).await?.session, Session::Live(read) => read, "a live session");
    ensure!(read.option.is_none(), "the option stayed: {read:?}");
    ensure!(read.menu.is_none(), "the menu stayed: {:?}", read.menu);
    ensure!(read == without, "what was written came back as {read:?}");
    Ok(())
}
