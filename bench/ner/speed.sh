#!/bin/sh
# Words per second on one thread, ours and spaCy's in turns, on the texts under a data directory.
# usage: speed.sh DATA_DIR [PACKAGE]        (default: en_core_web_md)
set -eu
data=${1:?usage: speed.sh DATA_DIR [PACKAGE]}
name=${2:-en_core_web_md}
. "$(dirname "$0")/packages.sh"
"$venv/bin/python" "$root/bench/ner/texts.py" "$data" > "$out/texts.jsonl"
compile "$name"
"$venv/bin/python" "$root/bench/ner/speed.py" "$(package "$name")" "$out/$(basename "$name").cdner" \
    "$tools/throughput" "$out/texts.jsonl"
