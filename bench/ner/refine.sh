#!/bin/sh
# Scores the network's bare mentions and the refined ones with score.py on marked texts (issue: floors for F1).
# usage: refine.sh SCORE.PY GOLD.jsonl...
set -eu
score=${1:?usage: refine.sh SCORE.PY GOLD.jsonl...}
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
mkdir -p "$target/ner"
(cd "$root" && cargo build --quiet --release -p copydesk-ner --examples)
for gold; do
    python3 "$score" inputs "$gold" > "$target/ner/in.jsonl"
    for mode in --bare --refined; do
        "$target/release/examples/predictions" "$root/models/en_core_web_md-3.8.0.cdner" $mode \
            < "$target/ner/in.jsonl" > "$target/ner/out.jsonl"
        echo "$gold $mode"
        python3 "$score" ner "$gold" "$target/ner/out.jsonl"
    done
done
