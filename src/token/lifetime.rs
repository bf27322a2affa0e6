//! How long a token is used. Pure.

use std::time::{Duration, SystemTime};

use super::source::IssuedToken;
use crate::id::{Claims, InvalidToken, JwtToken};

/// A token that expires within this time is not sent any more: clocks differ, and a call takes
/// time.
const LEEWAY: Duration = Duration::from_secs(5);

/// When a token stops being used, when its refresh is due, and how long the store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    refresh_due: SystemTime,
    /// `None` if nobody said how long it lives.
    ends: Option<SystemTime>,
    kept_until: SystemTime,
}

/// By how many seconds this machine's clock is ahead of that of the issuer, as far as that is known
/// from the tokens that arrived. The claims of a stored token are read with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClockDifference(pub(super) i64);

/// What is known of a token that was issued just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) lifetime: Lifetime,
    /// `None` if the token says nothing of the issuer's clock.
    pub(super) difference: Option<ClockDifference>,
    /// Whether the token is over, or not valid yet, by this machine's clock.
    pub(super) clocks_differ: bool,
}

impl Lifetime {
    /// The lifetime of a token that was found in the store. It is assumed to have been stored when
    /// it was issued, unless it would be gone from the store by now; then, and if it does not say
    /// when it was issued, it counts from now.
    ///
    /// What its source stated is not in the store. But the store keeps the token no longer, so a
    /// token that does not say when it ends is valid while it is there.
    pub(super) fn of_stored(
        token: &JwtToken,
        difference: ClockDifference,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Self {
        let claims = difference.corrected(token.claims());
        let stored_at = claims
            .issued_at
            .filter(|at| now.duration_since(*at).is_ok_and(|age| age < ttl))
            .unwrap_or(now);
        let left = |until: SystemTime| until.duration_since(stored_at).unwrap_or_default();
        Self::since(stored_at, claims.expires_at.map(left), ttl, jitter)
    }

    /// The lifetime of a token that arrived `now`.
    ///
    /// What the source stated counts; else its `exp`. A token that is over on arrival, or not valid
    /// yet, shows that the clocks differ: it lives for its own length, from `iat` or `nbf` to
    /// `exp`.
    ///
    /// # Errors
    /// [`InvalidToken::Expired`] if it is over and does not say when its life began, or has none.
    pub(super) fn of_issued(
        issued: &IssuedToken,
        ttl: Duration,
        now: SystemTime,
        jitter: f64,
    ) -> Result<Arrival, InvalidToken> {
        let claims = issued.token().claims();
        let mut clocks_differ = false;
        let life = match (issued.stated_life(), claims.expires_at) {
            (Some(stated), _) => Some(stated),
            (None, None) => None,
            (None, Some(exp)) => {
                let begins = claims.issued_at.or(claims.not_before);
                let left = exp.duration_since(now).unwrap_or_default();
                clocks_differ = left.is_zero() || begins.is_some_and(|at| at > now + LEEWAY);
                if clocks_differ {
                    begins
                        .and_then(|at| exp.duration_since(at).ok())
                        .or(Some(Duration::ZERO))
                } else {
                    Some(left)
                }
            }
        };
        if life.is_some_and(|life| life < MIN_LIFE) {
            return Err(InvalidToken::Expired);
        }
        let mut lifetime = Self::since(now, life, ttl, jitter);
        if let (Some(_), Some(ends)) = (issued.stated_life(), lifetime.ends) {
            // Whoever finds it in the store does not know its end, so it leaves the store before.
            lifetime.kept_until = lifetime.kept_until.min(ends);
        }
        let ends = life.and_then(|life| now.checked_add(life));
        Ok(Arrival {
            lifetime,
            difference: ends.zip(claims.expires_at).map(ClockDifference::between),
            clocks_differ,
        })
    }

    /// How long the store keeps a token that the host hands over, which may not be new.
    ///
    /// # Errors
    /// [`InvalidToken::Expired`] if it is over.
    pub(super) fn of_given(
        given: &IssuedToken,
        difference: ClockDifference,
        ttl: Duration,
        now: SystemTime,
    ) -> Result<Duration, InvalidToken> {
        let lifetime = match given.stated_life() {
            Some(_) => Self::of_issued(given, ttl, now, 0.0)?.lifetime,
            None => {
                let exp = difference.corrected(given.token().claims()).expires_at;
                let left = exp.map(|exp| exp.duration_since(now).unwrap_or_default());
                Self::since(now, left, ttl, 0.0)
            }
        };
        lifetime.kept(now).ok_or(InvalidToken::Expired)
    }

    /// The store keeps the token for its life, and for the TTL at most. The refresh is due after 80
    /// to 90 % of that time.
    fn since(since: SystemTime, life: Option<Duration>, ttl: Duration, jitter: f64) -> Self {
        let kept = life.unwrap_or(ttl).min(ttl);
        // A tenth of a short life, so that a token of a few seconds can be used at all.
        let usable = life.map(|life| life - LEEWAY.min(life / 10));
        Self {
            refresh_due: since + kept.mul_f64(0.8 + 0.1 * jitter),
            // A life that is too long to be added does not end.
            ends: usable.and_then(|usable| since.checked_add(usable)),
            kept_until: since + kept,
        }
    }

    /// Whether the token is too old for a call.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
    }

    /// Whether it is time to ask for the next token.
    pub(super) fn is_refresh_due(&self, now: SystemTime) -> bool {
        now >= self.refresh_due
    }

    /// How long the store keeps it from now on; `None` if it is gone.
    pub(super) fn kept(&self, now: SystemTime) -> Option<Duration> {
        let left = self.kept_until.duration_since(now).ok()?;
        (left >= MIN_LIFE).then_some(left)
    }
}

/// A store counts in milliseconds.
const MIN_LIFE: Duration = Duration::from_millis(1);

impl ClockDifference {
    /// From when a token ends by this machine's clock, and when by the issuer's.
    fn between((here, there): (SystemTime, SystemTime)) -> Self {
        let seconds = |of: Duration| i64::try_from(of.as_secs()).unwrap_or(i64::MAX);
        match here.duration_since(there) {
            Ok(ahead) => Self(seconds(ahead)),
            Err(behind) => Self(-seconds(behind.duration())),
        }
    }

    /// The claims by this machine's clock.
    fn corrected(self, claims: Claims) -> Claims {
        let moved = |at: SystemTime| {
            let by = Duration::from_secs(self.0.unsigned_abs());
            let moved = if self.0 < 0 {
                at.checked_sub(by)
            } else {
                at.checked_add(by)
            };
            moved.unwrap_or(at)
        };
        Claims {
            issued_at: claims.issued_at.map(moved),
            not_before: claims.not_before.map(moved),
            expires_at: claims.expires_at.map(moved),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const TTL: Duration = Duration::from_secs(300);
    const IN_STEP: ClockDifference = ClockDifference(0);

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
    fn ages_of(lifetime: impl Fn(f64) -> Lifetime) -> [Option<u64>; 3] {
        let after = |test: &dyn Fn(SystemTime) -> bool| (0..100_000).find(|n| test(at(NOW + n)));
        [
            after(&|t| lifetime(0.0).is_refresh_due(t)),
            after(&|t| lifetime(1.0).is_refresh_due(t)),
            after(&|t| lifetime(0.5).is_over(t)),
        ]
    }

    /// The ages of a token that is found in the store.
    fn ages(claims: &str) -> [Option<u64>; 3] {
        ages_of(|jitter| Lifetime::of_stored(&jwt(claims), IN_STEP, TTL, at(NOW), jitter))
    }

    fn arrival(issued: impl Into<IssuedToken>) -> Result<Arrival, InvalidToken> {
        Lifetime::of_issued(&issued.into(), TTL, at(NOW), 0.5)
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
        let issued = |exp: u64| arrival(jwt(&format!(r#"{{"exp":{exp}}}"#))).map(drop);
        assert_eq!(issued(NOW), Err(InvalidToken::Expired));
        assert_eq!(issued(NOW - 1), Err(InvalidToken::Expired));
        assert_eq!(issued(0), Err(InvalidToken::Expired));
        assert_eq!(issued(NOW + 1), Ok(()));
        // Nor one without any life of its own.
        for claims in [
            format!(r#"{{"iat":{0},"exp":{0}}}"#, NOW - 60),
            format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 60, NOW - 61),
            format!(r#"{{"iat":{0},"exp":{0}}}"#, NOW + 60),
        ] {
            assert_eq!(
                arrival(jwt(&claims)),
                Err(InvalidToken::Expired),
                "{claims}"
            );
        }
    }

    #[test]
    fn token_of_another_clock_lives_for_its_length() {
        // This machine's clock is ahead by ten minutes, or behind; the life begins on arrival.
        for (claims, difference) in [
            (
                format!(r#"{{"iat":{},"exp":{}}}"#, NOW - 600, NOW - 500),
                600,
            ),
            (
                format!(r#"{{"nbf":{},"exp":{}}}"#, NOW - 600, NOW - 500),
                600,
            ),
            (
                format!(r#"{{"iat":{},"exp":{}}}"#, NOW + 600, NOW + 700),
                -600,
            ),
            (
                format!(r#"{{"nbf":{},"exp":{}}}"#, NOW + 600, NOW + 700),
                -600,
            ),
        ] {
            let arrival = arrival(jwt(&claims)).unwrap();
            assert!(arrival.clocks_differ, "{claims}");
            assert_eq!(arrival.difference, Some(ClockDifference(difference)));
            let ages = ages_of(|jitter| {
                let issued = jwt(&claims).into();
                let arrival = Lifetime::of_issued(&issued, TTL, at(NOW), jitter);
                arrival.unwrap().lifetime
            });
            assert_eq!(ages, [Some(80), Some(90), Some(95)], "{claims}");
            // Another process that knows the difference finds the same token in the store.
            let known = ClockDifference(difference);
            let stored = |jitter| Lifetime::of_stored(&jwt(&claims), known, TTL, at(NOW), jitter);
            assert_eq!(ages_of(stored), ages, "{claims}");
        }
    }

    #[test]
    fn clocks_in_step_show_no_difference() {
        for (iat, exp) in [(NOW, NOW + 100), (NOW - 50, NOW + 50), (NOW + 5, NOW + 100)] {
            let arrival = arrival(jwt(&format!(r#"{{"iat":{iat},"exp":{exp}}}"#))).unwrap();
            assert!(!arrival.clocks_differ, "{iat}");
            assert_eq!(arrival.difference, Some(IN_STEP));
        }
        let opaque = arrival(JwtToken::new("opaque").unwrap()).unwrap();
        assert_eq!((opaque.clocks_differ, opaque.difference), (false, None));
    }

    #[test]
    fn stated_life_counts_from_the_arrival() {
        let hundred = Duration::from_secs(100);
        for claims in ["{}", r#"{"exp":7}"#, r#"{"iat":7,"exp":1900000000}"#] {
            let issued = IssuedToken::new(jwt(claims)).expires_in(hundred);
            let arrival = arrival(issued).unwrap();
            assert!(!arrival.clocks_differ);
            let lifetime = arrival.lifetime;
            assert!(lifetime.is_over(at(NOW + 95)) && !lifetime.is_over(at(NOW + 94)));
            assert_eq!(lifetime.kept(at(NOW)), Some(Duration::from_secs(95)));
        }
        for (life, kept) in [(Duration::MAX, Some(TTL)), (Duration::ZERO, None)] {
            let issued = IssuedToken::new(jwt("{}")).expires_in(life);
            let arrival = arrival(issued);
            assert_eq!(arrival.ok().and_then(|it| it.lifetime.kept(at(NOW))), kept);
        }
    }

    #[test]
    fn given_token_is_kept_until_it_ends() {
        let given = |token: IssuedToken, ahead| {
            Lifetime::of_given(&token, ClockDifference(ahead), TTL, at(NOW))
        };
        let exp = |exp: u64| IssuedToken::from(jwt(&format!(r#"{{"iat":0,"exp":{exp}}}"#)));
        let seconds = |n| Ok(Duration::from_secs(n));
        assert_eq!(given(exp(NOW + 60), 0), seconds(60));
        assert_eq!(given(exp(NOW + 600), 0), seconds(300));
        // It need not be new, so its own length says nothing.
        assert_eq!(given(exp(NOW - 60), 0), Err(InvalidToken::Expired));
        assert_eq!(given(exp(NOW), 0), Err(InvalidToken::Expired));
        assert_eq!(given(exp(NOW - 60), 90), seconds(30));
        assert_eq!(given(jwt("{}").into(), 90), seconds(300));
        let stated = IssuedToken::from(jwt("{}")).expires_in(Duration::from_secs(10));
        assert_eq!(given(stated, 0), seconds(9));
    }
}
