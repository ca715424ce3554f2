#!/usr/bin/env python3
"""Writes the golden files of crates/copydesk-ner/tests/golden: spaCy's tokens and entities for the texts there.

texts.txt holds texts written for the purpose, one a line, with \\n and \\t escaped. With --corpus the first lines of
marked corpus files are added. Each line of a golden file is {"text", "tokens": [[begin, end]...],
"entities": [[begin, end, label]...]} with offsets in UTF-8 bytes.

usage: golden.py PACKAGE_DIR texts.txt [--corpus FILE...] > en_core_web_md.jsonl
"""
import json
import re
import sys

import spacy

MARK = re.compile(r"\[[A-Z_]+ ([^\[\]]+)\]")
CORPUS_LINES = 20

package, source, *rest = sys.argv[1:]
texts = [line.rstrip("\n").replace("\\n", "\n").replace("\\t", "\t") for line in open(source, encoding="utf-8")]
for path in rest[1:] if rest[:1] == ["--corpus"] else []:
    texts += [MARK.sub(r"\1", line.strip()) for line in list(open(path, encoding="utf-8"))[:CORPUS_LINES]]

pipeline = spacy.util.load_config(f"{package}/config.cfg")["nlp"]["pipeline"]
nlp = spacy.load(package, exclude=[name for name in pipeline if name != "ner"])
for text, doc in zip(texts, nlp.pipe(texts)):
    at = [len(text[:i].encode()) for i in range(len(text) + 1)]
    print(json.dumps({
        "text": text,
        "tokens": [[at[t.idx], at[t.idx + len(t)]] for t in doc],
        "entities": [[at[e.start_char], at[e.end_char], e.label_] for e in doc.ents],
    }, ensure_ascii=False))
