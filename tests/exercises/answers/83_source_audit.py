"""Right answers to 83 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def shares(row):
    amounts = [np.exp(s) for s in row]
    return [a / sum(amounts) for a in amounts]


def meant_in_a_loop(h, x):
    return np.array([sum(share * row for share, row in zip(shares([a @ b for b in h]), x)) for a in h])


def repaired_in_a_loop(q, k, v, W):
    return np.array([[sum(share * row for share, row in zip(shares([a @ W @ b for b in keys]), values)) for a in queries]
                     for queries, keys, values in zip(q, k, v)])


def over(scores, axis):
    e = np.exp(scores)
    return e / e.sum(axis=axis, keepdims=True)


ANSWERS = {
    "83.1": (["0.09003*np.e**2", 0.66524], [0.9, 0.7389, 0.33, 0.6]),
    "83.3": (
        [lambda w: np.log(w) - np.log(w[0]), lambda w: np.r_[0, np.cumsum(np.diff(np.log(w)))]],
        [
            lambda w: w - w[0],
            lambda w: np.log(w / w.sum()),
            lambda w: np.zeros(len(w)),
            lambda w: np.log10(w / w[0]),
        ],
    ),
    "83.4": (
        [meant_in_a_loop, lambda h, x: over(h @ h.T, 1) @ x],
        [
            lambda h, x: x,
            lambda h, x: over(h @ h.T / h.shape[1]**0.5, 1) @ x,
            lambda h, x: over(x @ x.T, 1) @ x,
            lambda h, x: np.broadcast_to(x.mean(axis=0), x.shape),
        ],
    ),
    "83.5": (
        [repaired_in_a_loop, lambda q, k, v, W: np.einsum("bij,bjd->bid", over(np.einsum("bid,de,bje->bij", q, W, k), 2), v)],
        [
            lambda q, k, v, W: k,
            lambda q, k, v, W: over(q @ W @ k.swapaxes(1, 2) / q.shape[2]**0.5, 2) @ v,
            lambda q, k, v, W: over(q @ W @ k.swapaxes(1, 2), 2) @ k,
            lambda q, k, v, W: q @ W @ k.swapaxes(1, 2) @ v,
            lambda q, k, v, W: over(q @ W @ k.swapaxes(1, 2), 2)[:1] @ v,
        ],
    ),
    "83.7": (["10", 10.0], [3, 9, 13, 0]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "83.2": ["the score", 3, "yes", "all"],
    "83.6": ["imprecise", 2, "correct", "none"],
}
