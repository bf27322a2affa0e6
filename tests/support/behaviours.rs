//! What every store does: one list of named behaviours, against the contract alone. The numbers are the contract's.
//!
//! Time is tokio's, so that a store on a paused clock lives through all of it in no time.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use vimbiso_state::store::{
    Basis, Claim, Commit, CommitOutcome, Done, ExpectedToken, Loaded, Owner, Resolution, Session, StoredToken, TokenOutcome,
    TokenPut,
};
use vimbiso_state::{CommitId, Direction, Record, StateStore, UserId, Version};

/// Hands the list to a macro of the caller's, which makes a test of each.
macro_rules! each_behaviour {
    ($run:ident) => {
        $run! {
            a_load_changes_nothing,
            a_load_revives_nothing,
            a_new_user_has_nothing,
            a_session_is_read_as_it_was_written,
            the_longest_of_everything_is_kept,
            an_option_and_a_menu_end_with_the_commit_that_has_none,
            an_expired_session_is_told_from_a_new_one,
            an_expired_session_is_begun_anew,
            a_stale_commit_is_refused_with_the_session_as_it_is,
            a_refused_commit_writes_nothing,
            a_commit_on_a_session_that_expired_meanwhile_is_refused,
            a_commit_on_nothing_is_refused_where_there_is_something,
            a_commit_on_an_older_session_of_the_same_content_is_refused,
            of_many_commits_on_one_session_one_applies,
            the_basis_of_a_commit_serves_the_next,
            a_second_commit_under_one_id_is_a_duplicate,
            a_duplicate_is_known_whatever_it_was_decided_on,
            a_duplicate_is_known_when_the_session_is_long_gone,
            of_many_deliveries_at_once_one_applies,
            a_load_under_a_commit_id_says_what_became_of_it,
            an_attempt_sent_again_is_applied_once,
            an_attempt_sent_again_later_undoes_nothing,
            an_attempt_sent_again_after_the_expiry_brings_no_basis,
            a_commit_slides_the_expiry,
            a_session_ends_with_its_lifetime,
            a_lifetime_begins_with_the_session,
            resolve_knows_an_applied_commit,
            resolve_fences_an_unknown_commit,
            resolve_leaves_the_session_alone,
            a_token_ends_with_its_own_time,
            a_token_call_leaves_the_session_alone,
            a_token_call_revives_no_session,
            a_commit_leaves_the_token_alone_unless_told,
            a_token_is_put_where_the_expected_one_stands,
            a_token_is_removed,
            a_claim_has_one_owner,
            a_claim_ends_with_its_lease,
            a_claim_is_prolonged_by_its_owner,
            a_claim_is_released_by_its_owner_alone,
            forget_leaves_nothing,
            forget_of_nobody_is_no_error,
            users_are_apart,
            a_dropped_future_does_no_harm,
        }
    };
}

type Store = Arc<dyn StateStore>;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// A record to follow what was found.
fn after(found: &Loaded, state: &str) -> Arc<Record> {
    following(found.session.version(), state)
}

fn following(last: Option<Version>, state: &str) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(last),
        commit_id: CommitId::random(),
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        state: state.into(),
    })
}

fn commit<'a>(id: &'a CommitId, basis: &'a Basis, record: &'a Arc<Record>) -> Commit<'a> {
    Commit { id, basis, record, reply: None, drop_token: false, ttl: LONG, lifetime: LONG * 10, deadline: soon() }
}

fn put<'a>(token: Option<&'a StoredToken>, expected: ExpectedToken<'a>) -> TokenPut<'a> {
    TokenPut { token, expected, ttl: LONG, release: None, deadline: soon() }
}

async fn load(store: &Store, user: &UserId) -> Loaded {
    store.load(user, None, soon()).await.unwrap()
}

/// Commits a state on whatever there is, to live this long.
async fn write(store: &Store, user: &UserId, state: &str, ttl: Duration) -> (CommitId, Arc<Record>, Basis) {
    let (id, found) = (CommitId::random(), load(store, user).await);
    let record = after(&found, state);
    match store.commit(user, Commit { ttl, ..commit(&id, &found.basis, &record) }).await.unwrap() {
        CommitOutcome::Applied(Some(basis)) => (id, record, basis),
        other => panic!("{other:?}"),
    }
}

async fn put_any(store: &Store, user: &UserId, token: &StoredToken, ttl: Duration) {
    let stored = store.put_token(user, TokenPut { ttl, ..put(Some(token), ExpectedToken::Any) }).await.unwrap();
    assert_eq!(stored, TokenOutcome::Stored);
}

async fn state(store: &Store, user: &UserId) -> Option<Box<str>> {
    match load(store, user).await.session {
        Session::Live(record) => Some(record.state.clone()),
        _ => None,
    }
}

fn applied(outcome: CommitOutcome) -> Basis {
    match outcome {
        CommitOutcome::Applied(Some(basis)) => basis,
        other => panic!("not applied: {other:?}"),
    }
}

/// 1.
pub async fn a_load_changes_nothing(store: Store) {
    let user = user("a");
    write(&store, &user, "{}", SHORT).await;
    let first = load(&store, &user).await;
    sleep(SHORT * 2 / 3).await;
    assert_eq!(load(&store, &user).await.basis, first.basis);
    sleep(SHORT * 2 / 3).await;
    assert!(matches!(load(&store, &user).await.session, Session::Expired(_)));
}

/// 1.
pub async fn a_load_revives_nothing(store: Store) {
    let user = user("a");
    write(&store, &user, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    for _ in 0..3 {
        assert!(matches!(load(&store, &user).await.session, Session::Expired(_)));
    }
}

/// 2.
pub async fn a_new_user_has_nothing(store: Store) {
    let found = store.load(&user("a"), Some(&CommitId::random()), soon()).await.unwrap();
    assert!(matches!(found, Loaded { session: Session::New, token: None, done: None, .. }), "{found:?}");
}

/// 3.
pub async fn a_session_is_read_as_it_was_written(store: Store) {
    let (user, found) = (user("US.13491208655302741918"), load(&store, &user("US.13491208655302741918")).await);
    let record = Arc::new(Record {
        format: 7,
        stage: "handle_action_menu".into(),
        option: Some("-".into()),
        direction: Direction::In,
        menu: Some("tier_1:offer,accept".into()),
        ..Record::clone(&after(&found, r#"{"name":"Tariro \u0000 \"é\" 🌍","n":[1.5,null]}"#))
    });
    applied(store.commit(&user, commit(&CommitId::random(), &found.basis, &record)).await.unwrap());
    let Session::Live(read) = load(&store, &user).await.session else { panic!() };
    assert!(read == record, "{read:?}");
}

/// 3.
pub async fn the_longest_of_everything_is_kept(store: Store) {
    let user = user(&"a".repeat(UserId::MAX_LEN));
    let found = load(&store, &user).await;
    let name: Cow<'static, str> = "n".repeat(Record::MAX_NAME).into();
    let state = format!(r#"{{"a":"{}"}}"#, "x".repeat(Record::MAX_STATE - 8));
    assert_eq!(state.len(), Record::MAX_STATE);
    let record = Arc::new(Record {
        version: Version { revision: u64::MAX, tag: u128::MAX },
        format: u32::MAX,
        stage: name.clone(),
        option: Some(name),
        menu: Some("m".repeat(Record::MAX_MENU).into()),
        ..Record::clone(&after(&found, &state))
    });
    let (id, reply) = (CommitId::random(), "r".repeat(Record::MAX_REPLY));
    let token = StoredToken::new("t".repeat(StoredToken::MAX_LEN));
    put_any(&store, &user, &token, LONG).await;
    applied(store.commit(&user, Commit { reply: Some(reply.as_bytes()), ..commit(&id, &found.basis, &record) }).await.unwrap());
    let found = store.load(&user, Some(&id), soon()).await.unwrap();
    assert!(matches!(&found.session, Session::Live(read) if *read == record));
    assert_eq!(found.token, Some(token));
    assert_eq!(found.done, Some(Done::Applied { version: record.version, reply: Some(reply.into_bytes().into()) }));
}

/// 3.
pub async fn an_option_and_a_menu_end_with_the_commit_that_has_none(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let with = Record { option: Some("asking".into()), menu: Some("m:a".into()), ..Record::clone(&after(&found, "{}")) };
    applied(store.commit(&user, commit(&id, &found.basis, &Arc::new(with))).await.unwrap());
    let (_, without, _) = write(&store, &user, "{}", LONG).await;
    let Session::Live(read) = load(&store, &user).await.session else { panic!() };
    assert_eq!((&read.option, &read.menu), (&None, &None));
    assert_eq!(read, without);
}

/// 2.
pub async fn an_expired_session_is_told_from_a_new_one(store: Store) {
    let user = user("a");
    let (_, record, _) = write(&store, &user, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    let found = load(&store, &user).await;
    let Session::Expired(trace) = found.session else { panic!("{found:?}") };
    assert_eq!(trace, record.trace());
}

/// 2, 4.
pub async fn an_expired_session_is_begun_anew(store: Store) {
    let user = user("a");
    let (_, old, _) = write(&store, &user, r#"{"old":1}"#, SHORT).await;
    sleep(SHORT * 2).await;
    let (_, new, _) = write(&store, &user, "{}", LONG).await;
    assert_eq!(new.version.revision, old.version.revision + 1);
    assert_eq!(state(&store, &user).await.as_deref(), Some("{}"));
}

/// 4.
pub async fn a_stale_commit_is_refused_with_the_session_as_it_is(store: Store) {
    let user = user("a");
    let (_, _, stale) = write(&store, &user, r#"{"n":1}"#, LONG).await;
    let token = StoredToken::new("token");
    put_any(&store, &user, &token, LONG).await;
    let (_, newest, basis) = write(&store, &user, r#"{"n":2}"#, LONG).await;
    let record = following(Some(newest.version), r#"{"n":3}"#);
    let outcome = store.commit(&user, commit(&CommitId::random(), &stale, &record)).await.unwrap();
    let CommitOutcome::Conflict(current) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(&current.session, Session::Live(read) if *read == newest));
    assert_eq!((current.basis, current.token, current.done), (basis, Some(token), None));
}

/// 3, 4.
pub async fn a_refused_commit_writes_nothing(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let (_, _, stale) = write(&store, &user, r#"{"n":1}"#, LONG).await;
    write(&store, &user, r#"{"n":2}"#, SHORT).await;
    let token = StoredToken::new("token");
    put_any(&store, &user, &token, LONG).await;
    let before = load(&store, &user).await;
    let record = following(None, "{}");
    let refused = Commit { drop_token: true, ..commit(&id, &stale, &record) };
    assert!(matches!(store.commit(&user, refused).await.unwrap(), CommitOutcome::Conflict(_)));
    let found = store.load(&user, Some(&id), soon()).await.unwrap();
    assert_eq!((&found.basis, found.token, found.done), (&before.basis, Some(token), None));
    sleep(SHORT * 2).await;
    assert!(matches!(load(&store, &user).await.session, Session::Expired(_)), "it slid the expiry");
}

/// 4.
pub async fn a_commit_on_a_session_that_expired_meanwhile_is_refused(store: Store) {
    let user = user("a");
    let (_, record, basis) = write(&store, &user, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    let next = following(Some(record.version), "{}");
    let outcome = store.commit(&user, commit(&CommitId::random(), &basis, &next)).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::Conflict(Loaded { session: Session::Expired(_), .. })), "{outcome:?}");
}

/// 4.
pub async fn a_commit_on_nothing_is_refused_where_there_is_something(store: Store) {
    let user = user("a");
    let nothing = load(&store, &user).await;
    write(&store, &user, "{}", LONG).await;
    let record = after(&nothing, "{}");
    let outcome = store.commit(&user, commit(&CommitId::random(), &nothing.basis, &record)).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::Conflict(Loaded { session: Session::Live(_), .. })), "{outcome:?}");
}

/// 4. The tag tells two branches at one revision apart.
pub async fn a_commit_on_an_older_session_of_the_same_content_is_refused(store: Store) {
    let user = user("a");
    let (_, _, lost) = write(&store, &user, "{}", LONG).await;
    store.forget(&user, soon()).await.unwrap();
    let (_, other, _) = write(&store, &user, "{}", LONG).await;
    let record = following(Some(other.version), "{}");
    let outcome = store.commit(&user, commit(&CommitId::random(), &lost, &record)).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::Conflict(_)), "{outcome:?}");
}

/// 3, 4.
pub async fn of_many_commits_on_one_session_one_applies(store: Store) {
    let user = user("a");
    let (_, first, basis) = write(&store, &user, "{}", LONG).await;
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (store, user, basis) = (Arc::clone(&store), user.clone(), basis.clone());
            let record = following(Some(first.version), &format!(r#"{{"n":{n}}}"#));
            tokio::spawn(async move {
                match store.commit(&user, commit(&CommitId::random(), &basis, &record)).await.unwrap() {
                    CommitOutcome::Applied(_) => Some(record.state.clone()),
                    CommitOutcome::Conflict(_) => None,
                    other => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        winners.extend(task.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(state(&store, &user).await.as_ref(), winners.first());
}

/// 4.
pub async fn the_basis_of_a_commit_serves_the_next(store: Store) {
    let user = user("a");
    let (_, mut record, mut basis) = write(&store, &user, "{}", LONG).await;
    for n in 0..3 {
        let option = (n == 1).then_some("asking".into());
        record = Arc::new(Record { option, ..Record::clone(&following(Some(record.version), "{}")) });
        basis = applied(store.commit(&user, commit(&CommitId::random(), &basis, &record)).await.unwrap());
        assert_eq!(load(&store, &user).await.basis, basis);
    }
}

/// 5.
pub async fn a_second_commit_under_one_id_is_a_duplicate(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let first = after(&found, r#"{"n":1}"#);
    let basis =
        applied(store.commit(&user, Commit { reply: Some(b"\"one\""), ..commit(&id, &found.basis, &first) }).await.unwrap());
    let second = following(Some(first.version), r#"{"n":2}"#);
    let again = Commit { reply: Some(b"\"two\""), ..commit(&id, &basis, &second) };
    let outcome = store.commit(&user, again).await.unwrap();
    let CommitOutcome::Duplicate { version, reply, current } = outcome else { panic!("{outcome:?}") };
    assert_eq!((version, reply.as_deref()), (first.version, Some(&b"\"one\""[..])));
    assert!(matches!(&current.session, Session::Live(read) if *read == first));
    assert_eq!((&current.basis, &current.done), (&basis, &None));
    assert_eq!(load(&store, &user).await.basis, basis);
}

/// 5.
pub async fn a_duplicate_is_known_whatever_it_was_decided_on(store: Store) {
    let user = user("a");
    let nothing = load(&store, &user).await.basis;
    let (id, first, _) = write(&store, &user, r#"{"n":1}"#, LONG).await;
    let (_, newest, _) = write(&store, &user, r#"{"n":2}"#, LONG).await;
    let outcome = store.commit(&user, commit(&id, &nothing, &following(None, "{}"))).await.unwrap();
    let CommitOutcome::Duplicate { version, reply: None, current } = outcome else { panic!("{outcome:?}") };
    assert_eq!(version, first.version);
    assert!(matches!(current.session, Session::Live(read) if read == newest));
}

/// 5.
pub async fn a_duplicate_is_known_when_the_session_is_long_gone(store: Store) {
    let user = user("a");
    let (id, first, basis) = write(&store, &user, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    let outcome = store.commit(&user, commit(&id, &basis, &following(Some(first.version), "{}"))).await.unwrap();
    let gone = matches!(&outcome, CommitOutcome::Duplicate { current: Loaded { session: Session::Expired(_), .. }, .. });
    assert!(gone, "{outcome:?}");
}

/// 5.
pub async fn of_many_deliveries_at_once_one_applies(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (store, user) = (Arc::clone(&store), user.clone());
            tokio::spawn(async move {
                let found = load(&store, &user).await;
                match store.commit(&user, commit(&id, &found.basis, &after(&found, "{}"))).await.unwrap() {
                    CommitOutcome::Applied(_) => 1,
                    CommitOutcome::Duplicate { .. } => 0,
                    other => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await.unwrap();
    }
    assert_eq!(count, 1);
    assert_eq!(load(&store, &user).await.session.version().map(|version| version.revision), Some(1));
}

/// 5.
pub async fn a_load_under_a_commit_id_says_what_became_of_it(store: Store) {
    let user = user("a");
    let (id, record, _) = write(&store, &user, "{}", LONG).await;
    write(&store, &user, "{}", LONG).await;
    let done = store.load(&user, Some(&id), soon()).await.unwrap().done;
    assert_eq!(done, Some(Done::Applied { version: record.version, reply: None }));
    assert_eq!(store.load(&user, Some(&CommitId::random()), soon()).await.unwrap().done, None);
}

/// 6.
pub async fn an_attempt_sent_again_is_applied_once(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let record = after(&found, "{}");
    let first = applied(store.commit(&user, commit(&id, &found.basis, &record)).await.unwrap());
    let second = applied(store.commit(&user, commit(&id, &found.basis, &record)).await.unwrap());
    assert_eq!(first, second);
    assert_eq!(load(&store, &user).await.basis, first);
}

/// 6.
pub async fn an_attempt_sent_again_later_undoes_nothing(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let record = after(&found, r#"{"n":1}"#);
    applied(store.commit(&user, commit(&id, &found.basis, &record)).await.unwrap());
    write(&store, &user, r#"{"n":2}"#, LONG).await;
    // It brings no basis: with the newer one, the older record could overwrite what came between.
    let again = store.commit(&user, commit(&id, &found.basis, &record)).await.unwrap();
    assert!(matches!(again, CommitOutcome::Applied(None)), "{again:?}");
    assert_eq!(state(&store, &user).await.as_deref(), Some(r#"{"n":2}"#));
}

/// 6.
pub async fn an_attempt_sent_again_after_the_expiry_brings_no_basis(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let record = after(&found, "{}");
    let attempt = || Commit { ttl: SHORT, ..commit(&id, &found.basis, &record) };
    applied(store.commit(&user, attempt()).await.unwrap());
    sleep(SHORT * 2).await;
    assert!(matches!(store.commit(&user, attempt()).await.unwrap(), CommitOutcome::Applied(None)));
    assert!(matches!(load(&store, &user).await.session, Session::Expired(_)));
}

/// 7.
pub async fn a_commit_slides_the_expiry(store: Store) {
    let user = user("a");
    for _ in 0..4 {
        write(&store, &user, "{}", SHORT).await;
        sleep(SHORT * 2 / 3).await;
        assert!(state(&store, &user).await.is_some());
    }
    sleep(SHORT * 2 / 3).await;
    assert!(state(&store, &user).await.is_none());
}

/// 7.
pub async fn a_session_ends_with_its_lifetime(store: Store) {
    let (user, lifetime) = (user("a"), SHORT * 2);
    let mut basis = load(&store, &user).await.basis;
    let mut record = following(None, "{}");
    for n in 0..20 {
        let id = CommitId::random();
        let attempt = Commit { ttl: SHORT, lifetime, ..commit(&id, &basis, &record) };
        match store.commit(&user, attempt).await.unwrap() {
            CommitOutcome::Applied(Some(next)) => basis = next,
            CommitOutcome::Conflict(Loaded { session: Session::Expired(_), .. }) if n >= 4 => return,
            other => panic!("{other:?}"),
        }
        record = following(Some(record.version), "{}");
        sleep(SHORT / 2).await;
    }
    panic!("it lives on");
}

/// 7.
pub async fn a_lifetime_begins_with_the_session(store: Store) {
    let user = user("a");
    for _ in 0..2 {
        let found = load(&store, &user).await;
        assert!(!matches!(found.session, Session::Live(_)));
        let (id, record) = (CommitId::random(), after(&found, "{}"));
        applied(store.commit(&user, Commit { lifetime: SHORT, ..commit(&id, &found.basis, &record) }).await.unwrap());
        assert!(state(&store, &user).await.is_some());
        sleep(SHORT * 4 / 3).await;
    }
}

/// 8.
pub async fn resolve_knows_an_applied_commit(store: Store) {
    let user = user("a");
    let (id, record, _) = write(&store, &user, "{}", SHORT).await;
    assert_eq!(store.resolve(&user, &id, soon()).await.unwrap(), Resolution::Applied(record.version));
    write(&store, &user, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    assert_eq!(store.resolve(&user, &id, soon()).await.unwrap(), Resolution::Applied(record.version));
}

/// 8.
pub async fn resolve_fences_an_unknown_commit(store: Store) {
    let (user, id) = (user("a"), CommitId::random());
    let found = load(&store, &user).await;
    let record = after(&found, "{}");
    for _ in 0..2 {
        assert_eq!(store.resolve(&user, &id, soon()).await.unwrap(), Resolution::Fenced);
        let outcome = store.commit(&user, commit(&id, &found.basis, &record)).await.unwrap();
        assert!(matches!(outcome, CommitOutcome::Fenced), "{outcome:?}");
    }
    let found = store.load(&user, Some(&id), soon()).await.unwrap();
    assert!(matches!(found, Loaded { session: Session::New, done: Some(Done::Fenced), .. }), "{found:?}");
}

/// 8.
pub async fn resolve_leaves_the_session_alone(store: Store) {
    let user = user("a");
    let (_, record, basis) = write(&store, &user, "{}", SHORT).await;
    let fenced = store.resolve(&user, &CommitId::random(), soon()).await.unwrap();
    assert_eq!(fenced, Resolution::Fenced);
    let next = following(Some(record.version), "{}");
    let id = CommitId::random();
    applied(store.commit(&user, Commit { ttl: SHORT, ..commit(&id, &basis, &next) }).await.unwrap());
    let _ = store.resolve(&user, &CommitId::random(), soon()).await.unwrap();
    sleep(SHORT * 4 / 3).await;
    assert!(state(&store, &user).await.is_none(), "it slid the expiry");
}

/// 9.
pub async fn a_token_ends_with_its_own_time(store: Store) {
    let (user, token) = (user("a"), StoredToken::new("token"));
    put_any(&store, &user, &token, SHORT).await;
    write(&store, &user, "{}", LONG).await;
    assert_eq!(load(&store, &user).await.token, Some(token));
    sleep(SHORT * 2 / 3).await;
    write(&store, &user, "{}", LONG).await;
    sleep(SHORT * 2 / 3).await;
    let found = load(&store, &user).await;
    assert!(matches!(found, Loaded { session: Session::Live(_), token: None, .. }), "{found:?}");
}

/// 9.
pub async fn a_token_call_leaves_the_session_alone(store: Store) {
    let (user, token) = (user("a"), StoredToken::new("token"));
    let (_, record, basis) = write(&store, &user, "{}", SHORT).await;
    put_any(&store, &user, &token, LONG).await;
    let _ = store.claim_refresh(&user, &Owner::random(), LONG, soon()).await.unwrap();
    assert_eq!(load(&store, &user).await.basis, basis);
    let next = following(Some(record.version), "{}");
    let id = CommitId::random();
    applied(store.commit(&user, Commit { ttl: SHORT, ..commit(&id, &basis, &next) }).await.unwrap());
    put_any(&store, &user, &token, LONG).await;
    sleep(SHORT * 4 / 3).await;
    let found = load(&store, &user).await;
    assert!(matches!(found, Loaded { session: Session::Expired(_), token: Some(_), .. }), "{found:?}");
}

/// 9.
pub async fn a_token_call_revives_no_session(store: Store) {
    let (new, expired, token) = (user("a"), user("b"), StoredToken::new("token"));
    write(&store, &expired, "{}", SHORT).await;
    sleep(SHORT * 2).await;
    for user in [&new, &expired] {
        put_any(&store, user, &token, LONG).await;
    }
    assert!(matches!(load(&store, &new).await.session, Session::New));
    assert!(matches!(load(&store, &expired).await.session, Session::Expired(_)));
}

/// 9.
pub async fn a_commit_leaves_the_token_alone_unless_told(store: Store) {
    let (user, token) = (user("a"), StoredToken::new("token"));
    put_any(&store, &user, &token, LONG).await;
    let (_, record, basis) = write(&store, &user, "{}", LONG).await;
    assert_eq!(load(&store, &user).await.token, Some(token));
    let (id, next) = (CommitId::random(), following(Some(record.version), "{}"));
    applied(store.commit(&user, Commit { drop_token: true, ..commit(&id, &basis, &next) }).await.unwrap());
    let found = load(&store, &user).await;
    assert!(matches!(found, Loaded { session: Session::Live(_), token: None, .. }), "{found:?}");
}

/// 10.
pub async fn a_token_is_put_where_the_expected_one_stands(store: Store) {
    let (user, one, two) = (user("a"), StoredToken::new("one"), StoredToken::new("two"));
    let refused = |current: Option<&StoredToken>| TokenOutcome::Refused { current: current.cloned() };
    use ExpectedToken::{Absent, Any, Exactly};
    for (token, expected, outcome) in [
        (&one, Exactly(&two), refused(None)),
        (&one, Absent, TokenOutcome::Stored),
        (&two, Absent, refused(Some(&one))),
        (&two, Exactly(&two), refused(Some(&one))),
        (&two, Exactly(&one), TokenOutcome::Stored),
        (&one, Any, TokenOutcome::Stored),
    ] {
        assert_eq!(store.put_token(&user, put(Some(token), expected)).await.unwrap(), outcome, "{expected:?}");
    }
    assert_eq!(load(&store, &user).await.token, Some(one));
}

/// 9, 10.
pub async fn a_token_is_removed(store: Store) {
    let (user, token) = (user("a"), StoredToken::new("token"));
    put_any(&store, &user, &token, LONG).await;
    let other = StoredToken::new("other");
    let refused = store.put_token(&user, put(None, ExpectedToken::Exactly(&other))).await.unwrap();
    assert_eq!(refused, TokenOutcome::Refused { current: Some(token.clone()) });
    let removed = store.put_token(&user, put(None, ExpectedToken::Exactly(&token))).await.unwrap();
    assert_eq!((removed, load(&store, &user).await.token), (TokenOutcome::Stored, None));
}

/// 11.
pub async fn a_claim_has_one_owner(store: Store) {
    let user = user("a");
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (store, user) = (Arc::clone(&store), user.clone());
            tokio::spawn(async move { store.claim_refresh(&user, &Owner::random(), LONG, soon()).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Claim::Won => won += 1,
            Claim::Held { remaining } => assert!(remaining <= LONG && remaining > LONG / 2, "{remaining:?}"),
        }
    }
    assert_eq!(won, 1);
}

/// 11.
pub async fn a_claim_ends_with_its_lease(store: Store) {
    let (user, one, two) = (user("a"), Owner::random(), Owner::random());
    assert_eq!(store.claim_refresh(&user, &one, SHORT, soon()).await.unwrap(), Claim::Won);
    assert!(matches!(store.claim_refresh(&user, &two, SHORT, soon()).await.unwrap(), Claim::Held { .. }));
    sleep(SHORT * 4 / 3).await;
    assert_eq!(store.claim_refresh(&user, &two, SHORT, soon()).await.unwrap(), Claim::Won);
    assert!(matches!(store.claim_refresh(&user, &one, SHORT, soon()).await.unwrap(), Claim::Held { .. }));
}

/// 11.
pub async fn a_claim_is_prolonged_by_its_owner(store: Store) {
    let (user, one, two) = (user("a"), Owner::random(), Owner::random());
    for _ in 0..2 {
        assert_eq!(store.claim_refresh(&user, &one, SHORT, soon()).await.unwrap(), Claim::Won);
        sleep(SHORT * 2 / 3).await;
    }
    assert!(matches!(store.claim_refresh(&user, &two, SHORT, soon()).await.unwrap(), Claim::Held { .. }));
}

/// 11.
pub async fn a_claim_is_released_by_its_owner_alone(store: Store) {
    let (user, one, two, token) = (user("a"), Owner::random(), Owner::random(), StoredToken::new("token"));
    assert_eq!(store.claim_refresh(&user, &one, LONG, soon()).await.unwrap(), Claim::Won);
    let any = put(Some(&token), ExpectedToken::Any);
    for (put, released) in [
        (TokenPut { release: None, ..any }, false),
        (TokenPut { release: Some(&two), ..any }, false),
        (TokenPut { release: Some(&one), expected: ExpectedToken::Absent, ..any }, false),
        (TokenPut { release: Some(&one), ..any }, true),
    ] {
        let _ = store.put_token(&user, put).await.unwrap();
        let claim = store.claim_refresh(&user, &two, LONG, soon()).await.unwrap();
        assert_eq!(claim == Claim::Won, released, "{put:?}");
    }
}

/// 12.
pub async fn forget_leaves_nothing(store: Store) {
    let (user, owner, token) = (user("a"), Owner::random(), StoredToken::new("token"));
    let (id, ..) = write(&store, &user, "{}", LONG).await;
    let fenced = CommitId::random();
    let _ = store.resolve(&user, &fenced, soon()).await.unwrap();
    put_any(&store, &user, &token, LONG).await;
    let _ = store.claim_refresh(&user, &owner, LONG, soon()).await.unwrap();
    store.forget(&user, soon()).await.unwrap();
    for id in [&id, &fenced] {
        let found = store.load(&user, Some(id), soon()).await.unwrap();
        assert!(matches!(found, Loaded { session: Session::New, token: None, done: None, .. }), "{found:?}");
    }
    assert_eq!(store.claim_refresh(&user, &Owner::random(), LONG, soon()).await.unwrap(), Claim::Won);
    let found = load(&store, &user).await;
    applied(store.commit(&user, commit(&fenced, &found.basis, &after(&found, "{}"))).await.unwrap());
}

/// 12.
pub async fn forget_of_nobody_is_no_error(store: Store) {
    store.forget(&user("a"), soon()).await.unwrap();
}

/// 13.
pub async fn users_are_apart(store: Store) {
    let (a, b) = (user("a"), user("ab"));
    let token = StoredToken::new("token");
    let (id, _, basis) = write(&store, &a, r#"{"of":"a"}"#, LONG).await;
    put_any(&store, &a, &token, LONG).await;
    let found = store.load(&b, Some(&id), soon()).await.unwrap();
    assert!(matches!(found, Loaded { session: Session::New, token: None, done: None, .. }), "{found:?}");
    applied(store.commit(&b, commit(&id, &found.basis, &after(&found, r#"{"of":"b"}"#))).await.unwrap());
    store.forget(&b, soon()).await.unwrap();
    let found = load(&store, &a).await;
    assert_eq!((found.basis, found.token), (basis, Some(token)));
}

/// 16.
pub async fn a_dropped_future_does_no_harm(store: Store) {
    let user = user("a");
    for n in 0..20_u64 {
        let (id, found) = (CommitId::random(), load(&store, &user).await);
        let record = after(&found, "{}");
        let attempt = store.commit(&user, commit(&id, &found.basis, &record));
        let seen = tokio::time::timeout(Duration::from_micros(n * 20), attempt).await;
        let now = store.load(&user, Some(&id), soon()).await.unwrap();
        let was_applied = now.done.is_some();
        assert_eq!(now.basis != found.basis, was_applied);
        if seen.is_ok() {
            assert!(was_applied);
        }
        // What is still on its way must not come between: from here on it may not take effect.
        let resolved = store.resolve(&user, &id, soon()).await.unwrap();
        assert_eq!(
            matches!(resolved, Resolution::Applied(_)),
            store.load(&user, Some(&id), soon()).await.unwrap().session.version() == Some(record.version)
        );
    }
}
