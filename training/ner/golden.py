#!/usr/bin/env python3
"""What PyTorch makes of articles, step by step, for the engine's tests of parity.

usage: golden.py FOLDER > golden.json     [{paragraphs: [{text, words [[begin, end]], cases, pieces [[...]], tags, mentions}]}]

Offsets are UTF-8 bytes of the paragraph. Articles: 25 of the corpus' held-out tenth, then odd ones written here.
"""
import json
import pathlib
import sys

import torch

import decoding
import labels
import network as networks
import prediction
import windows
import words

ODD = [
    ["Russian S-400s reached Ankara, AFP reported."],
    ["", "   ", "\u200b", "…"],
    ["😀😀 LOL Maria 😀 said hi"],
    ["東京 Tokyo 2020 — café Zoë İstanbul ŁÓDŹ naïve co\u00adoperate"],
    ["x" * 150 + " met Anna Lind in Malmö"],
    ["US-led forces left al-Shaddadi at 5.30pm GMT; 12% of €3.5bn was spent."],
    ["MINISTER QUITS AFTER LISBON VOTE", "By JOANA PRATES", "the minister, ana reis, quit in lisbon on friday"],
    ["Dr. O’Neill's “Winter Light” won the 3rd Golden Reel Award\tin Cork."],
    ["word " * 600],
    ["Kofi Adjei of Tema Shipping told Reuters. " * 40, "Adjei left on 4 May."],
]


def spelled(text):
    """Byte offset of each code point of the text and of its end."""
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + len(char.encode()))
    return offsets


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    network, vocabulary = networks.load(folder), words.Vocabulary(folder / "vocab.txt")
    temperature = json.loads((folder / "config.json").read_text())["temperature"]
    held = windows.read_corpus("heldout")
    long = [article for article in held if len(article) > 3][:25]
    alone = [article for article in held if len(article) == 1][:15]
    articles = [[text for text, _ in article] for article in long + alone] + ODD
    result = []
    for article, said in zip(articles, prediction.logits_of(network, vocabulary, articles)):
        paragraphs = []
        for text, (found, logits) in zip(article, said):
            at = spelled(text)
            path = decoding.viterbi(decoding.log_softmax(logits / temperature)) if found else []
            paragraphs.append({
                "text": text, "words": [[at[begin], at[end]] for begin, end, _, _ in found],
                "cases": [case for *_, case in found], "pieces": [pieces for _, _, pieces, _ in found],
                "tags": [labels.LABELS[tag] for tag in path],
                "mentions": [[at[begin], at[end], kind, round(confidence, 5)]
                             for begin, end, kind, confidence in decoding.mentions(logits, found, temperature)]})
        result.append({"paragraphs": paragraphs})
    json.dump(result, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
