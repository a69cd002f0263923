"""Right answers to 63 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
from collections import Counter

import numpy as np


def guess(kinds, answers, asked, wanted, of_all=None):
    """Count with dictionaries; the smallest of the commonest."""
    right = 0
    for k, a in zip(asked.tolist(), wanted.tolist()):
        known = [b for j, b in zip(kinds.tolist(), answers.tolist()) if j == k] or answers.tolist()
        counts = Counter(known)
        right += a == min(counts, key=lambda b: (-counts[b], b))
    return right / len(asked) if of_all is None else of_all(right, len(asked))


def row_by_row(weights, right, lengths, chance_of=np.mean, end=np.array):
    found, chances = [], []
    for w, r, m in zip(weights.tolist(), right.tolist(), lengths.tolist()):
        if any(r[:m]):
            found.append(r[w[:m].index(max(w[:m]))])
            chances.append(sum(r[:m]) / m)
    found, chance = np.mean(found), chance_of(chances)
    return end([found, chance, (found - chance) / (1 - chance)])


ANSWERS = {
    "63.1": (["3/8", 0.375, "1/2*1/2 + 1/2*1/4"], [0.3, 0.45, 0.6, 0.2]),
    "63.2": (
        [guess, lambda k, a, q, w: float(np.float64(guess(k, a, q, w)))],
        [
            lambda k, a, q, w: 1 - guess(k, a, q, w) + 0.01,
            lambda k, a, q, w: guess(k, a, q, w, lambda right, n: right / (n + 1)) + 0.001,
            lambda k, a, q, w: guess(k, a, q[::-1], w) + 0.003,
            lambda k, a, q, w: np.array([guess(k, a, q, w)] * 2),
        ],
    ),
    "63.3": (
        [
            lambda s, n: np.array([x[m - 1] for x, m in zip(s, n)]),
            lambda s, n: np.take_along_axis(s, (n - 1)[:, None, None], axis=1)[:, 0],
            lambda s, n: np.einsum("bnd,bn->bd", s, np.arange(s.shape[1]) == n[:, None] - 1),
        ],
        [
            lambda s, n: s[np.arange(len(s)), n - 2],
            lambda s, n: np.array([x[:m].sum(axis=0) + 0.01 for x, m in zip(s, n)]),
            lambda s, n: np.array([x[:m].max(axis=0) + 0.02 for x, m in zip(s, n)]),
            lambda s, n: s[np.arange(len(s)), n - 1][::-1] + 0.03,
        ],
    ),
    "63.4": (["ln 72", 4.277, "ln(9*8)", "log(72)"], [4, 4.5, 3.9, 5]),
    "63.7": (
        [
            row_by_row,
            lambda w, r, n: row_by_row(w / (w.sum(axis=1, keepdims=True) + 1), r, n),
        ],
        [
            lambda w, r, n: row_by_row(-w, r, n) + 0.001,
            lambda w, r, n: row_by_row(w, r, n)[::-1],
            lambda w, r, n: row_by_row(w, r, n, np.max) + 0.001,
            lambda w, r, n: row_by_row(w, r, n)[:2],
            lambda w, r, n: row_by_row(w, r, np.maximum(n - 1, 1)) + 0.002,
        ],
    ),
}

# Right letters come as "d", "(D)", "d)", "d. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "63.5": ["late", 2, "the sum", "e"],
    "63.6": ["words", 3, "the words", "e"],
}
