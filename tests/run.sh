#!/usr/bin/env bash
# Runs all tests. Needs Rust, and a redis-server that it finds, or installs, or replaces by a container.
#   tests/run.sh             everything, on this system's Redis
#   tests/run.sh --servers   the Redis tests once more, on the other servers and versions that are supported
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
loudly() { printf '\n!! %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install_redis() {
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq redis-server
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q redis
    elif command -v apk >/dev/null; then
        as_root apk add -q redis
    elif command -v pacman >/dev/null; then
        as_root pacman -S --noconfirm --quiet redis
    elif command -v brew >/dev/null; then
        brew install --quiet redis
    else
        return 1
    fi
}

case "${1:-}" in
    "") ;;
    --servers) exec tests/servers.sh ;;
    *)
        echo "usage: tests/run.sh [--servers]" >&2
        exit 2
        ;;
esac

engine=""
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then engine=yes; fi

if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null; then
    step "installing redis-server"
    install_redis || loudly "redis-server could not be installed"
fi
if [ -z "${VIMBISO_REDIS_IMAGE:-}" ] && [ -n "$engine" ] && command -v redis-server >/dev/null; then
    step "a container image of this system's redis-server"
    VIMBISO_REDIS_IMAGE=$(tests/redis-image.sh) || loudly "the image could not be built"
fi
export VIMBISO_REDIS_IMAGE="${VIMBISO_REDIS_IMAGE:-}"
if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null && [ -z "$VIMBISO_REDIS_IMAGE" ]; then
    loudly "The tests need a Redis: install redis-server, or set REDIS_URL, or run a Docker engine and name an image in VIMBISO_REDIS_IMAGE."
    exit 1
fi

# Without --all-targets: that would build the examples as tests, and `chat` must be there to be driven through a pipe.
step "tests and documentation examples, all features"
cargo test --locked --all-features --no-fail-fast
step "tests without Redis and the preset"
cargo test --locked --no-default-features --features testing --no-fail-fast --lib --tests
step "the model of the commit protocol, a slice of it"
cargo test --locked --manifest-path tests/model/Cargo.toml
step "what is fuzzed, without a fuzzer"
(cd tests/fuzz && cargo test --locked --target-dir "${CARGO_TARGET_DIR:-target}/fuzz")
if [ -n "$engine" ] && [ -n "$VIMBISO_REDIS_IMAGE" ]; then
    step "a Redis in a container"
    cargo test --locked --all-features --test redis -- --ignored --exact containers::a_redis_in_a_container_does
else
    loudly "SKIPPED: a Redis in a container. There is no Docker engine, or no image for it."
fi
