"""Right answers to 61 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
from itertools import groupby

import numpy as np


def read_by_groups(labels, keep=bool, end=list, shift=1):
    return end([k - shift for k, _ in groupby(labels) if keep(k)])


def steps_in_loops(frames, together, end=np.array, every=None):
    n = len(frames) // together
    return end([np.concatenate([frames[i * (every or together) + j] for j in range(together)]) for i in range(n)])


def forward_in_loops(weights, times, later=lambda a, b: a > b, mean=lambda w, t: sum(w * t), over=lambda n: n):
    means = [mean(w, times) for w in weights]
    return sum(later(b, a) for a, b in zip(means, means[1:])) / over(len(means) - 1)


ANSWERS = {
    "61.1": (["3/2", 1.5, "1 + 1/2"], [1 / 2, 4 / 5, 2 / 5, 4]),
    "61.2": (
        [
            read_by_groups,
            lambda labels: [labels[j] - 1 for j in range(len(labels)) if labels[j] and (j == 0 or labels[j - 1] != labels[j])],
        ],
        [
            lambda labels: read_by_groups(labels, end=sorted),
            lambda labels: read_by_groups(labels, end=lambda x: x[::-1]),
            lambda labels: read_by_groups(labels, shift=2),
            lambda labels: read_by_groups(labels, end=len),
            lambda labels: read_by_groups(labels, keep=lambda k: not k),
        ],
    ),
    "61.3": (
        [steps_in_loops, lambda f, t: np.hstack([f[i:len(f) // t * t:t] for i in range(t)])],
        [
            lambda f, t: steps_in_loops(f, t, every=1),
            lambda f, t: steps_in_loops(f, t)[::-1],
            lambda f, t: steps_in_loops(f, t) * t,
            lambda f, t: steps_in_loops(f, t).T,
        ],
    ),
    "61.4": (["3/4", 0.75, "6/8"], [1 / 4, 2 / 3, 0.6, 0.9]),
    "61.5": (
        [forward_in_loops, lambda w, t: np.mean((w[1:] @ t) > (w[:-1] @ t))],
        [
            lambda w, t: forward_in_loops(w, t, over=lambda n: n + 2),
            lambda w, t: forward_in_loops(w, t ** 2 - 5 * t),
            lambda w, t: forward_in_loops(w, t, mean=lambda w, t: t[np.searchsorted(w.cumsum(), 0.5)]),
            lambda w, t: 1 - forward_in_loops(w, t) / 2,
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "61.6": ["packing", "backward", 3, "the backward direction"],
}

EQUIVALENT = {
    ("61.2", "[0, *labels]: 0 -> -1"):
        "No label is -1, and none begins with what is before the first.",
    ("61.5", "np.mean(np.diff(weights @ times) > 0): np.diff(weights @ times) > 0 -> np.diff(weights @ times) >= 0"):
        "Two mean times are never equal.",
}
