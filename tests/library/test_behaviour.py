"""What attention promises, tested on attnlib.core by what it does to its inputs and not by formula."""
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib import core

settings.register_profile("book", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("book")

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 5)
SCORES = ["dot_scores", "scaled_dot_scores", "cosine_scores", "multiplicative_scores", "additive_scores"]


def draw(seed, m, n, d, e, batch=2):
    rng = np.random.default_rng(seed)
    q, k, v = rng.normal(size=(batch, m, d)), rng.normal(size=(batch, n, d)), rng.normal(size=(batch, n, e))
    return rng, q, k, v, rng.random((batch, m, n)) < 0.6


def parameters(rng, name, d):
    shapes = {"multiplicative_scores": [(d, d)], "additive_scores": [(d, 3), (d, 3), (3,)]}.get(name, [])
    return [rng.normal(size=shape) for shape in shapes]


@given(seeds, sizes, sizes, sizes, sizes)
def test_causality(seed, n, d, e, t):
    """With a causal mask, no output up to position t changes by one bit when everything after t does."""
    rng, q, k, v, _ = draw(seed, n, n, d, e)
    t = min(t, n)
    causal = np.tril(np.ones((n, n), bool))
    other = [np.concatenate([x[:, :t], 1000 * rng.normal(size=x[:, t:].shape)], axis=1) for x in (q, k, v)]
    for a, b in zip(core.attend(q, k, v, causal), core.attend(*other, causal)):
        np.testing.assert_array_equal(a[:, :t], b[:, :t])


@given(seeds, sizes, sizes, sizes, sizes, sizes)
def test_padding_does_not_matter(seed, m, n, d, e, extra):
    """Masked keys and values at the end, whatever they hold, leave the outputs as they are without them."""
    rng, q, k, v, mask = draw(seed, m, n, d, e)
    long_k, long_v = (np.concatenate([x, 1000 * rng.normal(size=(2, extra, x.shape[-1]))], axis=1) for x in (k, v))
    long_mask = np.concatenate([mask, np.zeros((2, m, extra), bool)], axis=-1)
    (output, weights), (long_output, long_weights) = core.attend(q, k, v, mask), core.attend(q, long_k, long_v, long_mask)
    np.testing.assert_allclose(long_output, output, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(long_weights[..., :n], weights, rtol=1e-12, atol=1e-14)
    assert (long_weights[..., n:] == 0).all()


@given(seeds, sizes, sizes, sizes, sizes)
def test_a_masked_key_has_no_influence(seed, m, n, d, e):
    """Whatever is written over a key and value that nobody may attend to, the outputs are the same bits."""
    rng, q, k, v, mask = draw(seed, m, n, d, e)
    j = rng.integers(n)
    mask[..., j] = False
    k_bad, v_bad = k.copy(), v.copy()
    k_bad[:, j], v_bad[:, j] = 1e6 * rng.normal(size=(2, d)), 1e6 * rng.normal(size=(2, e))
    for a, b in zip(core.attend(q, k, v, mask), core.attend(q, k_bad, v_bad, mask)):
        np.testing.assert_array_equal(a, b)


@given(seeds, st.integers(1, 5), st.integers(2, 5), sizes, sizes)
def test_an_allowed_key_has_influence(seed, m, n, d, e):
    """The promise has a second half: a query that may attend to a key feels its value."""
    rng, q, k, v, mask = draw(seed, m, n, d, e)
    j = rng.integers(n)
    v_other = v.copy()
    v_other[:, j] += 1
    felt = (core.attend(q, k, v_other, mask)[0] != core.attend(q, k, v, mask)[0]).all(axis=-1)
    np.testing.assert_array_equal(felt, mask[..., j])


@given(seeds, sizes, sizes, sizes, sizes)
def test_the_order_of_keys_does_not_matter(seed, m, n, d, e):
    rng, q, k, v, mask = draw(seed, m, n, d, e)
    order = rng.permutation(n)
    (output, weights), (output_2, weights_2) = core.attend(q, k, v, mask), core.attend(q, k[:, order], v[:, order], mask[..., order])
    np.testing.assert_allclose(output_2, output, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(weights_2, weights[..., order], rtol=1e-12, atol=1e-14)


@given(seeds, sizes, sizes, sizes, sizes)
def test_the_order_of_queries_is_the_order_of_outputs(seed, m, n, d, e):
    rng, q, k, v, mask = draw(seed, m, n, d, e)
    order = rng.permutation(m)
    for a, b in zip(core.attend(q, k, v, mask), core.attend(q[:, order], k, v, mask[:, order])):
        np.testing.assert_allclose(b, a[:, order], rtol=1e-12, atol=1e-14)


def rows(x):
    """The rows of an array as a multiset: sorted, so that their order is forgotten."""
    return np.array(sorted(x.round(10).tolist()))


def test_dog_bites_man_is_man_bites_dog():
    """Without positions the same words give the same multiset of outputs; positions in the vectors end that."""
    rng = np.random.default_rng(0)
    dog, bites, man = rng.normal(size=(3, 4))
    there, back = np.stack([dog, bites, man]), np.stack([man, bites, dog])
    np.testing.assert_array_equal(rows(core.attend(there, there, there)[0]), rows(core.attend(back, back, back)[0]))
    table, places = core.sinusoidal_positions(3, 4), np.arange(3)
    for a, b in [[core.attend(x + table, x + table, x)[0] for x in (there, back)],
                 [core.attend(core.rotate(x, places), core.rotate(x, places), x)[0] for x in (there, back)]]:
        assert np.abs(rows(a) - rows(b)).max() > 0.01


@given(seeds, st.integers(3, 6), sizes)
def test_a_symmetric_bias_tells_near_from_far_and_not_left_from_right(seed, n, d):
    """Read backwards, the outputs come out backwards; another order gives others; a causal mask ends the symmetry."""
    x, bias = np.random.default_rng(seed).normal(size=(n, d)), 300 * core.alibi_bias(n, 1)[0]

    def outputs(x, mask=None):
        return core.masked_softmax(core.scaled_dot_scores(x, x) + bias, mask) @ x
    np.testing.assert_allclose(outputs(x[::-1]), outputs(x)[::-1], rtol=1e-10, atol=1e-12)
    swapped = np.concatenate([x[[1, 0]], x[2:]])
    assert np.abs(rows(outputs(swapped)) - rows(outputs(x))).max() > 1e-6
    assert np.abs(rows(outputs(x[::-1], core.causal_mask(n))) - rows(outputs(x, core.causal_mask(n)))).max() > 1e-6


@given(seeds, st.integers(2, 6), sizes)
def test_a_causal_mask_shows_part_of_the_order(seed, n, d):
    """Each query knows the set of words up to it and not their order: one layer can tell that much, and no more."""
    rng = np.random.default_rng(seed)
    x, causal = rng.normal(size=(n, d)), core.causal_mask(n)
    shuffled = np.append(rng.permutation(n - 1), n - 1)                        # the last word stays
    y, z = (core.attend(a, a, a, causal)[0] for a in (x, x[shuffled]))
    np.testing.assert_allclose(z[-1], y[-1], rtol=1e-10, atol=1e-12)
    z = core.attend(x[::-1], x[::-1], x[::-1], causal)[0]
    assert np.abs(rows(z) - rows(y)).max() > 1e-6


def test_scores_follow_the_order_of_queries_and_keys():
    for name in SCORES:
        rng, q, k, _, _ = draw(0, 4, 5, 3, 1)
        more = parameters(rng, name, 3)
        rows, columns = rng.permutation(4), rng.permutation(5)
        scores = getattr(core, name)
        np.testing.assert_allclose(scores(q[:, rows], k[:, columns], *more), scores(q, k, *more)[:, rows][..., columns], rtol=1e-12)


@given(seeds, sizes, sizes, sizes, st.sampled_from([0.01, 1, 100]))
def test_rows_sum_to_one_or_to_zero(seed, m, n, d, spread):
    rng, q, k, _, mask = draw(seed, m, n, d, 1)
    weights = core.masked_softmax(spread * core.dot_scores(q, k), mask)
    assert (weights >= 0).all() and (weights[~mask] == 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), mask.any(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(core.softmax(spread * core.dot_scores(q, k)).sum(axis=-1), 1, rtol=1e-12)


@given(seeds, sizes, sizes, st.floats(-1e3, 1e3))
def test_what_is_added_to_a_whole_row_changes_nothing(seed, m, n, shift):
    rng = np.random.default_rng(seed)
    scores, mask = rng.normal(size=(m, n)), rng.random((m, n)) < 0.6
    shifts = shift * np.arange(1, m + 1)[:, None]
    np.testing.assert_allclose(core.softmax(scores + shifts), core.softmax(scores), rtol=1e-10)
    np.testing.assert_allclose(core.masked_softmax(scores + shifts, mask), core.masked_softmax(scores, mask), rtol=1e-10)


@given(seeds, sizes, sizes, sizes, sizes)
def test_the_output_is_a_mixture_of_the_allowed_values(seed, m, n, d, e):
    """In any direction the output lies between the smallest and the largest allowed value."""
    rng, q, k, v, mask = draw(seed, m, n, 3 * d, e)
    output, _ = core.attend(q, k, v, mask)
    for _ in range(5):
        direction = rng.normal(size=e)
        reach = np.where(mask, (v @ direction)[:, None, :], np.nan)
        for b, i in zip(*np.nonzero(mask.any(axis=-1))):
            assert np.nanmin(reach[b, i]) - 1e-12 <= output[b, i] @ direction <= np.nanmax(reach[b, i]) + 1e-12


@given(seeds, sizes, sizes, sizes)
def test_equal_values_are_returned_as_they_are(seed, m, n, d):
    rng, q, k, v, mask = draw(seed, m, n, d, 2)
    output, _ = core.attend(q, k, np.full(v.shape, 7.0), mask)
    np.testing.assert_allclose(output, 7 * np.broadcast_to(mask.any(axis=-1)[..., None], output.shape), rtol=1e-12)


def test_a_key_that_agrees_more_weighs_more():
    q = np.array([[1.0, 2.0]])
    k = np.array([[-1.0, -2.0], [0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    assert (np.diff(core.attend(q, k, k)[1]) > 0).all()


@given(seeds, sizes, sizes, sizes)
def test_cosine_scores_know_directions_only(seed, m, n, d):
    rng, q, k, _, _ = draw(seed, m, n, d, 1)
    scores = core.cosine_scores(q, k)
    assert (np.abs(scores) <= 1 + 1e-12).all()
    np.testing.assert_allclose(core.cosine_scores(rng.uniform(0.1, 9, size=(2, m, 1)) * q, 1e3 * k), scores, rtol=1e-10, atol=1e-12)


@given(seeds, sizes, sizes)
def test_entropy_lies_between_none_and_an_even_split(seed, m, n):
    rng = np.random.default_rng(seed)
    weights = core.softmax(3 * rng.normal(size=(m, n)))
    assert (core.entropy(weights) >= 0).all() and (core.entropy(weights) <= np.log(n) + 1e-12).all()
    np.testing.assert_allclose(core.entropy(weights[:, rng.permutation(n)]), core.entropy(weights), rtol=1e-10, atol=1e-12)


def draw_heads(seed, m, n, heads, e=2, c=3, g=4):
    rng = np.random.default_rng(seed)
    x, memory, mask = rng.normal(size=(2, m, 5)), rng.normal(size=(2, n, c)), rng.random((2, m, n)) < 0.6
    return rng, x, memory, [rng.normal(size=shape) for shape in [(5, heads * e), (c, heads * e), (c, heads * e), (heads * e, g)]], mask


@given(seeds, sizes, sizes, st.integers(1, 4))
def test_a_masked_place_has_no_influence_in_any_head(seed, m, n, heads):
    rng, x, memory, matrices, mask = draw_heads(seed, m, n, heads)
    j = rng.integers(n)
    mask[..., j] = False
    vandalised = memory.copy()
    vandalised[:, j] = 1e6 * rng.normal(size=(2, 3))
    for a, b in zip(core.multi_head_attention(x, memory, *matrices, heads, mask),
                    core.multi_head_attention(x, vandalised, *matrices, heads, mask)):
        np.testing.assert_array_equal(a, b)


@given(seeds, sizes, sizes, st.integers(1, 4))
def test_the_order_of_the_heads_does_not_matter(seed, m, n, heads):
    """Columns of W_q, W_k, W_v and rows of W_o move together: the output stays, the weights come in the new order."""
    rng, x, memory, (W_q, W_k, W_v, W_o), mask = draw_heads(seed, m, n, heads)
    order = rng.permutation(heads)
    places = np.arange(heads * 2).reshape(heads, 2)[order].ravel()
    output, weights = core.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, heads, mask)
    output_2, weights_2 = core.multi_head_attention(x, memory, W_q[:, places], W_k[:, places], W_v[:, places], W_o[places], heads, mask)
    np.testing.assert_allclose(output_2, output, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(weights_2, weights[:, order], rtol=1e-10, atol=1e-12)


@given(seeds, sizes, sizes, st.integers(1, 4))
def test_the_output_is_the_sum_of_what_each_head_writes(seed, m, n, heads):
    """A head whose rows of W_o are zero is as good as absent; the heads alone add up to all of them."""
    rng, x, memory, (W_q, W_k, W_v, W_o), mask = draw_heads(seed, m, n, heads)
    alone = 0
    for h in range(heads):
        only = np.where((np.arange(heads * 2) // 2 == h)[:, None], W_o, 0)
        alone = alone + core.multi_head_attention(x, memory, W_q, W_k, W_v, only, heads, mask)[0]
    np.testing.assert_allclose(alone, core.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, heads, mask)[0], rtol=1e-9, atol=1e-11)


@given(seeds, sizes, sizes)
def test_one_head_is_attend_between_projections(seed, m, n):
    rng, x, memory, (W_q, W_k, W_v, W_o), mask = draw_heads(seed, m, n, 1)
    output, weights = core.attend(x @ W_q, memory @ W_k, memory @ W_v, mask)
    several = core.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, 1, mask)
    np.testing.assert_allclose(several[0], output @ W_o, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(several[1][:, 0], weights, rtol=1e-12, atol=1e-14)


@given(seeds, sizes, sizes, st.integers(1, 4))
def test_two_queries_of_one_head_lie_between_the_same_points(seed, m, n, heads):
    """With two places in memory all outputs of one head lie on one segment; those of H heads in a sum of H segments."""
    rng, x, memory, (W_q, W_k, W_v, W_o), _ = draw_heads(seed, m + 1, 2, heads)
    output, _ = core.multi_head_attention(x, memory, W_q, W_k, W_v, W_o, heads)
    assert (np.linalg.matrix_rank(output - output[:, :1], tol=1e-9) <= heads).all()


def slopes(f, x, step=1e-6):
    """The gradient of the number f(x), one entry after the other."""
    result = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        there, back = x.copy(), x.copy()
        there[i] += step
        back[i] -= step
        result[i] = (f(there) - f(back)) / (2 * step)
    return result


def test_slopes_of_the_attention_of_numpy_are_those_of_its_backward_pass():
    """The gradient worked out with a pencil: g to the weights, w (g - mean of g) to the scores, from there to q and k."""
    for seed in range(5):
        rng, q, k, v, mask = draw(seed, 3, 4, 2, 3)
        mask[0, 1] = False                                            # a row without keys has no gradient
        c = rng.normal(size=(2, 3, 3))
        _, weights = core.attend(q, k, v, mask)
        to_weights = c @ v.mT
        to_scores = weights * (to_weights - (weights * to_weights).sum(axis=-1, keepdims=True)) / np.sqrt(2)
        for by_hand, numeric in [(to_scores @ k, slopes(lambda x: (c * core.attend(x, k, v, mask)[0]).sum(), q)),      # noqa: B023
                                 (to_scores.mT @ q, slopes(lambda x: (c * core.attend(q, x, v, mask)[0]).sum(), k)),  # noqa: B023
                                 (weights.mT @ c, slopes(lambda x: (c * core.attend(q, k, x, mask)[0]).sum(), v))]:   # noqa: B023
            np.testing.assert_allclose(numeric, by_hand, rtol=1e-6, atol=1e-8)
