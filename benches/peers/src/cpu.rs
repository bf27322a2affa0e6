//! Time on CPU of a process, which says what a turn costs even on a machine that is busy with other
//! work.

use std::time::Duration;

/// The time that the threads of a process have spent on CPU; `None` where the kernel does not say.
pub fn time(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let on_cpu = threads.filter_map(|thread| {
        let path = thread.ok()?.path().join("schedstat");
        // Nanoseconds on CPU, nanoseconds waiting for one, and how often.
        let line = std::fs::read_to_string(path).ok()?;
        line.split(' ')
            .next()?
            .parse()
            .ok()
            .map(Duration::from_nanos)
    });
    Some(on_cpu.sum())
}
