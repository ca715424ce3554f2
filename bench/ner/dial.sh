#!/bin/sh
# The dial between speed and accuracy, through the whole service's pipeline: F1 of each marked set against words/s of one
# core, as OUT/dial.md and OUT/dial.svg (dial.py). Under a minute of one core.
# usage: dial.sh DATA_DIR SCORE.PY [COPYDESK [OUT_DIR [OPTION...]]]        (options: dial.py's)
#
# DATA_DIR: folders with a test.jsonl each, or a .jsonl file. COPYDESK: the program; built if it is not named. OUT_DIR: bench/ner.
set -eu
data=${1:?usage: dial.sh DATA_DIR SCORE.PY [COPYDESK [OUT_DIR [OPTION...]]]}
score=${2:?usage: dial.sh DATA_DIR SCORE.PY [COPYDESK [OUT_DIR [OPTION...]]]}
root=$(cd "$(dirname "$0")/../.." && pwd)
copydesk=${3:-}
out=${4:-$root/bench/ner}
if [ $# -lt 4 ]; then shift $#; else shift 4; fi
if [ -z "$copydesk" ]; then
    (cd "$root" && cargo build --quiet --locked --release --bin copydesk)
    copydesk=${CARGO_TARGET_DIR:-$root/target}/release/copydesk
fi
if [ -d "$data" ]; then
    set -- "$data"/*/test.jsonl "$@"
else
    set -- "$data" "$@"
fi
exec python3 "$root/bench/ner/dial.py" "$copydesk" "$score" "$out" "$@"
