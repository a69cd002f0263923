"""Right answers to 34 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch
from torch.nn import functional as F

SAME_LENGTH = "Both have this length: "


def stacked(query, key, value, join=lambda w: w.reshape(len(w), -1).T, stack=np.vstack):
    return stacked_list([query, key, value], join, stack)


def stacked_list(kernels, join, stack):
    return stack([join(w) for w in kernels])


def moved_by_hand(q, k, v, keep, scale=1.0, end=lambda w, v: w @ v):
    scores = (q @ k.mT * scale).masked_fill(~keep[:, None], -torch.inf)
    return end(scores.softmax(-1), v)


ANSWERS = {
    "34.1": (["1/3", 0.333, 1 / 3], [2 / 3, 3, 1 / 16, 3 / 4]),
    "34.2": (
        [
            stacked,
            lambda query, key, value: np.stack([query, key, value]).transpose(0, 2, 3, 1).reshape(-1, len(query)),
            lambda query, key, value: torch.cat([torch.tensor(w).flatten(1).T for w in (query, key, value)]),
        ],
        [
            lambda *w: stacked_list(w[::-1], lambda w: w.reshape(len(w), -1).T, np.vstack),
            lambda *w: list(w),
            lambda *w: stacked(*w)[: len(w[0])],
            lambda *w: stacked(*w, join=lambda w: w[..., ::-1].reshape(len(w), -1).T),
            lambda *w: stacked(*w, stack=lambda parts: sum(parts)),
        ],
    ),
    "34.3": (
        [
            moved_by_hand,
            lambda q, k, v, keep: F.scaled_dot_product_attention(q * q.shape[-1] ** 0.5, k, v, attn_mask=keep[:, None]),
            lambda q, k, v, keep: F.scaled_dot_product_attention(
                q, k, v, scale=1, attn_mask=torch.where(keep[:, None], 0.0, -torch.inf).double()
            ),
        ],
        [
            lambda q, k, v, keep: moved_by_hand(q.float(), k.float(), v.float(), keep),
            lambda q, k, v, keep: moved_by_hand(q, k, v, keep, q.shape[-1]),
            lambda q, k, v, keep: moved_by_hand(q, k, v, keep, end=lambda w, v: w),
            lambda q, k, v, keep: moved_by_hand(v, k, v, keep),
            lambda q, k, v, keep: F.scaled_dot_product_attention(q, k, v, scale=0.5, attn_mask=keep[:, None]),
        ],
    ),
    "34.4": (["(ln 3/2 - ln 2/3)/2", 0.159, (np.log(3) / 2 - np.log(2) / 3) / 2], [0.5, 1, 0.2, np.log(3)]),
    "34.6": (["1/4", 0.25, "1/sqrt(16)"], [1 / 2, 8, 2, 1]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "34.5": ["the biases", "biases", 2, "bias"],
}

EQUIVALENT = {
    ("34.2", "w.reshape(len(w), -1).T: w.reshape(len(w), -1) -> w.reshape(-1, len(w))"):
        SAME_LENGTH + "heads times their width is d.",
}
