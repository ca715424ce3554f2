"""The tags, and what marks of other sets say about them. Standard library only, apart from torch, so that its promises are tested.

Open sets mark people, organizations and places only. A mark of theirs allows several of our tags, and a word without one
allows every tag of the other types; training asks that the allowed ones together be likely (marginal likelihood).
"""
TYPES = ("PERSON NORP FAC ORG GPE LOC PRODUCT EVENT WORK_OF_ART LAW LANGUAGE "
         "DATE TIME PERCENT MONEY QUANTITY ORDINAL CARDINAL").split()
LABELS = ["O"] + [f"{place}-{kind}" for kind in TYPES for place in "BI"]
LONGEST_WINDOW = 256
# A word with this tag says nothing.
IGNORED = -100
TAG = {label: index for index, label in enumerate(LABELS)}

PLACES = ("GPE", "LOC", "FAC")
COARSE = {"PER": ("PERSON",), "ORG": ("ORG",), "LOC": PLACES}
MARKED = {kind for kinds in COARSE.values() for kind in kinds}
# Allowed tags of each index beyond LABELS.
SETS = [
    [tag for label, tag in TAG.items() if label[2:] not in MARKED],
    [TAG["B-" + kind] for kind in PLACES],
    [TAG["I-" + kind] for kind in PLACES],
]
UNMARKED, PLACE_BEGINS, PLACE_GOES_ON = range(len(LABELS), len(LABELS) + len(SETS))


def allowed():
    """The tags that each index allows: itself alone, or those of its set."""
    return [[tag] for tag in range(len(LABELS))] + SETS


def tags(found, ents):
    """A tag index a word of `found` (begin, end, ...); a mention takes every word that it overlaps."""
    return _tags(found, ents, TAG["O"], {kind: (TAG["B-" + kind], TAG["I-" + kind]) for kind in TYPES})


def coarse_tags(found, ents):
    """The same of marks of PER, ORG and LOC alone: indexes of sets where several tags are allowed. "?" says nothing."""
    return _tags(found, ents, UNMARKED, {
        "PER": (TAG["B-PERSON"], TAG["I-PERSON"]), "ORG": (TAG["B-ORG"], TAG["I-ORG"]),
        "LOC": (PLACE_BEGINS, PLACE_GOES_ON), "?": (IGNORED, IGNORED)})


def _tags(found, ents, outside, pairs):
    result, mention = [outside] * len(found), 0
    for begin, end, kind in ents:
        first = True
        while mention < len(found) and found[mention][1] <= begin:
            mention += 1
        while mention < len(found) and found[mention][0] < end:
            result[mention] = pairs[kind][0 if first else 1]
            first = False
            mention += 1
    return result
