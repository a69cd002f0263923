"""Right answers to 76 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def gaps(before, after, picks, low=2.5):
    found = [np.mean([before[i] - after[i] for i in row]) for row in picks]
    return np.array([np.percentile(found, low), np.percentile(found, 97.5)])


ANSWERS = {
    "76.1": (["21/63", 1 / 3, "15/63 + 48/63 / 8"], [0.5, 1, 0.9, "2/3"]),
    "76.2": (
        [
            lambda n, trained: np.array([i if n <= trained else i * trained / n for i in range(n)], dtype=float),
            lambda n, trained: np.linspace(0, min(n, trained), n, endpoint=False),
        ],
        [
            lambda n, trained: np.arange(1, n + 1) * min(1.0, trained / n),
            lambda n, trained: np.arange(n) % trained,
            lambda n, trained: np.arange(trained) * min(1.0, trained / n),
            lambda n, trained: np.arange(n)[::-1] * min(1.0, trained / n),
        ],
    ),
    "76.3": (
        [gaps, lambda before, after, picks: np.quantile((before - after)[picks].mean(axis=1), [0.025, 0.975])],
        [
            lambda before, after, picks: gaps(before, after, picks)[::-1],
            lambda before, after, picks: gaps(before, after, picks, 50),
            lambda before, after, picks: np.array([np.mean(before) - np.mean(after)] * 2),
            lambda before, after, picks: np.percentile(before[picks].sum(axis=1) - after[picks].sum(axis=1), [2.5, 97.5]),
        ],
    ),
    "76.4": (["45/108", 5 / 12, "45/(45+63)"], [0.5, 1, 0.25, "45/64"]),
}

# Right letters come as "a", "(A)", "a)", "a. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "76.5": ["nothing", "it has to be measured", 4, "the second"],
    "76.6": ["rope", "rotation", 3, "the first"],
}
