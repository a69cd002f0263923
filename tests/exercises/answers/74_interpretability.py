"""Right answers to 74 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def top(a, k):
    order = sorted(range(len(a)), key=lambda i: -abs(a[i]))
    return np.isin(np.arange(len(a)), order[:k])


def beyond(a, b, k):
    p, n = (top(a, k) & top(b, k)).sum() / k, len(a)
    return (n * p - k) / (n - k)


def cubes(c, x, base, steps):
    total = np.zeros_like(x)
    for i in range(steps):
        total = total + 3 * c * (base + (i + 0.5) / steps * (x - base)) ** 2
    return total / steps * (x - base)


ANSWERS = {
    "74.1": (["-0.9", "1.6 - 2.5", "0.6/0.4*(1 - 1.6)"], [0, -0.6, -2.5, 1]),
    "74.2": (
        [beyond, lambda a, b, k: 1 - (1 - (top(a, k) & top(b, k)).mean() * len(a) / k) / (1 - k / len(a))],
        [
            lambda a, b, k: (top(a, k) & top(b, k)).sum(),
            lambda a, b, k: beyond(a, a, k),
            lambda a, b, k: -beyond(a, b, k),
            lambda a, b, k: beyond(a, b, k) / 2,
        ],
    ),
    "74.3": (
        [cubes, lambda c, x, base, steps: np.mean([3 * c * (base * (1 - t) + t * x) ** 2 for t in (np.arange(steps) + 0.5) / steps], axis=0)
         * (x - base)],
        [
            lambda c, x, base, steps: -cubes(c, x, base, steps),
            lambda c, x, base, steps: cubes(c, x, base, steps + 1),
            lambda c, x, base, steps: 3 * c * x**2 * (x - base),
            lambda c, x, base, steps: cubes(c, base, x, steps) + 1,
        ],
    ),
    "74.4": (["11", "20 - 9", 11.0], [10, 13, 1, 160]),
    "74.5": ([4.605, "4.6052", 4.60517], [4, 5, 0.5, 101]),
}

# Right letters come as "a", "(A)", "a)", "a. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "74.6": ["nothing", "the state over was", 2, "the second"],
    "74.7": ["silence", "none", 0, "the map"],
}

EQUIVALENT = {
    ("74.2", "len(a): a -> b"): "the two are as long",
}
