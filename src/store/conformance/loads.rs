//! A load returns what was written, and changes nothing.

use std::borrow::Cow;
use std::sync::Arc;

use super::case::Case;
use super::requests::{LONG, after, commit};
use super::violation::{CaseResult, ensure, extract};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{Record, Version};
use crate::store::{CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn load_changes_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.write(&user, "{}", case.short()).await?;
    let first = case.load(&user).await?;
    // Half a lifetime, then three quarters: a session that was not prolonged is gone after both.
    case.sleep(case.short() / 2).await;
    let second = case.load(&user).await?;
    ensure!(
        second.precondition == first.precondition,
        "a load changed the precondition of the session"
    );
    case.sleep(case.short() * 3 / 4).await;
    let third = case.load(&user).await?.session;
    ensure!(
        matches!(third, Session::Expired(_)),
        "a load prolonged the session: {third:?}"
    );
    Ok(())
}

pub(super) async fn load_revives_no_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.write(&user, "{}", case.short()).await?;
    case.sleep(case.short() * 2).await;
    for _ in 0..3 {
        extract!(
            case.load(&user).await?.session,
            Session::Expired(_) => (),
            "an expired session to stay expired after each load"
        );
    }
    Ok(())
}

pub(super) async fn load_records_no_commit_id(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    for _ in 0..2 {
        let status = case.load_with(&user, &id).await?.commit_status;
        ensure!(
            status.is_none(),
            "a load recorded the commit id that it asked for: {status:?}"
        );
    }
    let loaded = case.load_with(&user, &id).await?;
    let record = after(&loaded, "{}");
    case.apply(&user, commit(&id, &loaded.precondition, &record))
        .await?;
    Ok(())
}

pub(super) async fn new_user_has_no_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    extract!(
        case.load_with(&user, &CommitId::random()).await?,
        Loaded { session: Session::New, commit_status: None, .. } => (),
        "no session and no commit status of a new user"
    );
    Ok(())
}

pub(super) async fn expired_session_differs_from_a_new_one(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let record = case.write(&user, "{}", case.short()).await?.record;
    case.sleep(case.short() * 2).await;
    let tombstone = extract!(
        case.load(&user).await?.session,
        Session::Expired(tombstone) => tombstone,
        "an expired session"
    );
    ensure!(
        tombstone == record.tombstone(),
        "the tombstone is not that of the expired session: {tombstone:?}"
    );
    Ok(())
}

pub(super) async fn session_is_read_as_it_was_written(case: Case) -> CaseResult {
    let user = case.user("US.13491208655302741918")?;
    let loaded = case.load(&user).await?;
    // Characters that an encoding by hand gets wrong: NUL, quotation marks, two and four bytes.
    let data = r#"{"name":"Tariro \u0000 \"é\" 🌍","n":[1.5,null]}"#;
    let record = Arc::new(Record {
        flow: "another_flow".into(),
        format: 7,
        stage: "handle_action_menu".into(),
        option: Some("-".into()),
        direction: Direction::In,
        menu: Some("tier_1~7f3a1c0b2d4e5f60:offer,accept".into()),
        pending_call: "64778c1b58826c048e32c675174c5c3e+".parse().ok(),
        ..Record::clone(&after(&loaded, data))
    });
    let id = CommitId::random();
    case.apply(&user, commit(&id, &loaded.precondition, &record))
        .await?;
    let read = extract!(
        case.load(&user).await?.session,
        Session::Live(read) => read,
        "a live session"
    );
    ensure!(
        read.data == record.data,
        "the data was read as {}",
        read.data
    );
    ensure!(
        read.menu == record.menu,
        "the menu was read as {:?}",
        read.menu
    );
    ensure!(read == record, "the session was read as {read:?}");
    Ok(())
}

pub(super) async fn longest_session_and_reply_are_kept(case: Case) -> CaseResult {
    let tag = case.user("")?;
    let user = case.user(&"a".repeat(UserId::MAX_LEN - tag.expose().len()))?;
    let loaded = case.load(&user).await?;
    let name: Cow<'static, str> = "n".repeat(Record::MAX_NAME).into();
    let data = format!(r#"{{"a":"{}"}}"#, "x".repeat(Record::MAX_DATA - 8));
    let record = Arc::new(Record {
        // A store that writes versions as text needs room for all digits.
        version: Version {
            revision: u64::MAX,
            tag: u128::MAX,
        },
        flow: name.clone(),
        format: u32::MAX,
        stage: name.clone(),
        option: Some(name),
        menu: Some("m".repeat(Record::MAX_MENU).into()),
        ..Record::clone(&after(&loaded, &data))
    });
    let id = CommitId::random();
    let reply = "r".repeat(case.longest_text().await?);
    let request = CommitRequest {
        reply: Some(reply.as_bytes()),
        ..commit(&id, &loaded.precondition, &record)
    };
    case.apply(&user, request).await?;
    let loaded = case.load_with(&user, &id).await?;
    let read = extract!(loaded.session, Session::Live(read) => read, "a live session");
    ensure!(read == record, "the longest session was read as {read:?}");
    let status = CommitStatus::Applied {
        version: record.version,
        reply: Some(reply.into_bytes().into()),
    };
    ensure!(
        loaded.commit_status.as_ref() == Some(&status),
        "the longest reply was read as {:?}",
        loaded.commit_status
    );
    Ok(())
}

pub(super) async fn option_and_menu_are_removed_by_a_commit(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let with = Arc::new(Record {
        option: Some("asking".into()),
        menu: Some("m:a".into()),
        ..Record::clone(&after(&loaded, "{}"))
    });
    case.apply(&user, commit(&id, &loaded.precondition, &with))
        .await?;
    let without = case.write(&user, "{}", LONG).await?.record;
    let read = extract!(
        case.load(&user).await?.session,
        Session::Live(read) => read,
        "a live session"
    );
    ensure!(read.option.is_none(), "the option is still there: {read:?}");
    ensure!(
        read.menu.is_none(),
        "the menu is still there: {:?}",
        read.menu
    );
    ensure!(read == without, "the session was read as {read:?}");
    Ok(())
}
