//! How long a token is used. Pure.

use std::time::{Duration, SystemTime};

use crate::id::{InvalidToken, JwtToken};

/// A token that expires within this time is not sent any more: clocks differ, and a call takes
/// time.
const LEEWAY: Duration = Duration::from_secs(5);

/// When a token stops being used, and when its refresh is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    refresh_due: SystemTime,
    /// `None` if the token has no `exp`.
    ends: Option<SystemTime>,
}

impl Lifetime {
    /// The lifetime of a token that was found in the store. It is assumed to have been stored when
    /// it was issued, unless it would be gone from the store by now; then, and if it does not say
    /// when it was issued, it counts from now.
    pub(super) fn of_stored(
        token: &JwtToken,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let issued_at = token.claims()?.issued_at;
        let stored_at = issued_at.filter(|at| now.duration_since(*at).is_ok_and(|age| age < ttl));
        Self::since(stored_at.unwrap_or(now), token, ttl, jitter)
    }

    /// The lifetime of a token that was issued just now. Fails if it is over already.
    pub(super) fn of_issued(
        token: &JwtToken,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let lifetime = Self::since(now, token, ttl, jitter)?;
        if lifetime.is_over(now) {
            Err(InvalidToken::Expired)
        } else {
            Ok(lifetime)
        }
    }

    /// The store keeps the token until its `exp`, and for the TTL at most. The refresh is due after
    /// 80 to 90 % of that time.
    fn since(
        stored_at: SystemTime,
        token: &JwtToken,
        ttl: Duration,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let expires_at = token.claims()?.expires_at;
        let left = |until: SystemTime| until.duration_since(stored_at).unwrap_or_default();
        let kept = expires_at.map_or(ttl, |at| left(at).min(ttl));
        // A tenth of a short life, so that a token of a few seconds can be used at all.
        let ends = expires_at.and_then(|at| at.checked_sub(LEEWAY.min(left(at) / 10)));
        Ok(Self {
            refresh_due: stored_at + kept.mul_f64(0.8 + 0.1 * jitter),
            ends,
        })
    }

    /// Whether the token is too old for a call.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
    }

    /// Whether it is time to ask for the next token.
    pub(super) fn is_refresh_due(&self, now: SystemTime) -> bool {
        now >= self.refresh_due
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const TTL: Duration = Duration::from_secs(300);

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn jwt(claims: &str) -> JwtToken {
        JwtToken::new(format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(claims)
        ))
        .unwrap()
    }

    /// After how many seconds the refresh is due at the earliest and at the latest, and the token
    /// is over.
    fn ages(claims: &str) -> [Option<u64>; 3] {
        let lifetime = |jitter| Lifetime::of_stored(&jwt(claims), TTL, at(NOW), jitter).unwrap();
        let after = |test: &dyn Fn(SystemTime) -> bool| (0..100_000).find(|n| test(at(NOW + n)));
        [
            after(&|t| lifetime(0.0).is_refresh_due(t)),
            after(&|t| lifetime(1.0).is_refresh_due(t)),
            after(&|t| lifetime(0.5).is_over(t)),
        ]
    }

    #[test]
    fn refresh_is_due_after_80_to_90_percent() {
        assert_eq!(
            ages(&format!(r#"{{"exp":{}}}"#, NOW + 100)),
            [Some(80), Some(90), Some(95)]
        );
        assert_eq!(
            ages(&format!(r#"{{"exp":{}}}"#, NOW + 3600)),
            [Some(240), Some(270), Some(3595)]
        );
        assert_eq!(ages("{}"), [Some(240), Some(270), None]);
    }

    #[test]
    fn stored_token_counts_from_its_issue() {
        assert_eq!(
            ages(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 100, NOW + 100)),
            [Some(60), Some(80), Some(95)]
        );
        assert_eq!(
            ages(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 3000, NOW + 600)),
            [Some(240), Some(270), Some(595)]
        );
        assert_eq!(
            ages(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW + 50, NOW + 100)),
            [Some(80), Some(90), Some(95)]
        );
    }

    #[test]
    fn short_life_has_a_short_leeway() {
        assert_eq!(
            ages(&format!(r#"{{"exp":{}}}"#, NOW + 10)),
            [Some(8), Some(9), Some(9)]
        );
    }

    #[test]
    fn issued_token_that_is_over_is_refused() {
        let issued = |exp: u64| {
            Lifetime::of_issued(&jwt(&format!(r#"{{"exp":{exp}}}"#)), TTL, at(NOW), 0.5).map(drop)
        };
        assert_eq!(issued(NOW), Err(InvalidToken::Expired));
        assert_eq!(issued(NOW - 1), Err(InvalidToken::Expired));
        assert_eq!(issued(0), Err(InvalidToken::Expired));
        assert_eq!(issued(NOW + 1), Ok(()));
    }
}
