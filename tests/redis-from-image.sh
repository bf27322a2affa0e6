#!/usr/bin/env bash
# Takes the redis-server out of a container image, with the libraries it needs, for a Linux system that has an engine and no
# redis-server. The tests kill, freeze and limit their servers, so these run beside them and not in containers.
#   tests/redis-from-image.sh IMAGE FOLDER     prints the program that REDIS_SERVER is to name
set -euo pipefail

image=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)
container=$(docker create "$image")
trap 'docker rm "$container" >/dev/null' EXIT
docker export "$container" | tar -C "$folder/root" -x --exclude='dev/*' --exclude='proc/*' --exclude='sys/*'

first() { find "$folder/root" "$@" -print -quit; }
server=$(first -name redis-server -type f -perm -u+x)
# The loader of the image, for this system's may be another, or of another libc.
loader=$(first \( -name 'ld-linux*.so*' -o -name 'ld-musl*.so*' \) -type f)
libraries=$(find "$folder/root" -name '*.so*' -not -path '*/modules/*' -printf '%h\n' | sort -u | paste -sd:)
if [ -z "$server" ] || [ -z "$loader" ]; then
    echo "no redis-server for Linux in $image" >&2
    exit 1
fi
# The server takes the place of the shell, so that whoever has started it can kill it.
printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$server" >"$folder/redis-server"
chmod +x "$folder/redis-server"
"$folder/redis-server" --version >&2
echo "$folder/redis-server"
