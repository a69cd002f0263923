"""Reasons that 31 gives in words: the two guards of an empty row, and when `attend` holds its tables."""
import tracemalloc

import numpy as np

from attnlib.core import attend


def shares(scores, mask, guard_top=True, guard_total=True):
    """The chapter's `shares`, with either guard taken away."""
    scores = np.where(mask, scores, -np.inf)
    top = scores.max(axis=-1, keepdims=True)
    amounts = np.exp(scores - np.where(np.isfinite(top) | (not guard_top), top, 0))
    total = amounts.sum(axis=-1, keepdims=True)
    return amounts / np.where((total > 0) | (not guard_total), total, 1)


def test_a_row_without_a_key_needs_both_guards():
    scores, mask = np.ones((2, 3)), np.array([[True] * 3, [False] * 3])
    np.testing.assert_allclose(shares(scores, mask), [[1 / 3] * 3, [0] * 3])
    with np.errstate(invalid="ignore"):
        for without in ({"guard_top": False}, {"guard_total": False}):
            assert np.isnan(shares(scores, mask, **without)[1]).all()


def in_tables(f, q, k):
    tracemalloc.start()
    f(q, k)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(peak / (8 * len(q) * len(k)), 1)


def sparing(first, second):
    """A softmax of q k / sqrt(d) that spares a table while it makes the amounts, or the weights, or both."""
    def weights(q, k):
        scores = q @ k.T
        scores /= np.sqrt(q.shape[-1])
        differences = scores - scores.max(axis=-1, keepdims=True)
        amounts = np.exp(differences, out=differences if first else None)
        del differences
        return np.divide(amounts, amounts.sum(axis=-1, keepdims=True), out=amounts if second else None)
    return weights


def test_attend_holds_three_tables_twice():
    """Sparing one of the two moments leaves the peak at three tables; sparing both lowers it to two."""
    q, k = np.random.default_rng(0).standard_normal((2, 1024, 8))
    assert in_tables(lambda q, k: attend(q, k, k), q, k) == in_tables(sparing(False, False), q, k) == 3
    assert in_tables(sparing(True, False), q, k) == in_tables(sparing(False, True), q, k) == 3
    assert in_tables(sparing(True, True), q, k) == 2
