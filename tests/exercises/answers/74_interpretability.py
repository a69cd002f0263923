"""Right answers to 74 in other forms, and wrong ones that the bank does not list."""
import numpy as np

ANSWERS = {
    "74.1": (["4/2", 2.0], [0, 3, 11, 22]),
    "74.2": ([lambda x: np.add(1, x), lambda x: np.array([y + 1 for y in x])],
             [lambda x: x, lambda x: x + 2, lambda x: 2 * x, lambda x: (x + 1)[::-1]]),
    "74.3": ([lambda x: np.add(1, x), lambda x: np.array([y + 1 for y in x])],
             [lambda x: x, lambda x: x - 1, lambda x: 2 * x, lambda x: (x + 1)[::-1]]),
    "74.4": (["12/2", 6.0], [3, 2, 5, 12]),
}
