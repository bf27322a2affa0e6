//! How much memory is taken, and whether that stays so.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;

/// By how much memory may grow: the largest value of the last third against the largest of the first, after the warm-up.
const GROWTH: f64 = 0.10;
/// What an allocator takes of its own, which counts where the sessions are few.
const SLACK: u64 = 4 << 20;

/// What was read at one time, in bytes, and when the last user had come by for the first time.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Duration,
    process: Option<u64>,
    redis: Option<u64>,
}

/// Reads the memory of this process, which holds all sessions once, and of the Redis that holds them a second time.
#[derive(Debug)]
pub struct Gauge {
    url: String,
    readings: Vec<Reading>,
    full_at: Option<Duration>,
}

impl Gauge {
    pub fn of(url: String) -> Self {
        Self { url, readings: Vec::new(), full_at: None }
    }

    pub async fn read(&mut self, at: Duration, full: bool) {
        self.full_at = self.full_at.or(full.then_some(at));
        let redis = used_memory(&self.url).await;
        self.readings.push(Reading { at, process: resident(), redis });
    }

    /// Says whether memory was flat after the warm-up: from the time when every user was there, and the first two fifths of
    /// the run at least, since bounded caches fill slowly. Where there is nothing to judge by, it was not.
    pub fn judge(&self, length: Duration) -> bool {
        let Some(warm) = self.full_at.map(|full| full.max(length * 2 / 5)) else {
            println!("NOT JUDGED: not every user has come by; give it more minutes or fewer sessions");
            return false;
        };
        let steady: Vec<_> = self.readings.iter().filter(|reading| reading.at >= warm).collect();
        let each = |of: fn(&Reading) -> Option<u64>| steady.iter().filter_map(|reading| of(reading)).collect::<Vec<_>>();
        println!("warm after {} s", warm.as_secs());
        // Both are judged, also where the first is not flat.
        let flat = [flat("this process", &each(|r| r.process)), flat("Redis", &each(|r| r.redis))];
        flat == [true, true]
    }
}

fn flat(whose: &str, readings: &[u64]) -> bool {
    let third = readings.len() / 3;
    let most = |readings: &[u64]| readings.iter().copied().max();
    let (Some(first), Some(last)) = (most(&readings[..third]), most(&readings[readings.len() - third..])) else {
        println!("NOT JUDGED: {whose}: {} readings after the warm-up; give it more minutes or fewer sessions", readings.len());
        return false;
    };
    let growth = last as f64 / first as f64 - 1.0;
    let is_flat = last as f64 <= first as f64 * (1.0 + GROWTH) + SLACK as f64;
    let verdict = if is_flat { "flat" } else { "GROWS" };
    println!(
        "memory of {whose}: at most {} MiB at first, {} MiB at last, {:+.1} %: {verdict}",
        first >> 20,
        last >> 20,
        growth * 100.0
    );
    is_flat
}

/// Pages of this process in memory; none where the system does not say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// None while the server is down, or loads.
async fn used_memory(url: &str) -> Option<u64> {
    let read = async {
        let mut redis: MultiplexedConnection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        redis::cmd("INFO").arg("all").query_async::<String>(&mut redis).await
    };
    let info = tokio::time::timeout(Duration::from_secs(2), read).await.ok()?.ok()?;
    let of = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse::<u64>().ok());
    if of("loading")? == 1 { None } else { of("used_memory") }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.readings.last();
        let mib = |bytes: Option<u64>| bytes.map_or("?".to_owned(), |bytes| format!("{}", bytes >> 20));
        let (process, redis) = (mib(last.and_then(|r| r.process)), mib(last.and_then(|r| r.redis)));
        write!(f, "memory {process:>5} MiB, Redis {redis:>5} MiB")
    }
}
