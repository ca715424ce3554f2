#!/usr/bin/env python3
"""Holds copydesk-ner's tokens and entities against spaCy's on the same texts, and lists every difference.

Both read the same JSONL (a `text` a line); spaCy runs with only its NER enabled. Run by bench/ner/compare.sh.

usage: compare.py PACKAGE_DIR OURS.jsonl TEXTS.jsonl [--limit N] [--show N]
"""
import argparse
import json
import sys

import spacy

parser = argparse.ArgumentParser()
parser.add_argument("package")
parser.add_argument("ours")
parser.add_argument("texts")
parser.add_argument("--show", type=int, default=20)
options = parser.parse_args()

texts = [json.loads(line)["text"] for line in open(options.texts, encoding="utf-8")]
ours = [json.loads(line) for line in open(options.ours, encoding="utf-8")]
config = spacy.util.load_config(f"{options.package}/config.cfg")
ner = [name for name in config["nlp"]["pipeline"] if config["components"][name]["factory"] == "ner"]
listens = "Listener" in config["components"][ner[0]]["model"]["tok2vec"]["@architectures"]
keep = ner + (["tok2vec"] if listens else [])
exclude = [name for name in config["nlp"]["pipeline"] if name not in keep]
nlp = spacy.load(options.package, exclude=exclude)

tokens = bad_tokens = entities = bad_entities = bad_given_tokens = shown = 0
for text, mine, doc in zip(texts, ours, nlp.pipe(texts, batch_size=128), strict=True):
    theirs = {(t.idx, t.idx + len(t)) for t in doc}
    got = {tuple(t) for t in mine["tokens"]}
    tokens += len(theirs)
    wrong = theirs - got
    bad_tokens += len(wrong)
    expected = {(e.start_char, e.end_char, e.label_) for e in doc.ents}
    found = {(b, e, label) for b, e, label, _ in mine["entities"]}
    entities += len(expected)
    missed, extra = expected - found, found - expected
    bad_entities += max(len(missed), len(extra))
    if theirs == got:
        bad_given_tokens += max(len(missed), len(extra))
    if (wrong or missed or extra) and shown < options.show:
        shown += 1
        print(json.dumps({
            "text": text[:60],
            "spacy_tokens": [text[b:e] for b, e in sorted(wrong)][:8],
            "our_tokens": [text[b:e] for b, e in sorted(got - theirs)][:8],
            "spacy_only": [(text[b:e], label) for b, e, label in sorted(missed)],
            "ours_only": [(text[b:e], label) for b, e, label in sorted(extra)],
        }, ensure_ascii=False))

print(f"texts {len(texts)}  tokens {tokens}, different {bad_tokens} ({100 - 100 * bad_tokens / max(tokens, 1):.4f} % equal)  "
      f"entities {entities}, different {bad_entities} ({100 - 100 * bad_entities / max(entities, 1):.4f} % equal), "
      f"of them {bad_given_tokens} in texts with equal tokens")
sys.exit(0 if bad_tokens <= tokens * 0.0002 and bad_entities <= entities * 0.001 else 1)
