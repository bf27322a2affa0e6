#!/usr/bin/env bash
# Fuzzes every target, or those that are named, one after the other, on the stable toolchain.
#   proof/fuzz/run.sh [target…]     SECONDS_EACH=60
# The crate forbids unsafe code, so no sanitizer is used: the fuzzer looks for panics.
set -euo pipefail
cd "$(dirname "$0")"

command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
targets=("$@")
if [ $# = 0 ]; then mapfile -t targets < <(cargo fuzz list --fuzz-dir .); fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "${targets[@]}"; do
    printf '== %s\n' "$target"
    # New inputs go to corpus/, which is not in the repository; the seeds are only read.
    mkdir -p "corpus/$target"
    if ! cargo fuzz run --fuzz-dir . --sanitizer none --features fuzzer \
        "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="${SECONDS_EACH:-60}" -max_len=4096 -print_final_stats=1 >"$log" 2>&1; then
        tail -40 "$log"
        echo "!! $target: the input is under artifacts/$target; make it a test" >&2
        exit 1
    fi
    grep -E '^(Done|stat::number_of_executed|stat::new_units)' "$log"
done
