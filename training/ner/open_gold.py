"""Reads open gold: records {text, ents} that mark people, organizations and places only (PER, ORG, LOC). Standard library only."""
import hashlib
import json
import re

import labels

WORD_EDGE = r"(?<![^\W_]){}(?![^\W_])"


def read(path):
    """[(text, ents)]; where a name that is marked elsewhere in the file stands unmarked, a "?" says that nothing is known.

    Such sets were marked by several people, or by rules; what one overlooked is no sign that the name is none.
    """
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    # A line break is a blank, for a record is one paragraph; offsets hold.
    paragraphs = [(record["text"].replace("\n", " "), sorted(record["ents"])) for record in records]
    names = {text[begin:end] for text, ents in paragraphs for begin, end, _ in ents}
    names = sorted((name for name in names if len(name) > 1 and name[0].isupper()), key=len, reverse=True)
    known = re.compile(WORD_EDGE.format("(?:" + "|".join(map(re.escape, names)) + ")")) if names else None
    return [(text, with_doubts(text, ents, known)) for text, ents in paragraphs]


def is_kept(text):
    """Is this text one of the tenth that calibrates the fast recognizer, and that its weights do not learn from?"""
    return hashlib.blake2b(text.encode(), digest_size=8, person=b"open gold").digest()[-1] % 10 == 0


def with_doubts(text, ents, known):
    doubts = [[found.start(), found.end(), "?"] for found in known.finditer(text)
              if not any(begin < found.end() and found.start() < end for begin, end, _ in ents)] if known else []
    return sorted([*ents, *doubts])


def completed(ents, said):
    """The marks with the types that were said of them, and the other mentions (begin, end, type, confidence), in order."""
    marks = [mark for mark in ents if mark[2] != "?"]
    result = []
    for begin, end, kind, _ in said:
        mark = next((mark for mark in marks if mark[0] < end and begin < mark[1]), None)
        if not mark:
            result.append([begin, end, kind])
        elif kind in labels.COARSE[mark[2]]:
            result.append([mark[0], mark[1], kind])
    return result
