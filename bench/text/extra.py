#!/usr/bin/env python3
"""Measures that the common scorer does not have. Standard library only.

    extra.py segments GOLD PREDICTIONS   segments that must appear and segments that must not
    extra.py language GOLD PREDICTIONS   share of documents whose language is right (`no` counts as `nb`)
    extra.py offsets  GOLD PREDICTIONS   raw spans, with the raw text composed (NFC) and literal angle brackets in clean
                                         text left alone: what is wrong here is wrong, not normalized
"""
import gzip, html, json, re, sys, unicodedata


def read(path):
    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path)) as f:
        return [json.loads(line) for line in f if line.strip()]


def segments(gold, pred):
    squeeze = lambda s: " ".join(s.split())
    found = {"with": [0, 0], "without": [0, 0]}
    for g in gold:
        text = squeeze(pred.get(g["id"], {}).get("text") or "")
        for kind, count in found.items():
            for segment in g.get(kind) or []:
                count[squeeze(segment) in text] += 1
    for kind, (no, yes) in found.items():
        print(f"{kind}: {yes} of {no + yes} appear, {yes / (no + yes):.4f}")


def language(gold, pred):
    code = lambda c: {"no": "nb"}.get((c or "").split("-")[0].lower(), (c or "").split("-")[0].lower())
    right = sum(code(g.get("lang")) == code(pred.get(g["id"], {}).get("language")) for g in gold)
    print(f"language right: {right / len(gold):.4f} of {len(gold)}")


def offsets(gold, pred):
    words = lambda s: re.sub(r"\W+", "", unicodedata.normalize("NFC", s))
    total = good = 0
    for g in gold:
        raw = g.get("html") or g.get("text") or "\n".join(g.get("lines", []))
        d = pred.get(g["id"], {})
        for p in d.get("paragraphs", []):
            s = p["span"]
            span = raw[s["rawBegin"]:s["rawEnd"]]
            span = html.unescape(re.sub(r"<[^>]*>", "", span)) if g.get("html") else span
            total += 1
            good += words(span) == words(d["text"][s["begin"]:s["end"]]) != ""
    print(f"paragraphs {total}  raw span right, composed {good / total if total else 0:.4f}")


if __name__ == "__main__":
    verbs = {"segments": segments, "language": language, "offsets": offsets}
    if len(sys.argv) != 4 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](read(sys.argv[2]), {str(d["externalId"]): d for d in read(sys.argv[3])})
