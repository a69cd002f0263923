"""Right answers to 12 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import scipy.special
import torch

from attnlib.core import softmax

INF = np.inf


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


ANSWERS = {
    "12.1": (["3/10", 0.3, "30%"], [4 / 10 + 0.05, 0.25, 1 / 3, 3 / 7]),
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
    "12.6": (["sqrt(64)", 8, 8.0], [4.0, 16, 32, 0.125 / 2]),
    "12.7": (["ln 24", 3.18, np.log(24)], [4.0, 2.3026 + 1, 5.0, 0.3]),
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
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "12.4": ["Var(s)/T^3", "Var/T**3", 1, "e"],
}
