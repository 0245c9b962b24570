#!/usr/bin/env bash
# Feeds the parsers inputs that libFuzzer makes out of the fixtures, guided by what code they reach:
#   bash Pipelines/fuzz.sh [SECONDS FOR EACH PARSER, 60] [PARSER …]
# An input that ends a parser is left in .build-fuzz/found; .build-fuzz/corpus grows from run to run.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
QID_FUZZ=1 swift build -c release --scratch-path .build-fuzz --sanitize=fuzzer --product qid-fuzz
program=.build-fuzz/release/qid-fuzz
parsers=${*:-safetensors torch gguf config tar compressed tokenizer array lines manifest lock json spec law points}
fixtures=Tests/Fixtures
mkdir -p .build-fuzz/found

seed() { # PARSER FILE …: the small ones among some files
    folder=.build-fuzz/corpus/$1
    mkdir -p "$folder"
    shift
    for file in "$@"; do
        [ ! -f "$file" ] || [ "$(stat -c %s "$file")" -gt 200000 ] || cp "$file" "$folder/seed-$(echo "$file" | tr / _)"
    done
}
text() { mkdir -p ".build-fuzz/corpus/$1"; printf '%s' "$3" > ".build-fuzz/corpus/$1/seed-$2"; }

for file in $(find $fixtures Manifests/demo -name '*.safetensors'); do seed safetensors "$file"; done
seed torch $fixtures/torch/*
seed gguf $fixtures/gguf/*.gguf
for file in $(find $fixtures -name config.json); do seed config "$file"; done
for file in $(find $fixtures -name tokenizer.json); do seed tokenizer "$file"; done
mkdir -p .build-fuzz/seeds
tar -cf .build-fuzz/seeds/a.tar -C $fixtures/architectures/gpt2 config.json
tar --format=pax -cf .build-fuzz/seeds/b.tar -C $fixtures/architectures/gpt2 config.json
gzip -kf .build-fuzz/seeds/a.tar
seed tar .build-fuzz/seeds/*
seed compressed .build-fuzz/seeds/*.gz $(find Manifests/demo -name '*.zst')
seed manifest Manifests/*.yaml
seed json $fixtures/architectures/gpt2/config.json
text lines a '{"text": "ab"}
'
text spec a '{"method": "gptq", "bits": [4, 3], "group": 128, "symmetric": false, "sparse": "2:4"}'
text law a 'kl = k * D^beta / (N^alpha * P^gamma)'
text points a 'params,tokens,bits,qid
1e8,1e9,4,0.1
'
head -c 4096 $fixtures/heldout.npy > .build-fuzz/seeds/c.npy
seed array .build-fuzz/seeds/c.npy

for parser in $parsers; do
    mkdir -p ".build-fuzz/corpus/$parser"
    echo "fuzz: $parser"
    QID_FUZZ_PARSER=$parser QID_FUZZ_DIRECTORY=${QID_FUZZ_DIRECTORY:-/dev/shm} $program -max_total_time="$seconds" \
        -rss_limit_mb=1024 -timeout=20 -max_len=200000 -artifact_prefix=".build-fuzz/found/$parser-" \
        -print_final_stats=1 -verbosity=0 ".build-fuzz/corpus/$parser"
done
