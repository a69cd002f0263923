"""attnlib.core against slow loops, on random shapes and dtypes, at extreme values, and with wrong arguments."""
import cmath
import math
import types
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib import core

settings.register_profile("book", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("book")

DTYPES = [np.float16, np.float32, np.float64, np.int64]
TOLERANCE = {np.float16: 2e-2, np.float32: 1e-5, np.float64: 1e-12, np.int64: 1e-12}
SCORES = {"dot_scores": "", "scaled_dot_scores": "", "cosine_scores": "", "multiplicative_scores": "W", "additive_scores": "W_q W_k v"}

sizes = st.integers(0, 4)
positive = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(DTYPES)
batches = st.sampled_from([((), ()), ((2,), (2,)), ((2,), ()), ((), (3,)), ((3, 1), (2,)), ((1,), (3,)), ((0,), ())])


def normal(rng, dtype, *shape):
    """Numbers that each dtype holds exactly: multiples of 1/8, or whole ones; no entry can be written to."""
    x = rng.integers(-12, 13, size=shape)
    x = x.astype(dtype) if dtype == np.int64 else (x / 8).astype(dtype)
    x.flags.writeable = False
    return x


def allowed(rng, *shape):
    mask = np.asarray(rng.random(shape) < 0.6)
    mask.flags.writeable = False
    return mask


def close(result, wanted, dtype):
    np.testing.assert_allclose(result, wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def same_kind(result, dtype):
    assert result.dtype == (np.float64 if dtype == np.int64 else dtype)


# ---- slow, and written differently: one number at a time -------------------------------------------------------------

def dot(a, b):
    return math.fsum(float(x) * float(y) for x, y in zip(a, b))


def slow_softmax(scores, mask=None):
    """One row: each weight as 1 over the sum of its ratios to the others."""
    keys = [j for j in range(len(scores)) if mask is None or mask[j]]
    weights = [0.0] * len(scores)
    for i in keys:
        weights[i] = 1 / math.fsum(math.exp(float(scores[j]) - float(scores[i])) for j in keys)
    return weights


def slow_score(name, query, key, parameters):
    """One query and one key, each a list of numbers."""
    if name == "dot_scores":
        return dot(query, key)
    if name == "scaled_dot_scores":
        return dot(query, key) * len(query) ** -0.5
    if name == "cosine_scores":
        product = math.hypot(*map(float, query)) * math.hypot(*map(float, key))
        return dot(query, key) / product if product else 0.0
    if name == "multiplicative_scores":
        return dot([dot(row, key) for row in parameters[0]], query)              # the key is carried to the query
    W_q, W_k, v = parameters
    hidden = [math.tanh(dot(query, W_q[:, h]) + dot(key, W_k[:, h])) for h in range(len(v))]
    return dot(hidden, v)


def slow_scores(name, q, k, parameters):
    return np.array([[slow_score(name, query, key, parameters) for key in k] for query in q]).reshape(len(q), len(k))


def pairs(q, k, axes=2):
    """The batch shape, and for each place in the batch its own q and k."""
    batch = np.broadcast_shapes(q.shape[:-axes], k.shape[:-axes])
    q, k = (np.broadcast_to(x, batch + x.shape[-axes:]) for x in (q, k))
    return batch, [(i, q[i], k[i]) for i in np.ndindex(batch)]


def draw_scores(rng, name, dtype, batch_q, batch_k, m, n, c, d, h):
    if "W" not in SCORES[name]:
        c = d
    q, k = normal(rng, dtype, *batch_q, m, c), normal(rng, dtype, *batch_k, n, d)
    shapes = {"": [], "W": [(c, d)], "W_q W_k v": [(c, h), (d, h), (h,)]}[SCORES[name]]
    return q, k, [normal(rng, dtype, *shape) for shape in shapes]


# ---- the formulas ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", SCORES)
@given(seed=seeds, dtype=dtypes, batch=batches, m=sizes, n=sizes, c=positive, d=positive, h=positive)
def test_scores_equal_loops(name, seed, dtype, batch, m, n, c, d, h):
    q, k, parameters = draw_scores(np.random.default_rng(seed), name, dtype, *batch, m, n, c, d, h)
    result = getattr(core, name)(q, k, *parameters)
    shape, each = pairs(q, k)
    assert result.shape == (*shape, m, n)
    for i, one_q, one_k in each:
        close(result[i], slow_scores(name, one_q, one_k, parameters), dtype)
    if dtype == np.int64 and name in ("dot_scores", "multiplicative_scores"):
        assert result.dtype == np.int64
    else:
        same_kind(result, dtype)


@pytest.mark.parametrize("name", ["multiplicative_scores", "additive_scores"])
def test_parameters_may_have_batch_axes(name):
    rng = np.random.default_rng(0)
    q, k, parameters = draw_scores(rng, name, np.float64, (2,), (2,), 3, 4, 2, 3, 1 if name == "additive_scores" else 5)
    stacked = [np.stack([p, 2 * p]) for p in parameters[:2]] + parameters[2:]
    result = getattr(core, name)(q, k, *stacked)
    for b in range(2):
        close(result[b], slow_scores(name, q[b], k[b], [p[b] for p in stacked[:2]] + parameters[2:]), np.float64)


@given(seed=seeds, dtype=dtypes, batch=batches, m=sizes, n=positive)
def test_softmax_equals_loop(seed, dtype, batch, m, n):
    scores = normal(np.random.default_rng(seed), dtype, *batch[0], m, n)
    result = core.softmax(scores)
    assert result.shape == scores.shape
    same_kind(result, dtype)
    for i in np.ndindex(scores.shape[:-1]):
        close(result[i], slow_softmax(scores[i]), dtype)


def test_softmax_of_one_row_without_batch():
    np.testing.assert_allclose(core.softmax(np.log([1.0, 2.0, 3.0])), [1 / 6, 1 / 3, 1 / 2])


@given(seed=seeds, dtype=dtypes, batch=batches, m=sizes, n=sizes,
       stretched=st.sampled_from(["", "n", "m n", "1 n", "m 1", "b m n", "b 1 n"]))
def test_masked_softmax_equals_loop(seed, dtype, batch, m, n, stretched):
    rng = np.random.default_rng(seed)
    scores = normal(rng, dtype, *batch[0], m, n)
    axes = {"1": [1], "m": [m], "n": [n], "b": list(batch[0])}
    mask = allowed(rng, *(size for axis in stretched.split() for size in axes[axis]))
    result = core.masked_softmax(scores, mask)
    assert result.shape == scores.shape
    same_kind(result, dtype)
    full = np.broadcast_to(mask, scores.shape)
    assert (result[~full] == 0).all()
    for i in np.ndindex(scores.shape[:-1]):
        close(result[i], slow_softmax(scores[i], full[i]), dtype)


@given(seed=seeds, dtype=dtypes, batch=batches, m=sizes, n=sizes, d=positive, e=sizes, masked=st.booleans())
def test_attend_equals_loop(seed, dtype, batch, m, n, d, e, masked):
    rng = np.random.default_rng(seed)
    q, k, v = normal(rng, dtype, *batch[0], m, d), normal(rng, dtype, *batch[1], n, d), normal(rng, dtype, *batch[1], n, e)
    shape, each = pairs(q, k)
    mask = allowed(rng, *shape, m, n) if masked else True
    output, weights = core.attend(q, k, v, mask) if masked else core.attend(q, k, v)
    assert output.shape == (*shape, m, e) and weights.shape == (*shape, m, n)
    same_kind(output, dtype)
    same_kind(weights, dtype)
    full, values = np.broadcast_to(mask, (*shape, m, n)), np.broadcast_to(v, (*shape, n, e))
    for i, one_q, one_k in each:
        rows = [slow_softmax([dot(query, key) / math.sqrt(d) for key in one_k], full[i][r]) for r, query in enumerate(one_q)]
        close(weights[i], np.reshape(rows, (m, n)), dtype)
        close(output[i], np.reshape([[dot(row, values[i][:, j]) for j in range(e)] for row in rows], (m, e)), dtype)


@given(seed=seeds, dtype=dtypes, m=sizes, n=positive)
def test_entropy_equals_loop(seed, dtype, m, n):
    rng = np.random.default_rng(seed)
    weights = core.masked_softmax(normal(rng, dtype, m, n), allowed(rng, m, n))
    result = core.entropy(weights)
    assert result.shape == (m,)
    same_kind(result, dtype)
    close(result, [math.fsum(w * math.log(1 / w) for w in map(float, row) if w) for row in weights], dtype)


def test_entropy_of_certainty_and_of_an_even_split():
    assert core.entropy(np.array([0.0, 1.0, 0.0])) == 0
    np.testing.assert_allclose(np.exp(core.entropy(np.full((2, 5), 0.2))), [5, 5])


@pytest.mark.parametrize("small", [np.float16, np.float32])
def test_mixed_dtypes_take_the_wider(small):
    q, k = np.ones((2, 3), small), np.ones((4, 3), np.float64)
    for name in ("dot_scores", "scaled_dot_scores", "cosine_scores"):
        assert getattr(core, name)(q, k).dtype == np.float64
    assert core.attend(q, k.astype(small), k)[0].dtype == np.float64


# ---- positions -------------------------------------------------------------------------------------------------------

angles = st.floats(-50, 50)


@given(n=sizes, pairs_=sizes)
def test_sinusoidal_positions_equal_loop(n, pairs_):
    result = core.sinusoidal_positions(n, 2 * pairs_)
    assert result.shape == (n, 2 * pairs_) and result.dtype == np.float64
    for i in range(n):
        for c in range(2 * pairs_):
            angle = i / math.pow(10000, c // 2 / pairs_)
            close(result[i, c], math.cos(angle) if c % 2 else math.sin(angle), np.float64)


@given(n=st.integers(2, 40), pairs_=positive, shift=st.integers(0, 40))
def test_a_shift_of_sinusoidal_positions_is_one_rotation_for_all_places(n, pairs_, shift):
    """And so the dot product of two places depends on their distance alone."""
    table = core.sinusoidal_positions(n + shift, 2 * pairs_)
    for c in range(pairs_):
        angle = shift / math.pow(10000, c / pairs_)
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        np.testing.assert_allclose(table[shift:, 2 * c:2 * c + 2], table[:n, 2 * c:2 * c + 2] @ turn.T, atol=1e-12)
    np.testing.assert_allclose(table[shift:] @ table[shift:].T, table[:n] @ table[:n].T, atol=1e-11)
    np.testing.assert_allclose((table ** 2).sum(axis=-1), pairs_)


@given(seed=seeds, dtype=dtypes, batch=batches, n=sizes, pairs_=sizes, whole=st.booleans())
def test_rotate_equals_complex_numbers(seed, dtype, batch, n, pairs_, whole):
    """A pair is a complex number, a turn is a product with exp(i angle)."""
    rng = np.random.default_rng(seed)
    x, positions = normal(rng, dtype, *batch[0], n, 2 * pairs_), normal(rng, np.int64 if whole else np.float64, *batch[1], n)
    result = core.rotate(x, positions)
    shape = np.broadcast_shapes(batch[0], batch[1])
    assert result.shape == (*shape, n, 2 * pairs_) and result.dtype == np.float64
    x, positions = np.broadcast_to(x, result.shape), np.broadcast_to(positions, (*shape, n))
    for i in np.ndindex(*shape, n):
        for c in range(pairs_):
            one = cmath.exp(1j * float(positions[i]) / math.pow(10000, c / pairs_)) * complex(*map(float, x[i][2 * c:2 * c + 2]))
            close(result[i][2 * c:2 * c + 2], [one.real, one.imag], np.float64)


@given(seed=seeds, m=positive, n=positive, pairs_=positive, shift=angles)
def test_rotate_keeps_lengths_and_scores_depend_on_differences_of_positions(seed, m, n, pairs_, shift):
    rng = np.random.default_rng(seed)
    q, k, at_q, at_k = (rng.normal(size=shape) for shape in [(2, m, 2 * pairs_), (2, n, 2 * pairs_), m, n])
    np.testing.assert_allclose(np.linalg.norm(core.rotate(q, 9 * at_q), axis=-1), np.linalg.norm(q, axis=-1))
    np.testing.assert_array_equal(core.rotate(q, np.zeros(m)), q)
    scores = core.rotate(q, at_q) @ core.rotate(k, at_k).mT
    np.testing.assert_allclose(core.rotate(q, at_q + shift) @ core.rotate(k, at_k + shift).mT, scores, atol=1e-11)
    one_sided = core.rotate(q[:, :1], at_q[:1] - at_k[:1]) @ k[:, :1].mT                # turn the query by the difference
    np.testing.assert_allclose(one_sided, scores[:, :1, :1], atol=1e-11)


def test_the_clock_of_the_chapter():
    clock = core.rotate(np.array([[2.0, 0.0]] * 4), np.arange(4) * np.pi / 3)
    np.testing.assert_allclose(clock, [[2, 0], [1, 3**0.5], [-1, 3**0.5], [-2, 0]], atol=1e-12)
    second = core.rotate(np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([50 * np.pi]))       # 25 turns of the fast hand, a quarter of the slow
    np.testing.assert_allclose(second, [[1, 0, 0, 1]], atol=1e-12)


def test_the_slopes_of_the_paper():
    for heads, slopes in [(8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]), (1, [1 / 256]), (2, [1 / 16, 1 / 256]),
                          (16, [2 ** (-h / 2) for h in range(1, 17)])]:
        np.testing.assert_allclose(-core.alibi_bias(2, heads)[:, 1, 0], slopes, rtol=1e-12)


@given(n=sizes, heads=positive)
def test_alibi_bias_equals_loop(n, heads):
    result = core.alibi_bias(n, heads)
    assert result.shape == (heads, n, n) and result.dtype == np.float64
    assert not np.signbit(np.diagonal(result, axis1=1, axis2=2)).any()                    # no minus zero
    for h, i, j in np.ndindex(heads, n, n):
        close(result[h, i, j], -abs(i - j) * math.pow(2, -8 / heads) ** (h + 1), np.float64)


# ---- extreme values --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype, huge", [(np.float16, 6e4), (np.float32, 1e30), (np.float64, 1e30),
                                         (np.float64, 1e308), (np.int64, 10**15)])
@pytest.mark.parametrize("normalise", [core.softmax, lambda scores: core.masked_softmax(scores, np.ones(scores.shape, bool))],
                         ids=["softmax", "masked_softmax"])
def test_huge_scores_neither_overflow_nor_warn(normalise, dtype, huge):
    scores = np.array([[huge, 0, huge], [-huge, -huge, 0], [0, 0, 0], [huge, huge, huge], [-huge, -huge, -huge]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = normalise(scores[:4])
        again = normalise(scores[4:])
    close(result, [[1 / 2, 0, 1 / 2], [0, 0, 1], [1 / 3] * 3, [1 / 3] * 3], np.float16 if dtype == np.float16 else np.float32)
    close(again, [[1 / 3] * 3], np.float16 if dtype == np.float16 else np.float32)


def test_scores_of_minus_infinity_get_no_weight():
    scores = np.array([[0, -np.inf, np.log(3)], [-np.inf, 5, -np.inf]])
    wanted = [[1 / 4, 0, 3 / 4], [0, 1, 0]]
    np.testing.assert_allclose(core.softmax(scores), wanted)
    np.testing.assert_allclose(core.masked_softmax(scores), wanted)


def test_a_row_of_minus_infinity():
    scores = np.full((2, 3), -np.inf)
    with np.errstate(invalid="ignore"):
        assert np.isnan(core.softmax(scores)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(core.masked_softmax(scores), np.zeros((2, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_row(bad):
    scores = np.array([[0.0, bad, 1.0], [0.0, 1.0, 2.0]])
    for normalise in (core.softmax, core.masked_softmax):
        with np.errstate(invalid="ignore"):
            result = normalise(scores)
        assert np.isnan(result[0]).any()
        np.testing.assert_allclose(result[1], slow_softmax([0, 1, 2]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_what_is_masked_may_hold_anything_as_a_score(bad):
    scores, mask = np.array([[1.0, bad, 2.0], [bad, bad, bad]]), np.array([[True, False, True], [False] * 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = core.masked_softmax(scores, mask)
    np.testing.assert_array_equal(result, core.masked_softmax(np.where(mask, scores, 0), mask))
    np.testing.assert_allclose(result, [slow_softmax([1, 0, 2], [True, False, True]), [0, 0, 0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_masked_key_is_harmless_and_a_bad_masked_value_spreads(bad):
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    mask = np.array([True, True, False, True])
    output, weights = core.attend(q, k, v, mask)
    k_bad, v_bad = k.copy(), v.copy()
    k_bad[2], v_bad[2, 0] = bad, bad
    with np.errstate(invalid="ignore"):
        for a, b in zip(core.attend(q, k_bad, v, mask), (output, weights)):
            np.testing.assert_array_equal(a, b)
        spread, same = core.attend(q, k, v_bad, mask)
    np.testing.assert_array_equal(same, weights)
    assert np.isnan(spread[:, 0]).all()
    np.testing.assert_array_equal(spread[:, 1], output[:, 1])


def test_empty_sequences():
    q, k, v = np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 5))
    output, weights = core.attend(q, k[:0], v[:0])
    np.testing.assert_array_equal(output, np.zeros((2, 5)))
    assert weights.shape == (2, 0)
    output, weights = core.attend(q[:0], k, v)
    assert output.shape == (0, 5) and weights.shape == (0, 4)
    assert core.softmax(np.ones((0, 4))).shape == (0, 4)
    assert core.entropy(np.ones((3, 0))).tolist() == [0, 0, 0]
    for name in ("dot_scores", "scaled_dot_scores", "cosine_scores"):
        assert getattr(core, name)(q[:0], k).shape == (0, 4) and getattr(core, name)(q, k[:0]).shape == (2, 0)


def test_one_key_takes_all():
    q, k, v = np.array([[1e30, -2.0]]), np.array([[-1e30, 3.0]]), np.array([[7.0, 8.0]])
    output, weights = core.attend(q, k, v)
    np.testing.assert_array_equal(weights, [[1]])
    np.testing.assert_array_equal(output, v)


def test_a_row_without_keys_is_zero_and_the_others_are_as_they_were():
    rng = np.random.default_rng(1)
    q, k, v = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    mask = np.ones((3, 4), bool)
    mask[1] = False
    output, weights = core.attend(q, k, v, mask)
    assert (output[1] == 0).all() and (weights[1] == 0).all()
    np.testing.assert_array_equal(output[[0, 2]], core.attend(q, k, v)[0][[0, 2]])
    for a in core.attend(q, k, v, np.array(False)):
        assert (a == 0).all()


def test_cosine_of_a_zero_vector_is_zero():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = core.cosine_scores(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [4.0, 3.0], [-3e10, -4e10]]))
    np.testing.assert_allclose(result, [[0, 0, 0], [0, 24 / 25, -1]])


def test_a_mask_is_stretched_to_the_scores():
    rng = np.random.default_rng(2)
    q, k, v = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 4))
    for shape in [(), (5,), (1,), (3, 5), (3, 1), (1, 5), (2, 1, 5), (2, 3, 1), (2, 3, 5), (1, 1, 1)]:
        mask = np.array(rng.random(shape) < 0.5)
        for a, b in zip(core.attend(q, k, v, mask), core.attend(q, k, v, np.broadcast_to(mask, (2, 3, 5)))):
            np.testing.assert_array_equal(a, b)
    for everything in (None, np.array(True), np.ones((3, 5), bool)):
        for a, b in zip(core.attend(q, k, v, everything), core.attend(q, k, v)):
            np.testing.assert_array_equal(a, b)


# ---- several heads ---------------------------------------------------------------------------------------------------

def slow_heads(x, memory, W_q, W_k, W_v, W_o, heads, mask):
    """One sequence, one number at a time: head h owns the h-th slice of columns of W_q, W_k, W_v and of rows of W_o."""
    (m, n), (e, f, g) = (len(x), len(memory)), (W_q.shape[1], W_v.shape[1], W_o.shape[1])
    output, weights = np.zeros((m, g)), np.zeros((heads, m, n))
    for h in range(heads):
        keys, values = range(h * e // heads, (h + 1) * e // heads), range(h * f // heads, (h + 1) * f // heads)
        for i in range(m):
            query = [dot(x[i], W_q[:, c]) for c in keys]
            scores = [dot(query, [dot(row, W_k[:, c]) for c in keys]) / math.sqrt(e // heads) for row in memory]
            weights[h, i] = slow_softmax(scores, mask[h, i])
            for c in values:
                output[i] += dot(weights[h, i], [dot(row, W_v[:, c]) for row in memory]) * W_o[c].astype(float)
    return output, weights


def draw_heads(rng, dtype, batch_x, batch_memory, m, n, d, c, heads, e, f, g):
    x, memory = normal(rng, dtype, *batch_x, m, d), normal(rng, dtype, *batch_memory, n, c)
    return x, memory, [normal(rng, dtype, *shape) for shape in [(d, heads * e), (c, heads * e), (c, heads * f), (heads * f, g)]]


@given(seed=seeds, dtype=dtypes, batch=batches, n=sizes, heads=positive, e=sizes)
def test_split_heads_gives_each_head_its_slice(seed, dtype, batch, n, heads, e):
    x = normal(np.random.default_rng(seed), dtype, *batch[0], n, heads * e)
    result = core.split_heads(x, heads)
    assert result.shape == (*batch[0], heads, n, e) and result.dtype == dtype
    for h in range(heads):
        np.testing.assert_array_equal(result[..., h, :, :], x[..., h * e:(h + 1) * e])
    np.testing.assert_array_equal(core.split_heads(x, np.int64(heads)), result)


@given(seed=seeds, batch=batches, m=sizes, n=sizes, d=positive, c=positive, heads=positive, e=positive, f=sizes, g=sizes,
       masked=st.sampled_from(["", "m n", "1 n", "m 1", "b m n", "b 1 n", "b h m n", "b 1 1 n", "b h 1 n", "b 1 m n"]))
def test_multi_head_attention_equals_loop(seed, batch, m, n, d, c, heads, e, f, g, masked):
    rng = np.random.default_rng(seed)
    x, memory, matrices = draw_heads(rng, np.float64, *batch, m, n, d, c, heads, e, f, g)
    shape, each = pairs(x, memory)
    axes = {"1": [1], "m": [m], "n": [n], "b": list(shape), "h": [heads]}
    mask = allowed(rng, *(size for axis in masked.split() for size in axes[axis])) if masked else None
    output, weights = core.multi_head_attention(x, memory, *matrices, heads, mask)
    assert output.shape == (*shape, m, g) and weights.shape == (*shape, heads, m, n)
    mask = np.array(True) if mask is None else mask if len(masked.split()) == 4 else mask[..., None, :, :]
    full = np.broadcast_to(mask, (*shape, heads, m, n))
    for i, one_x, one_memory in each:
        for a, b in zip((output[i], weights[i]), slow_heads(one_x, one_memory, *matrices, heads, full[i])):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_several_heads_keep_the_dtype(dtype):
    rng = np.random.default_rng(7)
    x, memory, matrices = draw_heads(rng, dtype, (2,), (), 3, 4, 2, 2, 2, 1, 1, 3)
    for result in core.multi_head_attention(x, memory, *matrices, 2):
        same_kind(result, dtype)


def test_multi_head_attention_is_one_einsum():
    rng = np.random.default_rng(4)
    x, memory, mask = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 4, 6)), rng.random((2, 3, 4)) < 0.7
    W_q, W_k, W_v, W_o = (rng.normal(size=shape) for shape in [(5, 3, 2), (6, 3, 2), (6, 3, 4), (3, 4, 7)])
    scores = np.einsum("bmd,dhe,bnc,che->bhmn", x, W_q, memory, W_k) / 2 ** 0.5
    wanted = core.masked_softmax(scores, mask[:, None])
    flat = W_q.reshape(5, 6), W_k.reshape(6, 6), W_v.reshape(6, 12), W_o.reshape(12, 7)
    output, weights = core.multi_head_attention(x, memory, *flat, 3, mask)
    np.testing.assert_allclose(weights, wanted, rtol=1e-10)
    np.testing.assert_allclose(output, np.einsum("bhmn,bnc,che,heg->bmg", wanted, memory, W_v, W_o), rtol=1e-10)


@pytest.mark.parametrize("heads", [1, 2, 3, 6])
def test_multi_head_attention_is_that_of_pytorch(heads):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(heads)
    x, memory, mask = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 4, 6)), rng.random((2, 3, 4)) < 0.7
    mask[..., 0] = True                                               # PyTorch makes nan of a row without keys
    matrices = [rng.normal(size=(6, 6)) for _ in range(4)]
    layer = torch.nn.MultiheadAttention(6, heads, bias=False, batch_first=True, dtype=torch.float64)
    layer.in_proj_weight.data = torch.tensor(np.concatenate([W.T for W in matrices[:3]]))
    layer.out_proj.weight.data = torch.tensor(matrices[3].T)
    theirs = layer(*map(torch.tensor, (x, memory, memory)), attn_mask=torch.tensor(~mask).repeat_interleave(heads, dim=0),
                   average_attn_weights=False)
    for a, b in zip(core.multi_head_attention(x, memory, *matrices, heads, mask), theirs):
        np.testing.assert_allclose(a, b.detach(), rtol=1e-10, atol=1e-12)


def test_a_mask_with_a_batch_axis_serves_all_heads_of_its_sequence():
    """With as many sequences as heads a mask that met the heads' axis would go unnoticed by its shape."""
    rng = np.random.default_rng(5)
    x, memory, matrices = draw_heads(rng, np.float64, (2,), (2,), 3, 4, 4, 4, 2, 2, 2, 4)
    mask = rng.random((2, 3, 4)) < 0.5
    output, weights = core.multi_head_attention(x, memory, *matrices, 2, mask)
    for b in range(2):
        for a, wanted in zip(core.multi_head_attention(x[b], memory[b], *matrices, 2, mask[b]), (output[b], weights[b])):
            np.testing.assert_allclose(a, wanted, rtol=1e-12, atol=1e-14)
        assert (weights[b][:, ~mask[b]] == 0).all() and (weights[b][:, mask[b]] > 0).all()


def test_matrices_of_several_heads_may_have_batch_axes():
    rng = np.random.default_rng(8)
    x, memory, matrices = draw_heads(rng, np.float64, (2,), (), 3, 4, 3, 5, 2, 2, 3, 4)
    stacked = [np.stack([W, 2 * W]) for W in matrices]
    mask = np.array([[True, True, False, True]])
    output, weights = core.multi_head_attention(x, memory, *stacked, 2, mask)
    for b in range(2):
        wanted = core.multi_head_attention(x[b], memory, *(W[b] for W in stacked), 2, mask)
        for a, one in zip((output[b], weights[b]), wanted):
            np.testing.assert_allclose(a, one, rtol=1e-12, atol=1e-14)


def test_a_row_without_keys_is_zero_in_every_head():
    rng = np.random.default_rng(6)
    x, memory, matrices = draw_heads(rng, np.float64, (), (), 2, 3, 4, 4, 2, 2, 2, 4)
    output, weights = core.multi_head_attention(x, memory, *matrices, 2, np.array([[False] * 3, [True] * 3]))
    assert (output[0] == 0).all() and (weights[:, 0] == 0).all()
    np.testing.assert_array_equal(output[1], core.multi_head_attention(x, memory, *matrices, 2)[0][1])


# ---- wrong arguments -------------------------------------------------------------------------------------------------

Q, K, V = np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 5))
MASK = np.ones((2, 4), bool)
HIDDEN = np.ones((3, 6))
WIDTH = "k: expected shape (..., n, d) with d = 3"
BOOLEANS = "mask: expected a NumPy array of booleans (True = may attend), got "
FITS = "mask: expected shape "
KEYS = "; a mask of the keys alone has an axis for the queries too: mask[:, None]"
WHOLE = "num_heads: expected a whole number, at least 1, got "
DIVIDES = "num_heads: expected a divisor of the width "
HEADS = "mask: expected shape (2, 4) or (3, 2, 4) or (3, 2, 2, 4), where an axis may be 1, got "
X, M = np.ones((3, 2, 5)), np.ones((3, 4, 6))
MATRICES = [np.ones(shape) for shape in [(5, 4), (6, 4), (6, 8), (8, 7)]]


def test_numpys_own_integer_passes_where_it_is_narrower(monkeypatch):
    """In WebAssembly `np.array([1, 2])` is int32.  Here, where it is int64, int32 is refused (WRONG, "narrow")."""
    monkeypatch.setattr(core, "np", types.SimpleNamespace(**vars(np) | {"dtype": lambda kind: np.dtype(np.int32)}))
    narrow = K.astype(np.int32)
    assert (core.dot_scores(narrow, narrow) == 3).all()


def other(i, shape):
    """The four matrices, and in the place of matrix i one of another shape."""
    return *MATRICES[:i], np.ones(shape), *MATRICES[i + 1:]


WRONG = {
    "a list": (core.dot_scores, (Q.tolist(), K), "q: expected a NumPy array of shape (..., m, d), got a list"),
    "None": (core.attend, (Q, None, V), "k: expected a NumPy array of shape (..., n, d), got a NoneType"),
    "a number": (core.softmax, (3.0,), "scores: expected a NumPy array of shape (..., n), got a float"),
    "no axis": (core.softmax, (np.array(3.0),), "scores: expected shape (..., n), got ()"),
    "one axis": (core.dot_scores, (Q[0], K), "q: expected shape (..., m, d), got (3,)"),
    "one axis of values": (core.attend, (Q, K, V[:, 0]), "v: expected shape (..., n, e), got (4,)"),
    "one row to mask": (core.masked_softmax, (Q[0],), "scores: expected shape (..., m, n), got (3,)"),
    "complex": (core.dot_scores, (Q + 1j, K), "q: expected real numbers (floats or int64), got dtype complex128"),
    "boolean": (core.softmax, (MASK,), "scores: expected real numbers (floats or int64), got dtype bool"),
    "objects": (core.dot_scores, (Q, K.astype(object)), "k: expected real numbers (floats or int64), got dtype object"),
    "text": (core.entropy, (np.array(["1"]),), "weights: expected real numbers (floats or int64), got dtype <U1"),
    "unsigned": (core.softmax, (np.ones(3, np.uint8),), "scores: expected real numbers (floats or int64), got dtype uint8"),
    "narrow": (core.dot_scores, (Q, K.astype(np.int32)), "k: expected real numbers (floats or int64), got dtype int32"),
    "widths": (core.dot_scores, (Q, K[:, :2]), WIDTH + ", got (4, 2)"),
    "scaled widths": (core.scaled_dot_scores, (Q, K[:, :2]), WIDTH + ", got (4, 2)"),
    "cosine widths": (core.cosine_scores, (Q, K[:, :2]), WIDTH + ", got (4, 2)"),
    "width 1": (core.attend, (Q, K[:, :1], V), WIDTH + ", got (4, 1)"),
    "keys and values": (core.attend, (Q, K, V[:3]), "v: expected shape (..., n, e) with n = 4, got (3, 5)"),
    "batches": (core.attend, (np.ones((2, 2, 3)), np.ones((3, 4, 3)), V),
                "q, k, v: expected batch axes that broadcast, got q (2,), k (3,), v ()"),
    "W turned": (core.multiplicative_scores, (Q[:, :2], K, np.ones((3, 2))),
                 "W: expected shape (..., c, d) with c = 2, got (3, 2)"),
    "W for the key": (core.multiplicative_scores, (Q[:, :2], K, np.ones((2, 2))),
                      "W: expected shape (..., c, d) with d = 3, got (2, 2)"),
    "W_q": (core.additive_scores, (Q, K, HIDDEN[:2], HIDDEN, np.ones(6)),
            "W_q: expected shape (..., c, h) with c = 3, got (2, 6)"),
    "W_k": (core.additive_scores, (Q, K, HIDDEN, HIDDEN[:2], np.ones(6)),
            "W_k: expected shape (..., d, h) with d = 3, got (2, 6)"),
    "hidden": (core.additive_scores, (Q, K, HIDDEN, np.ones((3, 7)), np.ones(6)),
               "W_k: expected shape (..., d, h) with h = 6, got (3, 7)"),
    "v": (core.additive_scores, (Q, K, HIDDEN, HIDDEN, np.ones(5)), "v: expected shape (..., h) with h = 6, got (5,)"),
    "mask of integers": (core.attend, (Q, K, V, MASK.astype(int)), BOOLEANS + "dtype int64"),
    "mask of floats": (core.masked_softmax, (np.ones((2, 4)), np.zeros((2, 4))), BOOLEANS + "dtype float64"),
    "mask is True": (core.attend, (Q, K, V, True), BOOLEANS + "a bool"),
    "mask of the values' batch": (core.attend, (Q, K, np.ones((3, 4, 5)), np.ones((3, 2, 4), bool)),
                                  FITS + "(2, 4), where an axis may be 1, got (3, 2, 4)"),
    "mask of the keys": (core.attend, (np.ones((3, 2, 3)), K, V, np.ones((3, 4), bool)),
                         FITS + "(3, 2, 4), where an axis may be 1, got (3, 4)" + KEYS),
    "mask is 1": (core.attend, (Q, K, V, 1), BOOLEANS + "a int"),
    "mask is a list": (core.attend, (Q, K, V, MASK.tolist()), BOOLEANS + "a list"),
    "mask turned": (core.attend, (Q, K, V, MASK.T), FITS + "(2, 4), where an axis may be 1, got (4, 2)"),
    "mask stretches the scores": (core.attend, (Q, K, V, np.ones((3, 2, 4), bool)), FITS + "(2, 4), where an axis may be 1, got (3, 2, 4)"),
    "mask stretches the queries": (core.attend, (Q[:1], K, V, MASK), FITS + "(1, 4), where an axis may be 1, got (2, 4)"),
    "mask stretches the keys": (core.masked_softmax, (np.ones((2, 1)), MASK), FITS + "(2, 1), where an axis may be 1, got (2, 4)"),
    "an odd width": (core.sinusoidal_positions, (3, 5), "dim: expected an even number, got 5"),
    "a width of floats": (core.sinusoidal_positions, (3, 4.0), "dim: expected a whole number, at least 0, got 4.0"),
    "a negative width": (core.sinusoidal_positions, (3, -2), "dim: expected a whole number, at least 0, got -2"),
    "places": (core.sinusoidal_positions, (True, 4), "n: expected a whole number, at least 0, got True"),
    "an odd number of features": (core.rotate, (Q, np.arange(2)), "x's width: expected an even number, got 3"),
    "a position for each row": (core.rotate, (Q[:, :2], np.arange(3)), "positions: expected shape (..., n) with n = 2, got (3,)"),
    "positions as a list": (core.rotate, (Q, [0, 1]), "positions: expected a NumPy array of shape (..., n), got a list"),
    "one row to rotate": (core.rotate, (Q[0], np.arange(2)), "x: expected shape (..., n, d), got (3,)"),
    "heads": (core.alibi_bias, (3, 0.5), "num_heads: expected a whole number, at least 1, got 0.5"),
    "n of a bias": (core.alibi_bias, (-1, 8), "n: expected a whole number, at least 0, got -1"),
    "mask of another batch": (core.attend, (np.ones((2, 2, 3)), K, V, np.ones((3, 1, 4), bool)),
                              FITS + "(2, 2, 4), where an axis may be 1, got (3, 1, 4)"),
    "split a list": (core.split_heads, (Q.tolist(), 3), "x: expected a NumPy array of shape (..., n, d), got a list"),
    "split one axis": (core.split_heads, (Q[0], 3), "x: expected shape (..., n, d), got (3,)"),
    "heads do not divide": (core.split_heads, (Q, 2), DIVIDES + "3, got 2"),
    "no heads": (core.split_heads, (Q, 0), WHOLE + "0"),
    "negative heads": (core.split_heads, (Q, -3), WHOLE + "-3"),
    "heads are a float": (core.split_heads, (Q, 3.0), WHOLE + "3.0"),
    "heads are true": (core.split_heads, (Q, True), WHOLE + "True"),
    "heads are None": (core.split_heads, (Q, None), WHOLE + "None"),
    "heads of the keys": (core.multi_head_attention, (X, M, *MATRICES, 8), DIVIDES + "4, got 8"),
    "heads of the values": (core.multi_head_attention, (X, M, MATRICES[0], MATRICES[1], np.ones((6, 6)), np.ones((6, 7)), 4),
                            DIVIDES + "6, got 4"),
    "x of another width": (core.multi_head_attention, (X[0, 0], M, *MATRICES, 2), "x: expected shape (..., m, d), got (5,)"),
    "memory": (core.multi_head_attention, (X, M[0, 0], *MATRICES, 2), "memory: expected shape (..., n, c), got (6,)"),
    "queries' matrix": (core.multi_head_attention, (X, M, *other(0, (6, 4)), 2),
                        "W_q: expected shape (..., d, e) with d = 5, got (6, 4)"),
    "keys' matrix": (core.multi_head_attention, (X, M, *other(1, (5, 4)), 2), "W_k: expected shape (..., c, e) with c = 6, got (5, 4)"),
    "keys' width": (core.multi_head_attention, (X, M, *other(1, (6, 8)), 2), "W_k: expected shape (..., c, e) with e = 4, got (6, 8)"),
    "values' matrix": (core.multi_head_attention, (X, M, *other(2, (5, 8)), 2),
                       "W_v: expected shape (..., c, f) with c = 6, got (5, 8)"),
    "output matrix": (core.multi_head_attention, (X, M, *other(3, (4, 7)), 2), "W_o: expected shape (..., f, g) with f = 8, got (4, 7)"),
    "output list": (core.multi_head_attention, (X, M, *MATRICES[:3], [1.0], 2),
                    "W_o: expected a NumPy array of shape (..., f, g), got a list"),
    "batches of heads": (core.multi_head_attention, (X, M[:2], *MATRICES, 2),
                         "x, memory, W_q, W_k, W_v, W_o: expected batch axes that broadcast, "
                         "got x (3,), memory (2,), W_q (), W_k (), W_v (), W_o ()"),
    "a mask for other heads": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones((3, 3, 2, 4), bool)), HEADS + "(3, 3, 2, 4)"),
    "a mask with an axis more": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones((1, 3, 2, 2, 4), bool)),
                                 HEADS + "(1, 3, 2, 2, 4)"),
    "a mask of one axis": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones(4, bool)), HEADS + "(4,)"),
    "a mask of the keys": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones((3, 4), bool)), HEADS + "(3, 4)" + KEYS),
    "a mask of other keys": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones((3, 1, 3), bool)), HEADS + "(3, 1, 3)"),
    "mask of heads without batch": (core.multi_head_attention, (X[0], M[0], *MATRICES, 2, np.ones((3, 2, 4), bool)),
                                    "mask: expected shape (2, 4) or (2, 2, 4), where an axis may be 1, got (3, 2, 4)"),
    "mask of heads of integers": (core.multi_head_attention, (X, M, *MATRICES, 2, np.ones((2, 4), int)), BOOLEANS + "dtype int64"),
    "mask of heads is a list": (core.multi_head_attention, (X, M, *MATRICES, 2, [[[True]]]), BOOLEANS + "a list"),
    "mask builder, negative": (core.causal_mask, (-1,), "n: expected a whole number, at least 0, got -1"),
    "mask builder, a float": (core.causal_mask, (3.0,), "n: expected a whole number, at least 0, got 3.0"),
    "mask builder, a truth": (core.window_mask, (True, 1), "n: expected a whole number, at least 0, got True"),
    "mask builder, None": (core.window_mask, (3, None), "width: expected a whole number, at least 0, got None"),
    "mask builder, negative width": (core.window_mask, (3, -2), "width: expected a whole number, at least 0, got -2"),
    "mask builder, n of the lengths": (core.length_mask, (np.array([1]), "3"), "n: expected a whole number, at least 0, got '3'"),
    "mask builder, a list": (core.length_mask, ([1, 2], 3), "lengths: expected a NumPy array of integers, got a list"),
    "mask builder, a number": (core.length_mask, (2, 3), "lengths: expected a NumPy array of integers, got a int"),
    "mask builder, floats": (core.length_mask, (np.array([1.0]), 3), "lengths: expected a NumPy array of integers, got dtype float64"),
    "mask builder, None for lengths": (core.length_mask, (None, 3), "lengths: expected a NumPy array of integers, got a NoneType"),
    "mask builder, booleans": (core.length_mask, (np.array([True]), 3), "lengths: expected a NumPy array of integers, got dtype bool"),
    "mask builder, too long": (core.length_mask, (np.array([1, 4]), 3), "lengths: expected numbers from 0 to n = 3, got [1, 4]"),
    "mask builder, too short": (core.length_mask, (np.array([-1, 3]), 3), "lengths: expected numbers from 0 to n = 3, got [-1, 3]"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_named_with_what_came_and_what_was_wanted(case):
    f, arguments, message = WRONG[case]
    with pytest.raises(ValueError) as error:
        f(*arguments)
    assert str(error.value) == message


def test_no_function_changes_its_arguments():
    """The drawn arrays above cannot be written to; here is the proof that this would be noticed, and a second look at the bytes."""
    with pytest.raises(ValueError, match="read-only"):
        normal(np.random.default_rng(0), np.float64, 2)[0] = 1
    rng = np.random.default_rng(3)
    arrays = {"q": rng.normal(size=(2, 3)), "k": rng.normal(size=(4, 3)), "v": rng.normal(size=(4, 3)), "mask": rng.random((2, 4)) < 0.5}
    before = {name: a.tobytes() for name, a in arrays.items()}
    core.attend(**arrays)
    core.softmax(arrays["q"])
    core.masked_softmax(arrays["q"] @ arrays["k"].T, arrays["mask"])
    core.entropy(np.abs(arrays["q"]))
    core.cosine_scores(arrays["q"], arrays["k"])
    core.split_heads(arrays["q"], 3)
    core.multi_head_attention(arrays["q"], arrays["k"], *(np.ones((3, 3)) for _ in range(4)), 3, arrays["mask"])
    assert before == {name: a.tobytes() for name, a in arrays.items()}
