#!/usr/bin/env bash
# Changes the code in one place at a time, and checks that a test fails. Of each part, 95 changes in
# 100 must be noticed.
#   proof/mutants.sh                  every part, which takes hours
#   proof/mutants.sh flow             one part: id, flow, session, error, store (the contracts and
#                                     what all stores share), memory, redis, token, vault, turn,
#                                     manager or bot
#   proof/mutants.sh flow --re reach  a selection: the other arguments go to cargo-mutants, in every
#                                     round (so not --shard, which would cut the rest)
# The unit tests run first. What they do not notice meets the integration tests of that part,
# the quick ones before the slow ones. proof/mutants.txt lists the changes that need not be noticed,
# with the reason; they count as missed all the same. Details are in target/mutants.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-mutants >/dev/null || cargo install cargo-mutants --locked

out="$PWD/target/mutants" tree="$PWD/target/mutants/tree"
# The changes are made in a copy that stays in the same folder. So everything is built once, and
# then only what a change touches.
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard |
    tar --null --files-from=- --create |
    tar --extract --touch --directory="$tree"
# A fast linker, if this system has one.
export CARGO_TARGET_DIR="$out/build" CARGO_PROFILE_DEV_DEBUG=0
if command -v mold >/dev/null; then export RUSTFLAGS="${RUSTFLAGS:-} -Clink-arg=-fuse-ld=mold"; fi

# These are not built with all features, are tests themselves, or have tests of their own: whether
# the conformance suite notices a broken store is checked by the test broken_stores.
excluded=(--exclude 'src/**/schedules.rs' --exclude-re 'replace read_reply'
    --exclude 'src/store/conformance/**' --exclude src/store/redis/net/tls/without.rs)

# mutants SECONDS ARGUMENT...: a change that makes a test wait for ever is noticed after so many
# seconds.
mutants() {
    local status=0 timeout=$1
    shift
    cargo mutants --dir "$tree" --in-place --all-features \
        --timeout "$timeout" --build-timeout 300 --output "$output" --file "$files" \
        "${excluded[@]}" "${arguments[@]}" "$@" || status=$?
    # 2: a change was missed; 3: a test waited for ever. Both are counted below; any other status is
    # a failure.
    case "$status" in 0 | 2 | 3) ;; *) exit "$status" ;; esac
    # Kept here, because cargo-mutants keeps the lists of the last two rounds only.
    cat "$output"/mutants.out/{caught,timeout}.txt >>"$output/noticed.txt"
}

# mutate FILES TESTS...: runs the unit tests, then these tests, one round for each argument. A
# --skip goes to the tests. They mostly wait, so many run at once.
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
        id) mutate 'src/id/**' 'logs tokens turns --skip=redis' ;;
        flow) mutate 'src/flow/**' 'turns' ;;
        session) mutate 'src/session/**' 'logs turns --skip=redis' ;;
        error) mutate 'src/error/**' 'logs stores turns --skip=redis' ;;
        store) mutate 'src/store/{*,outbox/*}.rs' 'logs memory stores tokens turns --skip=redis' ;;
        memory) mutate 'src/store/memory/**' 'memory stores turns --skip=redis' ;;
        redis) mutate 'src/store/redis/**' 'stores --skip=memory' 'logs redis' ;;
        token) mutate 'src/token/*.rs' 'logs tokens --skip=redis' 'tokens' ;;
        vault) mutate 'src/token/vault/**' 'logs stores tokens --skip=redis' ;;
        turn) mutate 'src/turn/**' 'logs turns --skip=redis' ;;
        manager) mutate 'src/manager/**' 'cancellation logs tokens turns --skip=redis' ;;
        bot) mutate 'src/bot/**' 'bot --skip=redis --skip=payment_example' 'bot' ;;
        *)
            echo "usage: proof/mutants.sh [PART [arguments of cargo-mutants]]" >&2
            echo "PART: ${parts[*]}" >&2
            exit 2
            ;;
    esac
}

# report PART: counts what was noticed in any round, and lists what was not and has no explanation.
# A change that made a test wait for ever is tried again in the next round.
report() {
    local caught missed unexplained viable
    caught=$(sort -u "$out/$1/noticed.txt")
    missed=$(sort -u "$out/$1/mutants.out/missed.txt" | comm -23 - <(echo "$caught"))
    unexplained=$(sed -E 's/:[0-9]+:[0-9]+:/:/' <<<"$missed" |
        grep -vxFf <(sed '/^#/d; s/ # .*//' proof/mutants.txt) || true)
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

parts=(id flow session error store memory redis token vault turn manager bot) arguments=() failed=0
chosen=("${parts[@]}")
if [ $# -gt 0 ]; then
    chosen=("$1")
    shift
    arguments=("$@")
fi
for part in "${chosen[@]}"; do run; done
for part in "${chosen[@]}"; do report "$part" || failed=1; done
exit "$failed"
