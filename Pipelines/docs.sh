#!/usr/bin/env bash
# Builds the documents of every module that has a catalog; a broken link is an error. With --answers, first measures the
# demo and asks its warehouse every question that the documents print an answer to.
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh

# Prints the differences between a document's answers and the warehouse's. A question is a line '    $ qid sql "…' and those
# that follow up to the closing quote; its answer ends at the first empty line.
check_answers() {
    local line command="" answer="" asked=0 failed=0
    while IFS= read -r line; do
        if [[ $line == '    $ qid sql "'* ]]; then
            command=${line#'    $ '}
            asked=1
        elif [ $asked = 1 ]; then
            command+=$'\n'$line
        elif [ $asked = 2 ] && [[ $line == '    '* ]]; then
            answer+=${line#'    '}$'\n'
        fi
        if [ $asked = 1 ] && [[ $line == *'"' ]]; then asked=2; fi
        if [ $asked = 2 ] && [ -z "$line" ]; then
            diff <(printf %s "$answer") <(eval "$command") || { echo "$1: another answer to: $command" >&2; failed=1; }
            asked=0 answer=""
        fi
    done < <(cat "$1" && echo)
    return $failed
}

if [ "${1:-}" = --answers ]; then
    shift
    swift build -c release
    PATH="$(swift build -c release --show-bin-path):$PATH"
    export QID_WORKSPACE="$PWD/.build/demo-workspace" QID_KERNELS=avx2
    qid run Manifests/demo.yaml
    for document in README.md Sources/Warehouse/Warehouse.docc/*.md; do check_answers "$document"; done
fi

# Declarations that mention a module imported for the package alone are missing here, as the extractor of symbols does not load
# such modules: documents name them in code font.
targets=()
for catalog in Sources/*/*.docc; do targets+=(--target "$(basename "$(dirname "$catalog")")"); done
swift package -c release --allow-writing-to-directory .build/documentation generate-documentation "${targets[@]}" \
    --symbol-graph-minimum-access-level package --enable-experimental-combined-documentation --warnings-as-errors \
    --output-path .build/documentation "$@"
