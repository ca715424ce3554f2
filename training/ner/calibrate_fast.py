#!/usr/bin/env python3
"""Fits the two numbers that make the fast recognizer's scores probabilities (Platt scaling) and writes them into the package.

usage: calibrate_fast.py PACKAGE TOOLS [GOLD.jsonl]      TOOLS: the folder with compile_package and predictions, examples of copydesk-ner

Fitted on every second article of the held-out tenth, since the weights have seen all others, and, if given, on the tenth of
GOLD ({text, ents} with PER, ORG and LOC) that fast.py leaves out: text of another kind, which counts for as much. The error is
reported on the rest of the held-out tenth. `copydesk model import` reads the numbers from meta.json, `copydesk_calibration`.
"""
import json
import math
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import corpus  # noqa: E402
import open_gold  # noqa: E402
from decoding import calibration_error  # noqa: E402


def scored(package, tools, articles, types=None):
    """(probability, is right) of each mention that the compiled package finds."""
    compiled = package.with_suffix(".calibrating.cdner")
    subprocess.run([tools / "compile_package", package, compiled], check=True, stdout=subprocess.DEVNULL)
    lines = "\n".join(json.dumps({"externalId": str(number), "text": "\n".join(text for text, _ in article)})
                      for number, article in enumerate(articles))
    said = subprocess.run([tools / "predictions", compiled, "--bare"], input=lines, capture_output=True, text=True, check=True)
    compiled.unlink()
    for article, line in zip(articles, said.stdout.splitlines()):
        truth, offset = set(), 0
        for text, ents in article:
            truth |= {(begin + offset, end + offset, kind) for begin, end, kind in ents}
            offset += len(text) + 1
        for entity in json.loads(line)["entities"]:
            kind = types.get(entity["type"]) if types else entity["type"]
            for mention in entity["mentions"] if kind else []:
                span = mention["span"]
                yield mention["probability"], (span["rawBegin"], span["rawEnd"], kind) in truth


COARSE = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}


def scored_coarsely(package, tools, path):
    """The same on the kept records with the types PER, ORG and LOC alone; mentions of other types say nothing."""
    articles = [[paragraph] for paragraph in open_gold.read(path) if open_gold.is_kept(paragraph[0])]
    return list(scored(package, tools, articles, COARSE))


def logit(probability):
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(probability / (1 - probability))


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def fit(kinds, rounds=50):
    """Slope and offset of the logistic regression of right on logit, by Newton's method; each list of pairs counts alike."""
    weighted = [(logit(probability), right, 1 / len(pairs)) for pairs in kinds for probability, right in pairs]
    slope, offset = 1.0, 0.0
    for _ in range(rounds):
        gradient, curve = [0.0, 0.0], [1e-9, 0.0, 1e-9]
        for x, right, share in weighted:
            said = sigmoid(slope * x + offset)
            weight, error = share * said * (1 - said), share * (said - right)
            gradient = [gradient[0] + error * x, gradient[1] + error]
            curve = [curve[0] + weight * x * x, curve[1] + weight * x, curve[2] + weight]
        determinant = curve[0] * curve[2] - curve[1] ** 2
        slope -= (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant
        offset -= (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant
    return round(slope, 4), round(offset, 4)


def main():
    package, tools = map(pathlib.Path, sys.argv[1:3])
    held = [[corpus.read(line) for line in lines] for _, _, lines in corpus.articles() if corpus.is_held_out(lines)]
    meta = json.loads((package / "meta.json").read_text())
    meta["copydesk_calibration"] = [1.0, 0.0]
    (package / "meta.json").write_text(json.dumps(meta, indent=2))
    kinds = [list(scored(package, tools, held[::2]))]
    kinds += [scored_coarsely(package, tools, path) for path in map(pathlib.Path, sys.argv[3:])]
    slope, offset = fit([pairs for pairs in kinds if pairs])
    pairs = [(sigmoid(slope * logit(probability) + offset), right)
             for probability, right in scored(package, tools, held[1::2])]
    meta["copydesk_calibration"] = [slope, offset]
    (package / "meta.json").write_text(json.dumps(meta, indent=2))
    print(f"slope {slope}, offset {offset}; calibration error on the other half {calibration_error(pairs):.4f}")


if __name__ == "__main__":
    main()
