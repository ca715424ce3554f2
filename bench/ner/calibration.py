#!/usr/bin/env python3
"""Expected calibration error of mention probabilities on marked texts: does 0.8 mean right in 8 cases of 10?

Reads gold files ({text, ents} a line) and, for each, the output of the `predictions` example in the same order; counts
a PERSON, ORG, GPE, LOC or FAC mention as right if span (without leading article, trailing 's) and type are. Uses the
odd records only, with ten equal bins. Standard library only; SCORE.PY gives the span rules.

usage: calibration.py SCORE.PY GOLD.jsonl=PREDICTIONS.jsonl...
"""
import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("score", sys.argv[1])
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)


def error(pairs):
    bins = [[0, 0.0, 0] for _ in range(10)]
    for probability, right in pairs:
        chosen = bins[min(int(probability * 10), 9)]
        chosen[0] += 1
        chosen[1] += probability
        chosen[2] += right
    return sum(abs(total - right) for _, total, right in bins) / max(len(pairs), 1), bins


everything = []
for argument in sys.argv[2:]:
    gold, predictions = argument.split("=")
    pairs = []
    for i, (record, said) in enumerate(zip(open(gold), open(predictions))):
        if i % 2 == 0:
            continue
        record, said = json.loads(record), json.loads(said)
        text = record["text"]
        truth = {score.normal(text, b, e) + (score.GOLD_TYPES[k],) for b, e, k in record["ents"] if k in score.GOLD_TYPES}
        for entity in said["entities"]:
            kind = score.OURS.get(entity["type"])
            for mention in entity["mentions"] if kind else []:
                span = score.normal(text, mention["span"]["rawBegin"], mention["span"]["rawEnd"])
                pairs.append((mention["probability"], span + (kind,) in truth))
    everything += pairs
    print(f"{gold}: {len(pairs)} mentions, calibration error {error(pairs)[0]:.3f}")
total, bins = error(everything)
print(f"all: {len(everything)} mentions, calibration error {total:.3f}")
for count, predicted, right in bins:
    if count:
        print(f"  {count:6} said {predicted / count:.2f}, right {right / count:.2f}")
