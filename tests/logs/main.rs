//! What the log says, and what it never says. Every test that logs takes its turn in [`Log::capture`](harness::log::Log::capture):
//! whether a line is logged is decided for the process, so a test beside it that logs to nobody could switch the line off.

#[cfg(feature = "redis")]
mod eviction;
mod lost_commits;
mod nothing_leaks;
mod recovery;
mod turn_span;
#[cfg(feature = "vault")]
mod vault;
