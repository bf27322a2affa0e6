//! By the wall clock of this machine, and by that of the issuer.

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
