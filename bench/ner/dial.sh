#!/bin/sh
# The dial between speed and accuracy, through the whole service's pipeline: for each marked set, who reads, words a second
# on all processors (the program's start included), and score.py's F1.
# usage: dial.sh SCORE.PY GOLD.jsonl...
set -eu
score=${1:?usage: dial.sh SCORE.PY GOLD.jsonl...}
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && cargo build --quiet --locked --release)
fast="--model $root/models/copydesk-fast-1.0.0.cdner"
for gold; do
    python3 "$score" inputs "$gold" > "$work/in"
    words=$(python3 -c 'import json, sys; print(sum(len(json.loads(line)["text"].split()) for line in sys.stdin))' < "$work/in")
    echo "$gold"
    for reader in "fast" "fast $fast" "balanced" "balanced --balanced-certainty 0.6" "balanced $fast" "accurate"; do
        begin=$(date +%s.%N)
        # shellcheck disable=SC2086
        "$target/release/copydesk" analyze --jsonl --offsets code-point --accuracy $reader < "$work/in" > "$work/out"
        end=$(date +%s.%N)
        echo "  --accuracy $reader: $(echo "$words $begin $end" | awk '{printf "%.0f", $1 / ($3 - $2)}') words/s"
        python3 "$score" ner "$gold" "$work/out" | sed 's/^/    /'
    done
done
