"""Right answers to 37 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import scipy.interpolate
import scipy.special
import torch
from torch import nn
from torch.nn import functional as F

from attnlib.core import softmax

SAME_LENGTH = "Both have this length: "
NO_SHIFT = "Softmax does not see a shift, and the scores of this exercise stay small."
SHIFTED = "scores - scores.max(axis=-1, keepdims=True)"
INF = np.inf


def root_mean_square(x, gamma, eps, mean=lambda x: (x * x).mean(axis=1, keepdims=True), power=0.5, end=lambda y, gamma: y * gamma):
    return end(x / (mean(x) + eps) ** power, gamma)


def shifted(target, begin=1, by=1):
    new = np.full_like(target, begin)
    new[:, by:] = target[:, :-by]
    return new


def smoothed_by_targets(scores, target, eps, others=lambda eps, K: eps / K, own=lambda eps, K: 1 - eps + eps / K, end=np.mean):
    K = scores.shape[1]
    wanted = np.full(scores.shape, others(eps, K))
    wanted[np.arange(len(target)), target] = own(eps, K)
    return end(-(wanted * scipy.special.log_softmax(scores, axis=1)).sum(axis=1))


def half_by_torch(x, w_in, w_out, heads, hide, eps=1e-5, norm=True, add=True, **options):
    x, w_in, w_out = (torch.tensor(a) for a in (x, w_in, w_out))
    layer = nn.MultiheadAttention(x.shape[-1], int(heads), bias=False, batch_first=True, dtype=x.dtype)
    layer.in_proj_weight.data, layer.out_proj.weight.data = w_in, w_out
    y = F.layer_norm(x, x.shape[-1:], eps=eps) if norm else x
    return add * x + layer(y, y, y, key_padding_mask=torch.tensor(hide), **options)[0]


def half_by_hand(
    x, w_in, w_out, heads, hide, spread=np.var, scale=lambda d, heads: (d / heads) ** 0.5, blocks=(0, 1, 2), out=lambda w: w.T, hidden=-INF
):
    b, n, d = x.shape
    y = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(spread(x, axis=-1, keepdims=True) + 1e-5)
    q, k, v = (np.einsum("bnd,hcd->bhnc", y, w_in.reshape(3, heads, -1, d)[i]) for i in blocks)
    scores = np.where(hide[:, None, None], hidden, np.einsum("bhic,bhjc->bhij", q, k) / scale(d, heads))
    return x + np.concatenate(list((softmax(scores) @ v).swapaxes(0, 1)), axis=-1) @ out(w_out)


ANSWERS = {
    "37.1": ([210, "20*21/2", 210.0], [200, 211, 40, 19]),
    "37.2": (["478,464", 478464.0, "3*(28*64**2 + 32*64) + 4*64 + 2000*64"], [350208, 478000, 606464, 159488]),
    "37.3": (
        [
            root_mean_square,
            lambda x, gamma, eps: F.rms_norm(torch.tensor(x), x.shape[-1:], torch.tensor(gamma), eps),
            lambda x, gamma, eps: np.array([gamma * row / (row @ row / len(row) + eps) ** 0.5 for row in x]),
        ],
        [
            lambda x, gamma, eps: root_mean_square(x, gamma, eps**2),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, lambda x: np.abs(x).mean(1, keepdims=True)),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, lambda x: np.median(x * x, axis=1, keepdims=True)),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, end=lambda y, gamma: y + gamma),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, power=-0.5),
        ],
    ),
    "37.4": (
        [
            shifted,
            lambda target: np.insert(target, 0, 1, axis=1)[:, :-1],
            lambda target: np.pad(target, ((0, 0), (1, 0)), constant_values=1)[:, :-1],
        ],
        [
            lambda target: shifted(target, begin=3),
            lambda target: target[:, ::-1],
            lambda target: shifted(shifted(target)),
            lambda target: target - 1,
            lambda target: shifted(target).tolist(),
        ],
    ),
    "37.5": (
        [smoothed_by_targets, lambda s, t, eps: F.cross_entropy(torch.tensor(s), torch.tensor(t), label_smoothing=eps)],
        [
            lambda s, t, eps: smoothed_by_targets(s, t, eps, own=lambda eps, K: 1),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, lambda eps, K: 0),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, end=lambda losses: losses),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, end=np.max),
            lambda s, t, eps: smoothed_by_targets(s, t, eps / 2),
            lambda s, t, eps: smoothed_by_targets(s, t, eps) / np.log(2),
        ],
    ),
    "37.6": ([6.99, "10000/sqrt(512*4000)", 6.988], [0.7, 70, 5, 14]),
    "37.8": (
        [half_by_torch, half_by_hand],
        [
            lambda *a: half_by_hand(*a, spread=np.std),
            lambda *a: half_by_hand(*a, blocks=(0, 2, 1)),
            lambda *a: half_by_hand(*a, out=lambda w: w),
            lambda *a: half_by_hand(*a, scale=lambda d, heads: 1),
            lambda *a: half_by_hand(*a, hidden=0.0),
            lambda *a: half_by_torch(*a, eps=1e-3),
            lambda *a: half_by_torch(*a).softmax(-1),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "37.7": ["padding of the source", "padding", 3, "none"],
}

EQUIVALENT = {
    ("37.5", "eps * loss.mean(axis=1): loss.mean(axis=1) -> loss.mean()"):
        "The mean of the rows' means is the mean of all.",
    ("37.5", "len(target): target -> scores"):
        SAME_LENGTH + "the rows of scores.",
    ("37.8", f"np.exp({SHIFTED}): {SHIFTED} -> scores + scores.max(axis=-1, keepdims=True)"):
        NO_SHIFT,
    ("37.8", f"np.exp({SHIFTED}): {SHIFTED} -> scores"):
        NO_SHIFT,
    ("37.8", "scores - scores.max(axis=-1, keepdims=True): scores.max(axis=-1, keepdims=True) -> scores.max(keepdims=True)"):
        NO_SHIFT,
}
