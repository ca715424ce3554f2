#!/usr/bin/env python3
"""Labels raw text with an exported folder, for the fast recognizer to learn from.

usage: label.py FOLDER [--open-gold GOLD.jsonl] RAW.jsonl ... > LABELLED.jsonl

Writes {text, ents [[begin, end, type]], confidence: of the least sure mention, gold: was it marked}. Marks of PER, ORG and LOC of the open gold
hold: the network only says which kind of place it is, and what stands outside of them. Texts of RAW that are in GOLD are left out.
"""
import argparse
import json
import pathlib

import numpy
import torch

import decoding
import labels
import network as networks
import open_gold
import prediction
import windows
import words

# What each index of labels.allowed() leaves of the tags' scores.
ALLOWED = numpy.full((len(labels.allowed()), len(labels.LABELS)), -1e4, dtype=numpy.float32)
for _index, _tags in enumerate(labels.allowed()):
    ALLOWED[_index, _tags] = 0.0


def within_marks(logits, found, ents):
    """The logits where the marks allow the tag; far below all others elsewhere."""
    changed = logits.copy()
    for word, tag in enumerate(labels.coarse_tags(found, ents)):
        if tag != labels.IGNORED:
            changed[word] += ALLOWED[tag]
    return changed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("raw", nargs="*", type=pathlib.Path)
    parser.add_argument("--open-gold", type=pathlib.Path, action="append", default=[])
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(1)
    network, vocabulary = networks.load(arguments.folder), words.Vocabulary(arguments.folder / "vocab.txt")
    temperature = json.loads((arguments.folder / "config.json").read_text())["temperature"]
    paragraphs = [paragraph for path in arguments.open_gold for paragraph in open_gold.read(path)]
    known = {text for text, _ in paragraphs}
    paragraphs += [(line, None) for path in arguments.raw for record in windows.read_jsonl(path)
                   for _, line in windows.paragraphs_of(record["text"]) if line not in known]
    logits = prediction.logits_of(network, vocabulary, [[text] for text, _ in paragraphs])
    for (text, ents), ((found, rows),) in zip(paragraphs, logits):
        if ents is None:
            said = decoding.mentions(rows, found, temperature)
            least = min((confidence for *_, confidence in said), default=1.0)
            said = [mention[:3] for mention in said]
        else:
            said, least = open_gold.completed(ents, decoding.mentions(within_marks(rows, found, ents), found, temperature)), 1.0
        print(json.dumps({"text": text, "ents": said, "confidence": round(least, 4), "gold": ents is not None}, ensure_ascii=False))


if __name__ == "__main__":
    main()
