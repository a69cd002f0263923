"""Right answers to 79 in other forms, and wrong ones that the bank does not list."""
import functools

import numpy as np


def two_at_a_time(outputs, totals):
    def merge(one, two):
        (o, l), (more, its) = one, two
        both = np.logaddexp(l, its)
        return np.exp(l - both)[:, None] * o + np.exp(its - both)[:, None] * more, both
    return functools.reduce(merge, zip(outputs, totals))[0]


def shared(outputs, totals, sharpness=1):
    z = totals - np.logaddexp.reduce(totals, axis=0)
    amounts = np.exp(sharpness * z)
    return np.einsum("rm,rme->me", amounts / amounts.sum(axis=0), outputs)


def pairwise(rank, owner, c, shift=0):
    return np.array([[owner * c + j <= rank * c + i + shift for j in range(c)] for i in range(c)])


def in_one_piece(q, keys, values, lengths, scale=0.5, first=0):
    filled = [(r, i) for r, n in enumerate(lengths) for i in range(first, n)]
    output, share = np.zeros_like(q), len(q) // keys.shape[2]
    for head in range(len(q)):
        k, v = (np.array([x[r, i, head // share] for r, i in filled]) for x in (keys, values))
        z = k @ q[head] / q.shape[1] ** scale
        weights = np.exp(z - z.max())
        output[head] = weights @ v / weights.sum()
    return output


def one_by_one(q, keys, values, lengths):
    """A device after the other hands on output and logarithm of the total, as in a ring."""
    keys, values = (np.repeat(x, len(q) // keys.shape[2], axis=2) for x in (keys, values))
    output, total = np.zeros_like(q), np.full(len(q), -np.inf)
    for k, v, n in zip(keys, values, lengths):
        for key, value in zip(k[:n], v[:n]):
            score = (q * key).sum(-1) / q.shape[-1] ** 0.5
            both = np.logaddexp(total, score)
            output, total = np.exp(total - both)[:, None] * output + np.exp(score - both)[:, None] * value, both
    return output


ANSWERS = {
    "79.1": (["2*7*100*8", "11200"], [700, 11_000, 16_000, 3_200]),
    "79.2": (
        [two_at_a_time, shared],
        [
            lambda o, t: shared(o, t, 2),
            lambda o, t: shared(o, -t),
            lambda o, t: shared(o, t)[::-1],
            lambda o, t: shared(o[:-1], t[:-1]),
        ],
    ),
    "79.3": (
        [lambda g, n: np.average(g, axis=0, weights=n), lambda g, n: sum(m * x for m, x in zip(n, g)) / sum(n)],
        [
            lambda g, n: np.average(g, axis=0, weights=1 / n),
            lambda g, n: np.median(g, axis=0),
            lambda g, n: np.average(g, axis=0, weights=n**2),
            lambda g, n: -np.average(g, axis=0, weights=n),
        ],
    ),
    "79.4": (
        [pairwise, lambda r, o, c: np.tril(np.ones((c, c), bool), (r - o) * c)],
        [
            lambda r, o, c: pairwise(r, o, c, 1),
            lambda r, o, c: pairwise(r, o, c, c),
            lambda r, o, c: np.ones((c, c), bool),
            lambda r, o, c: np.zeros((c, c), bool),
        ],
    ),
    "79.5": (["2*400e12/50e9", 16_000.0], [2_000, 400, 12_000, 1_000]),
    "79.8": (
        [in_one_piece, one_by_one],
        [
            lambda q, k, v, n: in_one_piece(q, k, v, n, 1),
            lambda q, k, v, n: in_one_piece(q, v, k, n),
            lambda q, k, v, n: in_one_piece(-q, k, v, n),
            lambda q, k, v, n: v[:, :, 0].mean(axis=(0, 1)) * np.ones_like(q),
        ],
    ),
    "79.7": (["3/2", 1.5], [0, 0.5, 3, 1]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {"79.6": ["nothing", 3, "the ring", "e"]}
