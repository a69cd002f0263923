"""Right answers to 81 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def in_loops(lengths, n, heads):
    """Place by place."""
    return np.array([[[j > i or j >= length for j in range(n)] for i in range(n)] for length in lengths for _ in range(heads)])


def added(losses, tokens, pad):
    pairs = [(loss, token) for row in zip(losses, tokens) for loss, token in zip(*row)]
    return sum(loss for loss, token in pairs if token != pad) / sum(token != pad for _, token in pairs)


ANSWERS = {
    "81.1": (["14/3", "28/6", 4.6667], [4, 5, 28, 14]),
    "81.2": (["6*64", 384.0], [256, 512, 320, 400]),
    "81.3": (
        [in_loops, lambda lengths, n, heads: np.array([m for m in in_loops(lengths, n, 1) for _ in range(heads)])],
        [
            lambda lengths, n, heads: in_loops(lengths, n, heads).swapaxes(1, 2),
            lambda lengths, n, heads: in_loops(lengths - 1, n, heads),
            lambda lengths, n, heads: in_loops(lengths, n, heads).reshape(len(lengths), heads, n, n),
            lambda lengths, n, heads: np.where(in_loops(lengths, n, heads), -np.inf, 0),
        ],
    ),
    "81.5": (
        [added, lambda losses, tokens, pad: np.average(losses, weights=tokens != pad)],
        [
            lambda losses, tokens, pad: losses[tokens == pad].sum() / (tokens != pad).sum(),
            lambda losses, tokens, pad: np.median(losses[tokens != pad]),
            lambda losses, tokens, pad: losses.sum() / (tokens != pad).sum(),
            lambda losses, tokens, pad: losses[tokens != pad].max(),
        ],
    ),
}

NO_LETTERS = {"81.4": ["e", "tril", 4, "ab"], "81.6": ["e", "lower", 2, "ab"]}
