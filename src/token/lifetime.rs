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
    /// `None` if its end is not known.
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
            // Another process that finds it there does not know its end, so it leaves before.
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
mod tests;
