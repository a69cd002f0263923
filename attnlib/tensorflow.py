"""The layers in Keras 3 on TensorFlow.  Masks are boolean, True = may attend; the last axis of scores and weights runs over keys.

Every axis before the last two is a batch axis and broadcasts; multi-head weights carry an axis `heads` before the queries.
Tensors are of floating point, all of one dtype (a layer casts floating inputs to its own).  No function changes its arguments.
A wrong shape, dtype or mask raises ValueError, which names the argument, what was expected and what came; a size that a model
does not know yet (None) fits every size.

The layers take an `attention_mask` (..., m, n) and, by Keras' own rule for argument names, receive the padding mask that
travels with the keys as `k_mask` (..., n).  A row that allows no key has weights zero (and an output of zero, up to the output
bias of several heads).  A nan or infinity in a masked key does not reach any output; in a masked value it spreads to it.

Sources: multiplicative ("general") score, Luong, Pham and Manning (2015), section 3.1; additive score, Bahdanau, Cho and
Bengio (2015), appendix A.1.2; scaled dot product and several heads, Vaswani et al. (2017), eq. (1) and section 3.2.2.
"""
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from attnlib._shapes import Kind, checker, divisor, known, whole

expects = checker(Kind(
    "a tensor", "numbers of floating point", lambda x: hasattr(x, "shape") and not isinstance(x, tf.RaggedTensor),
    lambda x: keras.backend.standardize_dtype(x.dtype), lambda dtype: "float" in dtype, lambda x: False, lambda layer: None))


@expects(scores="m n", mask="m n")
def masked_softmax(scores, mask=None):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 33.
    """
    if mask is None:
        return tf.nn.softmax(scores, axis=-1)
    allowed = ops.any(mask, axis=-1, keepdims=True)                         # (..., m, 1)
    scores = ops.where(allowed, ops.where(mask, scores, -np.inf), 0.0)
    return ops.where(allowed, tf.nn.softmax(scores, axis=-1), 0.0)


def join_masks(attention_mask, k_mask):
    """Allow what a mask (..., m, n) allows among the keys that a padding mask (..., n) keeps; None allows everything.

    Taught in 33.
    """
    if k_mask is None:
        return attention_mask
    k_mask = ops.expand_dims(k_mask, -2)                                    # (..., 1, n)
    return k_mask if attention_mask is None else ops.logical_and(attention_mask, k_mask)


class ScoredAttention(keras.layers.Layer):
    """Average the values, weighted by the softmax of `scores(q, k)`, which a subclass supplies; -> output, weights.

    Taught in 33.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    @expects(q="m c", k="n d", attention_mask="m n", k_mask="n", v="n e")
    def call(self, q, k, v, attention_mask=None, k_mask=None):
        weights = masked_softmax(self.scores(q, k), join_masks(attention_mask, k_mask))
        return ops.matmul(weights, v), weights


@keras.saving.register_keras_serializable("attnlib")
class DotAttention(ScoredAttention):
    """Weigh the keys by their dot product with the query, divided by the root of the width if scaled; -> output, weights.

    Taught in 33.
    """

    def __init__(self, scaled=True, **kwargs):
        super().__init__(**kwargs)
        self.scaled = scaled

    @expects(q="m d", k="n d")
    def scores(self, q, k):
        q = q / q.shape[-1] ** 0.5 if self.scaled else q                    # divided first: half precision ends at 65,504
        return ops.matmul(q, ops.swapaxes(k, -2, -1))                       # (..., m, n)

    def get_config(self):
        return {**super().get_config(), "scaled": self.scaled}


@keras.saving.register_keras_serializable("attnlib")
class MultiplicativeAttention(ScoredAttention):
    """Weigh the keys by q W k (Luong's "general" score) and average their values; -> output, weights.

    Taught in 33.
    """

    @expects(q_shape=known, k_shape=known)
    def build(self, q_shape, k_shape, v_shape):
        self.W = self.add_weight(shape=(q_shape[-1], k_shape[-1]), name="W")

    @expects(q="m W.shape.0", k="n W.shape.1")
    def scores(self, q, k):
        return ops.matmul(ops.matmul(q, self.W), ops.swapaxes(k, -2, -1))


@keras.saving.register_keras_serializable("attnlib")
class AdditiveAttention(ScoredAttention):
    """Weigh the keys with a one-hidden-layer network (Bahdanau's score) and average their values; -> output, weights.

    Taught in 33.
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim

    @expects(q_shape=known, k_shape=known)
    def build(self, q_shape, k_shape, v_shape):
        self.W_q = self.add_weight(shape=(q_shape[-1], self.hidden_dim), name="W_q")
        self.W_k = self.add_weight(shape=(k_shape[-1], self.hidden_dim), name="W_k")
        self.v = self.add_weight(shape=(self.hidden_dim,), name="v")

    @expects(q="m W_q.shape.0", k="n W_k.shape.0")
    def scores(self, q, k):
        hidden = ops.tanh(ops.expand_dims(ops.matmul(q, self.W_q), -2) + ops.expand_dims(ops.matmul(k, self.W_k), -3))
        return ops.sum(hidden * self.v, axis=-1)                            # (..., m, n, h) -> (..., m, n)

    def get_config(self):
        return {**super().get_config(), "hidden_dim": self.hidden_dim}


@expects(x="n d", num_heads=divisor("x"))
def split_heads(x, num_heads):
    """Cut the last axis into one slice a head and move the heads before the positions; (..., n, d) -> (..., heads, n, d/heads).

    Taught in 33.
    """
    x = ops.reshape(x, (*ops.shape(x)[:-1], num_heads, x.shape[-1] // num_heads))
    return ops.swapaxes(x, -2, -3)


@expects(x="h n d")
def join_heads(x):
    """Undo split_heads: lay the heads' outputs side by side; (..., h, n, d) -> (..., n, h * d).

    Taught in 33.
    """
    x = ops.swapaxes(x, -2, -3)
    return ops.reshape(x, (*ops.shape(x)[:-2], x.shape[-2] * x.shape[-1]))


@keras.saving.register_keras_serializable("attnlib")
class MultiHeadAttention(ScoredAttention):
    """Attend in every head by itself, join the outputs and project them; -> output, weights (..., heads, m, n).

    Taught in 33.
    """

    @expects(dim=whole(1), num_heads=divisor("dim"))
    def __init__(self, dim, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.num_heads = dim, num_heads
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.W_q, self.W_k, self.W_v, self.W_o = (keras.layers.Dense(dim, dtype=self.dtype_policy) for _ in range(4))

    @expects(q_shape=known, k_shape=known, v_shape=known)
    def build(self, q_shape, k_shape, v_shape):
        self.W_q.build(q_shape)
        self.W_k.build(k_shape)
        self.W_v.build(v_shape)
        self.W_o.build((None, self.dim))

    @expects(q="m W_q.kernel.shape.0", k="n W_k.kernel.shape.0", attention_mask="heads m n", k_mask="n", v="n W_v.kernel.shape.0")
    def call(self, q, k, v, attention_mask=None, k_mask=None, training=False):
        q, k, v = (split_heads(x, self.num_heads) for x in (self.W_q(q), self.W_k(k), self.W_v(v)))
        scores = ops.matmul(q / q.shape[-1] ** 0.5, ops.swapaxes(k, -2, -1))                    # (..., heads, m, n)
        if attention_mask is not None and len(attention_mask.shape) < len(scores.shape):
            attention_mask = ops.expand_dims(attention_mask, -3)                                # one mask for all heads
        k_mask = None if k_mask is None else ops.expand_dims(k_mask, -2)
        weights = masked_softmax(scores, join_masks(attention_mask, k_mask))
        output = ops.matmul(self.dropout(weights, training=training), v)
        return self.W_o(join_heads(output)), weights

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "num_heads": self.num_heads, "dropout": self.dropout.rate}
