//! A user who is called by another number or id: the old id is retired, and the session moves to
//! the new one or ends.
//!
//! Two commits do it, and each takes effect once, so a notice that is delivered again, or whose
//! worker died between the two, does no harm:
//! 1. **Retire the old id**, if nothing is left to do for it: its session starts over, and what the
//!    session was is stored as the reply of that commit, the [`Mark`]. The mark names the new id.
//! 2. **Begin the new id** from the mark, unless it has a session already that is past its start.
//!
//! The mark also brings a late message of the old id to the new one: one that was sent before the
//! change. If the old id has handled it, it is a duplicate; if not, its commit is fenced at the old
//! id first, so that it cannot take effect at both. Under the new id it is a further step of the
//! message, because a user who changes back has the fenced id again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{Bot, Conversation};
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{
    Choice, CommitId, Error, Flow, Handled, MessageId, SessionStatus, Stage, StateManager, Step,
    Turn, UserId,
};

/// What becomes of the session if its user is called by another number or id.
///
/// In both cases the token of the old id is removed and the new id gets none, and a button that was
/// shown before decides nothing any more. The old id is left with a session at the start, so that
/// who has the number next finds nothing of the last user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnIdChange {
    /// The session ends: the new id begins as a new user. The default for a changed number, whose
    /// SIM card may be in other hands.
    Purge,
    /// The session goes on under the new id, without its open question and with a lifetime of its
    /// own, unless the new id has a session already that is past its start. The default for a
    /// changed business-scoped id. A session of more than 15 KiB ends.
    Move,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rekeyed {
    /// The old id is retired.
    Done,
    /// A reply or a call waits under the old id: the notice must be delivered again.
    OutboxNotEmpty,
}

/// One old id, and the id that follows it.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) notice: &'a MessageId,
    /// When it was changed, in seconds since 1970.
    pub(crate) at: Option<u64>,
    pub(crate) old: &'a UserId,
    pub(crate) new: &'a UserId,
    pub(crate) then: OnIdChange,
}

/// A message is looked up under an older id if it is older than this: to change a number takes its
/// user longer.
const LATE: Duration = Duration::from_secs(30);

/// How often an id may be retired within the retention, as by a user who changes back and forth.
const MAX_MARKS: usize = 8;

/// How much of a session fits into the mark, beside the rest of it.
const MAX_SESSION: usize = 15 * 1024;

/// What is stored where an id was retired.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    /// The commit that the notice would be: it tells two notices apart, and is no personal data.
    notice: String,
    /// The new id.
    to: String,
    /// When it was changed, in seconds since 1970.
    at: u64,
    session: Option<Session>,
}

/// What a session was.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Session {
    stage: String,
    option: Option<String>,
    data: String,
}

/// Retires the old id and begins the new one.
pub(crate) async fn rekey<C: Conversation>(
    bot: &Bot<C>,
    change: &Change<'_>,
) -> Result<Rekeyed, Error> {
    let manager = bot.manager();
    // The outcome of a call and the replies are for the person who asked, at the old address.
    if !bot.until_idle(change.old, Duration::ZERO).await? {
        return Ok(Rekeyed::OutboxNotEmpty);
    }
    let notice = CommitId::of(change.old, change.notice).to_string();
    for n in 0..MAX_MARKS {
        let mark = match retire(manager, change, &notice, n).await? {
            Handled::Committed { output, .. } => output,
            Handled::Stopped { .. } => return Ok(Rekeyed::OutboxNotEmpty),
            Handled::Duplicate { reply, .. } => reply.and_then(|reply| reply.read().ok()),
        };
        // Another one is of an earlier change of the same id.
        let Some(mark) = mark.filter(|mark: &Mark| mark.notice == notice) else {
            continue;
        };
        remove_token(manager, change.old).await?;
        if let Some(session) = mark.session {
            let new = UserId::from_exposed(mark.to)?;
            begin(manager, change.old, &new, n, &session).await?;
        }
        return Ok(Rekeyed::Done);
    }
    tracing::warn!(user = ?change.old, "This id was changed too often; the change is ignored");
    Ok(Rekeyed::Done)
}

/// The first commit. Stops without a mark if a call is pending.
async fn retire<F: Flow>(
    manager: &StateManager<F>,
    change: &Change<'_>,
    notice: &str,
    n: usize,
) -> Result<Handled<F, Option<Mark>>, Error> {
    let at = change.at.unwrap_or_else(now);
    // With the time of the change, a notice that is older than the store's memory is refused.
    let id = mark_id(n)?.sent_at_unix(at);
    let decide = |turn: &mut Turn<F>| {
        if turn.user().pending_call().is_some() {
            return Ok(Step::Stop(None));
        }
        let session = (change.then == OnIdChange::Move).then(|| session_of(turn));
        let mark = Mark {
            notice: notice.to_owned(),
            to: change.new.expose().to_owned(),
            at,
            session: session.flatten(),
        };
        turn.label("whatsapp_id_change");
        turn.reset();
        turn.remember_reply(&mark)?;
        Ok(Step::Commit(Some(mark)))
    };
    manager.handle(change.old, &id, decide).await
}

/// The second commit.
async fn begin<F: Flow>(
    manager: &StateManager<F>,
    old: &UserId,
    new: &UserId,
    n: usize,
    session: &Session,
) -> Result<(), Error> {
    let from = n.to_string();
    let id = MessageId::of_parts(["whatsapp", "moved from", old.expose(), &from])?;
    // A token that is left from an earlier user of the new id is not this session's.
    if !matches!(manager.load(new).await?.status(), SessionStatus::Active) {
        remove_token(manager, new).await?;
    }
    let decide = |turn: &mut Turn<F>| {
        turn.label("whatsapp_id_change");
        // The user may have written under the new id before the notice came.
        if !matches!(turn.status(), SessionStatus::Active) || is_untouched(turn) {
            restore(turn, session);
        }
        Ok(Step::Commit(()))
    };
    let _done = manager.handle(new, &id, decide).await?;
    Ok(())
}

async fn remove_token<F: Flow>(manager: &StateManager<F>, user: &UserId) -> Result<(), Error> {
    // First a look: a store that keeps no tokens refuses to remove one.
    if manager.load(user).await?.jwt_token().is_some() {
        manager.clear_jwt_token(user).await?;
    }
    Ok(())
}

/// What a live session is, if it fits into a mark.
fn session_of<F: Flow>(turn: &Turn<F>) -> Option<Session> {
    if !matches!(turn.status(), SessionStatus::Active) {
        return None;
    }
    let data = serde_json::to_string(turn.data()).ok()?;
    if data.len() > MAX_SESSION / 2 && serde_json::to_string(&data).ok()?.len() > MAX_SESSION {
        tracing::warn!(user = ?turn.user_id(), "This session is too large to move, and ends");
        return None;
    }
    Some(Session {
        stage: turn.stage().name().to_owned(),
        option: turn.option().map(|option| option.name().to_owned()),
        data,
    })
}

/// Whether a session is as it begins, and as it is left where an id was retired: a user who changes
/// back finds that.
fn is_untouched<F: Flow>(turn: &Turn<F>) -> bool {
    let data = serde_json::to_value(turn.data()).ok();
    turn.stage() == F::Stage::START
        && turn.option().is_none()
        && turn.question().is_none()
        && data == serde_json::to_value(F::Data::default()).ok()
}

/// Sets a turn to what a session was; leaves it as it is if this release cannot read that.
fn restore<F: Flow>(turn: &mut Turn<F>, session: &Session) {
    let stage = F::Stage::from_name(&session.stage);
    let (Some(stage), Ok(data)) = (stage, serde_json::from_str(&session.data)) else {
        tracing::warn!(user = ?turn.user_id(), "This release cannot read the session, which ends");
        return;
    };
    turn.reset();
    let option = session.option.as_deref().and_then(F::Choice::from_name);
    // Only allowed steps can be made, so the turn goes from the start to that stage.
    let reached = path_to(stage)
        .into_iter()
        .try_for_each(|next| turn.transition_to(next, None))
        .and_then(|()| turn.transition_to(stage, option));
    match reached {
        Ok(()) => *turn.data_mut() = data,
        Err(_) => turn.reset(),
    }
}

/// The shortest way from the start to this stage.
fn path_to<S: Stage>(stage: S) -> Vec<S> {
    let mut came_from: HashMap<S, S> = HashMap::new();
    let mut open = VecDeque::from([S::START]);
    while let Some(at) = open.pop_front() {
        let row = S::TABLE.iter().find(|row| row.stage() == at);
        for next in row.map_or(&[][..], |row| row.next()) {
            if *next != S::START && !came_from.contains_key(next) {
                came_from.insert(*next, at);
                open.push_back(*next);
            }
        }
    }
    let mut path = VecDeque::new();
    let mut at = stage;
    while at != S::START {
        path.push_front(at);
        match came_from.get(&at) {
            Some(before) => at = *before,
            None => break,
        }
    }
    path.into()
}

/// Finds who handles a message that was sent at this time, and under which message id. `None` if it
/// took effect under an id that has been retired since. Costs nothing if it was sent just now, and
/// otherwise a round trip, and two more for each change since.
pub(crate) async fn resolve<F: Flow>(
    manager: &StateManager<F>,
    mut user: UserId,
    mut message: MessageId,
    sent: Option<u64>,
) -> Result<Option<(UserId, MessageId)>, Error> {
    // Without a time it cannot be told from a message of the next holder of a number.
    let Some(sent) = sent.filter(|sent| now().saturating_sub(*sent) > LATE.as_secs()) else {
        return Ok(Some((user, message)));
    };
    let mut since = sent;
    for _ in 0..MAX_MARKS {
        let Some(mark) = first_mark(manager, &user, since).await? else {
            break;
        };
        let commit_id = CommitId::of(&user, &message);
        if let CommitStatus::Applied { .. } = manager.resolve(&user, &commit_id).await? {
            return Ok(None);
        }
        user = UserId::from_exposed(mark.to)?;
        // The commit is fenced, and the user may come back to this id.
        message = message.step("after a change of the id");
        since = mark.at;
    }
    Ok(Some((user, message)))
}

/// The first change of this id at or after a time.
async fn first_mark<F: Flow>(
    manager: &StateManager<F>,
    user: &UserId,
    since: u64,
) -> Result<Option<Mark>, Error> {
    for n in 0..MAX_MARKS {
        let stored = manager.stored_reply(user, &mark_id(n)?).await?;
        let Some(stored) = stored else {
            break;
        };
        match stored.read::<Mark>() {
            Ok(mark) if mark.at >= since => return Ok(Some(mark)),
            _ => {}
        }
    }
    Ok(None)
}

fn mark_id(n: usize) -> Result<MessageId, Error> {
    Ok(MessageId::of_parts(["whatsapp", "retired"])?.step(&n.to_string()))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
