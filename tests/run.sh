#!/usr/bin/env bash
# Runs all tests of the workspace. Needs Rust, a redis-server, which it finds, installs, or takes
# out of a container image, and Chromium with its driver, which it finds or installs.
#   tests/run.sh             everything, on that server
#   tests/run.sh --servers   the Redis tests alone, on every server and version that is supported
# REDIS_SERVER names another program than the one on PATH, VIMBISO_REDIS_IMAGE another image than
# redis:7. REDIS_URL names a server for the tests that only use one; most tests start, stop and kill
# servers of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Installs packages, by the names that apt, dnf, apk, pacman and brew have for them.
# shellcheck disable=SC2086 # each name may be several words
install_packages() {
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq
        # RUNLEVEL=1: no package starts a server of its own.
        as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq $1
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q $2
    elif command -v apk >/dev/null; then
        as_root apk add -q $3
    elif command -v pacman >/dev/null; then
        as_root pacman -S --noconfirm --quiet $4
    elif [ -n "$5" ] && command -v brew >/dev/null; then
        brew install --quiet $5
    else
        return 1
    fi
}

case "${1:-}" in
    "") . tests/steps.sh ;;
    --servers) exec tests/servers.sh ;;
    *)
        echo "usage: tests/run.sh [--servers]" >&2
        exit 2
        ;;
esac

engine=""
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then engine=yes; fi

# Absolute, for the builds that start in another folder.
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

has_server() { [ -n "${REDIS_SERVER:-}" ] || command -v redis-server >/dev/null; }

if ! has_server; then
    step "installing redis-server"
    install_packages redis-server redis redis redis redis ||
        loudly "redis-server could not be installed"
fi
image="${VIMBISO_REDIS_IMAGE:-}"
if ! has_server && [ -n "$engine" ]; then
    image="${image:-redis:7}"
    step "the redis-server of the container image $image"
    REDIS_SERVER=$(tests/redis-from-image.sh "$image" "$target/redis") ||
        loudly "the image cannot be pulled, or its server does not run here"
    export REDIS_SERVER
fi
if ! has_server; then
    loudly "The tests need a redis-server. Install one, name one in REDIS_SERVER, or run a Docker" \
        "engine that can pull redis:7 or the image named in VIMBISO_REDIS_IMAGE."
    exit 1
fi
if [ -z "$image" ] && [ -n "$engine" ] && command -v redis-server >/dev/null; then
    step "a container image of this system's redis-server"
    image=$(tests/redis-image.sh) || loudly "the image could not be built"
fi
if [ -n "$image" ]; then export VIMBISO_REDIS_IMAGE="$image"; fi

# Most tests wait for a server or a timeout, so more of them run at once than there are cores.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-4}
# The library, the bot, the proofs, the slice of the model, and what must not compile. Not
# --all-targets: that would build the examples as tests, and some tests run the examples.
step "tests and documentation examples of the workspace, all features"
cargo test --locked --workspace --all-features --no-fail-fast
step "tests of the core alone, without Redis"
cargo test --locked --no-default-features --features testing --no-fail-fast --lib --tests
step "the fuzz targets on their seeds, without a fuzzer"
(cd proof/fuzz && cargo test --locked --target-dir "$target/fuzz")
step "numbers in a build with serde_json/arbitrary_precision"
(cd proof/arbitrary_precision && cargo test --locked --target-dir "$target/arbitrary_precision")
if [ -n "$engine" ] && [ -n "$image" ]; then
    step "a Redis in a container"
    # `--exact` with a name that no test has would run none, and pass.
    cargo test --locked --workspace --all-features --test redis -- \
        --ignored --exact containers::a_redis_in_a_container_keeps_sessions |
        tee /dev/stderr | grep '^test result: ok. 1 passed' >/dev/null
else
    loudly "SKIPPED: a Redis in a container. There is no Docker engine, or no image for it."
fi

has_driver() { [ -n "${CHROMEDRIVER:-}" ] || command -v chromedriver >/dev/null; }

if ! has_driver; then
    step "installing Chromium and its driver"
    install_packages "chromium chromium-driver fonts-noto-color-emoji" "chromium chromedriver" \
        "chromium chromium-chromedriver" chromium "" ||
        loudly "Chromium could not be installed"
fi
if has_driver; then
    step "the chat page in a browser; pictures in $target/tmp/page"
    cargo test --locked --workspace --all-features --test page -- --ignored
else
    loudly "SKIPPED: the chat page in a browser. There is no chromedriver: install the packages" \
        "chromium and chromium-driver, or name the driver in CHROMEDRIVER."
fi
