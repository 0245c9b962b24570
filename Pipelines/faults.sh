#!/usr/bin/env bash
# Disturbs a small run at each of its changes to the disk and at each of its system calls, which takes hours; the tests of
# every day try some of them, and QID_FAULTS=300 three hundred of each kind. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh
swift build -c release --build-tests
QID_FAULTS=${QID_FAULTS:-all} swift test -c release --skip-build --filter FaultTests "$@"
