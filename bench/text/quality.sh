#!/bin/sh
# Prints every table of the cleaning's quality: body, segments, flat text, metadata, offsets, language, pages per second.
#
#   bench/text/quality.sh DATA_DIR SCORE_PY [peers]
#
# DATA_DIR holds cleaning/*.jsonl.gz, SCORE_PY is the scorer; neither is part of the repository. With a third argument the
# peers' crates are built (minutes) and measured on the same pages in the same run. One fixed setting for all sets.
# Fails if a figure lies below its floor in floors.txt.
set -eu
data=${1:?usage: quality.sh DATA_DIR SCORE_PY [peers]}/cleaning
score=${2:?usage: quality.sh DATA_DIR SCORE_PY [peers]}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=${CARGO_TARGET_DIR:-$root/target}

cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml" -p copydesk-text --example articles
ours="$target/release/examples/articles"
peers=
if [ $# -gt 2 ]; then
    CARGO_TARGET_DIR="$target/peers" cargo build --quiet --locked --release --manifest-path "$here/peers/Cargo.toml"
    peers="$target/peers/release/text-peers"
fi

ours() {
    set=$1 gold="$data/$1.jsonl.gz"
    echo "== $set"
    "$ours" < "$work/in" > "$work/out" 2> "$work/note"
    cat "$work/note"
    case $set in
        html-trafilatura) python3 "$here/extra.py" segments "$gold" "$work/out" ;;
        flat-*) python3 "$score" flat "$gold" "$work/out" ;;
        *) python3 "$score" body "$gold" "$work/out" ;;
    esac
    if [ "$set" = html-fundus ]; then
        python3 "$score" meta "$gold" "$work/out"
        python3 "$here/extra.py" language "$gold" "$work/out"
    fi
    python3 "$score" offsets "$gold" "$work/out"
    python3 "$here/extra.py" offsets "$gold" "$work/out"
}

beside() {
    set=$1 gold="$data/$1.jsonl.gz"
    for peer in trafilatura trafilatura-precision dom_smoothie libreadability; do
        "$peers" $peer < "$work/in" > "$work/peer" 2> "$work/peer-note" || true
        tail -1 "$work/peer-note"
        if [ "$set" = html-trafilatura ]; then
            python3 "$here/extra.py" segments "$gold" "$work/peer"
        else
            python3 "$score" body "$gold" "$work/peer"
        fi
    done
}

for set in html-fundus html-fundus-eval html-wcxb html-trafilatura flat-full flat-light; do
    gold="$data/$set.jsonl.gz"
    [ -f "$gold" ] || continue
    python3 "$score" inputs "$gold" > "$work/in"
    ours $set > "$work/table"
    cat "$work/table"
    cat "$work/table" >> "$work/tables"
    case $set in html-*) [ -z "$peers" ] || beside $set ;; esac
done
echo "== floors"
python3 "$here/extra.py" floors "$here/floors.txt" "$work/tables"
