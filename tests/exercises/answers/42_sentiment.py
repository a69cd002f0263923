"""Right answers to 42 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np

SAME_LENGTH = "Both have this length: "


def wilson_by_root(right, n, z=1.96, end=lambda low, high: (low, high)):
    """The two shares p at which (right / n - p)^2 = z^2 p (1 - p) / n."""
    s = right / n
    high, low = np.roots([1 + z**2 / n, -(2 * s + z**2 / n), s**2]).real
    return end(min(low, high), max(low, high))


def pooled_without(weights, states, j, norm=lambda w: w / w.sum(), end=lambda w, v: w @ v):
    return end(norm(np.delete(weights, j)), np.delete(states, j, axis=0))


def lifts(weights, deciding, mask, words=lambda d, m: d.sum() / m.sum(), end=np.mean):
    return end([w[d].sum() / words(d, m) for w, d, m in zip(weights, deciding, mask)])


ANSWERS = {
    "42.1": (["11/16", 0.6875, "110/160"], [0.65, 0.7, 13 / 16, 5 / 8 + 0.01]),
    "42.2": (
        [
            wilson_by_root,
            lambda right, n: (
                (right + 1.96**2 / 2 - (h := 1.96 * (right * (n - right) / n + 1.96**2 / 4) ** 0.5)) / (n + 1.96**2),
                (right + 1.96**2 / 2 + h) / (n + 1.96**2),
            ),
        ],
        [
            lambda right, n: wilson_by_root(right, n, 1.64),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: [low, high]),
            lambda right, n: wilson_by_root(right, n, 2),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: ((low + high) / 2, (high - low) / 2)),
            lambda right, n: wilson_by_root(n - right, n),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: (max(low, 0.01), min(high, 0.99))),
        ],
    ),
    "42.3": (
        [
            pooled_without,
            lambda w, states, j: (w @ states - w[j] * states[j]) / (1 - w[j]),
            lambda w, states, j: np.average(states, axis=0, weights=w * (np.arange(len(w)) != j)),
        ],
        [
            lambda w, states, j: w @ states - w[j] * states[j] / 2,
            lambda w, states, j: pooled_without(w, states, j, lambda w: w / len(w)),
            lambda w, states, j: pooled_without(w, states, j, np.ones_like),
            lambda w, states, j: pooled_without(w, states, j, end=lambda w, v: (w, w @ v)),
            lambda w, states, j: pooled_without(w, states, j)[:, None],
            lambda w, states, j: states.mean(axis=0),
        ],
    ),
    "42.4": (["4/9", 0.444, "(0.9 - 0.82)/(1 - 0.82)"], [0.5, 0.85, 1, 0.05]),
    "42.5": (
        [lifts, lambda w, d, m: ((w * d).sum(1) * m.sum(1) / d.sum(1)).mean()],
        [
            lambda w, d, m: lifts(w, d, m, end=np.median),
            lambda w, d, m: lifts(w, d, m, lambda d, m: d.sum() / (m.sum() - 1)),
            lambda w, d, m: lifts(w, ~d, m),
            lambda w, d, m: lifts(w, d, m, end=lambda x: np.exp(np.log(x).mean())),
            lambda w, d, m: lifts(w, d, m, lambda d, m: 1 / m.sum()),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "42.6": ["state mean", "mean", 2, "the mean"],
}

EQUIVALENT = {
    ("42.3", "len(weights): weights -> states"):
        SAME_LENGTH + "weights and states.",
}
