#!/usr/bin/env bash
# Installs what building needs on Debian (and does nothing where it is there); demo.sh and test.sh begin with it.
set -euo pipefail

packages=(libz-dev libzstd-dev libsqlite3-dev)
headers=(/usr/include/zlib.h /usr/include/zstd.h /usr/include/sqlite3.h)

if ! ls "${headers[@]}" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq "${packages[@]}"
fi

if ! command -v swift >/dev/null; then
    echo "a Swift 6.2 (or newer) toolchain is needed: https://www.swift.org/install/linux/" >&2
    exit 69
fi
