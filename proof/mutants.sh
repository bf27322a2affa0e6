#!/usr/bin/env bash
# Changes the code in one place at a time, and sees whether a test notices. Of each part, 95 changes
# in 100 must be noticed.
#   proof/mutants.sh                   every part, which takes hours: the store on Redis alone an
#                                      hour and a half
#   proof/mutants.sh record            one part: record, flow, turn, memory, redis, contract (of all
#                                      stores) or vault
#   proof/mutants.sh record --re walk  some of it; the rest is passed on to cargo-mutants, in every
#                                      round (so not --shard, which would cut what a round has left
#                                      anew)
# The unit tests come first; what they let pass meets the integration tests that are about it, the
# quick ones before the slow ones. What need not be noticed is in proof/mutants.txt with the reason,
# and counts as missed all the same. Details are in target/mutants.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-mutants >/dev/null || cargo install cargo-mutants --locked

out="$PWD/target/mutants" tree="$PWD/target/mutants/tree"
# The changes are made in a copy, and in one that stays where it is: so all is built once, and after
# that what a change touches.
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard |
    tar --null --files-from=- --create |
    tar --extract --touch --directory="$tree"
# Linked as fast as this system can.
export CARGO_TARGET_DIR="$out/build" CARGO_PROFILE_DEV_DEBUG=0
if command -v mold >/dev/null; then export RUSTFLAGS="${RUSTFLAGS:-} -Clink-arg=-fuse-ld=mold"; fi

# What these tests do not build, as what stands in for TLS, and what is a test itself: whether it
# notices a broken store is for broken_stores to say.
excluded=(--exclude 'src/**/schedules.rs' --exclude-re 'replace read_reply'
    --exclude 'src/store/conformance/**' --exclude src/store/redis/tls/mod.rs)

# mutants SECONDS ARGUMENT...: a change may make a test wait for ever, and is then noticed after so
# many seconds.
mutants() {
    local status=0 timeout=$1
    shift
    cargo mutants --dir "$tree" --in-place --all-features \
        --timeout "$timeout" --build-timeout 300 --output "$output" --file "$files" \
        "${excluded[@]}" "${arguments[@]}" "$@" || status=$?
    # 2: something was missed; 3: something waited for ever. Both are counted below; anything else
    # is a failure.
    case "$status" in 0 | 2 | 3) ;; *) exit "$status" ;; esac
    # Kept here: cargo-mutants keeps the lists of the last two rounds.
    cat "$output"/mutants.out/{caught,timeout}.txt >>"$output/noticed.txt"
}

# mutate FILES TESTS...: the unit tests, then these, in so many rounds. A --skip is for the tests
# themselves, which mostly wait.
mutate() {
    local output="$out/$part" files=$1 tests
    shift
    rm -rf "$output"
    mkdir -p "$output"
    mutants 30 --cargo-arg=--lib
    for round in "$@"; do
        if [ ! -s "$output/mutants.out/missed.txt" ]; then return; fi
        read -ra tests <<<"${round%%--*}"
        # shellcheck disable=SC2046,SC2086 # words are meant
        mutants 90 --iterate "${tests[@]/#/--cargo-arg=--test=}" -- \
            -- --test-threads=12 $(grep -o -- '--skip=[a-z_]*' <<<"$round")
    done
}

run() {
    case "$part" in
        record) mutate 'src/record/**' 'duplicate_deliveries nothing_leaks recovery refused_turns' ;;
        flow) mutate 'src/flow/**' 'recovery refused_turns' ;;
        turn) mutate src/turn.rs 'conversation duplicate_deliveries expiry guesses nothing_leaks recovery refused_turns turn_span' ;;
        memory) mutate 'src/store/memory/**' 'expiry memory_bounds stores --skip=redis' ;;
        redis) mutate 'src/store/redis/**' 'stores --skip=memory' 'eviction_log nothing_leaks redis --skip=two_chats' ;;
        contract) mutate 'src/store/*.rs' 'expiry memory_bounds nothing_leaks sealed_tokens stores --skip=redis' ;;
        vault) mutate 'src/vault/**' 'nothing_leaks_from_the_vault sealed_tokens stores --skip=redis' ;;
        *)
            echo "usage: proof/mutants.sh [PART [arguments of cargo-mutants]]" >&2
            echo "PART: record, flow, turn, memory, redis, contract or vault" >&2
            exit 2
            ;;
    esac
}

# report PART: what was noticed in any round, and what was not. What waited for ever in one is tried
# again in the next.
report() {
    local caught missed unexplained viable
    caught=$(sort -u "$out/$1/noticed.txt")
    missed=$(sort -u "$out/$1/mutants.out/missed.txt" | comm -23 - <(echo "$caught"))
    unexplained=$(sed -E 's/:[0-9]+:[0-9]+:/:/' <<<"$missed" |
        grep -vxFf <(sed 's/ # .*//' proof/mutants.txt) || true)
    caught=$(grep -c . <<<"$caught" || true)
    viable=$((caught + $(grep -c . <<<"$missed" || true)))
    awk -v part="$1" -v caught="$caught" -v viable="$viable" \
        'BEGIN {
            percent = viable ? 100 * caught / viable : 100
            printf "%s: %d of %d noticed, %.1f %%\n", part, caught, viable, percent
        }'
    if [ -n "$unexplained" ]; then sed 's/^/    missed, and not explained: /' <<<"$unexplained"; fi
    [ $((100 * caught)) -ge $((95 * viable)) ] && [ -z "$unexplained" ]
}

parts=(record flow turn memory redis contract vault) arguments=() failed=0
if [ $# -gt 0 ]; then
    parts=("$1")
    shift
    arguments=("$@")
fi
for part in "${parts[@]}"; do run; done
for part in "${parts[@]}"; do report "$part" || failed=1; done
exit "$failed"
