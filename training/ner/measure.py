#!/usr/bin/env python3
"""Measures a compiled model by the project's own engine: F1 and calibration error, without and with the article pass.

usage: measure.py TOOLS MODEL.cdner [--score SCORE.PY] [--by-type] [GOLD.jsonl ...]

TOOLS: the folder with `predictions`, an example of copydesk-ner. On the held-out tenth of the corpus all 18 types count, by
exact span; on each GOLD PER, ORG and LOC by score.py's rules. Prints a row of a table for either mode. Standard library only.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import corpus  # noqa: E402


def said_of(tools, model, records, bare):
    """[[((begin, end, type), probability)]] a record of {id, text}."""
    lines = "\n".join(json.dumps({"externalId": str(number), "text": record["text"]}) for number, record in enumerate(records))
    command = [tools / "predictions", model, *(["--bare"] if bare else [])]
    said = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout
    return [[((mention["span"]["rawBegin"], mention["span"]["rawEnd"], entity["type"]), mention["probability"])
             for entity in json.loads(line)["entities"] for mention in entity["mentions"]] for line in said.splitlines()]


def held_out():
    """The tenth's articles as records with marks of 18 types."""
    for _, _, lines in corpus.articles():
        if corpus.is_held_out(lines):
            text, ents = "", []
            for paragraph, marks in map(corpus.read, lines):
                ents += [(len(text) + begin, len(text) + end, kind) for begin, end, kind in marks]
                text += paragraph + "\n"
            yield {"text": text[:-1], "ents": ents}


class Count:
    """Right, wrong and missed mentions by type, and how sure the model was of each."""

    def __init__(self):
        self.by_type, self.pairs = {}, []

    def add(self, truth, found):
        """A mention that comes twice after its span was cut counts once, as score.py has it."""
        said = {mention for mention, _ in found}
        for index, marks in enumerate((truth & said, said - truth, truth - said)):
            for mark in marks:
                for kind in (mark[2], "all"):
                    self.by_type.setdefault(kind, [0, 0, 0])[index] += 1
        self.pairs += [(probability, mention in truth) for mention, probability in found]

    def f1(self, kind="all"):
        right, wrong, missed = self.by_type.get(kind, (0, 0, 0))
        return 200 * right / max(2 * right + wrong + missed, 1)

    def calibration_error(self, bins=10):
        sums = [[0.0, 0] for _ in range(bins)]
        for probability, right in self.pairs:
            chosen = sums[min(int(probability * bins), bins - 1)]
            chosen[0] += probability
            chosen[1] += right
        return sum(abs(total - right) for total, right in sums) / max(len(self.pairs), 1)


def exact(tools, model, records, bare):
    count = Count()
    for record, found in zip(records, said_of(tools, model, records, bare)):
        count.add(set(record["ents"]), found)
    return count


def coarse(tools, model, records, bare, score):
    """By score.py's rules: leading articles and trailing 's count on neither side."""
    count = Count()
    for record, found in zip(records, said_of(tools, model, records, bare)):
        text = record["text"]
        truth = {(*score.normal(text, begin, end), score.GOLD_TYPES[kind])
                 for begin, end, kind in record["ents"] if kind in score.GOLD_TYPES}
        count.add(truth, [((*score.normal(text, begin, end), score.OURS[kind]), probability)
                          for (begin, end, kind), probability in found if kind in score.OURS])
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("gold", nargs="*", type=pathlib.Path)
    parser.add_argument("--score", type=pathlib.Path)
    parser.add_argument("--by-type", action="store_true")
    parser.add_argument("--name", default="", help="of the rows")
    arguments = parser.parse_intermixed_args()
    tenth = list(held_out())
    sets = [[json.loads(line) for line in path.open(encoding="utf-8")] for path in arguments.gold]
    if sets:
        spec = importlib.util.spec_from_file_location("score", arguments.score)
        score = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(score)
    for bare, mode in ((True, "network alone"), (False, "with the article pass")):
        counts = [coarse(arguments.tools, arguments.model, records, bare, score) for records in sets]
        counts.append(exact(arguments.tools, arguments.model, tenth, bare))
        name = f"{arguments.name or arguments.model.stem}, {mode}"
        print(f"| {name} | " + " | ".join(f"{count.f1():.1f}" for count in counts) + " |", flush=True)
        print(f"| {name}, calibration error | " + " | ".join(f"{count.calibration_error():.3f}" for count in counts) + " |", flush=True)
        if sets:
            together = Count()
            together.pairs = [pair for count in counts[:-1] for pair in count.pairs]
            mean = sum(count.f1() for count in counts[:-1]) / len(sets)
            print(f"  mean F1 of the sets {mean:.1f}, calibration error over them {together.calibration_error():.3f}", flush=True)
        if arguments.by_type and bare:
            for kind in [*corpus.TYPES, "all"]:
                print(f"| {kind} | {counts[-1].f1(kind):.1f} |")


if __name__ == "__main__":
    main()
