#!/usr/bin/env bash
# Changes the code in one place at a time, and sees whether a test notices.
#   tests/mutants.sh                 every part, which takes hours
#   tests/mutants.sh record          one part: record, flow, turn, store or vault
#   tests/mutants.sh record --list   what would be changed; whatever follows is for cargo-mutants
# Each part runs the tests that are about it, and no others. What no test noticed is in target/mutants/PART/mutants.out/missed.txt;
# with `--iterate`, what was noticed before is not tried again.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-mutants >/dev/null || cargo install cargo-mutants --locked

# Most of these tests take a few seconds, and what must not compile is compiled first; a mutant may wait for ever.
timeouts=(--timeout 300 --build-timeout 300)

part() {
    local name=$1 files=$2
    shift 2
    # For what is built as well as for what is run: after a `--` they would be for the latter alone.
    local tests=(--cargo-arg=--lib)
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        tests+=("--cargo-arg=--test=$1")
        shift
    done
    shift
    local output="${CARGO_TARGET_DIR:-target}/mutants/$name"
    mkdir -p "$output"
    CARGO_PROFILE_DEV_DEBUG=0 cargo mutants --all-features --jobs 1 --no-shuffle "${timeouts[@]}" \
        --output "$output" --file "$files" "${tests[@]}" "$@"
}

run() {
    local which=$1
    shift
    case "$which" in
        record) part record 'src/record/**' duplicate_deliveries nothing_leaks recovery refused_turns -- "$@" ;;
        flow) part flow 'src/flow/**' must_not_compile random_walks refused_turns conversation -- "$@" ;;
        turn) part turn 'src/turn.rs' duplicate_deliveries expiry guesses interleaved_messages recovery refused_turns -- "$@" ;;
        store) part store 'src/store/memory/**' expiry memory_bounds store_behaviours -- "$@" ;;
        vault) part vault 'src/vault/**' nothing_leaks_from_the_vault sealed_tokens -- "$@" ;;
        *)
            echo "usage: tests/mutants.sh [record|flow|turn|store|vault [arguments of cargo-mutants]]" >&2
            exit 2
            ;;
    esac
}

if [ $# -gt 0 ]; then
    run "$@"
else
    # One part with survivors does not keep the others from being looked at.
    failed=0
    for which in record flow turn store vault; do run "$which" || failed=1; done
    exit "$failed"
fi
