"""Right answers to 53 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
from itertools import permutations

import numpy as np


def reach(layers, start=1):
    """From the last layer back: the pixels that one output needs."""
    for kernel, stride, dilation in layers[::-1]:
        start = (start - 1) * stride + (kernel - 1) * dilation + 1
    return start


def by_counts(said, truth, kinds, keep=lambda i, u: u > 0, end=np.mean):
    table = np.zeros((kinds, kinds))
    np.add.at(table, (truth, said), 1)
    inside, union = np.diag(table), table.sum(0) + table.sum(1) - np.diag(table)
    kept = keep(inside, union)
    return end(inside[kept] / union[kept])


def tried(weights, masks, cut=1.0, best=max, end=lambda total, m, k: total / m):
    said, m = weights > cut / weights.shape[1], len(masks)
    iou = [[(s & t).sum() / max((s | t).sum(), 1) for t in masks] for s in said]
    totals = [sum(iou[q][j] for j, q in enumerate(order)) for order in permutations(range(len(said)), m)]
    return end(best(totals), m, len(said))


ANSWERS = {
    "53.1": (["3/7", 3 / (6 + 4 - 3)], [7 / 3, 0.9, 1 / 7, 2 / 7]),
    "53.2": (
        [reach, lambda layers: 1 + sum((k - 1) * d * np.prod(layers[:i, 1]) for i, (k, _, d) in enumerate(layers))],
        [
            lambda layers: reach(layers) + 1,
            lambda layers: reach(layers[::-1]),
            lambda layers: reach(layers[:1]),
            lambda layers: reach(layers, 2),
            lambda layers: sum(k for k, _, _ in layers),
        ],
    ),
    "53.3": (
        [
            by_counts,
            lambda said, truth, kinds: by_counts(said, truth, kinds, end=lambda x: x.sum() / len(x)),
        ],
        [
            lambda said, truth, kinds: by_counts(said, truth, kinds, end=np.median),
            lambda said, truth, kinds: by_counts(said, truth, kinds, keep=lambda i, u: (u > 0) & (np.arange(kinds) > 0)),
            lambda said, truth, kinds: by_counts(said, truth, kinds, end=max),
            lambda said, truth, kinds: by_counts(said, truth, kinds, end=np.sum),
            lambda said, truth, kinds: 1 - by_counts(said, truth, kinds),
        ],
    ),
    "53.4": (["3/4", 0.75, "2*0.6/(1+0.6)"], [0.5, 0.7, 0.9, 1]),
    "53.6": (
        [tried, lambda w, m: tried(w * w.shape[1], m, m.shape[1])],
        [
            lambda w, m: tried(w, m, 0.5),
            lambda w, m: tried(w, m, best=np.mean),
            lambda w, m: tried(w, m, 2.0),
            lambda w, m: 1 - tried(w, m),
            lambda w, m: tried(w, ~m),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "53.5": ["zero", "all zero", 2, "0"],
}

EQUIVALENT = {
    ("53.3", "(said == kind, truth == kind) -> (truth == kind, said == kind)"):
        "Intersection and union do not ask which of the two comes first.",
    ("53.6", "weights.shape: weights -> masks"):
        "Both have the same number of cells.",
}
