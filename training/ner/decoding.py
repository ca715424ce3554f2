"""Tag probabilities to mentions: Viterbi over the legal tag sequences, confidence, calibration."""
import numpy

from labels import LABELS

# legal[i, j]: may j follow i? I-x only after B-x or I-x.
LEGAL = numpy.zeros((len(LABELS), len(LABELS)), dtype=numpy.float32)
for _to, _label in enumerate(LABELS):
    if _label.startswith("I-"):
        LEGAL[:, _to] = -numpy.inf
        LEGAL[[LABELS.index("B-" + _label[2:]), _to], _to] = 0.0
START = numpy.array([-numpy.inf if label.startswith("I-") else 0.0 for label in LABELS], dtype=numpy.float32)


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - numpy.log(numpy.exp(shifted).sum(axis=-1, keepdims=True))


def viterbi(scores):
    """The best legal tag sequence for log-probabilities [words, tags]; ties go to the lower tag."""
    best, back = scores[0] + START, []
    for row in scores[1:]:
        ways = best[:, None] + LEGAL
        chosen = ways.argmax(axis=0)
        back.append(chosen)
        best = ways[chosen, numpy.arange(len(LABELS))] + row
    tag = int(best.argmax())
    path = [tag]
    for chosen in reversed(back):
        tag = int(chosen[tag])
        path.append(tag)
    return path[::-1]


def mentions(logits, found, temperature=1.0):
    """[(begin, end, type, confidence)] of a paragraph; confidence is the mean probability of the words' chosen tags."""
    if not len(logits):
        return []
    scores = log_softmax(logits / temperature)
    path = viterbi(scores)
    result, first = [], None
    for index in range(len(path) + 1):
        inside = index < len(path) and LABELS[path[index]].startswith("I-")
        if first is not None and not inside:
            chosen = [float(numpy.exp(scores[word, path[word]])) for word in range(first, index)]
            result.append((found[first][0], found[index - 1][1], LABELS[path[first]][2:], sum(chosen) / len(chosen)))
            first = None
        if index < len(path) and LABELS[path[index]].startswith("B-"):
            first = index
    return result


def calibration_error(pairs, bins=10):
    """Expected calibration error of (confidence, is right) pairs, ten equal bins."""
    sums = [[0.0, 0] for _ in range(bins)]
    for confidence, right in pairs:
        chosen = sums[min(int(confidence * bins), bins - 1)]
        chosen[0] += confidence
        chosen[1] += right
    return sum(abs(total - right) for total, right in sums) / max(len(pairs), 1)
