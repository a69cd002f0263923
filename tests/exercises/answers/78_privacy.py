"""Right answers to 78 in other forms, and wrong ones that the bank does not list."""
import numpy as np


def gaps(score, member):
    order = np.unique(score)[::-1]
    return [((score >= t) & member).sum() / member.sum() - ((score >= t) & ~member).sum() / (~member).sum() for t in order]


def clipped(gradients, most):
    return np.array([g if np.linalg.norm(g) <= most else g * most / np.linalg.norm(g) for g in gradients])


ANSWERS = {
    "78.1": (["3", 3.0, "9**0.5"], [4, 2, 10, 6]),
    "78.2": (
        [lambda score, member: max([0, *gaps(score, member)]), lambda score, member: float(np.max(np.append(gaps(score, member), 0)))],
        [
            lambda score, member: min(gaps(score, member)),
            lambda score, member: np.mean(gaps(score, member)),
            lambda score, member: 1.5,
            lambda score, member: score[member].mean() - score[~member].mean(),
            lambda score, member: -max([0, *gaps(score, member)]) - 1,
        ],
    ),
    "78.3": (
        [lambda g, most, sigma, z: clipped(g, most).sum(axis=0) + sigma * most * z,
         lambda g, most, sigma, z: sum(clipped(g, most)) + most * (z * sigma)],
        [
            lambda g, most, sigma, z: clipped(g, most).sum(axis=0),
            lambda g, most, sigma, z: g.sum(axis=0) + sigma * most * z,
            lambda g, most, sigma, z: clipped(g, most).sum(axis=0) - sigma * most * z,
            lambda g, most, sigma, z: clipped(g, most) + sigma * most * z,
            lambda g, most, sigma, z: clipped(g, most).sum(axis=0) + sigma**2 * most * z,
        ],
    ),
    "78.4": (["3*0.05", 0.15, "15%", "0.15"], [0.3, 0.03, 1, 0.2]),
    "78.5": (
        [lambda g: int(np.flatnonzero(g < 0)[0]), lambda g: int(np.argmax(-np.asarray(g)))],
        [lambda g: 0, lambda g: len(g) - 1, lambda g: len(g), lambda g: -1, lambda g: int((g > 0).sum())],
    ),
}

# Right letters come as "a", "(A)", "a)", "a. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "78.6": ["zero", "nothing depends on it", 1, "0"],
}
