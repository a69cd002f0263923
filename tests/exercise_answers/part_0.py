"""Functions as people write them, for 00 to 02: right ones in other forms, and wrong ones that the bank does not list."""

import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.special import expit


def lstm_by_slices(x, h, c, W, U, b):
    d, z = len(h), W.dot(x) + U.dot(h) + b
    new = c + expit(z[:d]) * np.tanh(z[d : 2 * d])
    return expit(z[2 * d :]) * np.tanh(new), new


def lstm_in_torch(x, h, c, W, U, b):
    x, h, c, W, U, b = (torch.tensor(a) for a in (x, h, c, W, U, b))
    i, g, o = (W @ x + U @ h + b).chunk(3)
    c = c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm_with(bias=1, keep=1.0, gate=expit, out=lambda h, c: (h, c), new=np.tanh):
    def step(x, h, c, W, U, b):
        i, g, o = np.split(W @ x + U @ h + bias * b, 3)
        c = keep * c + gate(i) * new(g)
        return out(gate(o) * np.tanh(c), c)

    return step


def clip_of_pytorch(gradient, limit):
    parameter = torch.nn.Parameter(torch.zeros(len(gradient), dtype=torch.float64))
    parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([parameter], limit)
    return parameter.grad


def box_in_a_loop(query, keys, values, r):
    found = [[v for k, v in zip(keys, values) if abs(k - q) <= r] for q in query]
    return np.array([sum(near) / len(near) if near else np.nan for near in found])


def box_by(heard):
    def look_up(query, keys, values, r):
        near = heard(query[:, None] - keys, r)
        return near @ values / near.sum(axis=1)

    return look_up


def bell(squared, norm=lambda a: a.sum(axis=1)):
    def look_up(query, keys, values, h):
        amounts = np.exp(-squared(query[:, None] - keys, h))
        return amounts @ values / norm(amounts)

    return look_up


def bell_in_a_loop(query, keys, values, h):
    answers = []
    for q in query:
        amounts = [np.exp(-((q[0] - k[0]) ** 2 + (q[1] - k[1]) ** 2) / (2 * h * h)) for k in keys]
        answers.append(sum(a * v for a, v in zip(amounts, values)) / sum(amounts))
    return np.array(answers)


def fading_by_recursion(n, a, first=1.0):
    rows = np.zeros((n, n))
    rows[0, 0] = first
    for t in range(1, n):
        rows[t] = (1 - a) * rows[t - 1]
        rows[t, t] = a
    return rows


ANSWERS = {
    "00.2": (
        [lambda w: np.array([max(row) for row in w]), lambda w: np.sort(w, axis=1)[:, -1], lambda w: torch.tensor(w).amax(-1)],
        [lambda w: w.max(axis=1, keepdims=True), lambda w: [row.max() for row in w], lambda w: w[:, -1], lambda w: w.mean(axis=1)],
    ),
    "00.3": (
        [lambda w: np.array([list(row).index(max(row)) for row in w]), lambda w: np.argsort(-w, axis=1)[:, 0]],
        [
            lambda w: [row.argmax() for row in w],
            lambda w: w.argmax(axis=1)[:, None],
            lambda w: w == w.max(axis=1, keepdims=True),
            lambda w: np.argsort(w, axis=1)[:, 0 if w.shape[1] > 2 else 1],
        ],
    ),
    "00.4": (
        [lambda a: (a.T / a.sum(axis=1)).T, lambda a: np.array([row / sum(row) for row in a]), lambda a: a / a.sum(1)[:, None]],
        [
            lambda a: a / a.mean(axis=1, keepdims=True),
            lambda a: (a / a.sum(axis=1, keepdims=True)).round(2),
            lambda a: a / a.shape[1],
            lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True),
            lambda a: (a.T / a.sum(axis=1)).T.tolist(),
        ],
    ),
    "01.2": (
        [lstm_by_slices, lstm_in_torch, lstm_with(gate=lambda z: (1 + np.tanh(z / 2)) / 2)],
        [
            lstm_with(out=lambda h, c: np.array([h, c])),
            lstm_with(out=lambda h, c: h),
            lstm_with(keep=0.5),
            lstm_with(new=lambda z: z),
            lstm_with(gate=np.tanh),
            lstm_with(out=lambda h, c: [h, c]),
        ],
    ),
    "01.3": (
        [
            clip_of_pytorch,
            lambda g, limit: g / max(1, np.linalg.norm(g) / limit),
            lambda g, limit: g if g @ g <= limit**2 else limit * g / (g @ g) ** 0.5,
        ],
        [
            lambda g, limit: g * min(1, limit / np.sqrt((g**2).mean())),
            lambda g, limit: np.minimum(g, limit),
            lambda g, limit: g * min(1, limit / np.linalg.norm(g)) ** 2,
            lambda g, limit: g * limit,
        ],
    ),
    "02.2": (
        [box_in_a_loop, box_by(lambda far, r: abs(far) < r + 0.5), box_by(lambda far, r: far**2 <= r * r)],
        [
            box_by(lambda far, r: (far >= 0) & (far <= r)),
            box_by(lambda far, r: abs(far) <= 2 * r),
            lambda q, k, v, r: np.nan_to_num(box_in_a_loop(q, k, v, r), nan=-1),
            box_by(lambda far, r: np.exp(-(far**2) / (2 * r * r))),
            lambda q, k, v, r: box_in_a_loop(q, k, v, r)[:, None],
        ],
    ),
    "02.3": (
        [
            bell_in_a_loop,
            lambda q, k, v, h: (a := np.exp(-cdist(q, k, "sqeuclidean") / (2 * h**2))) @ v / a.sum(1),
            bell(lambda far, h: (far[..., 0] ** 2 + far[..., 1] ** 2) / (2 * h * h)),
        ],
        [
            bell(lambda far, h: (far**2).sum(axis=2) / (2 * h)),
            bell(lambda far, h: (far**2).sum(axis=2) / h**2),
            bell(lambda far, h: far[..., 0] ** 2 / (2 * h * h)),
            bell(lambda far, h: (far**2).sum(axis=2) / (2 * h * h), np.ones_like),
            lambda q, k, v, h: v[cdist(q, k).argmin(axis=1)],
        ],
    ),
    "02.7": (
        [
            fading_by_recursion,
            lambda n, a: np.array([[(1 - a) ** (t - i) * (a if i else 1) if i <= t else 0 for i in range(n)] for t in range(n)]),
        ],
        [
            lambda n, a: fading_by_recursion(n, a, first=1 - a),
            lambda n, a: fading_by_recursion(n, a)[::-1],
            lambda n, a: np.tri(n) / np.arange(1, n + 1)[:, None],
            lambda n, a: fading_by_recursion(n, a) ** 2,
            lambda n, a: fading_by_recursion(n, a).tolist(),
        ],
    ),
}
