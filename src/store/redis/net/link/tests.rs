//! One link: what counts as a reply, and how long it leaves a server alone.

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
