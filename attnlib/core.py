"""The NumPy reference.

The last axis of scores and weights runs over keys; every axis before the last two is a batch axis and broadcasts.
Arguments are NumPy arrays of real numbers; masks are boolean, True = may attend.  No function changes its arguments.
A wrong shape, dtype or mask raises ValueError, which names the argument, what was expected and what came.

nan: a masked key has no influence, whatever it holds.  A nan in a masked *value* still spreads to the output (0 * nan),
as does one in an allowed key.  A score of +inf among the allowed keys makes its row nan.

No mask is `mask=None`.  A layer of several heads takes a mask (m, n) for all, (b, 1 or m, n) for each sequence of the batch, or
with an axis of heads, (b, 1 or heads, 1 or m, n); its weights carry an axis of heads before the queries.

Sources: dot, general and concat scores, Luong, Pham and Manning (2015), section 3.1; additive score, Bahdanau, Cho and Bengio
(2015), appendix A.1.2; scaled dot product and several heads, Vaswani et al. (2017), eq. (1) and section 3.2.2; cosine score,
Graves, Wayne and Danihelka (2014), eq. (6); softmax with temperature, Hinton, Vinyals and Dean (2015), section 2; entropy,
Shannon (1948), section 6; sinusoidal positions, Vaswani et al. (2017), section 3.5; rotation, Su et al. (2021); price for
distance, Press, Smith and Lewis (2022).  What is computed from positions is float64, whatever came.
"""
import numpy as np

from attnlib._shapes import Kind, checker, divisor, even, whole

# Of the integers only the widest pass: in narrower ones a score, or its distance to the largest, would overflow in silence.
expects = checker(Kind(
    "a NumPy array", "real numbers (floats or int64)", lambda x: isinstance(x, np.ndarray), lambda x: str(x.dtype),
    lambda dtype: "float" in dtype or dtype in ("int64", str(np.dtype(int))), lambda x: True, lambda layer: None))


def _counts(name, lengths, given):
    """Whole numbers from 0 to n, in a NumPy array."""
    if not isinstance(lengths, np.ndarray) or lengths.dtype.kind not in "iu":
        came = f"dtype {lengths.dtype}" if isinstance(lengths, np.ndarray) else f"a {type(lengths).__name__}"
        raise ValueError(f"{name}: expected a NumPy array of integers, got {came}")
    if ((lengths < 0) | (lengths > given["n"])).any():
        raise ValueError(f"{name}: expected numbers from 0 to n = {given['n']}, got {lengths.tolist()}")


def _even_width(name, x, given):
    even(f"{name}'s width", x.shape[-1], given)


@expects(q="m d", k="n d")
def dot_scores(q, k):
    """Score each query against each key by their dot product; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    return q @ k.mT


@expects(q="m d", k="n d")
def scaled_dot_scores(q, k):
    """Dot product divided by the root of the width d, so that the spread stays 1; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    return dot_scores(q / q.shape[-1] ** 0.5, k)                   # divided first: half precision ends at 65,504


@expects(q="m d", k="n d")
def cosine_scores(q, k):
    """Dot product of the two directions, between -1 and 1, and 0 for a zero vector; (..., m, d), (..., n, d) -> (..., m, n).

    Taught in 11.
    """
    lengths = np.linalg.norm(q, axis=-1)[..., :, None] * np.linalg.norm(k, axis=-1)[..., None, :]
    return dot_scores(q, k) / np.where(lengths > 0, lengths, 1)


@expects(q="m c", k="n d", W="c d")
def multiplicative_scores(q, k, W):
    """Dot product of the query, carried by W into the keys' space, with each key; W (c, d), result (..., m, n).

    Taught in 11.
    """
    return q @ W @ k.mT


@expects(q="m c", k="n d", W_q="c h", W_k="d h", v="h")
def additive_scores(q, k, W_q, W_k, v):
    """Score every query against every key with a one-hidden-layer network; W_q (c, h), W_k (d, h), v (h,), result (..., m, n).

    Taught in 11.
    """
    hidden = np.tanh((q @ W_q)[..., :, None, :] + (k @ W_k)[..., None, :, :])
    return hidden @ v


@expects(scores="n")
def softmax(scores):
    """Share 1 among the keys in proportion to exp(score); scores and result (..., n).

    Taught in 12.
    """
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@expects(weights="n")
def entropy(weights):
    """Mean surprise -log(weight) in nats, where a weight of zero adds nothing; (..., n) -> (...).

    Taught in 12.
    """
    return -np.sum(weights * np.log(np.where(weights > 0, weights, 1)), axis=-1)


@expects(scores="m n", mask="m n")
def masked_softmax(scores, mask=None):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 13.
    """
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    top = np.max(scores, axis=-1, keepdims=True, initial=-np.inf)
    e = np.exp(scores - np.where(top == -np.inf, 0, top))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


@expects(q="m d", k="n d", mask="m n", v="n e")
def attend(q, k, v, mask=None):
    """Average the values, each weighted by how its key's scaled dot product with the query compares; -> output, weights.

    Taught in 13.
    """
    weights = masked_softmax(scaled_dot_scores(q, k), mask)
    return weights @ v, weights


@expects(n=whole(), lengths=_counts)
def length_mask(lengths, n):
    """Allow the first `lengths` of n places to every query of the sequence: the padding mask; (...) -> (..., 1, n).

    Taught in 13.
    """
    return np.arange(n) < lengths[..., None, None]


@expects(n=whole())
def causal_mask(n):
    """Allow each place itself and what came before it; -> (n, n).

    Taught in 13.
    """
    return np.arange(n)[:, None] >= np.arange(n)


@expects(n=whole(), width=whole())
def window_mask(n, width):
    """Allow each place what is at most `width` places away, on either side; -> (n, n).

    Taught in 13.
    """
    return np.abs(np.arange(n)[:, None] - np.arange(n)) <= width


@expects(n=whole(), dim=even)
def sinusoidal_positions(n, dim):
    """Write place i as the sine and cosine of i times a rate; each pair of features has a slower rate; -> (n, dim), dim even.

    Taught in 16.
    """
    rates = 10000.0 ** (-np.arange(0, dim, 2) / dim)                              # (dim/2,)
    angles = np.arange(n)[:, None] * rates
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n, dim)


@expects(x="n d", positions="n")
@expects(x=_even_width)
def rotate(x, positions):
    """Turn each neighbouring pair of features by its position times the pair's rate; x (..., n, d), positions (n,), d even.

    Taught in 16.
    """
    angles = positions[..., None] * 10000.0 ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])     # (n, d/2)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.stack([even * np.cos(angles) - odd * np.sin(angles), even * np.sin(angles) + odd * np.cos(angles)], axis=-1)
    return turned.reshape(*turned.shape[:-2], x.shape[-1])


@expects(n=whole(), num_heads=whole(1))
def alibi_bias(n, num_heads):
    """Charge each step between query and key a price, of which every head has its own, and add that to the scores; -> (num_heads, n, n).
    The slopes are the paper's formula for every number of heads; where it is no power of two, the authors take others.

    Taught in 16.
    """
    slopes = 2.0 ** (-8 * np.arange(1, num_heads + 1) / num_heads)
    return slopes[:, None, None] * -np.abs(np.arange(n)[:, None] - np.arange(n))


@expects(x="n d", num_heads=divisor("x"))
def split_heads(x, num_heads):
    """Cut the last axis into one slice a head and move the heads before the positions; (..., n, d) -> (..., heads, n, d/heads).

    Taught in 15.
    """
    return x.reshape(*x.shape[:-1], num_heads, x.shape[-1] // num_heads).swapaxes(-2, -3)


@expects(x="m d", memory="n c", W_q="d e", W_k="c e", num_heads=divisor("W_q"), mask="heads m n", W_v="c f", W_o="f g")
def multi_head_attention(x, memory, W_q, W_k, W_v, W_o, num_heads, mask=None):
    """Attend from x (..., m, d) to memory (..., n, c) in every head by itself, join the heads' outputs and project them with W_o;
    -> output (..., m, g), weights (..., heads, m, n).

    Taught in 15.
    """
    q, k, v = (split_heads(a, num_heads) for a in (x @ W_q, memory @ W_k, memory @ W_v))
    if mask is not None and mask.ndim < max(q.ndim, k.ndim):
        mask = mask[..., None, :, :]                                                # one mask for all heads
    output, weights = attend(q, k, v, mask)
    joined = output.swapaxes(-2, -3)                                                # (..., m, heads, f/heads)
    return joined.reshape(*joined.shape[:-2], W_o.shape[-2]) @ W_o, weights
