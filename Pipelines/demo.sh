#!/usr/bin/env bash
# Builds qid and measures the demo archive from end to end: checkpoints in, warehouse, laws and report out.
set -euo pipefail
cd "$(dirname "$0")/.."

bash Pipelines/setup.sh
swift build -c release
"$(swift build -c release --show-bin-path)/qid" run Manifests/demo.yaml "$@"
