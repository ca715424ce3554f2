#!/usr/bin/env python3
"""The marked corpus: reads it, checks it, splits it, counts it. Standard library only.

    corpus.py check              what breaks the guide: form, boundaries, surfaces of several types, names left unmarked,
                                 paragraphs that stand twice, entries of the lists that nothing needs; ends with 1 if any
    corpus.py stats              paragraphs, articles, tokens and marks by file and by type; the lengths of articles
    corpus.py jsonl PART         {id, text, ents [[begin, end, type]]}, a line a paragraph; PART is train, heldout or all
    corpus.py agreement [--list] F1 between the corpus and the second marking of a twentieth of it; --list: where they differ

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
# An article of a newspaper; in words, as written between spaces.
ARTICLE_WORDS = range(300, 801)
# Shorter lines repeat as they do in newspapers ("See also", "More news"); a longer one would stand on both sides of the split.
REPEATED_CHARS = 40

AMOUNT = r"\[(?:DATE|TIME|PERCENT|MONEY|QUANTITY|CARDINAL) "
# What the guide decided and a pattern can see, on lines with their marks.
DECIDED = [(rule, re.compile(pattern)) for rule, pattern in (
    ("an approximator is inside the mark",
     r"\b(?:[Aa]t least|[Nn]early|[Aa]lmost|[Rr]oughly|[Aa]pproximately|(?:[Mm]ore|[Ll]ess) than|[Ff]ewer than(?! \[DATE)) "
     + AMOUNT),
    ("a range is one mark", r"\b[Bb]etween \[(DATE|TIME|PERCENT|MONEY|QUANTITY|CARDINAL) [^\]]*\] and \[\1 "),
    ("a range of years is one mark", r"\b[Ff]rom \[DATE \d{4}\] (?:to|until) \[DATE"),
    ("over, under, above, below, every, each, another and that are outside the mark",
     AMOUNT + r"(?:[Oo]ver|[Uu]nder|[Aa]bove|[Bb]elow|[Ee]very|[Ee]ach|[Aa]nother|[Tt]hat) "),
    ("the year of a law is inside the mark", r"\[LAW [^\]]*\] of \[DATE "),
    ("late and early are outside the mark", r"\[(?:DATE|TIME) (?:[Ll]ate|[Ee]arly) "),
    ("an ordinal and its unit of time are one mark",
     r"\[ORDINAL [^\]]*\] (?:day|week|month|year|anniversary|night|morning|minute)\b"),
    ("a rate is outside the mark", r"\[QUANTITY [^\]]* (?:an|per) (?:hour|second)\]"),
    ("once, twice, several and single are unmarked", r"\[CARDINAL (?:[Oo]nce|[Tt]wice|[Ss]everal|single)\]"),
    ("a ship's prefix is inside the mark", r"\b(?:HMS|USS|HMNZS|HMAS|INS|RRS) \[PRODUCT "),
    ("a ticker is an ORG, in angle brackets too", r"<[A-Z0-9]+\.[A-Z]+>"),
    ("a lower-case generic noun is outside the mark",
     r"\[FAC [^\]]* (?:airport|station|prison|pipeline|port|mine|dam|smelter|refinery)\]"),
    ("museums and libraries are ORG", r"\[FAC [^\]]*(?:Museum|Library)\]"),
)]


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
    """Decided exceptions: surface -> the columns after it, which say why."""
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    return {surface: reasons for surface, *reasons in (line.split("\t") for line in lines if line)}


def check():
    whole = list(articles())
    problems = corpus_problems(whole, listed("boundaries.tsv"), listed("senses.tsv"), listed("unmarked.tsv"))
    print("\n".join(problems) or "no problems", flush=True)
    return 1 if problems else 0


def corpus_problems(whole, kept, senses, common):
    """All of them, in the order of the corpus, then of the lists. Linear in the corpus."""
    problems, kinds, seen = [], collections.defaultdict(collections.Counter), {}
    for name, first, lines in whole:
        for number, line in enumerate(lines, first):
            text, ents = read(line)
            for begin, end, kind in ents:
                kinds[text[begin:end]][kind] += 1
            problems += (f"{name}:{number}: {problem}" for problem in line_problems(line, kept))
            if len(text) >= REPEATED_CHARS and seen.setdefault(text, f"{name}:{number}") != f"{name}:{number}":
                problems.append(f"{name}:{number}: the same text as {seen[text]}")
    problems += unmarked(whole, kinds, common)
    problems += sense_problems(kinds, senses)
    problems += (f"boundaries.tsv: nothing is marked so: {surface}" for surface in sorted(kept.keys() - kinds.keys()))
    return problems


def line_problems(line, kept):
    text, ents = read(line)
    if "[" in text or "]" in text:
        yield "a bracket outside a mark"
    for rule, pattern in DECIDED:
        for found in pattern.finditer(line):
            yield f"{rule}: {found[0]}"
    for begin, end, kind in ents:
        surface = text[begin:end]
        if kind not in TYPES:
            yield f"no such type: {kind}"
        if surface != surface.strip():
            yield f"space at the edge of {surface!r}"
        if surface in kept and kind != "PERSON":
            continue
        if LEADING.match(surface):
            yield f"a leading article is outside the mark: {surface}"
        if kind in NAMES and TRAILING.search(surface):
            yield f"a trailing 's is outside the mark: {surface}"


def sense_problems(kinds, senses):
    """senses.tsv has a column a sense: the type, a space, what is meant. Of numbers the context decides: "14" is an age, a
    count or a score."""
    for surface, counts in sorted(kinds.items()):
        names = {kind: count for kind, count in counts.items() if kind in NAMES}
        known = {sense.split(" ")[0] for sense in senses.get(surface, ())}
        if surface in senses and known != set(names):
            yield f"senses.tsv: {surface} is listed as {sorted(known)} and marked {names}"
        elif len(names) > 1 and surface not in senses:
            yield f"senses.tsv: {surface} is marked {names}; decide, or list it with its senses"
    for surface in sorted(senses.keys() - kinds.keys()):
        yield f"senses.tsv: nothing is marked so: {surface}"


def unmarked(whole, kinds, common):
    """Names of two or more words that stand unmarked in one place and marked in another."""
    names = {surface for surface, counts in kinds.items() if " " in surface and set(counts) & NAMES}
    for name, first, lines in whole:
        for number, line in enumerate(lines, first):
            for found in CAPITALIZED.finditer(MARK.sub("\x00", line)):
                for surface in runs(found[0].split(" ")):
                    if surface in names and surface not in common:
                        yield f"{name}:{number}: unmarked here and marked elsewhere: {surface}"


def runs(words):
    """Two or more words that stand together: a sentence may begin right before a name. Quadratic in the words of one name."""
    for begin in range(len(words) - 1):
        for end in range(begin + 2, len(words) + 1):
            yield " ".join(words[begin:end]).rstrip(".,")


def stats():
    files, types, lengths = collections.defaultdict(collections.Counter), collections.Counter(), []
    for name, _, lines in articles():
        row = files[name.rsplit("-", 1)[0]]
        texts = [read(line)[0] for line in lines]
        tokens = sum(len(TOKEN.findall(text)) for text in texts)
        row["articles" if len(lines) > 1 else "alone"] += 1
        row["paragraphs"] += len(lines)
        row["held out"] += is_held_out(lines)
        row["tokens"] += tokens
        if len(lines) > 1:
            words = sum(len(text.split()) for text in texts)
            lengths.append(words)
            row["in articles"] += tokens
            row["of 300-800 words"] += tokens if words in ARTICLE_WORDS else 0
        for line in lines:
            ents = read(line)[1]
            row["marks"] += len(ents)
            types.update(kind for _, _, kind in ents)
    total = collections.Counter()
    columns = ["articles", "alone", "paragraphs", "held out", "tokens", "in articles", "of 300-800 words", "marks"]
    print("| files | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
    for name, row in sorted(files.items()):
        total.update(row)
        print(f"| {name} | " + " | ".join(f"{row[column]:,}" for column in columns) + " |")
    print("| all | " + " | ".join(f"{total[column]:,}" for column in columns) + " |\n")
    within = total["of 300-800 words"]
    print(f"Of {total['tokens']:,} tokens {within:,} ({within / total['tokens']:.1%}) are in articles of 300-800 words: "
          f"{sum(words in ARTICLE_WORDS for words in lengths)} of {len(lengths)} articles. "
          f"{sum(words < ARTICLE_WORDS[0] for words in lengths)} are shorter, "
          f"{sum(words > ARTICLE_WORDS[-1] for words in lengths)} longer; "
          f"the middle one has {sorted(lengths)[len(lengths) // 2]} words.\n")
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


def agreement(with_list=False):
    """By paragraph text: the second marking holds the same text, marked by another from the text alone."""
    first = {}
    for name, head, lines in articles():
        for number, line in enumerate(lines, head):
            text, ents = read(line)
            first[text] = f"{name}:{number}", {tuple(ent) for ent in ents}
    counts = collections.defaultdict(lambda: [0, 0, 0])
    paragraphs = tokens = 0
    for name, head, lines in articles(HERE / "second"):
        for number, line in enumerate(lines, head):
            text, ents = read(line)
            if text not in first:
                sys.exit(f"{name}:{number}: not in the corpus: {text[:80]}")
            paragraphs, tokens = paragraphs + 1, tokens + len(TOKEN.findall(text))
            place, ours = first[text]
            theirs = {tuple(ent) for ent in ents}
            for ent in ours | theirs:
                counts[ent[2]][(ent not in theirs) + 2 * (ent not in ours)] += 1
            if with_list:
                for begin, end, kind in sorted(ours ^ theirs):
                    side = "first only " if (begin, end, kind) in ours else "second only"
                    print(f"{place} / {name}:{number}: {side} [{kind} {text[begin:end]}] in "
                          f"{text[max(0, begin - 30):end + 20]!r}")
    if with_list:
        return
    print(f"{paragraphs} paragraphs, {tokens:,} tokens marked twice\n\n| type | both | first only | second only | F1 |")
    print("|---|---:|---:|---:|---:|")
    counts["all"] = [sum(column) for column in zip(*counts.values())]
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
        case ["agreement", "--list"]:
            return agreement(with_list=True)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
