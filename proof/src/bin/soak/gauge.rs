//! How much memory is used, and whether it grows.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use vimbiso_state::MemoryStore;

/// One reading, in bytes.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Duration,
    store: Option<u64>,
    heap: Option<u64>,
    resident: Option<u64>,
    redis: Option<u64>,
}

/// An amount that must not grow: after the warm-up, the median of the last third of the readings is
/// compared with that of the first third. A leak raises the median; memory that is used for a
/// while, as when Redis rewrites its file on a busy machine, does not.
struct Measure {
    of: &'static str,
    read: fn(&Reading) -> Option<u64>,
    growth: f64,
    slack: u64,
}

const MEASURES: [Measure; 4] = [
    // The users stay the same; the numbers of their messages get longer.
    Measure {
        of: "the memory store, as it counts",
        read: |r| r.store,
        growth: 0.03,
        slack: 64 << 10,
    },
    // Five hundred turns are under way at any time, at different points.
    Measure {
        of: "this process, in use",
        read: |r| r.heap,
        growth: 0.05,
        slack: 1 << 20,
    },
    // The allocator keeps freed memory for a while.
    Measure {
        of: "this process, resident",
        read: |r| r.resident,
        growth: 0.10,
        slack: 16 << 20,
    },
    // Tables are copied while they grow or shrink, and the file has buffers.
    Measure {
        of: "Redis",
        read: |r| r.redis,
        growth: 0.10,
        slack: 4 << 20,
    },
];

/// Reads the memory of this process, which holds all sessions once, and of the Redis that holds
/// them a second time.
#[derive(Debug)]
pub struct Gauge {
    store: MemoryStore,
    heap: fn() -> usize,
    url: String,
    readings: Vec<Reading>,
    full_at: Option<Duration>,
}

impl Gauge {
    pub fn of(store: MemoryStore, heap: fn() -> usize, url: String) -> Self {
        Self {
            store,
            heap,
            url,
            readings: Vec::new(),
            full_at: None,
        }
    }

    /// Reads all measures. `full` says whether everything that fills up is full.
    pub async fn read(&mut self, at: Duration, full: bool) {
        self.full_at = self.full_at.or(full.then_some(at));
        let redis = used_memory(&self.url).await;
        let store = Some(self.store.bytes() as u64);
        let heap = Some((self.heap)() as u64);
        self.readings.push(Reading {
            at,
            store,
            heap,
            resident: resident(),
            redis,
        });
    }

    /// Prints whether memory was flat from then on. It counts as not flat if there are too few
    /// readings.
    pub fn judge(&self) -> bool {
        let Some(full) = self.full_at else {
            println!(
                "NOT JUDGED: the users have not written often enough: use more minutes or fewer \
                 sessions"
            );
            return false;
        };
        println!("full after {} s", full.as_secs());
        let steady: Vec<_> = self
            .readings
            .iter()
            .filter(|reading| reading.at >= full)
            .collect();
        // Counted, so that all are printed even if one is not flat.
        let grown = MEASURES
            .iter()
            .filter(|measure| !measure.is_flat(&steady))
            .count();
        grown == 0
    }
}

impl Measure {
    fn is_flat(&self, readings: &[&Reading]) -> bool {
        let values: Vec<_> = readings
            .iter()
            .filter_map(|reading| (self.read)(reading))
            .collect();
        let third = values.len() / 3;
        let (Some(first), Some(last)) = (
            median(&values[..third]),
            median(&values[values.len() - third..]),
        ) else {
            println!(
                "NOT JUDGED: {}: only {} readings: use more minutes or fewer sessions",
                self.of,
                values.len()
            );
            return false;
        };
        let is_flat = last as f64 <= first as f64 * (1.0 + self.growth) + self.slack as f64;
        println!(
            "memory of {}: {:.1} MiB at first, {:.1} MiB at last, {:+.1} %: {}",
            self.of,
            mib(first),
            mib(last),
            (last as f64 / first as f64 - 1.0) * 100.0,
            if is_flat { "flat" } else { "GROWS" },
        );
        is_flat
    }
}

fn median(values: &[u64]) -> Option<u64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The memory of this process that is resident; `None` if the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// The memory that Redis uses; `None` while it is down or loads its files.
async fn used_memory(url: &str) -> Option<u64> {
    let read = async {
        let mut redis: MultiplexedConnection = redis::Client::open(url)?
            .get_multiplexed_async_connection()
            .await?;
        redis::cmd("INFO")
            .arg("all")
            .query_async::<String>(&mut redis)
            .await
    };
    let info = tokio::time::timeout(Duration::from_secs(2), read)
        .await
        .ok()?
        .ok()?;
    let of = |name: &str| {
        info.lines().find_map(|line| {
            line.strip_prefix(name)?
                .strip_prefix(':')?
                .trim()
                .parse::<u64>()
                .ok()
        })
    };
    if of("loading")? == 1 {
        None
    } else {
        of("used_memory")
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.readings.last();
        let show = |of: fn(&Reading) -> Option<u64>| {
            last.and_then(of)
                .map_or("?".to_owned(), |bytes| format!("{:.1}", mib(bytes)))
        };
        let [store, heap, resident, redis] = MEASURES.map(|measure| show(measure.read));
        write!(
            f,
            "MiB: store {store:>6}, in use {heap:>6}, resident {resident:>6}, Redis {redis:>6}"
        )
    }
}
