"""Functions as people write them, for 11 to 16: right ones in other forms, and wrong ones that the bank does not list."""

import math

import numpy as np
import scipy.special
import torch
from scipy.spatial.distance import cdist

from attnlib.core import attend, causal_mask, length_mask, rotate, softmax

INF = np.inf


def concat_in_loops(q, k, W, v):
    return np.array([[v @ np.tanh(W @ np.concatenate([a, b])) for b in k] for a in q])


def concat_by(bend=np.tanh, read=np.matmul, halves=lambda W, c: (W[:, :c], W[:, c:])):
    def scores(q, k, W, v):
        W_q, W_k = halves(W, q.shape[1])
        return read(bend((q @ W_q.T)[:, None] + k @ W_k.T), v)

    return scores


def tempered_with(spread=lambda s, t: s / t, top=lambda s: s.max(axis=-1, keepdims=True), end=lambda w: w):
    def weights(scores, temperature):
        e = np.exp(spread(scores, temperature) - top(spread(scores, temperature)))
        return end(e / e.sum(axis=-1, keepdims=True))

    return weights


def by_jacobian(weights, grad, of=lambda w: np.diag(w) - np.outer(w, w)):
    return np.array([of(w) @ g for w, g in zip(weights, grad)])


def sparse_jacobian(w):
    s = (w > 0).astype(float)
    return np.diag(s) - np.outer(s, s) / s.sum()


def counted_places(piece):
    return np.array([list(piece[:i]).count(p) for i, p in enumerate(piece)])


def crossing(weights=softmax, scale=lambda W: W.shape[-1] ** 0.5, ends=lambda w, o: o, keys="k", values="k"):
    def output(x_q, x_k, W_q, W_k, W_v):
        x = {"q": x_q, "k": x_k}
        w = weights(x_q @ W_q @ (x[keys] @ W_k).T / scale(W_q))
        return ends(w, w @ x[values] @ W_v)

    return output


def sides(o, v):
    """Twice the signed area on each side of the triangle that o is on."""
    return np.array([np.cross([*(v[(i + 1) % 3] - v[i]), 0], [*(o - v[i]), 0])[2] for i in range(3)])


def barycentric(o, v):
    (a, b), (c, d) = (v[1] - v[0]), (v[2] - v[0])
    x, y = o - v[0]
    second, third = (x * d - y * c) / (a * d - b * c), (a * y - b * x) / (a * d - b * c)
    return second > 0 and third > 0 and second + third < 1


def by_least_squares(o, v):
    return (np.linalg.lstsq(np.vstack([v.T, np.ones(3)]), np.append(o, 1), rcond=None)[0] > 0).all()


def by_determinants(o, v):
    def area(*corners):
        return np.linalg.det(np.hstack([corners, np.ones((3, 1))]))

    parts = [area(o, v[1], v[2]), area(v[0], o, v[2]), area(v[0], v[1], o)]
    return all(part / area(*v) > 0 for part in parts)


def cut_heads(split=lambda W, heads: np.split(W, heads, axis=1), rows=True, number=lambda i: i):
    def kept(W_q, W_k, W_v, W_o, heads, keep):
        small = [np.hstack([split(W, heads)[number(i) % heads] for i in keep]) for W in (W_q, W_k, W_v)]
        return *small, np.vstack([np.split(W_o, heads)[number(i) % heads] for i in keep]) if rows else W_o[:, : small[2].shape[1]]

    return kept


def masked_with(hidden, spread=lambda mask: mask[:, None]):
    return lambda scores, mask: np.where(spread(mask), scores, hidden)


def masked_in_loops(scores, mask):
    new = scores.copy()
    for sentence, allowed in zip(new, mask):
        for head in sentence:
            head[~allowed] = -INF
    return new


def slopes_of_the_authors(n):
    def of_power(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start**i for i in range(n)]

    if math.log2(n).is_integer():
        return of_power(n)
    closest = 2 ** math.floor(math.log2(n))
    return of_power(closest) + slopes_of_the_authors(2 * closest)[0::2][: n - closest]


def slopes_in_a_loop(heads):
    power = 1
    while 2 * power <= heads:
        power *= 2
    found = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    return np.array(found + [2 ** (-4 * (2 * i + 1) / power) for i in range(heads - power)])


def stepping(place, k_places=np.arange, end=lambda scores: scores):
    def scores(q, k):
        n, d = k.shape
        return end(rotate(q, np.array([place(n)])) @ rotate(k, k_places(n)).T / d**0.5)

    return scores


def alibi(price=lambda far, m: m * far, hidden=-INF, scale=lambda d: d**0.5, behind=0):
    def weights(q, k, m, lengths):
        found = []
        for a, b, length in zip(q, k, lengths):
            n = len(a)
            far = np.arange(n)[:, None] - np.arange(n)
            s = np.where((far >= behind) & (np.arange(n) < length), a @ b.T / scale(a.shape[1]) - price(far, m), hidden)
            e = np.exp(s - np.where(s.max(axis=1, keepdims=True) == -INF, 0, s.max(axis=1, keepdims=True)))
            found.append(e / np.maximum(e.sum(axis=1, keepdims=True), 1e-300))
        return np.array(found)

    return weights


def alibi_in_torch(q, k, m, lengths):
    q, k, n, d = torch.tensor(q), torch.tensor(k), *q.shape[1:]
    far = (torch.arange(n)[:, None] - torch.arange(n)).double()
    allowed = (far >= 0) & (torch.arange(n) < torch.tensor(lengths)[:, None, None])
    scores = q @ k.transpose(1, 2) / d**0.5 - m * far
    return scores.masked_fill(~allowed, -torch.inf).softmax(-1).nan_to_num(0)


ANSWERS = {
    "11.2": (
        [concat_in_loops, lambda q, k, W, v: np.einsum("mnh,h->mn", concat_by(read=lambda x, v: x)(q, k, W, v), v)],
        [
            concat_by(bend=lambda x: np.maximum(x, 0)),
            concat_by(read=lambda x, v: x.sum(axis=-1)),
            concat_by(read=lambda x, v: x @ v / len(v)),
            lambda q, k, W, v: concat_in_loops(q, k, W, v)[..., None],
        ],
    ),
    "11.3": (
        [
            lambda q, k: -(cdist(q, k) ** 2) / 2,
            lambda q, k: np.array([[-((a - b) @ (a - b)) / 2 for b in k] for a in q]),
            lambda q, k: q @ k.T - np.add.outer((q * q).sum(1), (k * k).sum(1)) / 2,
        ],
        [
            lambda q, k: -((q[:, None] - k) ** 2).sum(axis=-1) / 2,
            lambda q, k: -cdist(q, k) / 2,
            lambda q, k: -(cdist(q, k) ** 2) / 2 / q.shape[1],
            lambda q, k: q @ k.T,
            lambda q, k: np.exp(-(cdist(q, k) ** 2) / 2),
            lambda q, k: -(cdist(q, k, "cityblock") ** 2) / 2,
        ],
    ),
    "12.2": (
        [
            lambda s, t: scipy.special.softmax(s / t, axis=-1),
            lambda s, t: torch.tensor(s / t).softmax(-1),
            lambda s, t: np.exp(s / t - np.logaddexp.reduce(s / t, axis=-1, keepdims=True)),
            lambda s, t: np.array([[1 / np.exp((other - own) / t).sum() for own in row] for row, other in zip(s, s)]),
        ],
        [
            lambda s, t: softmax(s) ** (1 / t),
            tempered_with(top=lambda s: s.mean(axis=-1, keepdims=True)),
            tempered_with(end=lambda w: w.round(3)),
            tempered_with(lambda s, t: s / t**2),
            tempered_with(lambda s, t: (s / t).astype(np.float32)),
            tempered_with(lambda s, t: s * t / 2),
        ],
    ),
    "12.3": (
        [
            by_jacobian,
            lambda w, g: np.einsum("mi,mij,mj->mi", w, np.eye(w.shape[1]) - w[:, None], g),
            lambda w, g: torch.autograd.grad((s := torch.tensor(np.log(w), requires_grad=True)).softmax(-1), s, torch.tensor(g))[0],
        ],
        [
            lambda w, g: w * (g - (w * g).sum(axis=0)),
            lambda w, g: g - (w * g).sum(axis=-1, keepdims=True),
            lambda w, g: w * g,
            lambda w, g: by_jacobian(w, g, lambda w: np.diag(w) + np.outer(w, w)),
            lambda w, g: by_jacobian(w, g)[0],
        ],
    ),
    "12.5": (
        [
            lambda s: scipy.special.log_softmax(s, axis=-1),
            lambda s: torch.tensor(s).log_softmax(-1),
            lambda s: s - np.logaddexp.reduce(s, axis=-1, keepdims=True),
        ],
        [
            lambda s: np.log(softmax(s) + 1e-12),
            lambda s: s - s.max(axis=-1, keepdims=True),
            lambda s: -scipy.special.log_softmax(s, axis=-1),
            lambda s: np.log10(softmax(s)),
            lambda s: scipy.special.log_softmax(s, axis=0),
        ],
    ),
    "12.8": (
        [
            lambda w, g: by_jacobian(w, g, sparse_jacobian),
            lambda w, g: np.where(w > 0, g - np.nanmean(np.where(w > 0, g, np.nan), axis=1, keepdims=True), 0),
        ],
        [
            lambda w, g: np.where(w > 0, g - np.where(w > 0, g, -INF).max(axis=1, keepdims=True), 0),
            lambda w, g: (w > 0) * (g - np.median(g)),
            lambda w, g: (w > 0.3) * (g - g.mean(axis=-1, keepdims=True)),
            lambda w, g: by_jacobian(w, g, sparse_jacobian) ** 2,
        ],
    ),
    "13.2": (
        [
            lambda m, n: np.tri(m, n, n - m, dtype=bool),
            lambda m, n: causal_mask(n)[-m:],
            lambda m, n: np.tril(np.ones((n, n)))[n - m :] == 1,
            lambda m, n: torch.ones(m, n, dtype=torch.bool).tril(n - m),
        ],
        [
            lambda m, n: np.tri(m, n, m - n, dtype=bool),
            lambda m, n: causal_mask(n)[-m:][::-1],
            lambda m, n: causal_mask(n)[-m:].tolist(),
            lambda m, n: np.tri(m, n, n - m, dtype=bool)[None],
            lambda m, n: causal_mask(n),
            lambda m, n: causal_mask(n)[n - m],
        ],
    ),
    "13.3": (
        [
            lambda lengths, n: np.array([[[j < length and j <= i for j in range(n)] for i in range(n)] for length in lengths]),
            lambda lengths, n: np.tril(np.arange(n) < np.broadcast_to(lengths[:, None, None], (len(lengths), n, 1))),
        ],
        [
            lambda lengths, n: (length_mask(lengths, n) & causal_mask(n))[:, None],
            lambda lengths, n: length_mask(lengths + 1, n + 1)[..., :n] & causal_mask(n),
            lambda lengths, n: length_mask(lengths[:1], n) & causal_mask(n),
            lambda lengths, n: 1 * (length_mask(lengths, n) & causal_mask(n)),
            lambda lengths, n: length_mask(lengths, n) & np.tri(n, n, -1, dtype=bool),
        ],
    ),
    "13.4": (
        [counted_places, lambda piece: np.arange(len(piece)) - np.searchsorted(piece, piece)],
        [
            lambda piece: piece,
            lambda piece: np.unique(piece, return_counts=True)[1],
            lambda piece: counted_places(piece)[::-1],
            lambda piece: counted_places(piece).tolist(),
            lambda piece: np.arange(len(piece)) - piece,
        ],
    ),
    "14.2": (
        [
            lambda W_q, W_k: np.einsum("ad,bd->ab", W_q, W_k) / W_k.shape[1] ** 0.5,
            lambda W_q, W_k: W_q / (s := W_q.shape[1] ** 0.25) @ W_k.T / s,
        ],
        [
            lambda W_q, W_k: np.abs(W_q @ W_k.T) / W_q.shape[1] ** 0.5,
            lambda W_q, W_k: W_q @ W_k.T / W_q.size**0.5,
            lambda W_q, W_k: -W_q @ W_k.T,
            lambda W_q, W_k: W_q.T @ W_k,
            lambda W_q, W_k: softmax(W_q @ W_k.T / W_q.shape[1] ** 0.5),
        ],
    ),
    "14.3": (
        [
            crossing(),
            lambda x_q, x_k, W_q, W_k, W_v: attend(x_q @ W_q, x_k @ W_k, x_k @ W_v)[0],
            lambda x_q, x_k, W_q, W_k, W_v: crossing(ends=lambda w, o: w)(x_q, x_k, W_q, W_k, W_v) @ (x_k @ W_v),
        ],
        [
            crossing(ends=lambda w, o: w),
            crossing(ends=lambda w, o: (o, w)),
            crossing(weights=lambda s: s),
            crossing(scale=lambda W: W.shape[0] ** 0.5 + 1),
            crossing(weights=np.exp),
        ],
    ),
    "14.5": (
        [lambda o, v: abs(np.sign(sides(o, v)).sum()) == 3, barycentric, by_least_squares, by_determinants],
        [
            lambda o, v: abs(np.sign(sides(o, v)).sum()) >= 2,
            lambda o, v: not (np.abs(np.sign(sides(o, v)).sum()) == 1),
            lambda o, v: bool(np.linalg.norm(o - v.mean(axis=0)) < np.linalg.norm(v - v.mean(axis=0), axis=1).max()),
            lambda o, v: str(barycentric(o, v)),
            lambda o, v: None if not barycentric(o, v) else True,
        ],
    ),
    "15.2": (
        [
            cut_heads(),
            lambda W_q, W_k, W_v, W_o, heads, keep: (
                *(W[:, (np.array(keep)[:, None] * (w := W.shape[1] // heads) + np.arange(w)).ravel()] for W in (W_q, W_k, W_v)),
                W_o.reshape(heads, -1, W_o.shape[1])[keep].reshape(-1, W_o.shape[1]),
            ),
        ],
        [
            cut_heads(number=lambda i: i - 1),
            cut_heads(rows=False),
            lambda *layer: cut_heads()(*layer)[::-1],
            lambda W_q, W_k, W_v, W_o, heads, keep: cut_heads()(W_q, W_k, W_v, W_o, heads, np.arange(len(keep))),
            lambda *layer: cut_heads()(*layer)[0],
        ],
    ),
    "15.3": (
        [
            masked_in_loops,
            lambda s, mask: s + np.where(mask[:, None], 0, -INF),
            masked_with(-INF, lambda mask: np.expand_dims(mask, 1)),
            lambda s, mask: torch.tensor(s).masked_fill(~torch.tensor(mask)[:, None], -torch.inf),
        ],
        [
            masked_with(-1e30),
            masked_with(np.finfo(float).min),
            masked_with(np.nan),
            masked_with(-INF, lambda mask: mask[:, None].all(axis=2, keepdims=True)),
            lambda s, mask: softmax(masked_with(-1e9)(s, mask)),
            masked_with(INF),
        ],
    ),
    "16.2": (
        [slopes_in_a_loop, lambda heads: np.array(slopes_of_the_authors(heads))],
        [
            lambda heads: 2.0 ** -np.arange(1, heads + 1),
            lambda heads: slopes_of_the_authors(heads),
            lambda heads: slopes_in_a_loop(heads)[::-1],
            lambda heads: 1 / np.arange(1, heads + 1),
            lambda heads: slopes_in_a_loop(heads + 1)[:heads],
        ],
    ),
    "16.3": (
        [stepping(lambda n: 0, lambda n: np.arange(n) - (n - 1)), stepping(lambda n: n + 6, lambda n: np.arange(n) + 7)],
        [
            stepping(lambda n: n - 1, end=lambda s: s[0]),
            stepping(lambda n: n - 2),
            stepping(lambda n: n - 1, end=lambda s: s[:, ::-1]),
            stepping(lambda n: n - 1, end=softmax),
            stepping(lambda n: n - 1, lambda n: np.arange(1, n + 1)),
        ],
    ),
    "16.7": (
        [alibi(), alibi_in_torch],
        [
            alibi(lambda far, m: m * far**2),
            alibi(behind=1),
            alibi(lambda far, m: m * np.sqrt(abs(far))),
            alibi(scale=lambda d: d),
            alibi(lambda far, m: far / m),
            lambda q, k, m, lengths: alibi()(k, q, m, lengths),
            lambda q, k, m, lengths: alibi()(q, k, m, lengths).mean(axis=1),
        ],
    ),
}
