//! How long a token lives. Pure.

use std::time::{Duration, SystemTime};

use crate::id::{InvalidToken, JwtToken};

/// The clocks of two machines differ, and a call takes its time: a token this close to its `exp` is not sent any more.
const LEEWAY: Duration = Duration::from_secs(5);

/// When a token is good for a call, and when it is time to have the next one made ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    early: SystemTime,
    ends: Option<SystemTime>,
}

impl Life {
    /// The life of a token that was found in the store. It was put there when it was issued, if that can be, and otherwise is
    /// taken as put there now.
    pub(super) fn found(
        token: &JwtToken,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let issued_at = token.claims()?.issued_at;
        let put_at = issued_at.filter(|at| now.duration_since(*at).is_ok_and(|age| age < ttl));
        Self::of(token, put_at.unwrap_or(now), ttl, jitter)
    }

    /// The life of a token that is put into the store now.
    pub(super) fn put(
        token: &JwtToken,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let life = Self::of(token, now, ttl, jitter)?;
        if life.is_over(now) {
            Err(InvalidToken::Expired)
        } else {
            Ok(life)
        }
    }

    /// It lives until its `exp`, and its key no longer than the TTL. The next one is due after 80 to 90 % of that. At the end,
    /// a leeway: a tenth of its life, and never more than [`LEEWAY`], so that short-lived tokens can be used too.
    fn of(
        token: &JwtToken,
        since: SystemTime,
        ttl: Duration,
        jitter: f64,
    ) -> Result<Self, InvalidToken> {
        let exp = token.claims()?.expires_at;
        let left = |until: SystemTime| until.duration_since(since).unwrap_or_default();
        let kept = exp.map_or(ttl, |exp| left(exp).min(ttl));
        let ends = exp.and_then(|exp| exp.checked_sub(LEEWAY.min(left(exp) / 10)));
        Ok(Self {
            early: since + kept.mul_f64(0.8 + 0.1 * jitter),
            ends,
        })
    }

    /// Whether the token is too old for a call.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
    }

    /// Whether it is time to ask for the next one.
    pub(super) fn is_late(&self, now: SystemTime) -> bool {
        now >= self.early
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

    /// After how many seconds the next token is due at the earliest and the latest, and when this one is over.
    fn lives(claims: &str) -> [Option<u64>; 3] {
        let life = |jitter| Life::found(&jwt(claims), TTL, at(NOW), jitter).unwrap();
        let after = |test: &dyn Fn(SystemTime) -> bool| (0..100_000).find(|n| test(at(NOW + n)));
        [
            after(&|t| life(0.0).is_late(t)),
            after(&|t| life(1.0).is_late(t)),
            after(&|t| life(0.5).is_over(t)),
        ]
    }

    #[test]
    fn the_next_token_is_due_after_80_to_90_percent_of_what_is_shorter_of_exp_and_ttl() {
        assert_eq!(
            lives(&format!(r#"{{"exp":{}}}"#, NOW + 100)),
            [Some(80), Some(90), Some(95)]
        );
        assert_eq!(
            lives(&format!(r#"{{"exp":{}}}"#, NOW + 3600)),
            [Some(240), Some(270), Some(3595)]
        );
        assert_eq!(lives("{}"), [Some(240), Some(270), None]);
    }

    #[test]
    fn a_token_is_put_when_it_is_issued_unless_its_key_would_be_gone_by_now() {
        assert_eq!(
            lives(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 100, NOW + 100)),
            [Some(60), Some(80), Some(95)]
        );
        assert_eq!(
            lives(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 3000, NOW + 600)),
            [Some(240), Some(270), Some(595)]
        );
        assert_eq!(
            lives(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW + 50, NOW + 100)),
            [Some(80), Some(90), Some(95)]
        );
    }

    #[test]
    fn a_short_life_has_a_short_leeway() {
        assert_eq!(
            lives(&format!(r#"{{"exp":{}}}"#, NOW + 10)),
            [Some(8), Some(9), Some(9)]
        );
    }

    #[test]
    fn what_is_over_is_not_put() {
        let put =
            |exp: u64| Life::put(&jwt(&format!(r#"{{"exp":{exp}}}"#)), TTL, at(NOW), 0.5).map(drop);
        assert_eq!(put(NOW), Err(InvalidToken::Expired));
        assert_eq!(put(NOW - 1), Err(InvalidToken::Expired));
        assert_eq!(put(0), Err(InvalidToken::Expired));
        assert_eq!(put(NOW + 1), Ok(()));
    }
}
