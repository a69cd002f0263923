"""Right answers to 02 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
from scipy.spatial.distance import cdist


def box_in_a_loop(query, keys, values, r):
    found = [[v for k, v in zip(keys, values) if abs(k - q) <= r] for q in query]
    return np.array([sum(near) / len(near) if near else np.nan for near in found])


def box_by(heard):
    def look_up(query, keys, values, r):
        near = heard(query[:, None] - keys, r)
        return near @ values / near.sum(axis=1)

    return look_up


def bell(squared, norm=lambda a: a.sum(axis=1)):
    def look_up(query, keys, values, h):
        amounts = np.exp(-squared(query[:, None] - keys, h))
        return amounts @ values / norm(amounts)

    return look_up


def bell_in_a_loop(query, keys, values, h):
    answers = []
    for q in query:
        amounts = [np.exp(-((q[0] - k[0]) ** 2 + (q[1] - k[1]) ** 2) / (2 * h * h)) for k in keys]
        answers.append(sum(a * v for a, v in zip(amounts, values)) / sum(amounts))
    return np.array(answers)


def fading_by_recursion(n, a, first=1.0):
    rows = np.zeros((n, n))
    rows[0, 0] = first
    for t in range(1, n):
        rows[t] = (1 - a) * rows[t - 1]
        rows[t, t] = a
    return rows


ANSWERS = {
    "02.1": (["16/41", 0.39, np.float32(16 / 41)], [16 / 42, 1 / 3, 0.42, 16]),
    "02.2": (
        [box_in_a_loop, box_by(lambda far, r: abs(far) < r + 0.5), box_by(lambda far, r: far**2 <= r * r)],
        [
            box_by(lambda far, r: (far >= 0) & (far <= r)),
            box_by(lambda far, r: abs(far) <= 2 * r),
            lambda q, k, v, r: np.nan_to_num(box_in_a_loop(q, k, v, r), nan=-1),
            box_by(lambda far, r: np.exp(-(far**2) / (2 * r * r))),
            lambda q, k, v, r: box_in_a_loop(q, k, v, r)[:, None],
        ],
    ),
    "02.3": (
        [
            bell_in_a_loop,
            lambda q, k, v, h: (a := np.exp(-cdist(q, k, "sqeuclidean") / (2 * h**2))) @ v / a.sum(1),
            bell(lambda far, h: (far[..., 0] ** 2 + far[..., 1] ** 2) / (2 * h * h)),
        ],
        [
            bell(lambda far, h: (far**2).sum(axis=2) / (2 * h)),
            bell(lambda far, h: (far**2).sum(axis=2) / h**2),
            bell(lambda far, h: far[..., 0] ** 2 / (2 * h * h)),
            bell(lambda far, h: (far**2).sum(axis=2) / (2 * h * h), np.ones_like),
            lambda q, k, v, h: v[cdist(q, k).argmin(axis=1)],
        ],
    ),
    "02.5": (["sqrt(2 ln 2)", "√(2ln2)", np.sqrt(np.log(4)), 1.177], [2.0, 0.693 / 2, 1.5, 2.355]),
    "02.7": (
        [
            fading_by_recursion,
            lambda n, a: np.array([[(1 - a) ** (t - i) * (a if i else 1) if i <= t else 0 for i in range(n)] for t in range(n)]),
        ],
        [
            lambda n, a: fading_by_recursion(n, a, first=1 - a),
            lambda n, a: fading_by_recursion(n, a)[::-1],
            lambda n, a: np.tri(n) / np.arange(1, n + 1)[:, None],
            lambda n, a: fading_by_recursion(n, a) ** 2,
            lambda n, a: fading_by_recursion(n, a).tolist(),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "02.4": ["card", "a card", 2, "the key"],
    "02.6": ["each row", "rows", 1, "axis=1"],
}

EQUIVALENT = {
    ("02.2", "np.errstate(invalid='ignore') -> np.errstate()"):
        "It silences a warning.",
    ("02.7", "np.maximum(t - i, 0): 0 -> -1"):
        "Later inputs get 0 whatever the power is.",
}
