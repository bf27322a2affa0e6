#!/usr/bin/env bash
# Runs all tests. Needs Rust, and nothing else that it does not install itself.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# Without --all-targets: that would build the examples as tests, and `chat` must be there to be driven through a pipe.
step "tests and documentation examples, all features"
cargo test --locked --all-features --no-fail-fast
step "tests without the preset"
cargo test --locked --no-default-features --no-fail-fast --lib --tests
