#!/usr/bin/env bash
# Takes the redis-server and its libraries out of a container image, for a Linux system that has an
# engine and no redis-server. The tests kill, stop and limit their servers, so the servers run
# beside them and not in containers.
#   tests/redis-from-image.sh IMAGE FOLDER     prints the program for REDIS_SERVER
set -euo pipefail

image=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)
container=$(docker create "$image")
trap 'docker rm "$container" >/dev/null' EXIT
docker export "$container" |
    tar -C "$folder/root" -x --exclude='dev/*' --exclude='proc/*' --exclude='sys/*'

first() { find "$folder/root" "$@" -print -quit; }
server=$(first -name redis-server -type f -perm -u+x)
# The loader of the image: the one of this system may be another, or belong to another libc.
loader=$(first \( -name 'ld-linux*.so*' -o -name 'ld-musl*.so*' \) -type f)
libraries=$(find "$folder/root" -name '*.so*' -not -path '*/modules/*' -printf '%h\n' |
    sort -u | paste -sd:)
if [ -z "$server" ] || [ -z "$loader" ]; then
    echo "no redis-server for Linux in $image" >&2
    exit 1
fi
# exec: the server replaces the shell, so that a test can kill it by the id that it knows.
printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
    "$loader" "$libraries" "$server" >"$folder/redis-server"
chmod +x "$folder/redis-server"
"$folder/redis-server" --version >&2
echo "$folder/redis-server"
