"""Right answers to 11 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch
from scipy.spatial.distance import cdist


def concat_in_loops(q, k, W, v):
    return np.array([[v @ np.tanh(W @ np.concatenate([a, b])) for b in k] for a in q])


def concat_by(bend=np.tanh, read=np.matmul, halves=lambda W, c: (W[:, :c], W[:, c:])):
    def scores(q, k, W, v):
        W_q, W_k = halves(W, q.shape[1])
        return read(bend((q @ W_q.T)[:, None] + k @ W_k.T), v)

    return scores


ANSWERS = {
    "11.1": (["2/11", 0.182, torch.tensor(2 / 11)], [1 / 11, 1 / 4, 0.2, -1 / 3]),
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
    "11.4": ([60, "sqrt(3600)", 2 * 3 * np.sqrt(100)], [36, 5.0, 65, 360]),
    "11.5": (["3/2", 1.5, "(4 - 1)/2"], [2.0, 4.0, 0.75, 2.5]),
    "11.6": (["196,608", "512*512 - 2*512*64", 196608.0], [196544, 196672, 131072, 32768]),
    "11.7": (["6/6 + 3/3 + 2/2", 3, np.array([3.0])], [1.5, 5.0, 3.5, 6.0]),
}

EQUIVALENT = {
    ("11.2", "(q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None]: (k @ W[:, c:].T)[None] -> k @ W[:, c:].T"):
        "NumPy adds the axis in front.",
}
