"""Runs a network over articles: paragraphs to mentions, windows packed as in the service."""
import numpy
import torch

import decoding
import labels
import windows


def logits_of(network, vocabulary, articles, pieces_a_batch=4096):
    """[[(words, logits [words, 37])] a paragraph] an article; an article is a list of texts."""
    packer, split = windows.Packer(vocabulary), []
    for number, article in enumerate(articles):
        split.append([vocabulary.split(text) for text in article])
        for place, found in enumerate(split[-1]):
            packer.add(found, [(number, place, word) for word in range(len(found))])
        packer.flush()
    result = [[(found, numpy.zeros((len(found), len(labels.LABELS)), dtype=numpy.float32)) for found in article]
              for article in split]
    network.eval()
    done = sorted(packer.done, key=lambda window: len(window[0]))
    while done:
        count = max(1, pieces_a_batch // len(done[-1][0]))
        batch, done = done[-count:], done[:-count]
        with torch.inference_mode():
            scores = network(*tensors(batch)[:3]).numpy()
        for (_, _, heads), rows in zip(batch, scores):
            for piece, (number, place, word) in heads:
                result[number][place][1][word] = rows[piece]
    return result


def tensors(batch):
    """Pieces, cases, lengths and tags (where there are any) of windows, padded."""
    lengths = torch.tensor([len(pieces) for pieces, _, _ in batch])
    shape = (len(batch), int(lengths.max()))
    pieces, cases = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    tags = torch.full(shape, labels.IGNORED)
    for row, (ids, classes, heads) in enumerate(batch):
        pieces[row, :len(ids)] = torch.tensor(ids)
        cases[row, :len(ids)] = torch.tensor(classes)
        if heads and isinstance(heads[0][1], int):
            tags[row, torch.tensor([place for place, _ in heads])] = torch.tensor([tag for _, tag in heads])
    return pieces, cases, lengths, tags


def recognize(network, vocabulary, articles, temperature=1.0):
    """[[(begin, end, type, confidence)] a paragraph] an article."""
    return [[decoding.mentions(logits, found, temperature) for found, logits in article]
            for article in logits_of(network, vocabulary, articles)]
