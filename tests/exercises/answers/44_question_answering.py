"""Right answers to 44 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch

SAME_LENGTH = "Both have this length: "
LAST_AXIS = "The arrays have two axes, and the last one is the default."
TAKEN = "np.take_along_axis(relevant, best, axis=1)"


def recall_in_loops(scores, relevant, k, found=any, end=np.mean):
    return end([found(relevant[i][j] for j in sorted(range(len(row)), key=lambda j: -row[j])[:k]) for i, row in enumerate(scores)])


def bounds(a, b, draws, ends=(2.5, 97.5), mean=np.mean, end=np.array):
    means = [mean([a[i] - b[i] for i in draw]) for draw in draws]
    return end([np.percentile(means, q) for q in ends])


def astray_in_loops(weights, support, start=0, wrong=lambda w, s: list(w).index(max(w)) != s, end=np.array):
    hops = support.shape[1]
    return end([next((t + start for t in range(hops) if wrong(w[t], s[t])), hops) for w, s in zip(weights, support)])


def gains(weights, right, lengths, draws, even=lambda r, length, m: r.sum() / length, ends=(0.025, 0.975), mean=np.mean, end=np.array):
    gain = np.array([w[r].sum() - even(r, length, len(w)) for w, r, length in zip(weights, right, lengths) if r.any()])
    return end([gain.mean(), *np.quantile([mean(gain[draw]) for draw in draws], ends)])


ANSWERS = {
    "44.1": (["1/2", 0.5, "2/4", "1/4 + 1/4"], [0.4, 3 / 4, 1 / 5, "11/12"]),
    "44.2": (["0.1/ln 3", 0.091, 0.1 / np.log(3)], [0.3, 1, 9, 0.05]),
    "44.3": (
        [
            recall_in_loops,
            lambda s, r, k: (np.sort(s * r - 1.0 * ~r)[:, -1] >= np.sort(s)[:, -k]).mean(),
            lambda s, r, k: torch.tensor(r).gather(1, torch.tensor(s).topk(k).indices).any(1).double().mean(),
        ],
        [
            lambda s, r, k: recall_in_loops(s, r, k - 1),
            lambda s, r, k: recall_in_loops(s, r, k, end=max),
            lambda s, r, k: 1 - recall_in_loops(s, r, k),
            lambda s, r, k: recall_in_loops(s, r, len(s[0])),
            lambda s, r, k: r[:, :k].any(axis=1).mean(),
            lambda s, r, k: r.any(axis=0)[:k].mean(),
        ],
    ),
    "44.4": (
        [bounds, lambda a, b, draws: np.quantile((a[draws] - b[draws]).mean(axis=1), [0.025, 0.975])],
        [
            lambda a, b, draws: bounds(a, b, draws, (0, 100)),
            lambda a, b, draws: bounds(a, b, draws, mean=np.median),
            lambda a, b, draws: bounds(a, b, draws, (25, 75)),
            lambda a, b, draws: bounds(a, b, draws, (97.5, 2.5)),
            lambda a, b, draws: bounds(a, b, draws, end=tuple),
            lambda a, b, draws: bounds(a, b, draws, mean=np.sum),
        ],
    ),
    "44.5": (
        [astray_in_loops, lambda w, support: np.cumprod(w.argmax(-1) == support, axis=1).sum(axis=1)],
        [
            lambda w, support: astray_in_loops(w, support, wrong=lambda w, s: list(w).index(min(w)) != s),
            lambda w, support: w.argmax(-1) != support,
            lambda w, support: astray_in_loops(w, support, wrong=lambda w, s: w[s] < 0.5),
            lambda w, support: astray_in_loops(w, support, end=list),
            lambda w, support: astray_in_loops(w, support, end=np.mean),
            lambda w, support: np.minimum(astray_in_loops(w, support), support.shape[1] - 1),
        ],
    ),
    "44.7": (["7/2", 3.5, "1 + 1/4 + 9/4"], [9 / 4, 13 / 4, 1, 7]),
    "44.6": (["7,686", "6*(27 + 12)*32 + 198", 7686.0], [8650 + 1, 5190, 7687, 3894]),
    "44.9": (
        [
            gains,
            lambda w, r, lengths, draws: (lambda g: np.array([g.mean(), *np.percentile(g[draws].mean(axis=1), [2.5, 97.5])]))(
                ((w * r).sum(1) - r.sum(1) / lengths)[r.any(1)]
            ),
        ],
        [
            lambda *a: gains(*a, ends=(0, 1)),
            lambda *a: gains(*a, mean=np.median),
            lambda *a: gains(*a, end=tuple),
            lambda *a: gains(*a)[1:],
            lambda *a: gains(*a, even=lambda r, length, m: r.sum() / m / length),
            lambda *a: gains(*a, ends=(0.975, 0.025)),
            lambda *a: gains(*a) * 100,
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "44.8": ["nothing", 3, "none", 0.1],
}

EQUIVALENT = {
    ("44.3", "np.argsort(-scores, axis=1)[:, :k]: np.argsort(-scores, axis=1) -> np.argsort(-scores)"):
        LAST_AXIS,
    ("44.3", f"{TAKEN}.any: {TAKEN} -> np.take_along_axis(relevant, best)"):
        LAST_AXIS,
    ("44.9", "np.arange(weights.shape[1]) < lengths[:, None] -> np.arange(weights.shape[1]) <= lengths[:, None]"):
        "The place too many is beyond the row's own, where nothing is right.",
    ("44.9", "weights.shape: weights -> right"):
        SAME_LENGTH + "weights and right.",
}
