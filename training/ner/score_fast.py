#!/usr/bin/env python3
"""Scores a spaCy package on the held-out tenth (18 types, exact) and on marked sets (PER, ORG, LOC), as evaluate.py does.

usage: score_fast.py PACKAGE [--score SCORE.PY] [--out FOLDER] [GOLD.jsonl ...]         PACKAGE "md": en_core_web_md as it is
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

import spacy

from fast import corpus, md


def lines_of(text):
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            yield offset, line
        offset += len(line) + 1


def recognize(nlp, text):
    return [(offset + ent.start_char, offset + ent.end_char, ent.label_)
            for offset, line in lines_of(text) for ent in nlp(line).ents]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package")
    parser.add_argument("gold", nargs="*", type=pathlib.Path)
    parser.add_argument("--score", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("/tmp"))
    arguments = parser.parse_intermixed_args()
    nlp = spacy.load(md() if arguments.package == "md" else arguments.package)
    for name in [name for name in nlp.component_names if name != "ner"]:
        nlp.remove_pipe(name)
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for _, _, lines in corpus.articles():
        for text, ents in map(corpus.read, lines) if corpus.is_held_out(lines) else ():
            truth, found = {tuple(ent) for ent in ents}, set(recognize(nlp, text))
            for index, marks in enumerate((truth & found, found - truth, truth - found)):
                for mark in marks:
                    counts[mark[2]][index] += 1
                    counts["all"][index] += 1
    for kind in [*corpus.TYPES, "all"]:
        right, wrong, missed = counts[kind]
        print(f"heldout {kind:12} F1 {200 * right / max(2 * right + wrong + missed, 1):5.1f}  of {right + missed}", flush=True)
    for gold in arguments.gold:
        out = arguments.out / f"said-fast-{gold.parent.name}.jsonl"
        with gold.open(encoding="utf-8") as records, out.open("w", encoding="utf-8") as said:
            for record in map(json.loads, records):
                entities = [{"type": kind, "mentions": [{"span": {"rawBegin": begin, "rawEnd": end}}]}
                            for begin, end, kind in recognize(nlp, record["text"])]
                print(json.dumps({"externalId": record["id"], "entities": entities}, ensure_ascii=False), file=said)
        print(gold.parent.name, flush=True)
        if arguments.score:
            subprocess.run([sys.executable, arguments.score, "ner", gold, out], check=True)


if __name__ == "__main__":
    main()
