#!/bin/sh
# Trains small pipelines with `spacy train` on the marked news paragraphs, in shapes that no published package has,
# and holds them against spaCy as compare.sh does: own widths, depths, windows, pieces, attributes, labels; a shared
# tok2vec; no hidden layer between state and scores; a state of six tokens.
# usage: train.sh DATA_DIR CORPUS.txt...
set -eu
data=${1:?usage: train.sh DATA_DIR CORPUS.txt...}
shift
. "$(dirname "$0")/packages.sh"
work=$out/train
mkdir -p "$work"
"$venv/bin/python" "$root/bench/ner/train.py" "$work" "$@"
"$venv/bin/python" "$root/bench/ner/texts.py" "$data" --limit 3000 > "$work/texts.jsonl"
for config in "$work"/*.cfg; do
    name=$(basename "$config" .cfg)
    "$venv/bin/python" -m spacy train "$config" --output "$work/$name" > "$work/$name.log" 2>&1 \
        || { tail -n 20 "$work/$name.log"; exit 1; }
    package=$work/$name/model-last
    "$tools/compile_package" "$package" "$out/$name.cdner"
    "$tools/annotate" "$out/$name.cdner" < "$work/texts.jsonl" > "$out/$name.jsonl"
    "$venv/bin/python" "$root/bench/ner/compare.py" "$package" "$out/$name.jsonl" "$work/texts.jsonl"
done
