"""Functions as people write them, for 21 to 23: right ones in other forms, and wrong ones that the bank does not list."""

import numpy as np
import torch
from scipy.special import expit, logsumexp

from attnlib.core import softmax


def without_in_loops(weights, j):
    new = weights.copy()
    for row in new:
        row[j] = 0
        if row.sum() > 0:
            row /= row.sum()
    return new


def head_by_head(scale=lambda d, heads, n: (d / heads) ** 0.5, end=lambda s: s, turn=lambda s: s):
    def scores(q, k, heads):
        n, d = q.shape
        found = [turn(a @ b.T) / scale(d, heads, n) for a, b in zip(np.split(q, heads, axis=1), np.split(k, heads, axis=1))]
        return end(np.array(found))

    return scores


def slope_by_autograd(scores, T, g_weights):
    T = torch.tensor(T, dtype=torch.float64, requires_grad=True)
    loss = ((torch.tensor(scores) / T).softmax(-1) * torch.tensor(g_weights)).sum()
    return torch.autograd.grad(loss, T)[0]


def slope_in_loops(scores, T, g_weights, sign=-1, mean=True, rows=None):
    total = 0.0
    for s, g in list(zip(scores, g_weights))[:rows]:
        w = softmax(s[None] / T)[0]
        total += sum(w[i] * (g[i] - mean * sum(w * g)) * s[i] for i in range(len(s)))
    return sign * total / T**2


def slope_by_nudge(scores, T, g_weights, h=1e-5):
    def loss(T):
        return (softmax(scores / T) * g_weights).sum()

    return (loss(T + h) - loss(T - h)) / (2 * h)


def additive_by_autograd(hidden, W_q, nu, g_scores):
    q = torch.zeros(len(hidden), len(W_q), dtype=torch.float64, requires_grad=True)
    inside = torch.tensor(np.arctanh(hidden)) + (q @ torch.tensor(W_q))[:, None]
    return torch.autograd.grad((inside.tanh() @ torch.tensor(nu) * torch.tensor(g_scores)).sum(), q)[0]


def additive_by_einsum(slope=lambda t: 1 - t**2, letters="ij,h,ijh,ch->ic"):
    return lambda hidden, W_q, nu, g: np.einsum(letters, g, nu, slope(hidden), W_q)


def dropped_by_autograd(weights, keep, g):
    s = torch.tensor(np.log(weights), requires_grad=True)
    return torch.autograd.grad((s.softmax(-1) * torch.tensor(keep) * torch.tensor(g)).sum(), s)[0]


def dropped_with(keeping=lambda keep: keep, sign=1, mean=lambda wg, keep: wg.sum(axis=-1, keepdims=True)):
    def grad(weights, keep, g):
        g = g * keeping(keep)
        return sign * weights * (g - mean(weights * g, keep))

    return grad


ANSWERS = {
    "21.2": (
        [
            lambda s, p: expit(np.log(p) - logsumexp(s, axis=1)),
            lambda s, p: 1 - softmax(np.hstack([s, np.zeros((len(s), p))]))[:, : s.shape[1]].sum(1),
            lambda s, p: 1 / (1 + np.exp(logsumexp(s, axis=-1)) / p),
        ],
        [
            lambda s, p: p * np.exp(-s.max(axis=1)),
            lambda s, p: np.full(len(s), p / s.shape[1]),
            lambda s, p: p / (s.sum(axis=1) + p),
            lambda s, p: softmax(np.hstack([s, np.zeros((len(s), p))]))[:, s.shape[1] :],
            lambda s, p: p / (np.exp(np.minimum(s, 300)).max(axis=1) + p),
        ],
    ),
    "21.3": (
        [
            lambda lengths, n: np.array([[[i < length for i in range(n)]] for length in lengths]),
            lambda lengths, n: np.arange(n)[None, None] + 1 <= lengths.reshape(-1, 1, 1),
            lambda lengths, n: torch.arange(n) < torch.tensor(lengths)[:, None, None],
        ],
        [
            lambda lengths, n: 1 * (np.arange(n) < lengths[:, None, None]),
            lambda lengths, n: (np.arange(n) < lengths[:, None])[None],
            lambda lengths, n: np.arange(n) < lengths[:, None, None] - 1,
            lambda lengths, n: (np.arange(n) < lengths[:, None, None])[..., ::-1],
            lambda lengths, n: (np.arange(n) < lengths[:, None, None]).repeat(n, axis=1),
        ],
    ),
    "21.5": (
        [without_in_loops, lambda w, j: (s := w * (np.arange(w.shape[1]) != j)) / np.maximum(s.sum(axis=1, keepdims=True), 1e-300)],
        [
            lambda w, j: np.where(np.arange(w.shape[1]) == j, 0, w) / np.where(w[:, [j]] == 1, 1, 1 - w[:, [j]]).max(),
            lambda w, j: without_in_loops(w, j) + (w[:, [j]] == 1) / w.shape[1],
            lambda w, j: without_in_loops(w, (j + 1) % w.shape[1]),
            lambda w, j: without_in_loops(w, j).tolist(),
            lambda w, j: without_in_loops(w.T, min(j, len(w) - 1)).T,
        ],
    ),
    "22.2": (
        [
            lambda o: np.concatenate(list(o), axis=1),
            np.hstack,
            lambda o: np.array([o[:, i].ravel() for i in range(o.shape[1])]),
            lambda o: torch.tensor(o).movedim(0, 1).flatten(1),
        ],
        [
            lambda o: np.hstack(o).T,
            lambda o: o.mean(axis=0),
            lambda o: np.hstack(o)[::-1],
            lambda o: o.swapaxes(0, 1),
            lambda o: np.hstack([head[:, ::-1] for head in o]),
        ],
    ),
    "22.3": (
        [
            head_by_head(),
            lambda q, k, heads: np.einsum("ihc,jhc->hij", *(x.reshape(len(x), heads, -1) for x in (q, k))) / (q.shape[1] / heads) ** 0.5,
        ],
        [
            head_by_head(end=softmax),
            head_by_head(end=lambda s: s.mean(axis=0)),
            head_by_head(scale=lambda d, heads, n: n**0.5),
            head_by_head(end=lambda s: s[::-1]),
            head_by_head(scale=lambda d, heads, n: (d * heads) ** 0.5),
            head_by_head(end=list),
        ],
    ),
    "23.3": (
        [slope_by_autograd, slope_in_loops, slope_by_nudge],
        [
            lambda s, T, g: slope_in_loops(s, T, g, rows=1),
            lambda s, T, g: slope_in_loops(s, T, g) / len(s),
            lambda s, T, g: slope_in_loops(s, T, g) ** 2,
            lambda s, T, g: abs(slope_in_loops(s, T, g)),
            lambda s, T, g: slope_in_loops(s, T, g) / T,
            lambda s, T, g: [slope_in_loops(s, T, g)],
        ],
    ),
    "23.4": (
        [additive_by_autograd, additive_by_einsum()],
        [
            additive_by_einsum(lambda t: t * (1 - t)),
            additive_by_einsum(lambda t: 1 + t**2),
            additive_by_einsum(lambda t: (1 - t**2) ** 0.5),
            additive_by_einsum(letters="ij,h,ijh,ch->c"),
            additive_by_einsum(lambda t: -(1 - t**2)),
        ],
    ),
    "23.5": (
        [dropped_by_autograd, lambda w, keep, g: np.array([(np.diag(a) - np.outer(a, a)) @ (k * b) for a, k, b in zip(w, keep, g)])],
        [
            dropped_with(lambda keep: 2 - keep),
            dropped_with(sign=-1),
            dropped_with(lambda keep: keep**2),
            dropped_with(mean=lambda wg, keep: wg.sum()),
            dropped_with(mean=lambda wg, keep: wg.max(axis=-1, keepdims=True)),
        ],
    ),
}
