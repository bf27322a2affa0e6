//! Texts in place of a token: what cannot be read or has ended is never used, everything else is.
//! No text causes a panic. After RFC 7519 and 8725.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use harness::desk::{Manager, user};
use harness::tokens::{Api, expiring, jwt, put_text};
use vimbiso_state::id::InvalidToken;
use vimbiso_state::token::{IssuedToken, SourceError, TokenSource};
use vimbiso_state::{Error, JwtToken, MemoryStore, UserId};

/// A valid token, and its three parts.
fn good() -> (String, [String; 3]) {
    let good = expiring(3600, 7).expose().to_owned();
    let parts: Vec<_> = good.split('.').map(str::to_owned).collect();
    (good, parts.try_into().unwrap())
}

/// Texts that are no token: not visible ASCII, too long, or with an end that cannot be read.
fn malformed() -> Vec<String> {
    let (good, [header, payload, signature]) = good();
    let mut texts: Vec<String> = vec![
        "".into(),
        format!(" {good}"),
        format!("{good}\n"),
        format!("Bearer {good}"),
        format!("{good}\0"),
        good.replace('.', "\u{3002}"),
        format!("{good}{}", "A".repeat(JwtToken::MAX_LEN)),
        format!(
            "{header}.{}.{signature}",
            "A".repeat(JwtToken::MAX_LEN - 100)
        ),
        format!(
            "{header}.{}.{signature}",
            URL_SAFE_NO_PAD.encode("[".repeat(9000))
        ),
        format!("{header}.{payload}!.{signature}"),
        format!("{header}.*.{signature}"),
        format!("{header}..{signature}"),
    ];
    let claims = [
        r#"{"exp":"1900000000"}"#,
        r#"{"exp":true}"#,
        r#"{"exp":[1900000000]}"#,
        r#"{"exp":{}}"#,
        r#"{"exp":1,"exp":1900000000}"#,
        "[]",
        "null",
        "7",
        "\"x\"",
        "{",
        "\u{0}",
    ];
    texts.extend(claims.map(|claims| with_claims(&URL_SAFE_NO_PAD.encode(claims))));
    texts
}

/// Tokens that ended long ago, however they say it.
fn ended() -> Vec<String> {
    let ends = [
        "0",
        "1",
        "-1",
        "-1900000000",
        "-0.5",
        "0.9",
        "1e9",
        "1.7e9",
        "1e-300",
        "0e999",
    ];
    let ends = ends.map(|exp| jwt(&format!(r#"{{"exp":{exp}}}"#)).expose().to_owned());
    let minute_ago = expiring(-60, 7).expose().to_owned();
    let [header, payload, signature] = parts_of(&minute_ago);
    let claims = URL_SAFE_NO_PAD.decode(&payload).unwrap();
    let text = String::from_utf8(claims.clone()).unwrap();
    let exp = text
        .rsplit_once(':')
        .unwrap()
        .1
        .trim_end_matches('}')
        .to_owned();
    let again = |exp: String| jwt(&format!(r#"{{"exp":{exp}}}"#)).expose().to_owned();
    let mut texts = ends.to_vec();
    texts.extend([
        minute_ago.clone(),
        again(format!("{exp}.88")),
        again(format!("{exp}.0")),
        again(format!("{exp}e0")),
        again(format!("{exp}00E-2")),
        again(format!("0.{exp}e{}", exp.len())),
        format!("{header}.{payload}."),
        format!("{header}==.{payload}==.{signature}=="),
        with_claims(&URL_SAFE.encode(&claims)),
        with_claims(&STANDARD.encode(&claims)),
        jwt(&format!(r#"{{"n":1e400,"exp":{exp}}}"#))
            .expose()
            .to_owned(),
        format!(
            "{}.{payload}.{signature}",
            URL_SAFE_NO_PAD.encode(r#"{"n":1e400,"alg":"none"}"#)
        ),
    ]);
    texts
}

/// Texts that do not say when they end.
fn opaque() -> Vec<String> {
    let (good, [header, payload, signature]) = good();
    let header_of =
        |header: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));
    vec![
        ".".into(),
        "..".into(),
        "x".into(),
        "gho_16C7e42F292c6912E7710c838347Ae178B4a".into(),
        "v4.local.c2ln".into(),
        header.clone(),
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{header}.key.iv.ciphertext.tag"),
        header_of("{}"),
        header_of("null"),
        header_of(r#"{"alg":["HS256"]}"#),
        header_of("{\"alg\":\"HS256\""),
        URL_SAFE_NO_PAD.encode([0xff; 40]),
        jwt("{}").expose().to_owned(),
        jwt(r#"{"exp":null}"#).expose().to_owned(),
    ]
}

/// Tokens that end later, however they say it.
fn lasting() -> Vec<String> {
    let exps = [
        "1900000000.0",
        "1.9e9",
        "19E8",
        "1e300",
        "1e400",
        "18446744073709551615",
        "18446744073709551616",
        "1900000000.88",
    ];
    exps.map(|exp| jwt(&format!(r#"{{"exp":{exp}}}"#)).expose().to_owned())
        .to_vec()
}

fn with_claims(claims: &str) -> String {
    let (_, [header, _, signature]) = good();
    format!("{header}.{claims}.{signature}")
}

fn parts_of(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// Whether a call is made with this text, if another program has stored it.
async fn is_used(text: &str) -> bool {
    let mut used = [false; 2];
    for (loaded_before, used) in [false, true].into_iter().zip(&mut used) {
        let store = MemoryStore::new();
        let api = Api::new();
        let manager = Manager::new(store.clone());
        put_text(&store, &user(1), text).await;
        let id = user(1);
        let called = if loaded_before {
            let loaded = manager.load(&id).await.unwrap();
            let call = manager.with_token_of(&loaded, &api, |token| api.ask(token));
            call.await
        } else {
            manager.with_token(&id, &api, |token| api.ask(token)).await
        };
        assert_ne!(called.unwrap(), text);
        // The API knows nothing of it, and says so if it is asked.
        *used = api.refused.load(std::sync::atomic::Ordering::SeqCst) == 1;
        assert_eq!(api.issued(), 1);
    }
    assert_eq!(used[0], used[1], "{text}");
    used[0]
}

#[tokio::test(start_paused = true)]
async fn malformed_or_ended_token_is_never_used() {
    for text in malformed().into_iter().chain(ended()) {
        assert!(!is_used(&text).await, "{}", &text[..text.len().min(120)]);
    }
}

#[tokio::test(start_paused = true)]
async fn token_that_has_not_ended_is_used() {
    for text in opaque().into_iter().chain(lasting()) {
        assert!(is_used(&text).await, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn ended_token_is_not_stored_however_it_says_so() {
    let manager = Manager::new(MemoryStore::new());
    for text in malformed() {
        assert!(
            JwtToken::new(&text).is_err(),
            "{}",
            &text[..text.len().min(120)]
        );
    }
    for text in ended() {
        let token = JwtToken::new(&text).unwrap();
        let refused = manager.set_jwt_token(&user(1), &token).await;
        assert!(
            matches!(refused, Err(Error::Token(InvalidToken::Expired))),
            "{text}: {refused:?}"
        );
        assert!(manager.load(&user(1)).await.unwrap().jwt_token().is_none());
    }
    for text in opaque().into_iter().chain(lasting()) {
        let token = JwtToken::new(&text).unwrap();
        manager.set_jwt_token(&user(1), &token).await.unwrap();
        let found = manager.load(&user(1)).await.unwrap();
        assert_eq!(found.jwt_token(), Some(&token), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn token_with_random_edits_causes_no_panic() {
    let good = expiring(3600, u64::MAX).expose().to_owned();
    let store = MemoryStore::new();
    let api = Api::new();
    let manager = Manager::new(store.clone());
    for _ in 0..10_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..rand::random_range(1..4) {
            let at = rand::random_range(0..bytes.len());
            match rand::random_range(0..3) {
                0 => bytes[at] = rand::random_range(1..0x7f),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *b".=-_ {\"A0".get(rand::random_range(0..9)).unwrap()),
            }
        }
        let text = String::from_utf8(bytes).unwrap();
        put_text(&store, &user(1), &text).await;
        // A malformed token does not reach the API; a forged signature is the API's to notice.
        let used = manager
            .with_token(&user(1), &api, |token| api.ask(token))
            .await
            .unwrap();
        assert_ne!(used, text);
    }
}

#[tokio::test(start_paused = true)]
async fn token_of_random_bytes_causes_no_panic() {
    let manager = Manager::new(MemoryStore::new());
    let api = Arc::new(NoApi);
    for _ in 0..10_000 {
        let bytes: Vec<u8> = (0..rand::random_range(0..200))
            .map(|_| rand::random())
            .collect();
        let text = format!(
            "{}.{}.x",
            URL_SAFE_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes)
        );
        let _ = JwtToken::new(String::from_utf8_lossy(&bytes)).map(|token| token.expires_at());
        manager
            .set_jwt_token(&user(1), &JwtToken::new(text).unwrap())
            .await
            .unwrap();
        let called = manager.with_token(&user(1), &api, async |_| Ok(())).await;
        called.unwrap();
    }
}

struct NoApi;

#[async_trait::async_trait]
impl TokenSource for NoApi {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        Err(SourceError::unavailable("no API"))
    }
}
