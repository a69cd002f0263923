"""Right answers to 23 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

from attnlib.core import softmax


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
    "23.2": (["13/3", 4.333, "(30 - 17)/3"], [4, 18, 11, 1 / 3]),
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
            additive_by_einsum(lambda t: t * (1 + t)),
            additive_by_einsum(lambda t: 1 - np.tanh(t)),
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
            dropped_with(mean=lambda wg, keep: wg.sum(axis=-1, keepdims=True) / np.maximum(keep.sum(axis=-1, keepdims=True), 1)),
            dropped_with(mean=lambda wg, keep: wg.max(axis=-1, keepdims=True)),
        ],
    ),
    "23.6": ([5, 5.0, "1 + 2 + 2"], [1, 2, 8, 0]),
    "23.7": (["4/25", 0.16, 0.2 * 0.8], [1 / 25, 0.2 * 0.25, 1 / 2, 16 / 25]),
    "23.8": ([36, "3*12", 36.0], [24, 4, 96, 9]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "23.1": ["dog", "dog's value", 3, "1/2"],
}
