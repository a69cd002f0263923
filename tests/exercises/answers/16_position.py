"""Right answers to 16 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import math

import numpy as np
import torch

from attnlib.core import rotate, softmax

SAME_LENGTH = "Both have this length: "
ENOUGH = "More slopes than are needed are made, and cut off at the end; the last of them is never needed."
NO_MASK = "The parameter serves the bank's mistakes; the solution leaves it out."
CHOICE = "length_mask(lengths, n) & causal_mask(n) if mask is None else mask"
INF = np.inf


def slopes_of_the_authors(n):
    def of_power(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]

    if math.log2(n).is_integer():
        return of_power(n)
    closest = 2 ** math.floor(math.log2(n))
    return of_power(closest) + slopes_of_the_authors(2 * closest)[0::2][: n - closest]


def slopes_in_a_loop(heads):
    power = 1
    while 2 * power <= heads:
        power *= 2
    found = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    return np.array(found + [2 ** (-4 * (2 * i + 1) / power) for i in range(heads - power)])


def stepping(place, k_places=np.arange, end=lambda scores: scores):
    def scores(q, k):
        n, d = k.shape
        return end(rotate(q, np.array([place(n)])) @ rotate(k, k_places(n)).T / d**0.5)

    return scores


def alibi(price=lambda far, m: m * far, hidden=-INF, scale=lambda d: d**0.5, behind=0):
    def weights(q, k, m, lengths):
        found = []
        for a, b, length in zip(q, k, lengths):
            n = len(a)
            far = np.arange(n)[:, None] - np.arange(n)
            s = np.where((far >= behind) & (np.arange(n) < length), a @ b.T / scale(a.shape[1]) - price(far, m), hidden)
            e = np.exp(s - np.where(s.max(axis=1, keepdims=True) == -INF, 0, s.max(axis=1, keepdims=True)))
            found.append(e / np.maximum(e.sum(axis=1, keepdims=True), 1e-300))
        return np.array(found)

    return weights


def alibi_in_torch(q, k, m, lengths):
    q, k, n, d = torch.tensor(q), torch.tensor(k), *q.shape[1:]
    far = (torch.arange(n)[:, None] - torch.arange(n)).double()
    allowed = (far >= 0) & (torch.arange(n) < torch.tensor(lengths)[:, None, None])
    scores = q @ k.transpose(1, 2) / d**0.5 - m * far
    return scores.masked_fill(~allowed, -torch.inf).softmax(-1).nan_to_num(0)


ANSWERS = {
    "16.1": (["1/13", 0.0769, 0.5 / 6.5], [1 / 15, 0.5 / 8, 0.2, 1 / 3]),
    "16.2": (
        [slopes_in_a_loop, lambda heads: np.array(slopes_of_the_authors(heads))],
        [
            lambda heads: 2.0 ** -np.arange(1, heads + 1),
            lambda heads: slopes_of_the_authors(heads),
            lambda heads: slopes_in_a_loop(heads)[::-1],
            lambda heads: 1 / np.arange(1, heads + 1),
            lambda heads: slopes_in_a_loop(heads + 1)[:heads],
        ],
    ),
    "16.3": (
        [stepping(lambda n: 0, lambda n: np.arange(n) - (n - 1)), stepping(lambda n: n + 6, lambda n: np.arange(n) + 7)],
        [
            stepping(lambda n: n - 1, end=lambda s: s[0]),
            stepping(lambda n: n - 2),
            stepping(lambda n: n - 1, end=lambda s: s[:, ::-1]),
            stepping(lambda n: n - 1, end=softmax),
            stepping(lambda n: n - 1, lambda n: np.arange(1, n + 1)),
        ],
    ),
    "16.4": (["ln 2", np.log(2), 0.6931], [np.log(4) / 4, 1 / 4, 0.8, 3]),
    "16.6": ([0, 0.0, "0"], [2, 0.5, "ln 2", -1]),
    "16.7": (
        [alibi(), alibi_in_torch],
        [
            alibi(lambda far, m: m * far**2),
            alibi(behind=1),
            alibi(lambda far, m: m * np.sqrt(abs(far))),
            alibi(scale=lambda d: d),
            alibi(lambda far, m: far / m),
            lambda q, k, m, lengths: alibi()(k, q, m, lengths),
            lambda q, k, m, lengths: alibi()(q, k, m, lengths).mean(axis=1),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "16.5": ["b(d)=5d", "5d", 5, "-5d"],
}

EQUIVALENT = {
    ("16.2", "np.arange(1, 2 * power + 1, 2): 2 * power + 1 -> 2 * power - 1"):
        ENOUGH,
    ("16.2", "np.arange(1, 2 * power + 1, 2): 2 * power + 1 -> 2 * power"):
        ENOUGH,
    ("16.2", "2 * power + 1: 1 -> 2"):
        ENOUGH,
    ("16.2", "2 * power + 1: 1 -> 0"):
        ENOUGH,
    ("16.2", "2 * power: 2 -> 3"):
        ENOUGH,
    ("16.7", "q.shape: q -> k"):
        SAME_LENGTH + "the places of q and of k.",
    ("16.7", f"masked_softmax(scores(q, k) - price, {CHOICE}): {CHOICE} -> length_mask(lengths, n) & causal_mask(n)"):
        NO_MASK,
    **{("16.7", f"{CHOICE}: mask -> {name}"): NO_MASK for name in ("q", "k", "m", "lengths", "scores")},
}
