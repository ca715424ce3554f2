"""Composes pages of labelled lines from the written pieces in pages/ and sites/. Standard library only.

A piece's line is `+` (content) or `-` (furniture) and the text. Pages are made fold by fold: the pieces of one fold never
meet those of another, so that what is learned on some folds can be tried on the others.
"""
import random, re, zlib
from pathlib import Path

from shapes import discussion, is_sentence, labels, paragraphs_of, structured, themed, topic, works

FOLDS = 3
CREDITS = ["Image credit: Mara Lund", "Photo: J. Okoro", "(Photo by Ana Reis/Northlight)", "Credit: Studio Vale", "Getty", "Source: Unsplash", "Image"]


def fold_of(name):
    return zlib.crc32(name.encode()) % FOLDS


def read_piece(path):
    lines = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line[:1] in "+-" and line[1:].strip():
            lines.append((int(line[0] == "+"), line[1:]))
    return lines


def read_inner(path):
    pieces, piece = [], []
    for line in path.read_text(encoding="utf-8").split("\n") + [""]:
        if line[:1] in ("+", "-") and line[1:].strip():
            piece.append((int(line[0] == "+"), line[1:]))
        elif piece:
            pieces.append(piece)
            piece = []
    return pieces


class Material:
    """The pieces of one fold."""

    def __init__(self, root, fold):
        self.articles, self.sites, self.tails = {}, {}, {}
        for path in sorted(Path(root, "tails").glob("*.tail")):
            self.tails.setdefault(path.name.rsplit(".", 2)[1], []).extend(
                piece for at, piece in enumerate(read_inner(path)) if fold is None or at % FOLDS == fold)
        for path in sorted(Path(root, "pages").glob("*.page")):
            name, lang, _ = path.name.rsplit(".", 2)
            if fold is None or fold_of(name) == fold:
                lines = read_piece(path)
                if any(label for label, _ in lines):
                    self.articles.setdefault(lang, []).append(lines)
        for path in sorted(Path(root, "sites").glob("*.head")):
            name, lang, _ = path.name.rsplit(".", 2)
            if fold is None or fold_of(name) == fold:
                foot, inner = path.with_suffix(".foot"), path.with_suffix(".inner")
                self.sites.setdefault(lang, []).append((
                    read_piece(path), read_piece(foot) if foot.exists() else [], read_inner(inner) if inner.exists() else []))

    def languages(self):
        return sorted(self.articles)


def headline(article):
    return next((text for label, text in article if 15 < len(text) < 160), article[0][1])


def paragraphs(article):
    return [text for label, text in article if label and len(text) > 60]


def inside(article):
    """From the first line of content to the last."""
    at = [i for i, (label, _) in enumerate(article) if label]
    return article[at[0]:at[-1] + 1]


def thin(rng, lines, keep):
    """Leaves out runs of furniture among content."""
    out, drop, before = [], False, 1
    for label, text in lines:
        if label != before or rng.random() < 0.2:
            drop = rng.random() > keep
        before = label
        if label or not drop:
            out.append((label, text))
    return out


def body(rng, material, lang):
    """One article, or several made into a long one; content lines, with the furniture amid them. And its topic."""
    pool = list(material.articles[lang])
    rng.shuffle(pool)
    first = pool.pop()
    words = topic(first)
    if rng.random() < 0.3:
        return thin(rng, first, rng.choice([1, 1, 0.5, 0.2])), words
    keep = rng.choice([1, 0.5, 0.3, 0.1, 0])
    out = thin(rng, first, max(keep, 0.3))
    tail = []
    while out and not out[-1][0]:
        tail.append(out.pop())
    goal = rng.lognormvariate(5.1, 0.8)
    while pool and sum(label for label, _ in out) < goal and len(out) < 900:
        more = pool.pop()
        if rng.random() < 0.6:
            out.append((1, themed(rng, headline(more), words, 0.4)))
        prose = rng.random() < 0.6
        lines = [(label, text) for label, text in thin(rng, inside(more), keep) if not prose or not label or is_sentence(text)]
        out += [(label, themed(rng, text, words, 0.4) if label else text) for label, text in lines]
    return out + tail[::-1], words


def listed(rng, lines):
    """Content as guides, reviews and tutorials have it: runs of short lines, tables, specifications."""
    out = []
    for label, text in lines:
        out.append((label, text))
        if not label or len(text) < 60 or rng.random() > 0.12:
            continue
        words = text.rstrip(".!?\"”").split(" ")
        form, count = rng.randrange(5), rng.randint(2, 7)
        if rng.random() < 0.3:
            out[-1] = (label, text.rstrip(".!?") + ":")
        if rng.random() < 0.5:
            out.append((1, " ".join(words[:rng.randint(1, 4)]).rstrip(",;:")))
        for _ in range(count):
            at = rng.randint(0, max(0, len(words) - 3))
            piece = words[at:at + (rng.randint(1, 3) if form in (1, 2) else rng.randint(3, 9))]
            entry = " ".join(piece).strip(",;:\"“”()")
            if not entry:
                continue
            entry = entry[0].upper() + entry[1:]
            if form == 1:
                out.append((1, f"{entry}: {rng.choice([str(rng.randint(1, 900)), ' '.join(words[:2]).strip(',;:')])}"))
            elif form == 2:
                out += [(1, entry), (1, rng.choice([f"{rng.randint(1, 99)}%", str(rng.randint(1, 5000)), f"{rng.uniform(1, 90):.1f}"]))]
            else:
                out.append((1, entry + ("." if form == 3 else "")))
    return out


def pictured(rng, lines, credit):
    """Texts of pictures, which are no content, between the paragraphs."""
    out = []
    for label, text in lines:
        out.append((label, text))
        if label and len(text) > 80 and rng.random() < 0.12:
            words = text.split(" ")
            at = rng.randint(0, max(0, len(words) - 8))
            said = " ".join(words[at:at + rng.choice([3, 4, 5, 6, 8, 12, 16])]).strip(",;:.")
            out.append((0, said[:1].upper() + said[1:] + rng.choice(["", "", "."])))
            if rng.random() < 0.5:
                out.append((0, credit))
    return out


def teasers(rng, material, lang, count, words):
    """Other articles as a page shows them in lists: headlines, with or without their first words."""
    share = rng.choice([0, 0.1, 0.3, 0.5])
    out, form = [], rng.randrange(6)
    marks = {"en": ["News", "Opinion", "World", "Business", "Life"]}.get(lang, [])
    for _ in range(count):
        article = rng.choice(material.articles[lang])
        said = paragraphs(article) or [headline(article)]
        if form == 1 and marks:
            out.append(rng.choice(marks))
        out.append(headline(article))
        if form in (2, 3):
            out.append(said[0] if form == 2 else said[0][:rng.randint(60, 160)].rsplit(" ", 1)[0] + rng.choice(["…", "...", " [...]"]))
        if form == 4:
            out.append(f"{rng.randint(1, 28)} {rng.choice(['Jan', 'Mar', 'May', 'Sep', 'Nov'])} {rng.randint(2009, 2025)}")
        if form == 5:
            out.append(rng.choice(["Read more", "Continue reading", f"{rng.randint(2, 12)} min read", f"{rng.randint(1, 23)} hours ago"]))
    return [(0, themed(rng, text, words, share)) for text in out]


def part(rng, lines, least=0.3):
    """A run of the lines, or all."""
    if rng.random() < 0.5 or len(lines) < 6:
        return list(lines)
    length = max(3, int(len(lines) * rng.uniform(least, 1)))
    begin = rng.randint(0, len(lines) - length)
    return list(lines[begin:begin + length])


def insert_inner(rng, lines, pieces, count):
    """Puts furniture between the lines of the article."""
    at = [i for i, (label, _) in enumerate(lines) if label]
    for _ in range(count):
        if pieces and at:
            place = rng.randint(at[0], at[-1])
            lines[place:place] = rng.choice(pieces)
    return lines


def site_of(rng, material, lang):
    pool = material.sites.get(lang) if rng.random() < 0.92 else None
    return rng.choice(pool or material.sites.get("en") or sum(material.sites.values(), []))


def compose(rng, material):
    """One page: a list of (label, text)."""
    lang = rng.choices(material.languages(), [len(material.articles[x]) for x in material.languages()])[0]
    head, foot, inner = site_of(rng, material, lang)
    lines, words = body(rng, material, lang)
    if rng.random() < 0.92:
        lines = paragraphs_of(rng, lines, rng.choice([150, 250, 320, 400, 550]))
    if rng.random() < 0.35:
        lines = listed(rng, lines)
    if rng.random() < 0.25:
        lines = pictured(rng, lines, rng.choice(CREDITS))
    headlines = [headline(article) for article in material.articles[lang]]
    if rng.random() < 0.15:
        lines = structured(rng, lines, headlines)
    light = rng.random() < 0.35
    if rng.random() < 0.55:
        lines = insert_inner(rng, lines, inner, rng.choice([1, 1, 2, 2, 3, 5] if not light else [1, 1, 2]))
    sentences = [text for article in material.articles[lang] for label, text in article if label and len(text) > 40 and is_sentence(text)]
    ends = []
    if rng.random() < 0.06:
        ends += works(rng, headlines, words)
    if sentences and rng.random() < (0.15 if light else 0.1):
        ends += discussion(rng, sentences, headline(lines), lang, words)
    # What closes an article without being it: its author, an invitation, a disclaimer.
    if material.tails.get(lang) and rng.random() < (0.4 if light else 0.3):
        for _ in range(rng.choice([1, 1, 2, 3])):
            ends += [(0, themed(rng, text, words, rng.choice([0, 0.1, 0.3]))) for _, text in rng.choice(material.tails[lang])]
    if light:
        before = head[-rng.choice([0, 0, 1, 2, 4, 7]):] if rng.random() < 0.7 else []
        before = [line for line in before] if len(before) < 8 else []
        after = foot[:rng.choice([0, 0, 1, 2, 4, 8, 16, 30])]
        if rng.random() < 0.2:
            after += teasers(rng, material, lang, rng.randint(2, 5), words)
        return dress(rng, before + lines + ends + after)
    before, after = part(rng, head), part(rng, foot)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3, 4])):
        other = site_of(rng, material, lang)
        before = part(rng, other[0]) + before if rng.random() < 0.5 else before
        after = after + part(rng, other[1]) if rng.random() < 0.5 else after
    for side in (before, after):
        if rng.random() < 0.5:
            where = rng.randint(0, len(side))
            side[where:where] = labels(rng, headlines, rng.choice([5, 10, 20, 40, 80, 150]), words)
    if rng.random() < 0.3:
        block = part(rng, before, 0.2)[:60]
        where = rng.randint(0, len(before))
        before = before[:where] + block + before[where:]
    if rng.random() < 0.3:
        after = after + part(rng, before, 0.2)[:60]
    if rng.random() < 0.65:
        where = rng.randint(0, len(after))
        after[where:where] = teasers(rng, material, lang, rng.choice([2, 4, 6, 10, 16, 30]), words)
    if rng.random() < 0.2:
        before += teasers(rng, material, lang, rng.randint(2, 10), words)
    if rng.random() < 0.04:
        after += [(0, text) for _, text in rng.choice(material.articles[lang])]
    return dress(rng, before + lines + ends + after)


def dress(rng, lines):
    """The shapes that different dumps give the same lines."""
    if rng.random() < 0.5:
        lines = [(l, titled(t) if not l and len(t) < 32 else t) for l, t in lines]
    if rng.random() < 0.3:
        lines = bulleted(rng, lines)
    if rng.random() < 0.06:
        lines = [(l, re.sub(r"(\w+)$", rf"[{rng.randint(1, 300)}]\1", t) if not l and rng.random() < 0.6 else t) for l, t in lines]
    if rng.random() < 0.12:
        lines = join_menus(rng, lines)
    if rng.random() < 0.03:
        lines = [(l, t.upper() if not l and len(t) < 30 else t) for l, t in lines]
    if rng.random() < 0.25:
        lines = join_paragraphs(rng, lines)
    if rng.random() < 0.06:
        lines = split_inline(rng, lines)
    if rng.random() < 0.06:
        lines = [(l, strip_marks(t)) for l, t in lines]
    if rng.random() < 0.02:
        lines = wrap(lines, rng.randint(64, 82))
    if rng.random() < 0.02:
        lines = [x for line in lines for x in ([(0, "")] if rng.random() < 0.3 else []) + [line]]
    return [(l, t) for l, t in lines if t.strip() or t == ""]


def titled(text):
    """Capitals at each word, as menus have them."""
    words = [word[0].upper() + word[1:] if word else word for word in text.split(" ")]
    return " ".join(word.capitalize() if word.isupper() and len(word) > 4 else word for word in words)


def bulleted(rng, lines):
    """Marks before the entries of lists: of menus, and of lists in the article."""
    out, inside = [], 0
    for at, (label, text) in enumerate(lines):
        short = lambda i: 0 <= i < len(lines) and lines[i][0] == label and len(lines[i][1]) < (60 if not label else 140)
        if short(at) and (short(at - 1) or short(at + 1)) and rng.random() < (0.85 if not label else 0.5):
            inside = rng.randrange(2) if rng.random() < 0.2 else inside
            text = ("+ " if inside else "* ") + text
        out.append((label, text))
    return out


def strip_marks(text):
    return re.sub(r"^([*+o•-]|\[\d+\])\s+|\[\d+\]", "", text)


def join_menus(rng, lines):
    out, sep = [], rng.choice([" ", " | ", " · ", "  "])
    for label, text in lines:
        if not label and out and not out[-1][0] and len(text) < 30 and len(out[-1][1]) < 120 and rng.random() < 0.75:
            out[-1] = (0, out[-1][1] + sep + text)
        else:
            out.append((label, text))
    return out


def join_paragraphs(rng, lines):
    out = []
    for label, text in lines:
        if label and out and out[-1][0] and len(text) > 60 and len(out[-1][1]) > 60 and text[-1:] in ".!?”\"" and rng.random() < 0.5:
            out[-1] = (1, out[-1][1] + " " + text)
        else:
            out.append((label, text))
    return out


def split_inline(rng, lines):
    """Dumps that break lines at links and bold words."""
    out = []
    for label, text in lines:
        words = text.split(" ")
        if len(words) > 12 and rng.random() < 0.3:
            at = rng.randint(2, len(words) - 6)
            end = at + rng.randint(1, 3)
            out += [(label, " ".join(words[:at])), (label, " ".join(words[at:end])), (label, " ".join(words[end:]))]
        else:
            out.append((label, text))
    return out


def wrap(lines, width):
    import textwrap
    out = []
    for label, text in lines:
        wrapped = textwrap.wrap(text, width) or [""]
        out += [(label, x) for x in wrapped]
        if len(wrapped) > 1 or label:
            out.append((0, ""))
    return out


def pages(root, per_fold, seed):
    """(fold, lines) in a fixed order."""
    for fold in range(FOLDS):
        material, rng = Material(root, fold), random.Random(seed * 1000 + fold)
        for _ in range(per_fold):
            yield fold, compose(rng, material)
