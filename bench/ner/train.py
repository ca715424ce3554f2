#!/usr/bin/env python3
"""Writes training data and configurations of oddly shaped pipelines for train.sh.

usage: train.py OUT_DIR CORPUS.txt...
"""
import re
import sys
from pathlib import Path

import spacy
from spacy.tokens import DocBin

MARK = re.compile(r"\[([A-Z_]+) ([^\[\]]+)\]")
CUSTOM = {"PERSON": "Reporter", "ORG": "Masthead", "GPE": "Dateline"}

MODEL = """
[paths]
train = "{out}/train.spacy"
dev = "{out}/train.spacy"
[nlp]
lang = "en"
pipeline = {pipeline}
tokenizer = {{"@tokenizers":"spacy.Tokenizer.v1"}}
[components]
{upstream}
[components.names]
factory = "ner"
[components.names.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = {extra}
hidden_width = {hidden}
maxout_pieces = {lower_pieces}
use_upper = {upper}
nO = null
{tok2vec}
[corpora]
[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${{paths.train}}
[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${{paths.dev}}
limit = 20
[training]
seed = 1
max_steps = 240
eval_frequency = 120
"""
TOK2VEC = """
[{section}]
@architectures = "spacy.Tok2Vec.v2"
[{section}.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = {width}
attrs = {attrs}
rows = {rows}
include_static_vectors = false
[{section}.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = {width}
depth = {depth}
window_size = {window}
maxout_pieces = {pieces}
"""
LISTENER = """
[components.names.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = {width}
upstream = "*"
"""
SHAPES = {
    "odd-widths": dict(width=50, attrs='["LOWER","SHAPE","SPACY"]', rows="[701,300,11]", depth=2, window=2, pieces=2,
                       hidden=37, lower_pieces=3, extra="false", upper="true"),
    "six-tokens": dict(width=64, attrs='["ORTH","PREFIX","SUFFIX","IS_SPACE","IS_TITLE"]', rows="[900,200,300,5,5]", depth=1,
                       window=1, pieces=4, hidden=48, lower_pieces=2, extra="true", upper="true"),
    "no-upper": dict(width=96, attrs='["NORM","LENGTH","IS_UPPER","IS_DIGIT"]', rows="[900,40,7,7]", depth=3, window=1,
                     pieces=3, hidden=64, lower_pieces=2, extra="false", upper="false"),
    "shared": dict(width=40, attrs='["NORM","PREFIX","SUFFIX","SHAPE"]', rows="[800,200,300,300]", depth=4, window=1,
                   pieces=3, hidden=64, lower_pieces=1, extra="false", upper="true", shared=True),
}

out = Path(sys.argv[1])
nlp = spacy.blank("en")
docs = DocBin()
for path in sys.argv[2:]:
    for line in open(path, encoding="utf-8"):
        text, spans, last = "", [], 0
        for mark in MARK.finditer(line):
            text += line[last:mark.start()]
            spans.append((len(text), len(text) + len(mark[2]), CUSTOM.get(mark[1], mark[1])))
            text, last = text + mark[2], mark.end()
        doc = nlp.make_doc((text + line[last:]).strip())
        entities = [doc.char_span(b, e, label=label) for b, e, label in spans]
        doc.ents = [entity for entity in entities if entity]
        docs.add(doc)
docs.to_disk(out / "train.spacy")
for name, shape in SHAPES.items():
    shared = shape.pop("shared", False)
    section = "components.tok2vec.model" if shared else "components.names.model.tok2vec"
    tok2vec = TOK2VEC.format(section=section, **shape)
    config = MODEL.format(
        out=out,
        pipeline='["tok2vec","names"]' if shared else '["names"]',
        upstream='[components.tok2vec]\nfactory = "tok2vec"\n' + tok2vec if shared else "",
        tok2vec=LISTENER.format(**shape) if shared else tok2vec,
        **shape,
    )
    partial = spacy.Config().from_str(config)
    spacy.util.load_model_from_config(partial, auto_fill=True).config.to_disk(out / f"{name}.cfg")
