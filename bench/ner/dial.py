#!/usr/bin/env python3
"""The dial between speed and accuracy as a table and a plot: F1 on marked sets against words a second of one core.

Each step of the dial reads all sets in one run of `copydesk analyze`, through the whole pipeline. Counted is processor time,
less what a run on one short article takes (the start and loading the models). One line a step goes to the standard output as
soon as it is known, and the table and the plot are written again, so that a run that is stopped leaves what it knew.
Standard library only; run by dial.sh.

usage: dial.py COPYDESK SCORE.PY OUT_DIR GOLD.jsonl... [--fast-model FILE] [--accurate-model FILE] [--steps P,P,...]
(out: dial.md, dial.svg)
"""
import argparse
import contextlib
import importlib.util
import io
import json
import pathlib
import re
import resource
import subprocess
import sys

STEPS = "0.3,0.45,0.6,0.75,0.9"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copydesk")
    parser.add_argument("score")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("gold", nargs="+", type=pathlib.Path)
    parser.add_argument("--fast-model", help="read with this model where it is fast or balanced")
    parser.add_argument("--accurate-model", help="read with this model where it is balanced or accurate")
    parser.add_argument("--steps", default=STEPS, help=f"certainties between fast and accurate (default {STEPS})")
    return parser.parse_args()


def scorer(path):
    spec = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def analyze(program, options, lines):
    """The articles and the processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "analyze", "--jsonl", "--offsets", "code-point", "--threads", "1", *options]
    done = subprocess.run(command, input="".join(lines), capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or 'failed'}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def norm_f1(score, gold, out):
    """F1 in percent, 'norm', as score.py prints it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        score.ner(gold, {str(score.key(article, "external_id")): article for article in out})
    return float(re.search(r"norm: ALL .*? F1 ([\d.]+)", printed.getvalue())[1])


def ladder(options):
    fast = ["--model", options.fast_model] if options.fast_model else []
    accurate = ["--accurate-model", options.accurate_model] if options.accurate_model else []
    yield "fast", ["--accuracy", "fast", *fast]
    for step in options.steps.split(","):
        yield f"balanced {step}", ["--accuracy", "balanced", "--balanced-certainty", step, *fast, *accurate]
    yield "accurate", ["--accuracy", "accurate", *accurate]


def measure(options):
    score = scorer(options.score)
    sets, lines, words = {}, [], 0
    for path in options.gold:
        name = path.parent.name if path.stem == "test" else path.stem
        sets[name] = score.read(str(path))
        for record in sets[name]:
            # Ids of different sets must not meet.
            lines.append(json.dumps({"externalId": f"{name}/{record['id']}", "text": record["text"]}) + "\n")
            words += len(record["text"].split())
    short = [json.dumps({"externalId": "0", "text": "Anna Lind met him in Oslo, Ben said, and Reuters had it from Ms Ode."}) + "\n"]
    rows = []
    for name, flags in ladder(options):
        start = min(analyze(options.copydesk, flags, short)[1] for _ in range(3))
        out, spent = analyze(options.copydesk, flags, lines)
        by_set = {set_name: [] for set_name in sets}
        for line in out.splitlines():
            article = json.loads(line)
            set_name, _, identity = score.key(article, "external_id").partition("/")
            article["externalId"] = identity
            article.pop("external_id", None)
            by_set[set_name].append(article)
        row = {"step": name, "speed": words / max(spent - start, 1e-3)}
        row["f1"] = {set_name: norm_f1(score, gold, by_set[set_name]) for set_name, gold in sets.items()}
        rows.append(row)
        print(json.dumps(row), flush=True)
        yield list(sets), words, rows


def table(sets, words, rows):
    slowest = rows[-1]["speed"]
    lines = [f"| step | words/s | to the last | {' | '.join(sets)} | mean |", f"|---|---:|---:|{'---:|' * (len(sets) + 1)}"]
    for row in rows:
        values = [row["f1"][name] for name in sets]
        cells = " | ".join(f"{value:.1f}" for value in [*values, sum(values) / len(values)])
        lines.append(f"| {row['step']} | {row['speed']:,.0f} | {row['speed'] / slowest:.1f} | {cells} |")
    lines.append("")
    lines.append(f"Norm F1 in percent; words/s of one core (processor time less the start, whole pipeline), {words:,} words.")
    return "\n".join(lines) + "\n"


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 460, 60, 170, 40, 60
COLOURS = ["#0b6fa4", "#b5500c", "#3d7a2a", "#7b3fa0", "#a01c3c", "#555555"]


def plot(sets, rows):
    """Words/s to the right, on a logarithmic scale; F1 upwards; a line a set."""
    from math import ceil, floor, log10

    speeds = [row["speed"] for row in rows]
    values = [row["f1"][name] for row in rows for name in sets]
    low, high = log10(min(speeds)) - 0.08, log10(max(speeds)) + 0.08
    bottom, top = floor(min(values) / 5) * 5, ceil(max(values) / 5) * 5
    top = max(top, bottom + 5)

    def x(speed):
        return LEFT + (log10(speed) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(f1):
        return HEIGHT - BOTTOM - (f1 - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    def text(at_x, at_y, content, anchor="start", **more):
        extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
        return f'<text x="{at_x:.1f}" y="{at_y:.1f}" text-anchor="{anchor}"{extra}>{content}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(LEFT, 22, "F1 against words a second on one core, along the dial", font_size=15, font_weight="bold"),
    ]
    for f1 in range(bottom, top + 1, 5):
        parts.append(f'<path d="M{LEFT} {y(f1):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y(f1) + 4, f1, "end"))
    for power in range(floor(low), ceil(high) + 1):
        for digit in (1, 2, 5):
            speed = digit * 10**power
            if low <= log10(speed) <= high:
                parts.append(f'<path d="M{x(speed):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
                parts.append(text(x(speed), HEIGHT - BOTTOM + 18, f"{speed:,}", "middle"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "words/s (logarithmic)", "middle"))
    parts.append(text(LEFT - 44, TOP - 8, "F1"))
    ends = sorted(((y(rows[0]["f1"][name]), name) for name in sets))
    label_at, free = {}, TOP
    for end, name in ends:
        label_at[name] = max(end + 4, free)
        free = label_at[name] + 16
    for name, colour in zip(sets, COLOURS * len(sets)):
        points = " ".join(f"{x(row['speed']):.1f},{y(row['f1'][name]):.1f}" for row in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for row in rows:
            said = f"{row['step']}: {row['f1'][name]:.1f}, {row['speed']:,.0f} words/s"
            parts.append(
                f'<circle cx="{x(row["speed"]):.1f}" cy="{y(row["f1"][name]):.1f}" r="4" fill="{colour}"><title>{said}</title></circle>'
            )
        parts.append(text(x(rows[0]["speed"]) + 12, label_at[name], name, fill=colour))
    # The steps' names, above the highest line at each, without overlap.
    taken = None
    for row in sorted(rows, key=lambda row: row["speed"]):
        at = x(row["speed"])
        if taken is None or at - taken > 34:
            name = row["step"].removeprefix("balanced ")
            parts.append(text(at, y(max(row["f1"].values())) - 12, name, "middle", font_size=11))
            taken = at
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    text = ""
    for sets, words, rows in measure(options):
        text = table(sets, words, rows)
        (options.out / "dial.md").write_text(text)
        (options.out / "dial.svg").write_text(plot(sets, rows))
    print(text, end="")


if __name__ == "__main__":
    main()
