"""Right answers to 73 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np


def window(n, sinks, size, end=np.array):
    """One character after another, the oldest behind the sinks forgotten."""
    kept = []
    for place in range(n):
        if len(kept) == size:
            del kept[sinks]
        kept.append(place)
    return end(kept)


def mask_by_loop(m, n, width, sees=lambda i, j, width: j <= i < j + width):
    return np.array([[sees(n - m + i, j, width) for j in range(n)] for i in range(m)])


ANSWERS = {
    "73.1": (["10 + 11 + 12 + 13 + 14", 60.0], [55, 70, 105, 45]),
    "73.2": (["2*32*8*128*2", 131072.0], [262144, 8192, 2097152, 131]),
    "73.3": (
        [window, lambda n, sinks, size: np.r_[:sinks, n - size + sinks:n] if n > size else np.r_[:n]],
        [
            lambda n, sinks, size: window(n, sinks, size)[::-1],
            lambda n, sinks, size: window(n, sinks, size, end=len),
            lambda n, sinks, size: window(n, 0, size) + 1,
            lambda n, sinks, size: window(n, sinks, size)[sinks:],
            lambda n, sinks, size: window(n, sinks, size).astype(float) + 0.5,
        ],
    ),
    "73.4": (
        [mask_by_loop, lambda m, n, width: (np.tri(n, dtype=bool) & ~np.tri(n, k=-width, dtype=bool))[n - m:]],
        [
            lambda m, n, width: mask_by_loop(m, n, width, lambda i, j, w: j < i < j + w + 1),
            lambda m, n, width: mask_by_loop(m, n, width).T,
            lambda m, n, width: mask_by_loop(m, n, width)[::-1],
            lambda m, n, width: mask_by_loop(m, n, width, lambda i, j, w: i <= j < i + w),
            lambda m, n, width: mask_by_loop(m, n, width, lambda i, j, w: j == i),
        ],
    ),
    "73.5": (
        [lambda real: np.count_nonzero(real, axis=1) - 1, lambda real: (np.cumsum(real, axis=1) - 1)[:, -1],
         lambda real: real[:, :-1].sum(axis=1)],
        [
            lambda real: real.sum(axis=0) - 1,
            lambda real: real.sum() - 1,
            lambda real: (real.sum(axis=1) - 1)[:, None],
            lambda real: real.argmax(axis=1),
            lambda real: real.shape[1] - real.sum(axis=1),
        ],
    ),
    "73.6": (
        [lambda kept, gamma, accepted: kept[:-(gamma - accepted)] if accepted < gamma else kept.copy(),
         lambda kept, gamma, accepted: np.delete(kept, np.arange(len(kept) - gamma + accepted, len(kept)), axis=0)],
        [
            lambda kept, gamma, accepted: kept[len(kept) - gamma:],
            lambda kept, gamma, accepted: kept[gamma - accepted:],
            lambda kept, gamma, accepted: np.where(np.arange(len(kept))[:, None] < len(kept) - gamma + accepted, kept, 0),
            lambda kept, gamma, accepted: kept[:len(kept) - gamma + accepted].T,
            lambda kept, gamma, accepted: kept[:max(0, len(kept) - gamma + accepted - 1)],
        ],
    ),
    "73.7": (["15/8", 1.875, "(1 - (1/2)**4) / (1/2)"], [1, 3, 4, 1.25]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "73.8": ["sines", "RoPE", 3, "added"],
}

EQUIVALENT = {
    ("73.3", "n <= size -> n < size"):
        "With n = size the sinks and the last n - sinks are all places.",
}
