"""Right answers to 22 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

from attnlib.core import softmax

SAME_LENGTH = "Both have this length: "


def head_by_head(scale=lambda d, heads, n: (d / heads) ** 0.5, end=lambda s: s, turn=lambda s: s):
    def scores(q, k, heads):
        n, d = q.shape
        found = [turn(a @ b.T) / scale(d, heads, n) for a, b in zip(np.split(q, heads, axis=1), np.split(k, heads, axis=1))]
        return end(np.array(found))

    return scores


ANSWERS = {
    "22.1": (["2/3", 0.667, "12/18"], [6 / 20, 0.8, 1, 2 / 20]),
    "22.2": (
        [
            lambda o: np.concatenate(list(o), axis=1),
            np.hstack,
            lambda o: np.array([o[:, i].ravel() for i in range(o.shape[1])]),
            lambda o: torch.tensor(o).movedim(0, 1).flatten(1),
        ],
        [
            lambda o: np.hstack(o).T,
            lambda o: o.max(axis=0),
            lambda o: np.hstack(o)[::-1],
            lambda o: o.swapaxes(0, 1),
            lambda o: np.hstack([head[:, ::-1] for head in o]),
        ],
    ),
    "22.3": (
        [
            head_by_head(),
            lambda q, k, heads: np.einsum("ihc,jhc->hij", *(x.reshape(len(x), heads, -1) for x in (q, k))) / (q.shape[1] / heads) ** 0.5,
        ],
        [
            head_by_head(end=softmax),
            head_by_head(end=lambda s: s.mean(axis=0)),
            head_by_head(scale=lambda d, heads, n: n**0.5),
            head_by_head(end=lambda s: s[::-1]),
            head_by_head(scale=lambda d, heads, n: (d * heads) ** 0.5),
            head_by_head(end=list),
        ],
    ),
    "22.4": (["−9", -9.0, "9*0 + 9*(-1)"], [3, -6, 18, -15]),
    "22.6": (["1,024", "2*512", 1024.0], [4096, 256, 1000, 16384]),
    "22.7": (["3/4", 0.75, "75%"], [6, 1, 6 / 20, 0.9]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "22.5": ["ball and it", ["ball", "it"], 2, "*ball* and *it*"],
}

EQUIVALENT = {
    ("22.3", "q.shape: q -> k"):
        SAME_LENGTH + "a head's queries and keys.",
}
