//! What a token costs: a call with a valid token beside the bare call, and encryption beside JSON
//! encoding.
//!
//! `cargo bench --bench tokens --features vault`

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::{Criterion, criterion_group, criterion_main};
use harness::one_stage::OneStage;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::time::Instant;
use vimbiso_state::store::{ExpectedToken, StoredToken, TokenPut, TokenStore};
use vimbiso_state::token::vault::{KeyRing, Vault, VaultKey};
use vimbiso_state::token::{IssuedToken, SourceError, TokenSource};
use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Nothing {}

type Plain = OneStage<Nothing>;

struct Never;

#[async_trait]
impl TokenSource for Never {
    async fn issue(&self, _: &UserId) -> Result<IssuedToken, SourceError> {
        Err(SourceError::unavailable("this bench refreshes no token"))
    }
}

type Called = Result<usize, Box<dyn std::error::Error + Send + Sync>>;

async fn bare(token: JwtToken) -> Called {
    Ok(black_box(token.expose().len()))
}

/// A token of 1 KiB, valid for an hour.
fn token() -> JwtToken {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let exp = now.as_secs() + 3600;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"exp":{exp},"roles":"{}"}}"#, "r".repeat(704));
    let token = format!(
        "{}.{}.{}",
        part(r#"{"alg":"HS256"}"#),
        part(&claims),
        part(&"s".repeat(12))
    );
    JwtToken::new(token).unwrap()
}

fn with_token(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let manager = StateManager::<Plain>::new(MemoryStore::new());
    let source = Arc::new(Never);
    let user = UserId::new("263771234567").unwrap();
    let token = token();
    runtime
        .block_on(manager.set_jwt_token(&user, &token))
        .unwrap();
    assert!(
        (1000..1050).contains(&token.expose().len()),
        "{}",
        token.expose().len()
    );
    let cached = runtime.block_on(manager.load(&user)).unwrap();
    let mut group = c.benchmark_group("a call with a valid token of 1 KiB");
    group.bench_function("bare", |b| {
        b.to_async(&runtime).iter(|| bare(token.clone()))
    });
    group.bench_function("with_token_of, 0 round trips", |b| {
        b.to_async(&runtime)
            .iter(async || manager.with_token_of(&cached, &source, bare).await.unwrap());
    });
    group.bench_function("with_token, 1 round trip (memory)", |b| {
        b.to_async(&runtime)
            .iter(async || manager.with_token(&user, &source, bare).await.unwrap());
    });
    group.finish();
}

fn vault(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let plain = MemoryStore::new();
    let user = UserId::new("263771234567").unwrap();
    let token = token();
    let sealed = Vault::new(
        MemoryStore::new(),
        KeyRing::new(VaultKey::new("k1", &[7; 32]).unwrap()),
    );
    let stored = StoredToken::new(token.expose());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let put = TokenPut {
        token: Some(&stored),
        expected: ExpectedToken::Any,
        ttl: Duration::from_secs(300),
        deadline,
    };
    let mut group = c.benchmark_group("a token of 1 KiB");
    group.bench_function("JSON encode", |b| {
        b.iter(|| serde_json::to_vec(black_box(token.expose())).unwrap())
    });
    group.bench_function("put, plain", |b| {
        b.to_async(&runtime).iter(|| plain.put_token(&user, put))
    });
    group.bench_function("put, sealed", |b| {
        b.to_async(&runtime).iter(|| sealed.put_token(&user, put))
    });
    group.bench_function("load, plain", |b| {
        b.to_async(&runtime)
            .iter(|| plain.load_token(&user, deadline))
    });
    group.bench_function("load, opened", |b| {
        b.to_async(&runtime)
            .iter(|| sealed.load_token(&user, deadline))
    });
    group.finish();
}

criterion_group!(benches, with_token, vault);
criterion_main!(benches);
