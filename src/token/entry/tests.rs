//! Overrides, and turns of refreshes.

use super::*;

const TTL: Duration = Duration::from_secs(300);

fn entry() -> Arc<Entry> {
    Arc::new(Entry::new(&Shared::new(TTL)))
}

fn refreshing(entry: &Entry) -> usize {
    entry.shared.refreshing.load(Ordering::Relaxed)
}

fn token(signature: &str) -> JwtToken {
    JwtToken::new(format!("eyJhbGciOiJIUzI1NiJ9.e30.{signature}")).unwrap()
}

#[test]
fn token_is_read_once() {
    let shared = Shared::new(TTL);
    let mut state = State::default();
    // The jitter is drawn anew for each reading, so two readings differ.
    let first = state.lifetime(&token("c2ln"), &shared);
    assert_eq!(state.lifetime(&token("c2ln"), &shared), first);
    assert_ne!(state.lifetime(&token("b3RoZXI"), &shared), first);
}

#[test]
fn override_lasts_until_the_last_guard_is_dropped() {
    let entry = entry();
    let before = entry.overrides();
    assert!(!entry.is_overridden_since(before));
    let soon = Instant::now() + TTL;
    let first = entry.override_token(soon);
    let second = entry.override_token(soon);
    drop(first);
    assert!(entry.is_overridden_since(entry.overrides()));
    drop(second);
    assert!(!entry.is_overridden_since(entry.overrides()));
    assert!(entry.is_overridden_since(before));
}

#[test]
fn token_issued_before_an_override_is_not_kept() {
    let entry = entry();
    let overrides = entry.overrides();
    let lifetime = entry.state().lifetime(&token("c2ln"), &entry.shared);
    drop(entry.override_token(Instant::now() + TTL));
    entry.keep_issued(&token("c2ln"), lifetime, overrides);
    assert_eq!(entry.issued_since(0), None);
    entry.keep_issued(&token("c2ln"), lifetime, entry.overrides());
    assert_eq!(entry.issued_since(0), Some(token("c2ln")));
    assert_eq!(entry.issued_since(1), None);
}

#[tokio::test(start_paused = true)]
async fn override_that_does_not_end_is_over_at_its_deadline() {
    let entry = entry();
    let before = entry.overrides();
    let left = entry.override_token(Instant::now() + TTL);
    let during = entry.overrides();
    assert!(entry.is_overridden_since(during));
    tokio::time::advance(TTL).await;
    assert!(!entry.is_overridden_since(during));
    assert!(entry.is_overridden_since(before), "it began after that");
    drop(left);
    assert!(entry.is_overridden_since(during), "it did something");
}

#[tokio::test(start_paused = true)]
async fn late_refresh_is_taken_over_once() {
    let entry = entry();
    let first = entry.begin_turn(TTL).ok().unwrap();
    assert_eq!(entry.begin_turn(TTL).err(), Some(Instant::now() + TTL));
    tokio::time::advance(TTL / 2).await;
    assert!(first.go_on(TTL));
    tokio::time::advance(TTL / 2).await;
    assert!(entry.begin_turn(TTL).is_err(), "it went on");
    tokio::time::advance(TTL / 2).await;
    let second = entry.begin_turn(TTL).ok().unwrap();
    assert_eq!(refreshing(&entry), 1);
    assert!(!first.is_ours() && !first.go_on(TTL));
    // The end of the first one is not that of the second.
    drop(first);
    assert!(second.is_ours() && entry.begin_turn(TTL).is_err());
    drop(second);
    assert_eq!(refreshing(&entry), 0);
    assert!(entry.begin_turn(TTL).is_ok());
}
