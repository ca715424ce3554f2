"""Trains the model that judges lines of flat text: `train.py FEATURES_BINARY MODEL_FILE`, called by ./train.

Word weights by logistic regression, then a forest of boosted trees that sees what the words of a line and of its
neighbours say. The words' say was predicted for folds that the weights were not trained on. Fixed seeds: the
same material and libraries give the same file. Needs numpy, scipy, scikit-learn and lightgbm.
"""
import json, os, struct, subprocess, sys, tempfile
from pathlib import Path

import lightgbm as lgb
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from compose import FOLDS, pages

BUCKETS = 1 << 16
PAGES_PER_FOLD = int(os.environ.get("PAGES", 200))
SEED = int(os.environ.get("SEED", 1))
# Content of long pages would else drown that of short ones.
PAGE_POWER = 0.5
WORDS_C = 2.0
FOREST = dict(objective="binary", learning_rate=0.1, num_leaves=12, min_data_in_leaf=200, feature_fraction=0.4,
             bagging_fraction=0.6, bagging_freq=1, lambda_l2=10.0, max_bin=31, seed=SEED, deterministic=True,
             force_row_wise=True, num_threads=int(os.environ.get("THREADS", 1)), verbose=-1)
TREES = 160
# Features that composed pages show otherwise than real ones do: how many lines there are, and empty lines among them.
UNUSED = {"index", "lines", "lines_below", "gap", "gap_share"}


class Sheet:
    """Lines of all pages: features, labels, hashes."""

    def __init__(self, folder):
        load = lambda name, kind: np.fromfile(Path(folder, name), dtype=kind)
        self.names = Path(folder, "names.txt").read_text().split("\n")
        self.labels, self.pages = load("labels.u8", "u1").astype(np.float64), load("pages.u32", "<u4")
        self.features = load("features.f32", "<f4").reshape(len(self.labels), -1)
        ends, hashes = load("ends.u32", "<u4"), load("hashes.u32", "<u4")
        starts = np.concatenate([[0], ends])
        counts = np.diff(starts)
        data = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
        self.words = csr_matrix((data, hashes, starts), shape=(len(self.labels), BUCKETS))
        self.bounds = np.flatnonzero(np.concatenate([[True], np.diff(self.pages) > 0, [True]]))

    def each_page(self):
        return zip(self.bounds[:-1], self.bounds[1:])


def features_of(composed, binary, folder):
    with open(Path(folder, "pages.jsonl"), "w") as out:
        for lines in composed:
            print(json.dumps({"lines": [t for _, t in lines], "labels": [l for l, _ in lines]}, ensure_ascii=False), file=out)
    with open(Path(folder, "pages.jsonl")) as given:
        subprocess.run([binary, folder], stdin=given, check=True)
    return Sheet(folder)


def means(values, reach):
    """The mean over `reach` values above each, and below it."""
    sums, n = np.concatenate([[0], np.cumsum(values)]), len(values)
    at = np.arange(n)
    low, high = np.maximum(at - reach, 0), np.minimum(at + 1 + reach, n)
    above = (sums[at] - sums[low]) / np.maximum(at - low, 1)
    below = (sums[high] - sums[at + 1]) / np.maximum(high - at - 1, 1)
    return above, below


def around_words(sheet, words):
    out = np.zeros((len(words), 6), dtype=np.float32)
    for begin, end in sheet.each_page():
        said = words[begin:end]
        near, far = means(said, 3), means(said, 10)
        out[begin:end] = np.stack([said, *near, *far, np.full(end - begin, said.mean())], axis=1)
    return out


def word_weights(words, labels):
    fit = LogisticRegression(C=WORDS_C, solver="liblinear", max_iter=300)
    fit.fit(words, labels)
    return fit.coef_[0], float(fit.intercept_[0])


def quantized(weights, bias):
    """As the model's file holds them: one signed byte a weight."""
    scale = np.float32(np.abs(weights).max() / 127)
    return np.clip(np.round(weights / scale), -127, 127).astype(np.int8), scale, np.float32(bias)


def unique_lines(sheet, rows):
    seen, keep = set(), []
    for row in rows:
        begin, end = sheet.words.indptr[row:row + 2]
        key = (sheet.words.indices[begin:end].tobytes(), sheet.labels[row])
        if key not in seen:
            seen.add(key)
            keep.append(row)
    return np.array(keep)


def boosted(params, trees, matrix, labels, weights, names):
    unused = [i for i, name in enumerate(names) if name in UNUSED]
    matrix = matrix.copy()
    matrix[:, unused] = 0
    return lgb.train(params, lgb.Dataset(matrix, labels, weight=weights, feature_name=list(names)), trees)


def floor_single(value):
    single = np.float32(value)
    return single if float(single) <= value else np.nextafter(single, np.float32(-np.inf))


def forest_bytes(booster):
    trees = booster.dump_model()["tree_info"]
    out = [struct.pack("<H", len(trees))]
    for tree in trees:
        nodes, leaves = [], []

        def add(node):
            if "leaf_value" in node:
                leaves.append(node["leaf_value"])
                return -len(leaves)
            at = len(nodes)
            nodes.append(None)
            left = add(node["left_child"])
            right = add(node["right_child"])
            assert node["decision_type"] == "<="
            nodes[at] = struct.pack("<Hfhh", node["split_feature"], floor_single(node["threshold"]), left, right)
            return at

        add(tree["tree_structure"])
        out += [struct.pack("<H", len(nodes)), *nodes, np.array(leaves, dtype="<f4").tobytes()]
    return b"".join(out)


def main(binary, target):
    root = Path(__file__).parent
    composed = list(pages(root, PAGES_PER_FOLD, SEED))
    page_folds = np.array([fold for fold, _ in composed])
    with tempfile.TemporaryDirectory() as folder:
        sheet = features_of([lines for _, lines in composed], binary, folder)
    folds, labels = page_folds[sheet.pages], sheet.labels
    sizes = np.zeros(len(labels))
    for begin, end in sheet.each_page():
        sizes[begin:end] = end - begin
    weights = (sizes / sizes.mean()) ** -PAGE_POWER
    print(f"{len(composed)} pages, {len(labels)} lines, {labels.mean():.3f} content", flush=True)

    words = np.zeros(len(labels))
    for fold in range(FOLDS):
        rows = unique_lines(sheet, np.flatnonzero(folds != fold))
        coefficients, bias = word_weights(sheet.words[rows], labels[rows])
        words[folds == fold] = sheet.words[folds == fold] @ coefficients + bias
    report("words", words > 0, labels)
    matrix = np.hstack([sheet.features, around_words(sheet, words)]).astype(np.float32)
    names = sheet.names[:matrix.shape[1]]
    if os.environ.get("SHOW"):
        first = np.zeros(len(labels))
        for fold in range(FOLDS):
            rows = folds != fold
            first[~rows] = boosted(FOREST, TREES, matrix[rows], labels[rows], weights[rows], names).predict(matrix[~rows], raw_score=True)
        report("forest", first > 0, labels)
    forest = boosted(FOREST, TREES, matrix, labels, weights, names)
    if os.environ.get("SHOW"):
        gain = sorted(zip(forest.feature_importance("gain"), forest.feature_name()), reverse=True)
        print([f"{name} {value / sum(g for g, _ in gain):.3f}" for value, name in gain[:25]])
    rows = unique_lines(sheet, np.arange(len(labels)))
    bytes_, scale, bias = quantized(*word_weights(sheet.words[rows], labels[rows]))
    model = b"CDFLAT02" + struct.pack("<ff", scale, bias) + bytes_.tobytes() + forest_bytes(forest)
    Path(target).write_bytes(model)
    print(f"{target}: {len(model)} bytes")


def report(name, said, labels):
    tp = (said & (labels > 0)).sum()
    p, r = tp / max(said.sum(), 1), tp / max(labels.sum(), 1)
    print(f"{name}: line P {p:.3f} R {r:.3f} F1 {2 * p * r / (p + r):.3f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
