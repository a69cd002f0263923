"""Right answers to 41 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch


def mass_in_loops(weights, right, least=1, end=np.mean):
    return end([sum(w for w, r in zip(row, marks) if r) for row, marks in zip(weights, right) if sum(marks) >= least])


def accuracy_in_loops(written, wanted, counts=lambda got, want: want != 0, right=lambda got, want: got == want):
    pairs = [(got, want) for a, b in zip(written, wanted) for got, want in zip(a, b) if counts(got, want)]
    return sum(right(got, want) for got, want in pairs) / max(len(pairs), 1)


def overlooked_in_loops(weights, item_of, limit=0.5, first=0, measure=np.sum, end=lambda names: len(names)):
    return end([i for i in range(first, max(item_of) + 1) if measure(weights[:, item_of == i]) < limit])


ANSWERS = {
    "41.1": (["0.9**5", 0.59, "59%"], [0.6, 0.4095, 4.5, 0.81]),
    "41.2": (["9,216", "3*48*96 - 48*96", 9216.0], [9217, 4800, 6912, 96]),
    "41.3": (
        [
            mass_in_loops,
            lambda w, r: np.where(r, w, 0)[r.any(1)].sum() / r.any(1).sum(),
            lambda w, r: (torch.tensor(w) * torch.tensor(r)).sum() / r.any(1).sum(),
        ],
        [
            lambda w, r: np.where(r, w, 0).max(axis=1)[r.any(1)].mean(),
            lambda w, r: 1 - mass_in_loops(w, r),
            lambda w, r: mass_in_loops(w, r, end=np.median),
            lambda w, r: mass_in_loops(w, r, end=max),
            lambda w, r: [mass_in_loops(w, r)],
            lambda w, r: r[r.any(1)].mean(),
        ],
    ),
    "41.4": (
        [accuracy_in_loops, lambda written, wanted: ((written == wanted) & (wanted > 0)).sum() / np.count_nonzero(wanted)],
        [
            lambda written, wanted: 1 - accuracy_in_loops(written, wanted),
            lambda written, wanted: (written == wanted).all(axis=1).mean(),
            lambda written, wanted: accuracy_in_loops(written, wanted, right=lambda got, want: got in wanted),
            lambda written, wanted: 100 * accuracy_in_loops(written, wanted),
            lambda written, wanted: accuracy_in_loops(written[:, :-1], wanted[:, 1:]),
        ],
    ),
    "41.5": (
        [overlooked_in_loops, lambda w, item_of: int((np.bincount(item_of + 1, w.sum(axis=0), item_of.max() + 2)[1:] < 0.5).sum())],
        [
            lambda w, item_of: overlooked_in_loops(w, item_of, measure=np.max),
            lambda w, item_of: overlooked_in_loops(w, item_of, first=1),
            lambda w, item_of: overlooked_in_loops(w, item_of, limit=1),
            lambda w, item_of: overlooked_in_loops(w, item_of, measure=np.mean),
            lambda w, item_of: overlooked_in_loops(w, item_of, end=lambda names: len(names) > 0),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "41.6": ["the short one", "sum", 1, -2.0],
    "41.7": ["general", "multiplicative", 4, "multiplicative (general)"],
}
