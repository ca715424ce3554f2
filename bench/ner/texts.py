#!/usr/bin/env python3
"""Gathers the texts of a data directory as JSONL, `{"text": ...}` a line: what compare.sh and speed.sh run on.

Takes every `text` and `body`, and the lines of flattened pages joined by line feeds, from .jsonl and .jsonl.gz files,
and the paragraphs of marked corpora (.txt, marks removed). With --html also the HTML source itself as if it were text,
a hard test of the tokenizer. Texts that occur twice are taken once.

usage: texts.py DIR [--html] [--limit N] > texts.jsonl
"""
import gzip
import json
import re
import sys
from pathlib import Path

MARK = re.compile(r"\[[A-Z_]+ ([^\[\]]+)\]")


def texts(directory, html):
    for path in sorted(Path(directory).rglob("*")):
        if path.suffix == ".txt":
            yield from (MARK.sub(r"\1", line.strip()) for line in open(path, encoding="utf-8"))
        if not path.name.endswith((".jsonl", ".jsonl.gz")):
            continue
        with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")) as file:
            for line in file:
                record = json.loads(line)
                for field in ("text", "body"):
                    value = record.get(field)
                    if value:
                        yield value if isinstance(value, str) else "\n\n".join(value)
                if record.get("lines"):
                    yield "\n".join(record["lines"])
                if html and record.get("html"):
                    yield record["html"][:50_000]


limit = int(sys.argv[sys.argv.index("--limit") + 1]) if "--limit" in sys.argv else None
seen = set()
for text in texts(sys.argv[1], "--html" in sys.argv):
    if len(seen) == limit:
        break
    if text and text not in seen:
        seen.add(text)
        print(json.dumps({"text": text}, ensure_ascii=False))
