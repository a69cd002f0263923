"""The mask builders of attnlib.core against loops, what they promise about influence, and wrong arguments."""
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib import core

settings.register_profile("book", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("book")

sizes = st.integers(0, 6)
seeds = st.integers(0, 2**32 - 1)


def by_loop(n, allows):
    return np.array([[allows(i, j) for j in range(n)] for i in range(n)], bool).reshape(n, n)


def same_mask(mask, wanted):
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, wanted, strict=True)


@given(n=sizes)
def test_causal_mask_equals_loop(n):
    same_mask(core.causal_mask(n), by_loop(n, lambda i, j: j <= i))


@given(n=sizes, width=sizes)
def test_window_mask_equals_loop(n, width):
    same_mask(core.window_mask(n, width), by_loop(n, lambda i, j: -width <= j - i <= width))


@given(seed=seeds, n=sizes, batch=st.sampled_from([(), (3,), (2, 2), (0,)]), kind=st.sampled_from([np.uint8, np.int32, np.int64]))
def test_length_mask_equals_loop(seed, n, batch, kind):
    lengths = np.random.default_rng(seed).integers(0, n + 1, size=batch).astype(kind)
    lengths = np.asarray(lengths)
    mask = core.length_mask(lengths, n)
    assert mask.shape == (*batch, 1, n)
    for i in np.ndindex(*batch):
        same_mask(mask[i], np.array([[place < lengths[i] for place in range(n)]], bool).reshape(1, n))


def test_the_longest_and_the_shortest():
    same_mask(core.length_mask(np.array([0, 3]), 3), np.array([[[False] * 3], [[True] * 3]]))
    same_mask(core.window_mask(np.int64(3), np.int64(0)), np.eye(3, dtype=bool))
    same_mask(core.causal_mask(np.int32(2)), np.array([[True, False], [True, True]]))


@given(seed=seeds, n=st.integers(1, 6), width=st.integers(0, 3))
def test_what_a_mask_forbids_has_no_influence(seed, n, width):
    """Vandalise one place: every row that may not see it stays as it was, to the bit, and every row that may is moved."""
    rng = np.random.default_rng(seed)
    q, k, v = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    place, length = int(rng.integers(n)), np.asarray(rng.integers(1, n + 1))
    k_bad, v_bad = k.copy(), v.copy()
    k_bad[place], v_bad[place] = rng.normal(size=2), v[place] + 1e6
    for mask in (core.causal_mask(n), core.window_mask(n, width), core.length_mask(length, n),
                 core.causal_mask(n) & core.length_mask(length, n)):
        before, after = core.attend(q, k, v, mask)[0], core.attend(q, k_bad, v_bad, mask)[0]
        sees = np.broadcast_to(mask, (n, n))[:, place]
        np.testing.assert_array_equal(after[~sees], before[~sees])
        assert (after[sees] != before[sees]).all()
