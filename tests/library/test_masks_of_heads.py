"""A mask of several heads means one thing in NumPy, PyTorch and Keras, also where there are as many sequences as heads."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import torch  # noqa: E402, I001
import keras  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

from attnlib import core, pytorch  # noqa: E402
from attnlib import tensorflow as keras_attention  # noqa: E402

B, H, M, N, D = 2, 2, 3, 4, 4                                   # as many sequences as heads
RNG = np.random.default_rng(0)
X, MEMORY = RNG.normal(size=(B, M, D)), RNG.normal(size=(B, N, D))
MATRICES = [RNG.normal(size=(D, D)) for _ in range(4)]


def in_numpy(mask, x=X, memory=MEMORY):
    return core.multi_head_attention(x, memory, *MATRICES, H, mask)


def in_pytorch(mask, x=X, memory=MEMORY):
    layer = pytorch.MultiHeadAttention(D, H).double()
    with torch.no_grad():
        for part, W in zip((layer.W_q, layer.W_k, layer.W_v, layer.W_o), MATRICES):
            part.weight.copy_(torch.tensor(W.T))
            part.bias.zero_()
        mask = None if mask is None else torch.as_tensor(np.array(mask))
        return [a.numpy() for a in layer(torch.tensor(x), torch.tensor(memory), torch.tensor(memory), mask)]


def in_keras(mask, x=X, memory=MEMORY):
    layer = keras_attention.MultiHeadAttention(D, H, dtype="float64")
    layer.build(x.shape, memory.shape, memory.shape)
    layer.set_weights([a for W in MATRICES for a in (W, np.zeros(D))])
    return [np.asarray(a) for a in layer(x, memory, memory, mask)]


LIBRARIES = {"numpy": in_numpy, "pytorch": in_pytorch, "keras": in_keras}
each_library = pytest.mark.parametrize("library", LIBRARIES)
SHAPES = {(M, N): "m n", (1, N): "n", (M, 1): "m", (B, M, N): "b m n", (B, 1, N): "b n", (B, M, 1): "b m", (1, M, N): "m n",
          (B, H, M, N): "b h m n", (B, 1, M, N): "b m n", (B, 1, 1, N): "b n", (1, H, M, N): "h m n", (B, H, 1, N): "b h n"}


def meaning(mask):
    """The mask (b, heads, m, n) that a shape means."""
    if mask.ndim == 2:
        mask = mask[None]
    if mask.ndim == 3:
        mask = mask[:, None]
    return np.broadcast_to(mask, (B, H, M, N))


@each_library
@pytest.mark.parametrize("shape", SHAPES, ids=map(str, SHAPES))
def test_each_shape_has_one_meaning(library, shape):
    mask = RNG.random(shape) < 0.5
    output, weights = LIBRARIES[library](mask)
    assert output.shape == X.shape and weights.shape == (B, H, M, N)
    full = meaning(mask)
    assert not weights[~full].any() and (weights[full] > 0).all()
    for b in range(B):                                              # each sequence by itself, one head's scores at a time
        q, k, v = (core.split_heads(a @ W, H) for a, W in zip((X[b], MEMORY[b], MEMORY[b]), MATRICES))
        heads = [core.attend(q[h], k[h], v[h], full[b, h])[0] for h in range(H)]
        np.testing.assert_allclose(output[b], np.concatenate(heads, axis=-1) @ MATRICES[3], atol=1e-12)


@each_library
def test_without_a_batch_a_third_axis_is_that_of_the_heads(library):
    mask = RNG.random((H, M, N)) < 0.5
    weights = LIBRARIES[library](mask, X[0], MEMORY[0])[1]
    assert not weights[~mask].any() and (weights[mask] > 0).all()


@each_library
@pytest.mark.parametrize("shape", [(N,), (B, N), (3, M, N), (B, 3, M, N), (1, B, H, M, N), (B, H, M, 3), (B, H, 2, N), (H + 1, 1, N)],
                         ids=str)
def test_any_other_shape_is_refused_with_the_shapes_that_are_right(library, shape):
    with pytest.raises(ValueError, match=r"mask: expected shape \(3, 4\) or \(2, 3, 4\) or \(2, 2, 3, 4\), where an axis may be 1, got"):
        LIBRARIES[library](np.ones(shape, bool))


@each_library
def test_a_wide_mask_does_not_make_more_of_one_query_or_one_key(library):
    for x, memory in ((X[:, :1], MEMORY), (X, MEMORY[:, :1])):
        with pytest.raises(ValueError, match="mask: expected shape"):
            LIBRARIES[library](np.ones((M, N), bool), x, memory)


def test_in_keras_the_padding_mask_meets_the_mask_of_the_heads():
    by_head, real = RNG.random((B, H, M, N)) < 0.5, np.arange(N) < np.array([[2], [4]])
    layer = keras_attention.MultiHeadAttention(D, H, dtype="float64")
    layer.build(X.shape, MEMORY.shape, MEMORY.shape)
    layer.set_weights([a for W in MATRICES for a in (W, np.zeros(D))])
    for mask in (by_head, by_head[:, 0], by_head[0, 0]):
        weights = np.asarray(layer(X, MEMORY, MEMORY, mask, k_mask=real)[1])
        allowed = meaning(mask) & real[:, None, None]
        assert not weights[~allowed].any() and (weights[allowed] > 0).all()


def test_keras_own_layer_agrees_where_it_takes_the_shape():
    theirs = keras.layers.MultiHeadAttention(H, D // H, use_bias=False, dtype="float64")
    theirs.build(X.shape, MEMORY.shape, MEMORY.shape)
    W_q, W_k, W_v, W_o = MATRICES
    theirs.set_weights([*(W.reshape(D, H, -1) for W in (W_q, W_k, W_v)), W_o.reshape(H, -1, D)])
    for shape in ((B, M, N), (B, 1, N), (B, H, M, N), (B, 1, 1, N)):
        mask = np.random.default_rng(1).random(shape) < 0.8
        mask[..., 0] = True                                         # a row without a key is another matter
        for a, b in zip(in_numpy(mask), theirs(X, MEMORY, MEMORY, attention_mask=mask, return_attention_scores=True)):
            np.testing.assert_allclose(a, b, rtol=1e-6)              # Keras rounds 1/sqrt(d) to float32
