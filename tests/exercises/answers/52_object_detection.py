"""Right answers to 52 in other forms, wrong ones that the bank does not list."""
from itertools import permutations

import numpy as np
from scipy.optimize import linear_sum_assignment


def by_pixels(a, b, end=lambda s, u, o: s / u - (o - u) / o):
    """Counts the unit squares; the boxes are whole numbers."""
    y, x = np.mgrid[0:40, 0:40] + 0.5

    def inside(low, high):
        return (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
    in_a, in_b = inside(a[:2], a[:2] + a[2:]), inside(b[:2], b[:2] + b[2:])
    outer = inside(np.minimum(a[:2], b[:2]), np.maximum(a[:2] + a[2:], b[:2] + b[2:]))
    return end((in_a & in_b).sum(), (in_a | in_b).sum(), outer.sum())


def by_trying(cost, better=min):
    slots, boxes = cost.shape
    return np.array(better(permutations(range(slots), boxes), key=lambda s: cost[list(s), range(boxes)].sum()))


def paired(cost):
    return dict(zip(*linear_sum_assignment(cost)[::-1]))


ANSWERS = {
    "52.1": (["2/7", 16 / 56, 0.2857], [0.25, 1 / 3, 0.36, 3 / 7]),
    "52.2": (
        [by_pixels, lambda a, b: by_pixels(b, a), lambda a, b: by_pixels(a, b, lambda s, u, o: s / u + u / o - 1)],
        [
            lambda a, b: by_pixels(a, b, lambda s, u, o: s / o),
            lambda a, b: by_pixels(a, b, lambda s, u, o: u / o - 1),
            lambda a, b: by_pixels(a, b, lambda s, u, o: max(0, s / u - (o - u) / o)),
            lambda a, b: by_pixels(a, b, lambda s, u, o: s / u - (o - s) / o),
            lambda a, b: 1 - by_pixels(a, b),
        ],
    ),
    "52.3": (
        [by_trying, lambda cost: np.array([paired(cost)[j] for j in range(cost.shape[1])]), lambda cost: linear_sum_assignment(cost.T)[1]],
        [
            lambda cost: by_trying(cost)[::-1],
            lambda cost: by_trying(cost) + 1,
            lambda cost: np.arange(cost.shape[1]),
            lambda cost: cost.argmin(axis=1),
            lambda cost: cost[by_trying(cost), range(cost.shape[1])].sum(),
        ],
    ),
    "52.4": (["253/303", 0.835], [0.8, 0.7, 0.9, 0.5]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "52.5": ["nothing changes", "nothing", 1, "a box moves"],
}
