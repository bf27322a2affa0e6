#!/usr/bin/env bash
# Builds a container image that holds this system's own redis-server and the libraries it needs, and nothing else. Nothing is
# downloaded. Prints the image's name.
set -euo pipefail

name=vimbiso-redis:local
server=$(readlink -f "$(command -v redis-server)")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir -p "$folder/usr/bin" "$folder/tmp"
cp "$server" "$folder/usr/bin/redis-server"
ldd "$server" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$folder$(dirname "$library")"
    cp -L "$library" "$folder$library"
done
tar -C "$folder" -c . | docker import --change 'CMD ["/usr/bin/redis-server", "--dir", "/tmp", "--save", "", "--protected-mode", "no"]' \
    --change 'EXPOSE 6379' - "$name" >&2
echo "$name"
