#!/usr/bin/env bash
# Runs the tests under AddressSanitizer, then under ThreadSanitizer, in release. Arguments go to `swift test`:
#   bash Pipelines/sanitize.sh --filter KernelsTests
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh

# Leaks are not looked for: the Swift runtime keeps the metadata that it makes for as long as the process runs.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
# The first race ends the run, so that nobody has to read a log to learn that there was one.
export TSAN_OPTIONS="halt_on_error=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}"

for sanitizer in address thread; do
    scratch=.build-${sanitizer:0:1}san
    options=(-c release --sanitize "$sanitizer" --scratch-path "$scratch")
    swift build --build-tests "${options[@]}"
    preload=
    if [ "$sanitizer" = thread ]; then
        preload=$PWD/$scratch/tsan_mutex.so
        clang -shared -fPIC -O1 -o "$preload" Pipelines/tsan_mutex.c
    fi
    LD_PRELOAD=$preload swift test --skip-build "${options[@]}" "$@"
done
