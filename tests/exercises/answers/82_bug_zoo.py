"""Right answers to 82 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def in_loops(weights):
    n, worst = len(weights), 0.0
    scores = np.log(weights)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                once = scores[i, j] + scores[j, k] + scores[k, i] - scores[j, i] - scores[k, j] - scores[i, k]
                worst = max(worst, abs(once))
    return worst


def at_once(weights):
    scores = np.log(weights)
    around = scores[:, :, None] + scores[None, :, :] + scores.T[:, None, :]
    return np.abs(around - around.transpose(2, 1, 0)).max()


ANSWERS = {
    "82.1": (["6*2/3", 4.0], [1, 12, 18, 5]),
    "82.2": ([in_loops, at_once],
             [lambda w: in_loops(w) / 2, lambda w: np.log(w).max(), lambda w: np.abs(w - w.T).sum(), lambda w: 0.0]),
    "82.3": ([lambda before, after, j: any((b != a).any() for b, a in list(zip(before, after))[:j]),
              lambda before, after, j: not np.array_equal(before[:j], after[:j])],
             [lambda before, after, j: not (before[:j] != after[:j]).any(), lambda before, after, j: bool((before[j] != after[j]).any()),
              lambda before, after, j: bool((before != after).any()), lambda before, after, j: True]),
    "82.5": (["1/(1+e)", 0.2689], [0.1, 1, 0.3, 0.25]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "82.4": ["future", 2, "causal", "the mask"],
    "82.6": ["hidden", 3, "True", "the second"],
}
