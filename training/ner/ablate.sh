#!/bin/sh
# What each part of the training adds, on a small budget: prints rows of F1 on GOLD... and on the held-out tenth, without and with
# the article pass, and of calibration errors (measure.py). The fast recognizer, EPOCHS (1) epochs, one seed.
# usage: ablate.sh OUT_DIR LABELLED.jsonl RAW.jsonl SCORE.PY GOLD.jsonl...
#   LABELLED: what label.py wrote of open gold and open text; RAW: text that is rehearsed with en_core_web_md's own labels
#
# ONLY names the rows to run, as "share-25 no-swap".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
usage="usage: ablate.sh OUT_DIR LABELLED.jsonl RAW.jsonl SCORE.PY GOLD.jsonl..."
out=${1:?$usage}
labelled=${2:?$usage}
raw=${3:?$usage}
score=${4:?$usage}
shift 4
venvs=${COPYDESK_TRAINING_VENV:-$root/.venv}
mkdir -p "$out"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
cd "$root"
cargo build --quiet --release --locked -p copydesk-ner --examples
tools=${CARGO_TARGET_DIR:-$root/target}/release/examples
grep '"gold": true' "$labelled" > "$out/gold.jsonl"
grep '"gold": false' "$labelled" > "$out/distilled.jsonl"

row() {
    name=$1
    case " ${ONLY:-$name} " in *" $name "*) ;; *) return ;; esac
    shift
    "$venvs/fast/bin/python" "$here/fast.py" "$out/$name" --epochs "${EPOCHS:-1}" "$@" > "$out/$name.log" 2>&1
    "$venvs/fast/bin/python" "$here/calibrate_fast.py" "$out/$name" "$tools" >> "$out/$name.log" 2>&1
    "$tools/compile_package" "$out/$name" "$out/$name.cdner" > /dev/null
    # shellcheck disable=SC2086
    python3 "$here/measure.py" "$tools" "$out/$name.cdner" --score "$score" $sets
}

sets=$*
row share-100
row open-gold --labelled "$out/gold.jsonl"
row distilled --labelled "$out/distilled.jsonl"
row open-gold-and-distilled --labelled "$labelled"
row share-25 --share 0.25
row share-50 --share 0.5
row no-swap --swap 0
row rehearsed --rehearse "$raw"
