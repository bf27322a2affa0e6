#!/usr/bin/env bash
# Runs all tests. Needs Rust, and nothing else that it does not install itself.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "tests, all features"
cargo test --locked --all-features --all-targets
step "documentation examples, README included"
cargo test --locked --all-features --doc
step "tests without the preset"
cargo test --locked --no-default-features --lib --tests
