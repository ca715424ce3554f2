#!/usr/bin/env python3
"""Chooses, on the twentieth of the training articles that the weights never saw, how sure a mention must be.

usage: calibrate.py FOLDER OUT_FOLDER

An offset is added to the classifier's bias of O, the one with the best F1 there. Then the temperature with the least calibration
error. Both lie in the written folder; its form does not change.
"""
import json
import pathlib
import sys

import torch

import decoding
import evaluate
import network as networks
import prediction
import windows
import words

OFFSETS = [step / 4 for step in range(13)]
TEMPERATURES = [step / 20 for step in range(12, 61)]


def shifted(logits, offset):
    changed = logits.copy()
    if len(changed):
        changed[:, 0] += offset
    return changed


def offset_of(logits, gold):
    scores = []
    for offset in OFFSETS:
        said = [{mention[:3] for mention in decoding.mentions(shifted(rows, offset), found)} for found, rows in logits]
        scores.append(evaluate.f1(*evaluate.f1_by_type(gold, said)["all"]))
    return OFFSETS[scores.index(max(scores))], scores


def temperature_of(logits, gold):
    best = (1.0, 1.0)
    for temperature in TEMPERATURES:
        pairs = [(confidence, (begin, end, kind) in truth) for truth, (found, rows) in zip(gold, logits)
                 for begin, end, kind, confidence in decoding.mentions(rows, found, temperature)]
        best = min(best, (decoding.calibration_error(pairs), temperature))
    return best


def main():
    source, out = map(pathlib.Path, sys.argv[1:3])
    torch.set_num_threads(1)
    network, vocabulary = networks.load(source), words.Vocabulary(source / "vocab.txt")
    config = json.loads((source / "config.json").read_text())
    articles = windows.read_corpus("calibration")
    logits = [paragraph for article in prediction.logits_of(
        network, vocabulary, [[text for text, _ in article] for article in articles]) for paragraph in article]
    gold = evaluate.flat(articles)
    offset, scores = offset_of(logits, gold)
    error, temperature = temperature_of([(found, shifted(rows, offset)) for found, rows in logits], gold)
    with torch.no_grad():
        network.head.bias[0] += offset
    networks.save(network, out, vocabulary, temperature, config["name"], config["version"], config["licence"])
    print(f"F1 by offset {dict(zip(OFFSETS, (round(score, 2) for score in scores)))}; offset {offset}, "
          f"temperature {temperature}, calibration error there {error:.4f}")


if __name__ == "__main__":
    main()
