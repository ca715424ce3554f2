#!/usr/bin/env python3
"""Times spaCy's nlp.pipe with only the NER enabled against copydesk-ner on the same texts, one thread each, in turns.

Both get the same sample of texts in batches of 128 and warm up on it once. Reported are words per second of processor
time (other work on the machine does not count) and of wall time, each the median over rounds, and their ratios.
Run by bench/ner/speed.sh.

usage: speed.py PACKAGE_DIR MODEL THROUGHPUT_PROGRAM TEXTS.jsonl [WORDS] [ROUNDS]
"""
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = "1"
import spacy

package, model, program, path = sys.argv[1:5]
budget, rounds = (int(x) for x in (sys.argv[5:] + ["60000", "5"][len(sys.argv) - 5:])[:2])
texts = [json.loads(line)["text"] for line in open(path, encoding="utf-8")]
random.Random(0).shuffle(texts)
sample, words = [], 0
for text in texts:
    sample.append(text)
    words += len(text.split())
    if words >= budget:
        break
file = tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8")
file.writelines(json.dumps({"text": text}) + "\n" for text in sample)
file.flush()
config = spacy.util.load_config(f"{package}/config.cfg")
keep = [n for n in config["nlp"]["pipeline"] if config["components"][n]["factory"] == "ner"]
nlp = spacy.load(package, exclude=[n for n in config["nlp"]["pipeline"] if n not in keep])


def spacys():
    wall, cpu = time.perf_counter(), time.process_time()
    count = sum(len(doc.ents) for doc in nlp.pipe(sample, batch_size=128))
    return words / (time.process_time() - cpu), words / (time.perf_counter() - wall), count


def ours():
    """Two runs of the program, of 2 and of 12 rounds beside warming up; their difference is ten rounds."""
    spent = []
    for n in (2, 12):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        out = subprocess.run([program, model, file.name, str(n)], check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - wall))
    result = json.loads(out.stdout)
    return 10 * words / (spent[1][0] - spent[0][0]), result["words_per_second"], result["mentions"], result["first"]


spacys()
theirs, mine = [], []
for _ in range(rounds):
    theirs.append(spacys())
    mine.append(ours())
print(f"{len(sample)} texts, {words} words; entities: spaCy {theirs[0][2]}, ours {mine[0][2]}")
for i, kind in enumerate(("processor", "wall")):
    a, b = statistics.median(t[i] for t in theirs), statistics.median(m[i] for m in mine)
    ratios = sorted(m[i] / t[i] for m, t in zip(mine, theirs))
    print(f"words/s of {kind} time: spaCy {a:,.0f}, ours {b:,.0f}; ratio, median of {rounds} rounds {statistics.median(ratios):.1f} "
          f"({ratios[0]:.1f} to {ratios[-1]:.1f})")
print(f"ours on first sight of the texts, wall: {statistics.median(m[3] for m in mine):,.0f}")
