#!/usr/bin/env python3
"""Labels raw text with an exported folder, for the fast recognizer to learn from.

usage: label.py FOLDER RAW.jsonl ... > LABELLED.jsonl       {text, ents [[begin, end, type]], confidence: of the least sure mention}
"""
import json
import pathlib
import sys

import torch

import network as networks
import prediction
import windows
import words


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    network, vocabulary = networks.load(folder), words.Vocabulary(folder / "vocab.txt")
    temperature = json.loads((folder / "config.json").read_text())["temperature"]
    texts = [line for path in sys.argv[2:] for record in windows.read_jsonl(path)
             for _, line in windows.paragraphs_of(record["text"])]
    for text, (found,) in zip(texts, prediction.recognize(network, vocabulary, [[text] for text in texts], temperature)):
        least = min((confidence for *_, confidence in found), default=1.0)
        print(json.dumps({"text": text, "ents": [mention[:3] for mention in found], "confidence": round(least, 4)},
                         ensure_ascii=False))


if __name__ == "__main__":
    main()
