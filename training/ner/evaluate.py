#!/usr/bin/env python3
"""Scores an exported folder on the held-out tenth of the corpus (18 types, exact) and on marked sets (PER, ORG, LOC).

usage: evaluate.py FOLDER [--score SCORE.PY] [GOLD.jsonl ...]

Of each GOLD the predictions are written beside the folder, in the form that SCORE.PY reads. Quantized arithmetic is
simulated with --quantized.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

import torch

import decoding
import labels
import network as networks
import prediction
import quantization
import windows
import words


def predictions_of(network, vocabulary, records, temperature):
    """Score.py's records: spans in code points of the record's text."""
    places = [list(windows.paragraphs_of(record["text"])) for record in records]
    said = prediction.recognize(network, vocabulary, [[line for _, line in place] for place in places], temperature)
    for record, place, paragraphs in zip(records, places, said):
        mentions = [(offset + begin, offset + end, kind, confidence)
                    for (offset, _), found in zip(place, paragraphs) for begin, end, kind, confidence in found]
        yield {"externalId": record["id"], "entities": [
            {"type": kind, "mentions": [{"span": {"rawBegin": begin, "rawEnd": end}, "probability": confidence}]}
            for begin, end, kind, confidence in mentions]}


def f1_by_type(gold, said):
    """{type: [right, wrong, missed]} with "all", from equally ordered lists of sets of (begin, end, type)."""
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for truth, found in zip(gold, said):
        for index, marks in enumerate((truth & found, found - truth, truth - found)):
            for mark in marks:
                counts[mark[2]][index] += 1
                counts["all"][index] += 1
    return counts


def f1(right, wrong, missed):
    return 200 * right / (2 * right + wrong + missed) if right else 0.0


def flat(articles):
    return [{(begin, end, kind) for begin, end, kind in ents} for article in articles for _, ents in article]


def score_corpus(network, vocabulary, articles, temperature):
    """Counts by type and the (confidence, is right) pairs on marked articles."""
    said = prediction.recognize(network, vocabulary, [[text for text, _ in article] for article in articles], temperature)
    paragraphs = [found for article in said for found in article]
    gold = flat(articles)
    pairs = [(confidence, (begin, end, kind) in truth)
             for truth, found in zip(gold, paragraphs) for begin, end, kind, confidence in found]
    return f1_by_type(gold, [{mention[:3] for mention in found} for found in paragraphs]), pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("gold", nargs="*", type=pathlib.Path)
    parser.add_argument("--score", type=pathlib.Path)
    parser.add_argument("--quantized", action="store_true", help="with int8 weights and 7-bit activations, simulated")
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(1)
    network = networks.load(arguments.folder)
    if arguments.quantized:
        quantization.simulate(network)
    temperature = json.loads((arguments.folder / "config.json").read_text())["temperature"]
    vocabulary = words.Vocabulary(arguments.folder / "vocab.txt")
    counts, pairs = score_corpus(network, vocabulary, windows.read_corpus("heldout"), temperature)
    for kind in [*labels.TYPES, "all"]:
        print(f"heldout {kind:12} F1 {f1(*counts[kind]):5.1f}  of {counts[kind][0] + counts[kind][2]}")
    print(f"heldout calibration error {decoding.calibration_error(pairs):.4f}", flush=True)
    for gold in arguments.gold:
        out = arguments.folder / f"said-{gold.parent.name}.jsonl"
        with open(out, "w", encoding="utf-8") as lines:
            for record in predictions_of(network, vocabulary, windows.read_jsonl(gold), temperature):
                print(json.dumps(record, ensure_ascii=False), file=lines)
        print(gold.parent.name, flush=True)
        if arguments.score:
            subprocess.run([sys.executable, arguments.score, "ner", gold, out], check=True)


if __name__ == "__main__":
    main()
