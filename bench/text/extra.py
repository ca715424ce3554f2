#!/usr/bin/env python3
"""Measures that the common scorer does not have. Standard library only.

    extra.py segments GOLD PREDICTIONS   segments that must appear and segments that must not
    extra.py language GOLD PREDICTIONS   share of documents whose language is right (`no` counts as `nb`)
    extra.py offsets  GOLD PREDICTIONS   raw spans as the common scorer decodes them, but with what cleaning changes on
                                         purpose done to the raw text too: broken UTF-8 repaired, then composed (NFC);
                                         literal angle brackets in clean text are text. What is wrong here is wrong
    extra.py floors   FLOORS TABLES      fails if a figure of the tables lies below its floor, or above its ceiling
"""
import gzip, html, json, os, re, sys, unicodedata


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


HIGH = "[\x80-\xff" + "".join(bytes([b]).decode("cp1252") for b in range(128, 160) if b not in (129, 141, 143, 144, 157)) + "]"


def byte(c):
    return c.encode("latin-1") if ord(c) < 256 else c.encode("cp1252")


def repaired(text):
    """Runs that were UTF-8 read as windows-1252 or latin-1, read right; anything else as it is."""
    def one(match):
        try:
            return b"".join(map(byte, match.group())).decode("utf-8")
        except UnicodeDecodeError:
            return match.group()
    return re.sub(HIGH + "{2,}", one, text)


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
            clean = words(d["text"][s["begin"]:s["end"]])
            right = clean in (words(span), words(repaired(span))) if clean else not words(re.sub("<[^>]*>", "", span))
            good += right
            if not right and os.environ.get("SHOW"):
                print(g["id"], span[:200].encode(), clean[:100])
    print(f"paragraphs {total}  raw span right, repaired and composed {good / total if total else 0:.4f}")


def floors(path, tables):
    """A line of FLOORS: the table's set, `>=` or `<=`, a number, and the words before the figure, `...` for any."""
    said, name = {}, None
    for line in open(tables):
        name = line[3:].strip() if line.startswith("== ") else name
        said.setdefault(name, []).append(line)
    bad = count = 0
    for line in open(path):
        if not line.strip() or line.startswith("#"):
            continue
        name, sign, bound, words = line.split(None, 3)
        if name not in said:
            continue
        found = re.search(".*?".join(map(re.escape, words.strip().split(" ... "))) + r"\s*(\d+(?:\.\d+)?)", "".join(said[name]))
        value = float(found.group(1)) if found else None
        count += 1
        if value is None or (value < float(bound) if sign == ">=" else value > float(bound)):
            bad += 1
            print(f"{name}: {words.strip()} is {value}, must be {sign} {bound}")
    print(f"{count - bad} of {count} figures keep their bounds")
    if bad or not count:
        sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "floors":
        floors(sys.argv[2], sys.argv[3])
        sys.exit()
    verbs = {"segments": segments, "language": language, "offsets": offsets}
    if len(sys.argv) != 4 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](read(sys.argv[2]), {str(d["externalId"]): d for d in read(sys.argv[3])})
