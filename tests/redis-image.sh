#!/usr/bin/env bash
# Builds a container image of this system's own redis-server and the libraries that it needs, and
# nothing else. Downloads nothing. Prints the name of the image.
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
command='["/usr/bin/redis-server", "--dir", "/tmp", "--save", "", "--protected-mode", "no"]'
tar -C "$folder" -c . |
    docker import --change "CMD $command" --change 'EXPOSE 6379' - "$name" >&2
echo "$name"
