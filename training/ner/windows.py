"""Marked articles to windows of pieces, tags and case classes."""
import hashlib
import json
import pathlib
import re
import sys

import words
from casing import disturbed, with_aside
from labels import LONGEST_WINDOW, coarse_tags, tags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import corpus  # noqa: E402  (the reader of the marked corpus lies one folder up)

SENTENCE = re.compile(r"(?<=[.!?])['”\"’)]* (?=[A-Z“\"‘])")


def read_corpus(part, folder=corpus.HERE):
    """Articles of the part as lists of (text, ents). "train" without the twentieth that calibrates, "calibration" is that."""
    found = []
    for _, _, lines in corpus.articles(pathlib.Path(folder)):
        if (part == "heldout") != corpus.is_held_out(lines):
            continue
        article = [corpus.read(line) for line in lines]
        digest = hashlib.blake2b(article[0][0].encode(), digest_size=8, person=b"calibration").digest()[-1]
        if part == "heldout" or (part == "calibration") == (digest % 20 == 0):
            found.append(article)
    return found


def read_jsonl(path):
    """Records {id, text, ents}: each an article, its lines the paragraphs."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def paragraphs_of(text):
    """(offset, line) of each line that is not blank."""
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            yield offset, line
        offset += len(line) + 1


def sentences(text, ents):
    """The paragraph cut where sentences end and no mention stands."""
    begin, cuts = 0, []
    for match in SENTENCE.finditer(text):
        if not any(b < match.end() and match.start() < e for b, e, _ in ents):
            cuts.append((begin, match.start() + len(match[0].rstrip())))
            begin = match.end()
    for first, last in [*cuts, (begin, len(text))]:
        yield text[first:last], [[b - first, e - first, kind] for b, e, kind in ents if first <= b and e <= last]


class Packer:
    """Collects paragraphs into windows [CLS] p1 [SEP] p2 [SEP]; a paragraph that is too long is cut at a word edge."""

    def __init__(self, vocabulary):
        self.vocabulary, self.done = vocabulary, []
        self._empty()

    def _empty(self):
        self.pieces, self.cases, self.heads = [self.vocabulary.begin], [words.SPECIAL], []

    def flush(self):
        """Ends the window. A window is (pieces, cases, [(place of the first piece, what add was given for the word)])."""
        if len(self.pieces) > 1:
            self.done.append((self.pieces, self.cases, self.heads))
        self._empty()

    def add(self, found, labels):
        """`labels`: one value a word of `found`; kept beside the place of the word's first piece."""
        size = sum(len(pieces) for _, _, pieces, _ in found)
        if len(self.pieces) + size + 1 > LONGEST_WINDOW:
            self.flush()
        for (_, _, pieces, case), label in zip(found, labels):
            pieces = pieces[:LONGEST_WINDOW - 2]
            if len(self.pieces) + len(pieces) + 1 > LONGEST_WINDOW:
                self._separate()
                self.flush()
            self.heads.append((len(self.pieces), label))
            self.pieces.extend(pieces)
            self.cases.extend([case] * len(pieces))
        if found:
            self._separate()

    def _separate(self):
        self.pieces.append(self.vocabulary.separator)
        self.cases.append(words.SPECIAL)


def training_windows(articles, vocabulary, draw, swapper=None, swap_rate=0.4, case_rate=0.04, coarse=()):
    """One epoch's windows: whole articles packed full, a few paragraphs, single ones, or single sentences, by chance.

    `coarse`: articles with marks of PER, ORG and LOC alone.
    """
    packer = Packer(vocabulary)
    order = [(article, tags) for article in articles] + [(article, coarse_tags) for article in coarse]
    draw.shuffle(order)
    for article, tagged in order:
        if swapper and tagged is tags and draw.random() < swap_rate:
            article = swapper.article(article, draw)
        chance = draw.random()
        # Paragraphs that stand alone are joined to strangers at times, so that late positions are met with them too.
        many = (len(article) == 1 and chance < 0.35) or (len(article) > 1 and chance < 0.6)
        if not many:
            packer.flush()
        alone = chance > 0.85
        for text, ents in article:
            parts = sentences(text, ents) if alone else [(text, ents)]
            for part, marks in parts:
                part, marks = with_aside(*disturbed(part, marks, draw, case_rate), draw, 1.5 * case_rate)
                found = vocabulary.split(part)
                packer.add(found, tagged(found, marks))
                if not many and draw.random() < 0.6:
                    packer.flush()
        if len(article) > 1 or not many:
            packer.flush()
    packer.flush()
    return packer.done


def batches(windows, pieces, draw):
    """Windows of like length together, up to `pieces` padded pieces a batch; batches in random order."""
    order = sorted(windows, key=lambda window: (len(window[0]) + draw.random() * 8))
    found, batch, longest = [], [], 0
    for window in order:
        longest = max(longest, len(window[0]))
        if batch and longest * (len(batch) + 1) > pieces:
            found.append(batch)
            batch, longest = [], len(window[0])
        batch.append(window)
    if batch:
        found.append(batch)
    draw.shuffle(found)
    return found
