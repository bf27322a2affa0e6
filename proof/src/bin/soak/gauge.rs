//! How much memory is taken, and whether that stays so.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use vimbiso_state::MemoryStore;

/// What was read at one time, in bytes.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Duration,
    store: Option<u64>,
    heap: Option<u64>,
    resident: Option<u64>,
    redis: Option<u64>,
}

/// Something that must not grow: the median of the last third, against that of the first, after the
/// warm-up. A leak lifts it; what is taken for a while, as when Redis rewrites its file on a
/// machine that has more to do, does not.
struct Measure {
    of: &'static str,
    read: fn(&Reading) -> Option<u64>,
    growth: f64,
    slack: u64,
}

const MEASURES: [Measure; 4] = [
    // The same users all the time, whose messages' numbers get longer.
    Measure {
        of: "the memory store, as it counts",
        read: |r| r.store,
        growth: 0.03,
        slack: 64 << 10,
    },
    // Five hundred turns are under way at any time, more or less far.
    Measure {
        of: "this process, in use",
        read: |r| r.heap,
        growth: 0.05,
        slack: 1 << 20,
    },
    // What an allocator keeps for itself, and gives back when it likes.
    Measure {
        of: "this process, resident",
        read: |r| r.resident,
        growth: 0.10,
        slack: 16 << 20,
    },
    // Tables that are moved while they grow or shrink, and buffers of what is written to its file.
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

    /// Reads, and remembers whether all is full that fills up.
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

    /// Says whether memory was flat once all was full. Where there is nothing to judge by, it was
    /// not.
    pub fn judge(&self) -> bool {
        let Some(full) = self.full_at else {
            println!(
                "NOT JUDGED: the users have not come by often enough; give it more minutes or \
                 fewer sessions"
            );
            return false;
        };
        println!("full after {} s", full.as_secs());
        let steady: Vec<_> = self
            .readings
            .iter()
            .filter(|reading| reading.at >= full)
            .collect();
        // All are judged, also where one is not flat.
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
                "NOT JUDGED: {}: {} readings; give it more minutes or fewer sessions",
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

/// Pages of this process in memory; none where the system does not say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// None while the server is down, or loads.
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
