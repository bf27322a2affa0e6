//! Free ports on loopback.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// A port that no other server of this process has, below those that the system gives to clients.
///
/// Asking the system for any free port is not enough: another test may be given the same one before
/// the server has taken it, and the two tests would share a server.
pub(super) fn free() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = std::process::id()
            .wrapping_mul(7919)
            .wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + (n % 20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
