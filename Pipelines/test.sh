#!/usr/bin/env bash
# Lints, builds and tests, in release: numeric code in debug is 50 times slower.
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh
swift format lint --strict --recursive Package.swift Sources Tests Schemas
swift build -c release --build-tests --explicit-target-dependency-import-check error
swift test -c release --skip-build "$@"
