#!/bin/sh
# Holds tokens and entities against spaCy's on every text under a data directory, for each package named.
# usage: compare.sh DATA_DIR [PACKAGE...]        (default: en_core_web_sm en_core_web_md; a directory works too)
set -eu
data=${1:?usage: compare.sh DATA_DIR [PACKAGE...]}
shift
. "$(dirname "$0")/packages.sh"
"$venv/bin/python" "$root/bench/ner/texts.py" "$data" > "$out/texts.jsonl"
for name in ${*:-en_core_web_sm en_core_web_md}; do
    compile "$name"
    short=$(basename "$name")
    "$tools/annotate" "$out/$short.cdner" < "$out/texts.jsonl" > "$out/$short.jsonl"
    "$venv/bin/python" "$root/bench/ner/compare.py" "$(package "$name")" "$out/$short.jsonl" "$out/texts.jsonl"
done
