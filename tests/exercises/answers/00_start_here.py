"""Right answers to 00 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

ANSWERS = {
    "00.1": (["0.7", np.array([0.7]), "70%"], [7 / 11, 0.75, 0.9, 2 / 7]),
    "00.2": (
        [lambda w: np.array([max(row) for row in w]), lambda w: np.sort(w, axis=1)[:, -1], lambda w: torch.tensor(w).amax(-1)],
        [lambda w: w.max(axis=1, keepdims=True), lambda w: [row.max() for row in w], lambda w: w[:, -1], lambda w: w.mean(axis=1)],
    ),
    "00.3": (
        [lambda w: np.array([list(row).index(max(row)) for row in w]), lambda w: np.argsort(-w, axis=1)[:, 0]],
        [
            lambda w: [row.argmax() for row in w],
            lambda w: w.argmax(axis=1)[:, None],
            lambda w: w == w.max(axis=1, keepdims=True),
            lambda w: np.argsort(w, axis=1)[:, 0 if w.shape[1] > 2 else 1],
        ],
    ),
    "00.4": (
        [lambda a: (a.T / a.sum(axis=1)).T, lambda a: np.array([row / sum(row) for row in a]), lambda a: a / a.sum(1)[:, None]],
        [
            lambda a: a / a.mean(axis=1, keepdims=True),
            lambda a: (a / a.sum(axis=1, keepdims=True)).round(2),
            lambda a: a / a.shape[1],
            lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True),
            lambda a: (a.T / a.sum(axis=1)).T.tolist(),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "00.5": ["(4, 2)", (4, 2), 2, "shape (4, 2)"],
}
