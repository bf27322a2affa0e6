//! All candidates on one server, and their groups for criterion.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use redis::IntoConnectionInfo;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use tokio::runtime::Runtime;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{MemoryStore, RedisStore, StateManager, StateStore};

use crate::candidate::{Candidate, Operation, USERS};

pub struct Candidates {
    /// A connection beside those of the candidates.
    pub redis: MultiplexedConnection,
    pub memory: Candidate,
    pub five_keys: Ours,
    pub one_key: Ours,
    pub pair: Candidate,
    pub specification: Candidate,
}

/// Ours in one layout.
pub struct Ours {
    pub layout: KeyLayout,
    pub cold: Candidate,
    pub warm: Candidate,
}

fn turns(store: impl StateStore + 'static, cached_sessions: usize) -> Candidate {
    let manager = StateManager::builder(store)
        .session_cache_bytes(cached_sessions * 4096)
        .deadline(Duration::from_secs(30))
        .build();
    Candidate::Turn(manager.unwrap())
}

async fn connect(url: &str) -> MultiplexedConnection {
    let info = url.into_connection_info().unwrap();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let client = redis::Client::open(info).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

impl Ours {
    async fn on(url: &str, layout: KeyLayout) -> Self {
        // Each under keys of its own: a cold turn would make the cached sessions of the warm one
        // stale.
        let store = async |namespace: &str| {
            let builder = RedisStore::builder()
                .namespace(format!("{layout:?}.{namespace}"))
                .layout(layout);
            builder.connect(url).await.unwrap()
        };
        Self {
            layout,
            cold: turns(store("cold").await, 0),
            warm: turns(store("warm").await, 128 * USERS),
        }
    }
}

impl Candidates {
    pub async fn on(url: &str) -> Self {
        Self {
            redis: connect(url).await,
            memory: turns(MemoryStore::new(), 0),
            five_keys: Ours::on(url, KeyLayout::FiveKeys).await,
            one_key: Ours::on(url, KeyLayout::OneKey).await,
            pair: Candidate::Pair(connect(url).await),
            specification: Candidate::FiveKeys(connect(url).await),
        }
    }

    pub fn measure_with_criterion(&self, runtime: &Runtime) {
        let mut criterion = Criterion::default().configure_from_args();
        let candidates = [
            ("memory", &self.memory),
            ("redis", &self.five_keys.cold),
            ("redis warm", &self.five_keys.warm),
            ("redis one key", &self.one_key.cold),
            ("redis one key warm", &self.one_key.warm),
            ("get+set", &self.pair),
            ("5 get+3 set", &self.specification),
        ];
        for (name, operation, tasks) in [
            ("load", Operation::Load, 1),
            ("turn", Operation::Turn, 1),
            ("turn", Operation::Turn, 64),
            ("contended", Operation::Contended, 64),
        ] {
            let mut group = criterion.benchmark_group(name);
            group
                .throughput(Throughput::Elements(1))
                .sample_size(20)
                .measurement_time(Duration::from_secs(4));
            for (candidate_name, candidate) in &candidates {
                let is_ours = matches!(candidate, Candidate::Turn(_));
                if operation == Operation::Contended && !is_ours {
                    continue;
                }
                let id = BenchmarkId::new(*candidate_name, format!("{tasks} tasks"));
                group.bench_function(id, |b| {
                    b.iter_custom(|count| {
                        runtime.block_on(candidate.time(operation, tasks, count))
                    });
                });
            }
            group.finish();
        }
        criterion.final_summary();
    }
}
