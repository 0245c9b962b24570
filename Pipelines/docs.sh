#!/usr/bin/env bash
# Builds the documents of every module that has a catalog; a broken link is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh

# Declarations that mention a module imported for the package alone are missing here, as the extractor of symbols does not load
# such modules: documents name them in code font.
targets=()
for catalog in Sources/*/*.docc; do targets+=(--target "$(basename "$(dirname "$catalog")")"); done
swift package -c release --allow-writing-to-directory .build/documentation generate-documentation "${targets[@]}" \
    --symbol-graph-minimum-access-level package --enable-experimental-combined-documentation --warnings-as-errors \
    --output-path .build/documentation "$@"
