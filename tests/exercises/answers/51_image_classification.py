"""Right answers to 51 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def pooled(h, V, w, inner=np.tanh, share=softmax):
    return sum(a * x for a, x in zip(share(np.array([w @ inner(V @ x) for x in h])), h))


def scaled(u, W_1, W_2, squeeze=np.mean, gate=lambda x: 1 / (1 + np.exp(-x))):
    z = np.array([squeeze(channel) for channel in u])
    hidden = np.where(W_1 @ z > 0, W_1 @ z, 0)
    return np.stack([g * channel for g, channel in zip(gate(W_2 @ hidden), u)])


def found(weights, cell, end=lambda share, n: (n * share - 1) / (n - 1)):
    return end(sum(row[c] == row.max() for row, c in zip(weights, cell)) / len(cell), weights.shape[1])


ANSWERS = {
    "51.1": (["13", "26/2"], [10, 17, 16, 9]),
    "51.2": (
        [pooled, lambda h, V, w: np.average(h, axis=0, weights=np.exp(np.tanh(h @ V.T) @ w))],
        [
            lambda h, V, w: pooled(h, V, w, share=lambda s: softmax(2 * s)),
            lambda h, V, w: pooled(h, V, w, inner=lambda x: np.maximum(x, 0)),
            lambda h, V, w: pooled(h, V, w)[None],
            lambda h, V, w: pooled(h, V, w, share=lambda s: softmax(-s)),
            lambda h, V, w: h.sum(axis=0),
        ],
    ),
    "51.3": (
        [scaled, lambda u, W_1, W_2: u / (1 + np.exp(-W_2 @ np.clip(W_1 @ u.reshape(len(u), -1).mean(1), 0, None)))[:, None, None]],
        [
            lambda u, W_1, W_2: scaled(u, W_1, W_2, squeeze=np.median),
            lambda u, W_1, W_2: scaled(u, W_1, W_2, squeeze=np.min),
            lambda u, W_1, W_2: scaled(u, W_1, W_2, gate=np.tanh),
            lambda u, W_1, W_2: scaled(u, W_1, W_2, gate=lambda x: 1 / (1 + np.exp(x))),
            lambda u, W_1, W_2: u,
        ],
    ),
    "51.4": (["256**2", "65536"], [1024, 128, 512, 65535]),
    "51.5": (
        [found, lambda w, c: (np.mean(np.argsort(w)[:, -1] == c) * w.shape[1] - 1) / (w.shape[1] - 1)],
        [
            lambda w, c: found(w, c, lambda share, n: 2 * share - 1),
            lambda w, c: found(w, c, lambda share, n: share / (1 - 1 / n)),
            lambda w, c: found(w, c, lambda share, n: (share - 1 / n) / (1 + 1 / n)),
            lambda w, c: 1 - found(w, c),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "51.6": ["nothing", 3, "the same class", "e"],
    "51.7": ["False", False, "boolean", "True, False"],
}
