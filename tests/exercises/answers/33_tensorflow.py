"""Right answers to 33 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import scipy.interpolate
import scipy.special
import torch

ANY_NUMBER = "0 is divided by it, which is 0 for any number."
ANY_FINITE = "It is taken from minus infinity, which stays minus infinity."
INF = np.inf


def decoder_in_loops(lengths, n, seen=lambda j, i, length: j <= i and j < length):
    return np.array([[[seen(j, i, length) for j in range(n)] for i in range(n)] for length in lengths])


def energies_in_loops(energies, keep, spread=lambda e: np.exp(e - scipy.special.logsumexp(e))):
    new = np.zeros_like(energies)
    for b, real in enumerate(keep):
        if real.any():
            new[b, real, 0] = spread(energies[b, real, 0])
    return new


ANSWERS = {
    "33.1": (["16/17", 0.941, "1 - 1/17"], [0.9, 4 / 17, 1, 15 / 16]),
    "33.2": (["16,800", 16800.0, "3*(32*128 + 128) + 128*32 + 32"], [17000, 12288, 4128, 8400]),
    "33.3": (
        [decoder_in_loops, lambda lengths, n: np.arange(n) < np.minimum(np.arange(n)[:, None] + 1, lengths[:, None, None])],
        [
            lambda lengths, n: decoder_in_loops(lengths, n).astype(int),
            lambda lengths, n: decoder_in_loops(lengths, n, lambda j, i, length: j <= i < length and j > 0),
            lambda lengths, n: decoder_in_loops(lengths, n, lambda j, i, length: j <= i or j < length),
            lambda lengths, n: decoder_in_loops(lengths, n)[:, -1],
            lambda lengths, n: decoder_in_loops(lengths, n)[:, None],
        ],
    ),
    "33.4": (
        [energies_in_loops, lambda e, keep: np.nan_to_num(torch.tensor(np.where(keep[..., None], e, -INF)).softmax(1).numpy())],
        [
            lambda e, keep: energies_in_loops(e, keep, lambda e: e == e.max()),
            lambda e, keep: energies_in_loops(e, keep, lambda e: 1 / len(e)),
            lambda e, keep: energies_in_loops(e, keep, lambda e: np.exp(e) / np.exp(e).sum()),
            lambda e, keep: energies_in_loops(e, keep).swapaxes(1, 2),
            lambda e, keep: energies_in_loops(e, keep, lambda e: e / e.sum()),
        ],
    ),
    "33.5": (["3/(2e + 3)", 0.3556, 3 / (2 * np.e + 3)], [0.5, 1, 3 / (np.e + 3), 0.4]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "33.6": ["shift invariance", 3, "invariance", "shift"],
}

EQUIVALENT = {
    ("33.4", "np.where(top == -np.inf, 0, top): 0 -> 1"):
        ANY_FINITE,
    ("33.4", "np.where(top == -np.inf, 0, top): 0 -> -1"):
        ANY_FINITE,
    ("33.4", "np.where(total == 0, 1, total): 1 -> 2"):
        ANY_NUMBER,
}
