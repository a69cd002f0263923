"""Right answers to 21 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch
from scipy.special import expit, logsumexp

from attnlib.core import softmax

ANY_NUMBER = "0 is divided by it, which is 0 for any number."


def without_in_loops(weights, j):
    new = weights.copy()
    for row in new:
        row[j] = 0
        if row.sum() > 0:
            row /= row.sum()
    return new


ANSWERS = {
    "21.1": (["71/20", 3.55, np.array([[3.55]])], [3.5, 3.25, 4, 2.9]),
    "21.2": (
        [
            lambda s, p: expit(np.log(p) - logsumexp(s, axis=1)),
            lambda s, p: 1 - softmax(np.hstack([s, np.zeros((len(s), p))]))[:, : s.shape[1]].sum(1),
            lambda s, p: 1 / (1 + np.exp(logsumexp(s, axis=-1)) / p),
        ],
        [
            lambda s, p: p * np.exp(-s.max(axis=1)),
            lambda s, p: np.full(len(s), p / s.shape[1]),
            lambda s, p: p / (s.sum(axis=1) + p),
            lambda s, p: softmax(np.hstack([s, np.zeros((len(s), p))]))[:, s.shape[1] :],
            lambda s, p: p / (np.exp(np.minimum(s, 300)).max(axis=1) + p),
        ],
    ),
    "21.3": (
        [
            lambda lengths, n: np.array([[[i < length for i in range(n)]] for length in lengths]),
            lambda lengths, n: np.arange(n)[None, None] + 1 <= lengths.reshape(-1, 1, 1),
            lambda lengths, n: torch.arange(n) < torch.tensor(lengths)[:, None, None],
        ],
        [
            lambda lengths, n: 1 * (np.arange(n) < lengths[:, None, None]),
            lambda lengths, n: (np.arange(n) < lengths[:, None])[None],
            lambda lengths, n: np.arange(n) < lengths[:, None, None] - 1,
            lambda lengths, n: (np.arange(n) < lengths[:, None, None])[..., ::-1],
            lambda lengths, n: (np.arange(n) < lengths[:, None, None]).repeat(n, axis=1),
        ],
    ),
    "21.4": ([1.9999999999, 2, "10/5"], [1, 4, 15, 2.5 / 3]),
    "21.5": (
        [without_in_loops, lambda w, j: (s := w * (np.arange(w.shape[1]) != j)) / np.maximum(s.sum(axis=1, keepdims=True), 1e-300)],
        [
            lambda w, j: np.where(np.arange(w.shape[1]) == j, 0, w) / np.where(w[:, [j]] == 1, 1, 1 - w[:, [j]]).max(),
            lambda w, j: without_in_loops(w, j) + (w[:, [j]] == 1) / w.shape[1],
            lambda w, j: without_in_loops(w, (j + 1) % w.shape[1]),
            lambda w, j: without_in_loops(w, j).tolist(),
            lambda w, j: without_in_loops(w.T, min(j, len(w) - 1)).T,
        ],
    ),
    "21.7": ([6, "2*3", 6.0], [12, 3, 2, 8]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "21.6": ["the bounds of a mixture", "bounds", 3, "3.4"],
}

EQUIVALENT = {
    ("21.5", "np.where(total == 0, 1, total): 1 -> 2"):
        ANY_NUMBER,
}
