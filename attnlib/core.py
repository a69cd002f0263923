"""The NumPy reference.

The last axis of scores and weights runs over keys; every axis before the last two is a batch axis and broadcasts.
Arguments are NumPy arrays of real numbers; masks are boolean, True = may attend.  No function changes its arguments.
A wrong shape, dtype or mask raises ValueError, which names the argument, what came and what was wanted.

nan: a masked key has no influence, whatever it holds.  A nan in a masked *value* still spreads to the output (0 * nan),
as does one in an allowed key.  A score of +inf among the allowed keys makes its row nan.

A mask (..., m, n) serves every head of a layer alike; the weights of several heads carry an axis `heads` before the queries.

Sources: dot, general and concat scores, Luong, Pham and Manning (2015), section 3.1; additive score, Bahdanau, Cho and Bengio
(2015), appendix A.1.2; scaled dot product and several heads, Vaswani et al. (2017), eq. (1) and section 3.2.2; cosine score,
Graves, Wayne and Danihelka (2014), eq. (6); softmax with temperature, Hinton, Vinyals and Dean (2015), section 2; entropy,
Shannon (1948), section 6; sinusoidal positions, Vaswani et al. (2017), section 3.5; rotation, Su et al. (2021); price for
distance, Press, Smith and Lewis (2022).  What is computed from positions is float64, whatever came.
"""
import numpy as np


def _validate(shapes, mask=True, **arrays):
    """Raise ValueError unless each array holds real numbers and its last axes fit `shapes`, such as "m d, n d".

    A letter stands for one size throughout; a mask must be boolean and broadcast to the scores (..., m, n).  Of the integers
    only int64 passes: in narrower ones a score, or its distance to the largest, would overflow in silence.
    """
    sizes, batches = {}, []
    for (name, array), axes in zip(arrays.items(), shapes.split(",")):
        axes = axes.split()
        wanted = f"({', '.join(['...', *axes])})"
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{name}: a NumPy array of shape {wanted} was wanted, a {type(array).__name__} came")
        if array.dtype.kind != "f" and array.dtype != np.int64:
            raise ValueError(f"{name}: real numbers (floats or int64) were wanted, dtype {array.dtype} came")
        if array.ndim < len(axes):
            raise ValueError(f"{name}: shape {wanted} was wanted, {array.shape} came")
        for axis, size in zip(axes, array.shape[array.ndim - len(axes):]):
            if sizes.setdefault(axis, size) != size:
                raise ValueError(f"{name}: shape {wanted} with {axis} = {sizes[axis]} was wanted, {array.shape} came")
        batches.append(array.shape[:array.ndim - len(axes)])
    try:
        batch = np.broadcast_shapes(*batches)
    except ValueError:
        raise ValueError(f"{', '.join(arrays)}: batch axes that broadcast were wanted, {batches} came") from None
    if mask is not True:
        if not isinstance(mask, bool) and getattr(mask, "dtype", None) != np.dtype(bool):
            came = f"dtype {mask.dtype}" if hasattr(mask, "dtype") else f"a {type(mask).__name__}"
            raise ValueError(f"mask: an array of booleans (True = may attend) was wanted, {came} came")
        scores = (*batch, sizes["m"], sizes["n"])
        try:
            fits = np.broadcast_shapes(np.shape(mask), scores) == scores
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"mask: a shape that broadcasts to {scores} was wanted, {np.shape(mask)} came")


def dot_scores(q, k):
    """Score each query against each key by their dot product; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    _validate("m d, n d", q=q, k=k)
    return q @ k.mT


def scaled_dot_scores(q, k):
    """Dot product divided by the root of the width d, so that the spread stays 1; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    return dot_scores(q, k) / q.shape[-1] ** 0.5


def cosine_scores(q, k):
    """Dot product of the two directions, between -1 and 1, and 0 for a zero vector; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    lengths = np.linalg.norm(q, axis=-1)[..., :, None] * np.linalg.norm(k, axis=-1)[..., None, :]
    return dot_scores(q, k) / np.where(lengths > 0, lengths, 1)


def multiplicative_scores(q, k, W):
    """Dot product of the query, carried by W into the keys' space, with each key; W (c, d), result (..., m, n).

    Taught in 11.
    """
    _validate("m c, n d, c d", q=q, k=k, W=W)
    return q @ W @ k.mT


def additive_scores(q, k, W_q, W_k, v):
    """Score every query against every key with a one-hidden-layer network; W_q (c, h), W_k (d, h), v (h,), result (..., m, n).

    Taught in 11.
    """
    _validate("m c, n d, c h, d h, h", q=q, k=k, W_q=W_q, W_k=W_k, v=v)
    hidden = np.tanh((q @ W_q)[..., :, None, :] + (k @ W_k)[..., None, :, :])
    return hidden @ v


def softmax(scores):
    """Share 1 among the keys in proportion to exp(score); scores and result (..., n).

    Taught in 12.
    """
    _validate("n", scores=scores)
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def entropy(weights):
    """Mean surprise -log(weight) in nats, where a weight of zero adds nothing; (..., n) -> (...).

    Taught in 12.
    """
    _validate("n", weights=weights)
    return -np.sum(weights * np.log(np.where(weights > 0, weights, 1)), axis=-1)


def masked_softmax(scores, mask):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 21.
    """
    _validate("m n", scores=scores, mask=mask)
    scores = np.where(mask, scores, -np.inf)
    top = np.max(scores, axis=-1, keepdims=True, initial=-np.inf)
    e = np.exp(scores - np.where(top == -np.inf, 0, top))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def attend(q, k, v, mask=True):
    """Average the values, each weighted by how its key's scaled dot product with the query compares; -> output, weights.

    Taught in 21.
    """
    _validate("m d, n d, n e", q=q, k=k, v=v, mask=mask)
    weights = masked_softmax(scaled_dot_scores(q, k), mask)
    return weights @ v, weights


def _whole(*lengths, **sizes):
    """Raise ValueError unless each size is a whole number, at least 0, and `lengths` an array of such, none above n."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0:
            raise ValueError(f"{name}: a whole number, at least 0, was wanted, {size!r} came")
    for array in lengths:
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            came = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
            raise ValueError(f"lengths: a NumPy array of integers was wanted, {came} came")
        if ((array < 0) | (array > sizes["n"])).any():
            raise ValueError(f"lengths: numbers from 0 to n = {sizes['n']} were wanted, {array.tolist()} came")


def length_mask(lengths, n):
    """Allow the first `lengths` of n places to every query of the sequence: the padding mask; (...) -> (..., 1, n).

    Taught in 13.
    """
    _whole(lengths, n=n)
    return np.arange(n) < lengths[..., None, None]


def causal_mask(n):
    """Allow each place itself and what came before it; -> (n, n).

    Taught in 13.
    """
    _whole(n=n)
    return np.arange(n)[:, None] >= np.arange(n)


def window_mask(n, width):
    """Allow each place what is at most `width` places away, on either side; -> (n, n).

    Taught in 13.
    """
    _whole(n=n, width=width)
    return np.abs(np.arange(n)[:, None] - np.arange(n)) <= width


def _even(**sizes):
    """Raise ValueError unless each size is a whole number, at least 0, and even: a pair of features is one clock hand."""
    _whole(**sizes)
    for name, size in sizes.items():
        if size % 2:
            raise ValueError(f"{name}: an even number was wanted, {size} came")


def sinusoidal_positions(n, dim):
    """Write place i as the sine and cosine of i times a rate; each pair of features has a slower rate; -> (n, dim), dim even.

    Taught in 16.
    """
    _whole(n=n)
    _even(dim=dim)
    rates = 10000.0 ** (-np.arange(0, dim, 2) / dim)                              # (dim/2,)
    angles = np.arange(n)[:, None] * rates
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n, dim)


def rotate(x, positions):
    """Turn each neighbouring pair of features by its position times the pair's rate; x (..., n, d), positions (n,), d even.

    Taught in 16.
    """
    _validate("n d, n", x=x, positions=positions)
    _even(d=x.shape[-1])
    angles = positions[..., None] * 10000.0 ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])     # (n, d/2)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.stack([even * np.cos(angles) - odd * np.sin(angles), even * np.sin(angles) + odd * np.cos(angles)], axis=-1)
    return turned.reshape(*turned.shape[:-2], x.shape[-1])


def alibi_bias(n, heads):
    """Charge each step between query and key a price, of which every head has its own, and add that to the scores; -> (heads, n, n).

    Taught in 16.
    """
    _whole(n=n, heads=heads)
    slopes = 2.0 ** (-8 * np.arange(1, heads + 1) / heads)
    return slopes[:, None, None] * -np.abs(np.arange(n)[:, None] - np.arange(n))


def _sliceable(x, heads):
    """Raise ValueError unless x holds real numbers, (..., n, d), and `heads` is a whole number that divides d."""
    _validate("n d", x=x)
    if isinstance(heads, bool) or not isinstance(heads, (int, np.integer)) or heads < 1 or x.shape[-1] % heads:
        raise ValueError(f"heads: a whole number that divides d = {x.shape[-1]} was wanted, {heads!r} came")


def split_heads(x, heads):
    """Cut the last axis into one slice a head and move the heads before the positions; (..., n, d) -> (..., heads, n, d/heads).

    Taught in 15.
    """
    _sliceable(x, heads)
    return x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads).swapaxes(-2, -3)


def multi_head_attention(x, memory, W_q, W_k, W_v, W_o, heads, mask=True):
    """Attend from x (..., m, d) to memory (..., n, c) in every head by itself, join the heads' outputs and project them with W_o;
    -> output (..., m, g), weights (..., heads, m, n).

    Taught in 15.
    """
    _validate("m d, n c, d e, c e, c f, f g", x=x, memory=memory, W_q=W_q, W_k=W_k, W_v=W_v, W_o=W_o, mask=mask)
    q, k, v = (split_heads(a, heads) for a in (x @ W_q, memory @ W_k, memory @ W_v))
    output, weights = attend(q, k, v, np.atleast_2d(mask)[..., None, :, :])         # one mask for all heads
    joined = output.swapaxes(-2, -3)                                                # (..., m, heads, f/heads)
    return joined.reshape(*joined.shape[:-2], W_o.shape[-2]) @ W_o, weights
