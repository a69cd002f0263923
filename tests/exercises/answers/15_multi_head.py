"""Right answers to 15 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

from attnlib.core import softmax

INF = np.inf


def cut_heads(split=lambda W, heads: np.split(W, heads, axis=1), rows=True, number=lambda i: i):
    def kept(W_q, W_k, W_v, W_o, heads, keep):
        small = [np.hstack([split(W, heads)[number(i) % heads] for i in keep]) for W in (W_q, W_k, W_v)]
        return *small, np.vstack([np.split(W_o, heads)[number(i) % heads] for i in keep]) if rows else W_o[:, : small[2].shape[1]]

    return kept


def masked_with(hidden, spread=lambda mask: mask[:, None]):
    return lambda scores, mask: np.where(spread(mask), scores, hidden)


def masked_in_loops(scores, mask):
    new = scores.copy()
    for sentence, allowed in zip(new, mask):
        for head in sentence:
            head[~allowed] = -INF
    return new


ANSWERS = {
    "15.1": ([2, "7 // 3".replace("//", "/") + " - 1/3", 2.0], [0, 5, 7, 6]),
    "15.2": (
        [
            cut_heads(),
            lambda W_q, W_k, W_v, W_o, heads, keep: (
                *(W[:, (np.array(keep)[:, None] * (w := W.shape[1] // heads) + np.arange(w)).ravel()] for W in (W_q, W_k, W_v)),
                W_o.reshape(heads, -1, W_o.shape[1])[keep].reshape(-1, W_o.shape[1]),
            ),
        ],
        [
            cut_heads(number=lambda i: i - 1),
            cut_heads(rows=False),
            lambda *layer: cut_heads()(*layer)[::-1],
            lambda W_q, W_k, W_v, W_o, heads, keep: cut_heads()(W_q, W_k, W_v, W_o, heads, np.arange(len(keep))),
            lambda *layer: cut_heads()(*layer)[0],
        ],
    ),
    "15.3": (
        [
            masked_in_loops,
            lambda s, mask: s + np.where(mask[:, None], 0, -INF),
            masked_with(-INF, lambda mask: np.expand_dims(mask, 1)),
            lambda s, mask: torch.tensor(s).masked_fill(~torch.tensor(mask)[:, None], -torch.inf),
        ],
        [
            masked_with(-5.0),
            masked_with(-1e6),
            masked_with(np.nan),
            masked_with(-INF, lambda mask: mask[:, None].all(axis=2, keepdims=True)),
            lambda s, mask: softmax(masked_with(-1e9)(s, mask)),
            masked_with(INF),
        ],
    ),
    "15.4": (["1/2", 0.5, "2/4"], [2, 1 / 3, 0.7071, 1 / 8]),
    "15.5": ([3, 3.0, "3"], [0, 5, 6, 8]),
    "15.6": ([64, "512/8", 64.0], [32, 128, 4, 63]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "15.7": [8, "8", "sqrt(64)", 64],
}
