"""The layers in Keras 3 on TensorFlow.  Masks are boolean, True = may attend; the last axis of scores and weights runs over keys.

Every axis before the last two is a batch axis and broadcasts; multi-head weights carry an axis `heads` before the queries.
Tensors are of floating point, all of one dtype (a layer casts floating inputs to its own).  No function changes its arguments.
A wrong shape, dtype or mask raises ValueError, which names the argument, what came and what was wanted; a size that a model
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


def _validate(shapes, mask=None, **tensors):
    """Raise ValueError unless the tensors share one floating dtype and their last axes fit `shapes`, such as "m d, n d".

    A letter stands for one size throughout; a mask must be boolean and broadcast to the scores (..., m, n).
    """
    sizes, batches, dtypes = {}, [], []
    for (name, tensor), axes in zip(tensors.items(), shapes.split(",")):
        axes = axes.split()
        wanted = f"({', '.join(['...', *axes])})"
        if not hasattr(tensor, "shape"):
            raise ValueError(f"{name}: a tensor of shape {wanted} was wanted, a {type(tensor).__name__} came")
        shape, dtype = tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)
        dtypes.append(dtype)
        if "float" not in dtype or dtype != dtypes[0]:
            raise ValueError(f"{name}: a tensor {dtypes[0] if 'float' in dtypes[0] else 'of floating point'} was wanted, {dtype} came")
        if len(shape) < len(axes):
            raise ValueError(f"{name}: shape {wanted} was wanted, {shape} came")
        for axis, size in zip(axes, shape[len(shape) - len(axes):]):
            sizes[axis] = size if sizes.get(axis) is None else sizes[axis]
            if size not in (None, sizes[axis]):
                raise ValueError(f"{name}: shape {wanted} with {axis} = {sizes[axis]} was wanted, {shape} came")
        batches.append(shape[:len(shape) - len(axes)])
    try:
        batch = np.broadcast_shapes(*([1 if size is None else size for size in b] for b in batches))
    except ValueError:
        raise ValueError(f"{', '.join(tensors)}: batch axes that broadcast were wanted, {batches} came") from None
    if mask is not None:
        dtype = keras.backend.standardize_dtype(mask.dtype) if hasattr(mask, "dtype") else f"a {type(mask).__name__}"
        if dtype != "bool":
            raise ValueError(f"mask: booleans (True = may attend) were wanted, {dtype} came")
        scores = (*batch, sizes["m"], sizes["n"])
        try:
            known = [[1 if size is None else size for size in s] for s in (tuple(mask.shape), scores)]
            np.broadcast_shapes(*known)
        except ValueError:
            raise ValueError(f"mask: a shape that broadcasts to {scores} was wanted, {tuple(mask.shape)} came") from None


def masked_softmax(scores, mask=None):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 33.
    """
    _validate("m n", mask, scores=scores)
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

    def call(self, q, k, v, attention_mask=None, k_mask=None):
        _validate("m c, n d, n e", attention_mask, q=q, k=k, v=v)
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

    def scores(self, q, k):
        _validate("m d, n d", q=q, k=k)
        dots = ops.matmul(q, ops.swapaxes(k, -2, -1))                       # (..., m, n)
        return dots / q.shape[-1] ** 0.5 if self.scaled else dots

    def get_config(self):
        return {**super().get_config(), "scaled": self.scaled}


@keras.saving.register_keras_serializable("attnlib")
class MultiplicativeAttention(ScoredAttention):
    """Weigh the keys by q W k (Luong's "general" score) and average their values; -> output, weights.

    Taught in 33.
    """

    def build(self, q_shape, k_shape, v_shape):
        self.W = self.add_weight(shape=(q_shape[-1], k_shape[-1]), name="W")

    def scores(self, q, k):
        _validate("c d, m c, n d", W=self.W, q=q, k=k)
        return ops.matmul(ops.matmul(q, self.W), ops.swapaxes(k, -2, -1))


@keras.saving.register_keras_serializable("attnlib")
class AdditiveAttention(ScoredAttention):
    """Weigh the keys with a one-hidden-layer network (Bahdanau's score) and average their values; -> output, weights.

    Taught in 33.
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim

    def build(self, q_shape, k_shape, v_shape):
        self.W_q = self.add_weight(shape=(q_shape[-1], self.hidden_dim), name="W_q")
        self.W_k = self.add_weight(shape=(k_shape[-1], self.hidden_dim), name="W_k")
        self.v = self.add_weight(shape=(self.hidden_dim,), name="v")

    def scores(self, q, k):
        _validate("c h, d h, m c, n d", W_q=self.W_q, W_k=self.W_k, q=q, k=k)
        hidden = ops.tanh(ops.expand_dims(ops.matmul(q, self.W_q), -2) + ops.expand_dims(ops.matmul(k, self.W_k), -3))
        return ops.sum(hidden * self.v, axis=-1)                            # (..., m, n, h) -> (..., m, n)

    def get_config(self):
        return {**super().get_config(), "hidden_dim": self.hidden_dim}


def split_heads(x, heads):
    """Cut the last axis into one slice a head and move the heads before the positions; (..., n, d) -> (..., heads, n, d/heads).

    Taught in 33.
    """
    x = ops.reshape(x, (*ops.shape(x)[:-1], heads, x.shape[-1] // heads))
    return ops.swapaxes(x, -2, -3)


@keras.saving.register_keras_serializable("attnlib")
class MultiHeadAttention(ScoredAttention):
    """Attend in every head by itself, join the heads' outputs and project them; -> output, weights (..., heads, m, n).

    Taught in 33.
    """

    def __init__(self, dim, heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if dim % heads:
            raise ValueError(f"heads: a divisor of dim = {dim} was wanted, {heads} came")
        self.dim, self.heads, self.dropout = dim, heads, keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.W_q, self.W_k, self.W_v, self.W_o = (keras.layers.Dense(dim, dtype=self.dtype_policy) for _ in range(4))

    def build(self, q_shape, k_shape, v_shape):
        for layer, shape in zip((self.W_q, self.W_k, self.W_v, self.W_o), (q_shape, k_shape, v_shape, (None, self.dim))):
            layer.build(shape)

    def call(self, q, k, v, attention_mask=None, k_mask=None, training=False):
        W_q, W_k, W_v = self.W_q.kernel, self.W_k.kernel, self.W_v.kernel
        _validate("a h, b h, c h, m a, n b, n c", attention_mask, W_q=W_q, W_k=W_k, W_v=W_v, q=q, k=k, v=v)
        q, k, v = (split_heads(x, self.heads) for x in (self.W_q(q), self.W_k(k), self.W_v(v)))
        mask = join_masks(attention_mask, k_mask)
        mask = ops.expand_dims(mask, -3) if mask is not None and len(mask.shape) > 2 else mask      # one mask for all heads
        weights = masked_softmax(ops.matmul(q, ops.swapaxes(k, -2, -1)) / q.shape[-1] ** 0.5, mask)
        heads = ops.swapaxes(ops.matmul(self.dropout(weights, training=training), v), -2, -3)       # (..., m, heads, dim/heads)
        return self.W_o(ops.reshape(heads, (*ops.shape(heads)[:-2], self.dim))), weights

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "heads": self.heads, "dropout": self.dropout.rate}
