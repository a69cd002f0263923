"""Right answers to 31 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

from attnlib.core import softmax

INF = np.inf


def squares_in_loops(q, k):
    batch = q.shape[:-2]
    q, k = q.reshape(-1, *q.shape[-2:]), k.reshape(-1, *k.shape[-2:])
    return np.array([[[-((a - b) @ (a - b)) / 2 for b in y] for a in x] for x, y in zip(q, k)]).reshape(*batch, q.shape[1], k.shape[1])


def multiplied_out(q, k, columns=1, rows=1, end=lambda s: s):
    q2, k2 = (q * q).sum(axis=-1, keepdims=True), (k * k).sum(axis=-1, keepdims=True)
    return end(np.matmul(q, k.swapaxes(-1, -2)) - columns * q2 / 2 - rows * k2.swapaxes(-1, -2) / 2)


def squares_by_generator(q, k):
    q2, k2 = ((a**2).sum(axis=-1) for a in (q, k))
    return q @ k.mT - q2[..., None] / 2 - k2[..., None, :] / 2


def one_row(q, k):
    return q @ k.mT - (q @ q) / 2 - (k**2).sum(axis=-1) / 2


def squares_by_vectorize(q, k):
    return np.vectorize(one_row, signature="(d),(n,d)->(n)")(q, k[..., None, :, :])


def squares_by_apply(q, k):
    return np.apply_along_axis(lambda row: -((row[..., None, :] - k) ** 2).sum(-1) / 2, -1, q) if q.ndim == 2 else np.stack(
        [*map(squares_by_apply, q, k)])


def hidden_in_loops(scores, real):
    new = np.array(scores)
    for b, n in np.argwhere(~real):
        new[b, :, n] = -INF
    return new


def through_by(mix=lambda first, second: second.mean(axis=1) @ first.mean(axis=1)):
    return mix


def through_in_loops(first, second):
    return np.mean([[g @ h for h in a for g in b] for a, b in zip(first, second)], axis=1)


ANSWERS = {
    "31.1": (["12,800", 12800.0, "10·20·64"], [13000, 84, 128000, 4096]),
    "31.2": (
        [
            multiplied_out,
            squares_by_generator,
            lambda q, k: np.einsum("...md,...nd->...mn", q, k) - ((q**2).sum(-1)[..., None] + (k**2).sum(-1)[..., None, :]) / 2,
            lambda q, k: -(torch.cdist(torch.tensor(q), torch.tensor(k), compute_mode="donot_use_mm_for_euclid_dist") ** 2) / 2,
        ],
        [
            lambda q, k: -((q[..., :, None, :] - k[..., None, :, :]) ** 2).sum(axis=-1) / 2,
            squares_in_loops,
            squares_by_vectorize,
            squares_by_apply,
            lambda q, k: multiplied_out(q, k, 2, 2),
            lambda q, k: multiplied_out(q, k) / q.shape[-1],
            lambda q, k: multiplied_out(q, k, end=np.exp),
        ],
    ),
    "31.3": (
        [
            hidden_in_loops,
            lambda s, real: s + np.where(real, 0, -INF)[:, None],
            lambda s, real: np.where(np.expand_dims(real, 1), s, np.log(0.0)),
        ],
        [
            lambda s, real: np.where(real[:, None], s, np.nan),
            lambda s, real: np.where(real[:, None], s, -1e12),
            lambda s, real: np.where(real[:, None], s, s.min() - 50),
            lambda s, real: s[:, :, real.all(axis=0)],
            lambda s, real: softmax(hidden_in_loops(s, real)),
        ],
    ),
    "31.4": ([384, "8*12*1024*1024*4/2**20", 384.0], [192, 400, 1024, 3]),
    "31.5": (
        [
            through_by(),
            lambda first, second: np.einsum("bgij,bhjk->bghik", second, first).mean(axis=(1, 2)),
            lambda first, second: (second[:, :, None] @ first[:, None]).mean(axis=(1, 2)),
            lambda first, second: np.einsum("bgij,bhjk->bik", second, first, optimize=True) / (first.shape[1] * second.shape[1]),
            lambda first, second: np.matmul(*(torch.tensor(a).mean(dim=1) for a in (second, first))),
        ],
        [
            through_in_loops,
            lambda first, second: np.array([*map(lambda f, s: s.mean(axis=0) @ f.mean(axis=0), first, second)]),
            through_by(lambda f, s: s.mean(axis=1) * f.mean(axis=1)),
            through_by(lambda f, s: s.max(axis=1) @ f.max(axis=1)),
            through_by(lambda f, s: (s.mean(axis=1) + f.mean(axis=1)) / 2),
            through_by(lambda f, s: s[:, 0] @ f[:, 0]),
            through_by(lambda f, s: (s.mean(axis=1) @ f.mean(axis=1)).mean(axis=0)),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "31.6": ["the scale", "sqrt(d)", 2, "forgotten scale"],
    "31.7": ["zeros", 0, "nan", "0"],
}
