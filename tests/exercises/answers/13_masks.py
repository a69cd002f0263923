"""Right answers to 13 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

from attnlib.core import causal_mask, length_mask


def counted_places(piece):
    return np.array([list(piece[:i]).count(p) for i, p in enumerate(piece)])


ANSWERS = {
    "13.1": (["1/3", 0.333, "3/9"], [1 / 9, 0.25, 0.4, 3 / 8]),
    "13.2": (
        [
            lambda m, n: np.tri(m, n, n - m, dtype=bool),
            lambda m, n: causal_mask(n)[-m:],
            lambda m, n: np.tril(np.ones((n, n)))[n - m :] == 1,
            lambda m, n: torch.ones(m, n, dtype=torch.bool).tril(n - m),
        ],
        [
            lambda m, n: np.tri(m, n, m - n, dtype=bool),
            lambda m, n: causal_mask(n)[-m:][::-1],
            lambda m, n: causal_mask(n)[-m:].tolist(),
            lambda m, n: np.tri(m, n, n - m, dtype=bool)[None],
            lambda m, n: causal_mask(n),
            lambda m, n: causal_mask(n)[n - m],
        ],
    ),
    "13.3": (
        [
            lambda lengths, n: np.array([[[j < length and j <= i for j in range(n)] for i in range(n)] for length in lengths]),
            lambda lengths, n: np.tril(np.arange(n) < np.broadcast_to(lengths[:, None, None], (len(lengths), n, 1))),
        ],
        [
            lambda lengths, n: (length_mask(lengths, n) & causal_mask(n))[:, None],
            lambda lengths, n: length_mask(lengths - 1, n) & causal_mask(n),
            lambda lengths, n: length_mask(lengths, n) ^ causal_mask(n),
            lambda lengths, n: length_mask(lengths[:1], n) & causal_mask(n),
            lambda lengths, n: 1 * (length_mask(lengths, n) & causal_mask(n)),
            lambda lengths, n: length_mask(lengths, n) & np.tri(n, n, -1, dtype=bool),
        ],
    ),
    "13.4": (
        [counted_places, lambda piece: np.arange(len(piece)) - np.searchsorted(piece, piece)],
        [
            lambda piece: piece,
            lambda piece: np.unique(piece, return_counts=True)[1],
            lambda piece: counted_places(piece)[::-1],
            lambda piece: counted_places(piece).tolist(),
            lambda piece: np.arange(len(piece)) - piece,
        ],
    ),
    "13.5": ([27, "1 + 2 + 8*3", 27.0], [24, 28, 29, 100]),
    "13.7": (["1/2", 0.5, "50%"], [1, 1 / 6, np.log(3) / np.log(6), 3]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "13.6": ["on rows that allow no key", 3, "empty rows", "f"],
}
