//! Malformed texts instead of a token: no panic, and never valid. After RFC 8725.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use harness::desk::{Manager, user};
use harness::tokens::{Api, Down, expiring, jwt, put_text};
use vimbiso_state::token::{CallError, SourceError, TokenSource};
use vimbiso_state::{JwtToken, MemoryStore, UserId};

fn malformed() -> Vec<String> {
    let good = expiring(3600, 7).expose().to_owned();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let header_of =
        |header: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header));
    let mut texts: Vec<String> = vec![
        "".into(),
        ".".into(),
        "..".into(),
        "...".into(),
        "x".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{good}.{signature}"),
        format!("{good}.x.y"),
        format!("{header}==.{payload}==.{signature}=="),
        format!(
            "{}.{}.{signature}",
            URL_SAFE.encode(r#"{"alg":"HS256"} "#),
            URL_SAFE.encode("{} ")
        ),
        format!(
            "{}.{payload}.{signature}",
            STANDARD.encode("{\"alg\":\"\u{fb}\u{ff}\u{fe}\"}")
        ),
        format!("{header}.{payload}.!!!"),
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
        header_of("{}"),
        header_of("[]"),
        header_of("null"),
        header_of(r#"{"alg":null}"#),
        header_of(r#"{"alg":["HS256"]}"#),
        header_of("{\"alg\":\"HS256\""),
        URL_SAFE_NO_PAD.encode([0xff; 40]),
    ];
    let exp = [
        "\"1900000000\"",
        "-1",
        "-1900000000",
        "1900000000.5",
        "19e8",
        "1e400",
        "18446744073709551615",
        "18446744073709551616",
        "null",
        "true",
        "[1900000000]",
        "{}",
        "0",
        "1",
    ];
    texts.extend(exp.map(|exp| jwt(&format!(r#"{{"exp":{exp}}}"#)).expose().to_owned()));
    texts.extend(
        ["[]", "null", "7", "\"x\"", "", "{", "\u{0}"]
            .map(|claims| jwt(claims).expose().to_owned()),
    );
    texts
}

async fn is_valid(text: &str) -> bool {
    let store = MemoryStore::new();
    let api = Api::new();
    let manager = Manager::new(store.clone());
    put_text(&store, &user(1), text).await;
    let called: Result<String, CallError<Down>> = manager
        .with_token(&user(1), &api, |token| api.ask(token))
        .await;
    assert_ne!(called.unwrap(), text);
    assert_eq!(
        api.refused.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "the API was called with it"
    );
    // Neither for a caller that has loaded it.
    put_text(&store, &user(1), text).await;
    let loaded = manager.load(&user(1)).await.unwrap();
    let api = Api::new();
    let called: Result<String, CallError<Down>> = manager
        .with_token_of(&loaded, &api, |token| api.ask(token))
        .await;
    called.unwrap();
    api.issued() == 0
}

#[tokio::test(start_paused = true)]
async fn malformed_text_is_never_used() {
    for text in malformed() {
        assert!(!is_valid(&text).await, "{}", &text[..text.len().min(120)]);
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
        let called: Result<(), CallError<Down>> = manager
            .with_token(&user(1), &api, |_| async { Ok(()) })
            .await;
        assert!(matches!(called, Err(CallError::NoToken(_))));
    }
}

struct NoApi;

#[async_trait::async_trait]
impl TokenSource for NoApi {
    async fn issue(&self, _: &UserId) -> Result<JwtToken, SourceError> {
        Err(SourceError::unavailable("no API"))
    }
}
