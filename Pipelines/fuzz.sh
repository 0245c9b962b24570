#!/usr/bin/env bash
# Feeds the parsers inputs that libFuzzer makes out of the fixtures, guided by what code they reach:
#   bash Pipelines/fuzz.sh [SECONDS FOR EACH PARSER, 60] [PARSER …]
# An input that ends a parser is left in .build-fuzz/found; .build-fuzz/corpus grows from run to run. The tests of every day
# change the same fixtures blindly (`MutationTests`). With QID_FUZZ_BUILD=debug, as `.ci/run` has it for a few seconds each,
# building takes less time and each input more.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
build=${QID_FUZZ_BUILD:-release}
QID_FUZZ=1 swift build -c "$build" --scratch-path .build-fuzz --sanitize=fuzzer --product qid-fuzz
parsers=${*:-safetensors torch gguf config tar compressed tokenizer array lines manifest lock json spec law points}
mkdir -p .build-fuzz/found

for parser in $parsers; do
    corpus=.build-fuzz/corpus/$parser
    mkdir -p "$corpus"
    echo "fuzz: $parser"
    QID_FUZZ_PARSER=$parser QID_FUZZ_CORPUS=$corpus QID_FUZZ_DIRECTORY=${QID_FUZZ_DIRECTORY:-/dev/shm} \
        ".build-fuzz/$build/qid-fuzz" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=20 -max_len=200000 \
        -artifact_prefix=".build-fuzz/found/$parser-" -print_final_stats=1 -print_funcs=0 -verbosity=0 "$corpus"
done
