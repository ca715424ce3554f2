#!/usr/bin/env python3
"""The marked corpus: reads it, checks it, splits it, counts it. Standard library only.

    corpus.py check              malformed lines, boundaries, surfaces of several types, names left unmarked; ends with 1 if any
    corpus.py stats              paragraphs, articles, tokens and marks by file and by type
    corpus.py jsonl PART         {id, text, ents [[begin, end, type]]}, a line a paragraph; PART is train, heldout or all
    corpus.py agreement          F1 between the corpus and the second marking of a twentieth of it

The form is in corpus/GUIDE.md: [TYPE text] in place, a paragraph a line. In files named articles-* a blank line ends an
article; elsewhere each line stands alone. A tenth, by whole articles, is held out and never trained on: those whose text
has a BLAKE2 digest that is 0 modulo 10, so that an article stays on its side when others come.
"""
import collections, hashlib, json, pathlib, re, sys

HERE = pathlib.Path(__file__).resolve().parent / "corpus"
TYPES = ("PERSON NORP FAC ORG GPE LOC PRODUCT EVENT WORK_OF_ART LAW LANGUAGE "
         "DATE TIME PERCENT MONEY QUANTITY ORDINAL CARDINAL").split()
NAMES = set(TYPES[:11])
MARK = re.compile(r"\[([A-Z_]+) ([^\[\]]+)\]")
TOKEN = re.compile(r"\w+|[^\w\s]")
LEADING = re.compile(r"(?:the|a|an) ", re.IGNORECASE)
TRAILING = re.compile(r"['’]s$")
# Two or more capitalized words, as names are; particles may stand between.
CAPITALIZED = re.compile(r"[A-ZÀ-Þ][\w.’'-]*(?: (?:(?:of|the|and|de|da|al|bin|van|von|der) )*[A-ZÀ-Þ0-9][\w.’'-]*)+")


def read(line):
    """The text without marks, and [begin, end, type] of each mark. Linear."""
    text, ents, last = "", [], 0
    for mark in MARK.finditer(line):
        text += line[last:mark.start()]
        ents.append([len(text), len(text) + len(mark[2]), mark[1]])
        text += mark[2]
        last = mark.end()
    return text + line[last:], ents


def articles(folder=HERE):
    """(file name, line number of the first, lines), in order."""
    for path in sorted(folder.glob("*.txt")):
        block, first = [], 0
        alone = not path.name.startswith("articles-")
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            line = line.strip()
            if line:
                first = first or number
                block.append(line)
            if block and (alone or not line):
                yield path.name, first, block
                block, first = [], 0
        if block:
            yield path.name, first, block


def is_held_out(lines):
    text = "\n".join(read(line)[0] for line in lines)
    return hashlib.blake2b(text.encode(), digest_size=8).digest()[-1] % 10 == 0


def listed(name):
    """Decided exceptions: one a line, what follows a tab is the reason."""
    return {line.split("\t")[0] for line in (HERE / name).read_text(encoding="utf-8").split("\n") if line}


def check():
    problems, kinds, whole = [], collections.defaultdict(collections.Counter), list(articles())
    kept = listed("boundaries.tsv")
    for name, first, lines in whole:
        for number, line in enumerate(lines, first):
            text, ents = read(line)
            if "[" in text or "]" in text:
                problems.append(f"{name}:{number}: a bracket outside a mark")
            for begin, end, kind in ents:
                surface = text[begin:end]
                kinds[surface][kind] += 1
                if kind not in TYPES:
                    problems.append(f"{name}:{number}: no such type: {kind}")
                if surface != surface.strip():
                    problems.append(f"{name}:{number}: space at the edge of {surface!r}")
                if surface in kept:
                    continue
                if LEADING.match(surface):
                    problems.append(f"{name}:{number}: a leading article is outside the mark: {surface}")
                if kind in NAMES and TRAILING.search(surface):
                    problems.append(f"{name}:{number}: a trailing 's is outside the mark: {surface}")
    senses = listed("senses.tsv")
    for surface, counts in sorted(kinds.items()):
        # Of numbers the context decides: "14" is an age, a count or a score.
        names = {kind: count for kind, count in counts.items() if kind in NAMES}
        if len(names) > 1 and surface not in senses:
            problems.append(f"senses.tsv: {surface} is marked {names}; decide, or list it with its senses")
    problems += unmarked(whole, kinds)
    print("\n".join(problems) or "no problems", flush=True)
    return 1 if problems else 0


def unmarked(whole, kinds):
    """Names of two or more words that stand unmarked in one place and marked in another."""
    names = {surface for surface, counts in kinds.items() if " " in surface and set(counts) & NAMES}
    common = listed("unmarked.tsv")
    for name, first, lines in whole:
        for number, line in enumerate(lines, first):
            for found in CAPITALIZED.finditer(MARK.sub("\x00", line)):
                if found[0] in names and found[0] not in common:
                    yield f"{name}:{number}: unmarked here and marked elsewhere: {found[0]}"


def stats():
    files, types = collections.defaultdict(collections.Counter), collections.Counter()
    for name, _, lines in articles():
        row = files[name.rsplit("-", 1)[0]]
        row["articles" if len(lines) > 1 else "alone"] += 1
        row["paragraphs"] += len(lines)
        row["held out"] += is_held_out(lines)
        for line in lines:
            text, ents = read(line)
            row["tokens"] += len(TOKEN.findall(text))
            row["in articles"] += len(TOKEN.findall(text)) if len(lines) > 1 else 0
            row["marks"] += len(ents)
            types.update(kind for _, _, kind in ents)
    total = collections.Counter()
    columns = ["articles", "alone", "paragraphs", "held out", "tokens", "in articles", "marks"]
    print("| files | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
    for name, row in sorted(files.items()):
        total.update(row)
        print(f"| {name} | " + " | ".join(f"{row[column]:,}" for column in columns) + " |")
    print("| all | " + " | ".join(f"{total[column]:,}" for column in columns) + " |\n")
    print("| type | marks |\n|---|---:|")
    for kind in TYPES:
        print(f"| {kind} | {types[kind]:,} |")


def jsonl(part):
    for name, first, lines in articles():
        if part != "all" and (part == "heldout") != is_held_out(lines):
            continue
        for number, line in enumerate(lines, first):
            text, ents = read(line)
            print(json.dumps({"id": f"{name}:{number}", "text": text, "ents": ents}, ensure_ascii=False))


def agreement():
    """By paragraph text: the second marking holds the same text, marked by another from the text alone."""
    first = {}
    for _, _, lines in articles():
        first.update((text, {tuple(ent) for ent in ents}) for text, ents in map(read, lines))
    counts = collections.defaultdict(lambda: [0, 0, 0])
    paragraphs = tokens = 0
    for _, _, lines in articles(HERE / "second"):
        for text, ents in map(read, lines):
            if text not in first:
                sys.exit(f"not in the corpus: {text[:80]}")
            paragraphs, tokens = paragraphs + 1, tokens + len(TOKEN.findall(text))
            ours, theirs = first[text], {tuple(ent) for ent in ents}
            for kind in TYPES:
                one = {ent for ent in ours if ent[2] == kind}
                other = {ent for ent in theirs if ent[2] == kind}
                for index, value in enumerate((len(one & other), len(one - other), len(other - one))):
                    counts[kind][index] += value
                    counts["all"][index] += value
    print(f"{paragraphs} paragraphs, {tokens:,} tokens marked twice\n\n| type | both | first only | second only | F1 |")
    print("|---|---:|---:|---:|---:|")
    for kind in [*TYPES, "all"]:
        both, one, other = counts[kind]
        f1 = 200 * both / (2 * both + one + other) if both + one + other else 0.0
        print(f"| {kind} | {both} | {one} | {other} | {f1:.1f} |")


def main(arguments):
    match arguments:
        case ["check"]:
            return check()
        case ["stats"]:
            return stats()
        case ["jsonl", ("train" | "heldout" | "all") as part]:
            return jsonl(part)
        case ["agreement"]:
            return agreement()
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
