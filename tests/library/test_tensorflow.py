"""The Keras layers against the NumPy reference and against Keras' own, on random shapes, masks and extreme values."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from attnlib import core  # noqa: E402
from attnlib.tensorflow import (  # noqa: E402
    AdditiveAttention,
    DotAttention,
    MultiHeadAttention,
    MultiplicativeAttention,
    join_heads,
    join_masks,
    masked_softmax,
    split_heads,
)

LAYERS = {"dot": DotAttention, "raw": lambda **kw: DotAttention(False, **kw), "multiplicative": MultiplicativeAttention,
          "additive": lambda **kw: AdditiveAttention(3, **kw), "heads": lambda **kw: MultiHeadAttention(4, 2, **kw)}
every_layer = pytest.mark.parametrize("kind", LAYERS)
some = settings(max_examples=12, deadline=None, derandomize=True, database=None)
sizes = st.integers(1, 4)


@pytest.fixture(autouse=True)
def float64():
    before = keras.config.floatx(), keras.config.dtype_policy()           # a layer's default is the policy, which outlives floatx
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


def agree(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def draw(seed, b=2, m=3, n=4, c=4, d=4, e=4):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((b, m, c)), rng.standard_normal((b, n, d)), rng.standard_normal((b, n, e)), rng.random((b, m, n)) < 0.6


def reference(layer, q, k, v, mask):
    """Output and weights by the NumPy reference, from the layer's own numbers."""
    if isinstance(layer, MultiHeadAttention):
        arrays = layer.get_weights()
        heads = [np.swapaxes((x @ W + b).reshape(*x.shape[:-1], layer.num_heads, -1), -2, -3)
                 for x, W, b in zip((q, k, v), arrays[0:6:2], arrays[1:6:2])]
        output, weights = core.attend(*heads, mask[..., None, :, :])
        return np.swapaxes(output, -2, -3).reshape(*q.shape[:-1], -1) @ arrays[6] + arrays[7], weights
    if isinstance(layer, DotAttention):
        scores = core.scaled_dot_scores(q, k) if layer.scaled else core.dot_scores(q, k)
    elif isinstance(layer, MultiplicativeAttention):
        scores = core.multiplicative_scores(q, k, *layer.get_weights())
    else:
        scores = core.additive_scores(q, k, *layer.get_weights())
    weights = core.masked_softmax(scores, mask)
    return weights @ v, weights


@every_layer
@some
@given(seed=st.integers(0, 10**6), b=sizes, m=sizes, n=sizes)
def test_layer_is_the_reference(kind, seed, b, m, n):
    q, k, v, mask = draw(seed, b, m, n)
    layer = LAYERS[kind]()
    layer(q, k, v)
    layer.set_weights([w + np.random.default_rng(seed).standard_normal(w.shape) for w in layer.get_weights()])     # biases too
    for mine, want in zip(layer(q, k, v, mask), reference(layer, q, k, v, mask)):
        agree(mine, want)


@some
@given(seed=st.integers(0, 10**6), m=sizes, n=sizes, kind=st.sampled_from(["plain", "huge", "inf", "nan"]))
def test_masked_softmax_is_the_reference(seed, m, n, kind):
    rng = np.random.default_rng(seed)
    scores, mask = rng.standard_normal((2, m, n)), rng.random((2, m, n)) < 0.6
    if kind != "plain":
        scores[~mask] = {"huge": 1e30, "inf": np.inf, "nan": np.nan}[kind]
    agree(masked_softmax(scores, mask), core.masked_softmax(scores, mask))
    assert np.all(masked_softmax(scores, mask).numpy()[~mask] == 0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_kept(dtype):
    q, k, v, mask = draw(0)
    scores = (q @ k.mT).astype(dtype)
    assert masked_softmax(scores, mask).dtype.name == dtype == masked_softmax(scores).dtype.name
    assert all(x.dtype.name == dtype for kind in LAYERS.values() for x in kind(dtype=dtype)(q, k, v, mask))


def test_empty_and_single_key():
    q, k, v, _ = draw(0)
    output, weights = DotAttention()(q, k[:, :0], v[:, :0])
    assert weights.shape == (2, 3, 0) and np.all(output.numpy() == 0)
    agree(DotAttention()(q, k[:, :1], v[:, :1])[0], np.repeat(v[:, :1], 3, axis=1))


# ---- against Keras' own ---------------------------------------------------------------------------------------------

@some
@given(seed=st.integers(0, 10**6), m=sizes, n=sizes)
def test_keras_attention(seed, m, n):
    q, k, v, mask = draw(seed, 2, m, n)
    mask[..., 0] = True                                     # what the library does with an empty row is another test
    agree(DotAttention(False)(q, k, v, mask)[0], keras.layers.Attention()([q, v, k], mask=[None, tf.constant(mask)]))


@some
@given(seed=st.integers(0, 10**6), m=sizes, n=sizes)
def test_keras_multi_head_attention_with_gradients(seed, m, n):
    q, k, v, mask = (tf.constant(x) for x in draw(seed, 2, m, n, 8, 8, 8))
    mask = tf.logical_or(mask, tf.range(n) == 0)
    mine, theirs = MultiHeadAttention(8, 2), keras.layers.MultiHeadAttention(2, 4)
    mine(q, k, v), theirs(q, v, k)
    mine.set_weights([a.reshape(b.shape) for a, b in zip(theirs.get_weights(), mine.get_weights())])
    found = []
    for layer, call in [(mine, lambda: mine(q, k, v, mask)),
                        (theirs, lambda: theirs(q, v, k, attention_mask=mask, return_attention_scores=True))]:
        with tf.GradientTape() as tape:
            tape.watch([q, k, v])
            output, weights = call()
            loss = tf.reduce_sum(output ** 3)
        found.append([output, weights, *tape.gradient(loss, [q, k, v, *(w.value for w in layer.weights)])])
    for a, b in zip(*found):
        agree(tf.reshape(a, b.shape), b)


def test_what_keras_does_with_an_empty_row():
    ask, eye, none = np.log([[[2.0, 4, 8]]]), np.eye(3)[None], np.zeros((1, 3), bool)
    np.testing.assert_allclose(keras.layers.Attention()([ask, eye, eye], mask=[None, none])[0, 0], [1/7, 2/7, 4/7], atol=1e-6)
    single = [x.astype("float32") for x in (ask, eye, eye)]
    np.testing.assert_allclose(keras.layers.Attention(dtype="float32")(single, mask=[None, none])[0, 0], [1/3] * 3, atol=1e-6)
    head = keras.layers.MultiHeadAttention(1, 3, use_bias=False)
    head(ask, eye, eye)
    head.set_weights([np.eye(3).reshape(w.shape) for w in head.get_weights()])
    np.testing.assert_allclose(head(ask, eye, eye, key_mask=none)[0, 0], [1/3] * 3, atol=1e-6)
    assert not np.any(head(ask, eye, eye, key_mask=none, return_attention_scores=True)[0])
    assert not np.any(DotAttention()(ask, eye, eye, none)[0])


# ---- promises -------------------------------------------------------------------------------------------------------

@every_layer
def test_future_and_masked_keys_have_no_influence(kind):
    q, k, v, _ = draw(1, n=3)
    layer, causal = LAYERS[kind](), np.tril(np.ones((3, 3), bool))
    before = layer(q, k, v, causal)[0].numpy()
    k[:, 2] = 1e6
    v[:, 2] += 1000
    np.testing.assert_array_equal(layer(q, k, v, causal)[0].numpy()[:, :2], before[:, :2])


@every_layer
def test_order_of_queries_and_of_keys(kind):
    q, k, v, mask = draw(2)
    layer = LAYERS[kind]()
    output, weights = layer(q, k, v, mask)
    rows, columns = [2, 0, 1], [3, 1, 0, 2]
    moved, moved_weights = layer(q[:, rows], k[:, columns], v[:, columns], mask[:, rows][:, :, columns])
    agree(moved, output.numpy()[:, rows])
    agree(moved_weights, weights.numpy()[..., rows, :][..., columns])


@every_layer
def test_empty_rows_have_zero_weights_and_finite_gradients(kind):
    q, k, v, mask = draw(3)
    mask[0, 1] = False
    layer, q = LAYERS[kind](), tf.constant(q)
    with tf.GradientTape() as tape:
        tape.watch(q)
        output, weights = layer(q, k, v, mask)
        loss = tf.reduce_sum(output ** 2)
    sums = weights.numpy().sum(axis=-1)
    agree(sums, np.broadcast_to((mask.any(axis=-1) if kind != "heads" else mask.any(axis=-1)[:, None]), sums.shape).astype(float))
    assert all(np.isfinite(g).all() for g in tape.gradient(loss, [q, *(w.value for w in layer.weights)]))


@every_layer
def test_masks_by_three_roads(kind):
    tokens = np.array([[4, 7, 5, 0], [6, 0, 0, 0]])
    keep, layer = tokens != 0, LAYERS[kind]()
    x = keras.layers.Embedding(10, 4, mask_zero=True)(tokens)
    bare = tf.constant(x.numpy())
    output = layer(x, x, x)[0]
    agree(output, layer(bare, bare, bare, keep[:, None, :])[0])
    agree(output, layer(bare, bare, bare, k_mask=keep)[0])
    agree(layer(x, x, x, keep[:, :, None])[0], layer(bare, bare, bare, keep[:, :, None] & keep[:, None, :])[0])
    agree(keras.layers.GlobalAveragePooling1D()(output), [output.numpy()[0, :3].mean(axis=0), output.numpy()[1, 0]])


@every_layer
def test_masks_in_their_places_may_be_none(kind):
    """Keras hands a layer the mask that rides on the keys by name, also where None stands in its place."""
    tokens = np.array([[4, 7, 5, 0], [6, 0, 0, 0]])
    keep, layer = tokens != 0, LAYERS[kind]()
    x = keras.layers.Embedding(10, 4, mask_zero=True)(tokens)
    bare, pairs = tf.constant(x.numpy()), np.tril(np.ones((2, 4, 4), bool))
    agree(layer(x, x, x, None, None)[0], layer(bare, bare, bare, None, keep)[0])
    agree(layer(x, x, x, pairs, None)[0], layer(bare, bare, bare, pairs, keep)[0])
    agree(layer(bare, bare, bare, pairs, None)[0], layer(bare, bare, bare, pairs)[0])
    with pytest.raises(TypeError, match="multiple values"):
        layer.call(bare, bare, bare, pairs, keep, k_mask=keep)


@every_layer
def test_saved_and_loaded(kind, tmp_path):
    sentence = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(10, 4, mask_zero=True)(sentence)
    model = keras.Model(sentence, LAYERS[kind]()(x, x, x))
    model.save(tmp_path / "model.keras")
    again, tokens = keras.models.load_model(tmp_path / "model.keras"), np.array([[1, 2, 0], [3, 0, 0]])
    for a, b in zip(model(tokens), again(tokens)):
        np.testing.assert_array_equal(a, b)
    assert again.layers[-1].get_config() == model.layers[-1].get_config()


def test_every_setting_survives():
    for layer in (DotAttention(False), AdditiveAttention(7), MultiHeadAttention(6, 3, dropout=0.25)):
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
    assert again.dropout.rate == 0.25 and (again.dim, again.num_heads) == (6, 3)


def test_dropout_in_training_only():
    q, k, v, _ = draw(4)
    layer = MultiHeadAttention(4, 2, dropout=0.9)
    quiet = layer(q, k, v)[0].numpy()
    np.testing.assert_array_equal(layer(q, k, v, training=False)[0], quiet)
    assert not np.allclose(layer(q, k, v, training=True)[0], quiet)


def test_helpers():
    mask, k_mask = np.array([[True, False], [True, True]]), np.array([[True, True], [False, True]])
    assert join_masks(None, None) is None and join_masks(mask, None) is mask
    np.testing.assert_array_equal(join_masks(None, k_mask), k_mask[:, None])
    np.testing.assert_array_equal(join_masks(mask, k_mask), mask & k_mask[:, None])
    x = np.arange(12.0).reshape(1, 2, 6)
    np.testing.assert_array_equal(split_heads(x, 3), x.reshape(1, 2, 3, 2).swapaxes(1, 2))
    wide = np.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)                      # two batch axes
    np.testing.assert_array_equal(split_heads(wide, 2), wide.reshape(2, 3, 4, 2, 3).swapaxes(2, 3))
    np.testing.assert_array_equal(join_heads(split_heads(wide, 2)), wide)
    assert DotAttention().scaled and split_heads(wide[0, 0], 2).shape == (2, 4, 3)


def test_arguments_are_not_changed():
    arrays = draw(5)
    copies = [x.copy() for x in arrays]
    for make in LAYERS.values():
        make()(*arrays)
    for x, copy in zip(arrays, copies):
        np.testing.assert_array_equal(x, copy)


# ---- errors ---------------------------------------------------------------------------------------------------------

q, k, v, mask = draw(6)
RAGGED = tf.ragged.constant([[[1.0, 2, 3, 4]], [[1.0, 2, 3, 4], [5, 6, 7, 8]]], dtype="float64")
WRONG = {
    "n disagrees": (lambda: DotAttention()(q, k, v[:, :2]), r"v: expected shape \(..., n, e\) with n = 4, got \(2, 2, 4\)"),
    "width": (lambda: DotAttention()(q, k[..., :3], v), r"k: expected shape \(..., n, d\) with d = 4, got \(2, 4, 3\)"),
    "one axis": (lambda: DotAttention()(q[0, 0], k, v), r"q: expected shape \(..., m, c\), got \(4,\)"),
    "batch": (lambda: DotAttention()(q, k, np.concatenate([v, v])), "q, k, v: expected batch axes that broadcast"),
    "whole numbers": (lambda: DotAttention()(q.astype(int), k, v), "q: expected numbers of floating point, got dtype int64"),
    "no tensor": (lambda: masked_softmax([[0.0]]), "scores: expected a tensor of shape .*, got a list"),
    "heads to join": (lambda: join_heads(q[0]), r"x: expected shape \(..., h, n, d\), got \(3, 4\)"),
    "ragged": (lambda: masked_softmax(tf.ragged.constant([[0.0], [0.0, 1.0]])), "scores: expected a tensor .*, got a RaggedTensor"),
    "ragged width": (lambda: MultiHeadAttention(4, 2)(RAGGED, RAGGED, RAGGED), "q: .* whose last axis has a known size, .* None, None"),
    "ragged values": (lambda: MultiHeadAttention(4, 2)(q, k, RAGGED), "v: expected a tensor whose last axis has a known size, got shape"),
    "ragged queries": (lambda: AdditiveAttention(3)(RAGGED, k, v), "q: expected a tensor whose last axis has a known size, got shape"),
    "ragged keys": (lambda: MultiplicativeAttention()(q, RAGGED, v), "k: expected a tensor whose last axis has a known size, got shape"),
    "ragged rows": (lambda: MultiHeadAttention(4, 2)(q, k, tf.RaggedTensor.from_tensor(v)), "v: expected a tensor .*, got a RaggedTensor"),
    "mask of floats": (lambda: DotAttention()(q, k, v, mask * 1.0), "mask: expected a tensor of booleans .*, got dtype float64"),
    "mask as list": (lambda: masked_softmax(q, [[True]]), "mask: expected a tensor of booleans .*, got a list"),
    "mask too small": (lambda: DotAttention()(q, k, v, mask[..., :2]), r"mask: expected shape \(2, 3, 4\), .*, got \(2, 3, 2\)"),
    "mask too large": (lambda: DotAttention()(q, k, v, mask[:, None]), r"mask: expected shape \(2, 3, 4\), .*, got \(2, 1, 3, 4\)"),
    "mask of keys": (lambda: DotAttention()(q, k, v, mask[:, 0]), r"mask: expected shape .*, got \(2, 4\); .* mask\[:, None\]"),
    "mask of other heads": (lambda: MultiHeadAttention(4, 2)(q, k, v, np.stack([mask] * 3, axis=1)),
                            r"mask: expected shape \(3, 4\) or \(2, 3, 4\) or \(2, 2, 3, 4\), .*, got \(2, 3, 3, 4\)"),
    "padding mask": (lambda: MultiHeadAttention(4, 2)(q, k, v, k_mask=mask), r"k_mask: expected shape \(2, 4\), .*, got \(2, 3, 4\)"),
    "other width later": (lambda: built(MultiplicativeAttention())(q[..., :2], k, v), r"q: expected shape \(..., m, 4\), got \(2, 3, 2\)"),
    "additive later": (lambda: built(AdditiveAttention(3))(q, k[..., :2], v), r"k: expected shape \(..., n, 4\), got \(2, 4, 2\)"),
    "heads later": (lambda: built(MultiHeadAttention(4, 2))(q, k, v[..., :2]), r"v: expected shape \(..., n, 4\), got \(2, 4, 2\)"),
    "no heads": (lambda: MultiHeadAttention(4, 0), "num_heads: expected a whole number, at least 1, got 0"),
    "heads": (lambda: MultiHeadAttention(4, 3), "num_heads: expected a divisor of the width 4, got 3"),
}


def built(layer):
    layer(q, k, v)
    return layer


@pytest.mark.parametrize("wrong", WRONG)
def test_errors_say_what_came_and_what_was_wanted(wrong):
    call, message = WRONG[wrong]
    with pytest.raises(ValueError, match=message):
        call()
