//! Pauses that grow, with jitter.

use std::time::Duration;

/// The pause after this many failures in a row: `first` milliseconds, doubled for each failure, and
/// `max` at most. A random part of it, up to one half, is left out, so that many clients do not
/// return at once.
pub(super) fn backoff(first: u64, max: u64, failures: u32) -> Duration {
    let doubled = first << failures.min(8);
    Duration::from_millis(doubled.min(max)).mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit() {
        for (failures, max) in [
            (0, 10),
            (1, 20),
            (3, 80),
            (5, 320),
            (6, 500),
            (u32::MAX, 500),
        ] {
            let max = Duration::from_millis(max);
            for _ in 0..1000 {
                let pause = backoff(10, 500, failures);
                assert!((max / 2..=max).contains(&pause), "{failures}: {pause:?}");
            }
        }
    }
}
