//! One connection: when it is made again.

use redis::IntoConnectionInfo;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_reply_to_any_call_counts_as_activity() {
    let activity = Activity::now();
    for _ in 0..3 {
        tokio::time::advance(Duration::from_millis(20)).await;
        assert!(activity.last_reply() < Instant::now());
        activity.record_reply();
        assert_eq!(activity.last_reply(), Instant::now());
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_before_its_time() {
    let server = "redis://127.0.0.1:1".into_connection_info().unwrap();
    let connection = Connection::new(server, Duration::from_secs(1)).unwrap();
    let soon = || Instant::now() + Duration::from_secs(60);
    for failures in 1..9 {
        assert!(connection.try_open(soon()).await.is_err());
        assert_eq!(connection.failures(), failures);
        let now = Instant::now();
        assert!(connection.try_open(soon()).await.is_err());
        assert_eq!(connection.failures(), failures, "a second attempt was made");
        assert_eq!(Instant::now(), now, "the second call waited");
        tokio::time::advance(Duration::from_millis(500)).await;
    }
}

#[test]
fn a_refusal_is_retried_later_than_a_lost_connection() {
    let denied = Failure::denied("");
    for (why, failures, max) in [
        (&Failure::LOST, 3, 80),
        (&Failure::LOST, 9, 500),
        (&denied, 0, 1000),
        (&denied, 1, 2000),
        (&denied, 9, 5000),
    ] {
        let millis = pause(why, failures).as_millis();
        assert!((max / 2..=max).contains(&millis), "{failures}: {millis} ms");
    }
}
