"""Right answers to 43 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np

ANY_START = "The walk forgets where it began: each step keeps at most 0.9 of a difference."


def without_triples(written, p, size=3, instead=0.0, end=lambda p: p / p.sum()):
    seen = {tuple(written[i : i + size]) for i in range(len(written) - size + 1)}
    return end(np.array([instead if (*written[len(written) - size + 1 :], word) in seen else p[word] for word in range(len(p))]))


def penalties(weights, coverage=lambda w, t: w[:t].sum(axis=0), less=np.minimum, end=np.mean):
    return end([less(w, coverage(weights, t)).sum() for t, w in enumerate(weights)])


def shares_by_solving(x, gain, jump, side=lambda w: w.T, end=lambda s: s):
    e = np.exp(gain * x @ x.T)
    weights, n = e / e.sum(axis=1, keepdims=True), len(x)
    return end(np.linalg.solve(np.eye(n) - (1 - jump) * side(weights), np.full(n, jump / n)))


def shares_until_still(x, gain, jump, still=1e-8, most=10**5):
    e = np.exp(gain * x @ x.T)
    weights, share = e / e.sum(axis=1, keepdims=True), np.full(len(x), 1 / len(x))
    for _ in range(most):
        new = jump / len(x) + (1 - jump) * share @ weights
        if np.abs(new - share).max() < still:
            return new
        share = new
    return share


ANSWERS = {
    "43.1": (["1/2", 0.5, "50%"], [0.6, 2, 1 / 5, 1]),
    "43.2": (["13/24", 0.542, "1/3 * 5/8 + 2/3 * 1/2"], [0.6, 5 / 8, 1, 1 / 4]),
    "43.3": (
        [
            without_triples,
            lambda written, p: (
                np.array(
                    [
                        0 if any(written[i : i + 3] == [*written[-2:], word] for i in range(len(written) - 2)) else p[word]
                        for word in range(len(p))
                    ]
                )
                / sum(
                    p[word]
                    for word in range(len(p))
                    if not any(written[i : i + 3] == [*written[-2:], word] for i in range(len(written) - 2))
                )
            ),
        ],
        [
            lambda written, p: without_triples(written, p, size=4),
            lambda written, p: without_triples(written, p, instead=1e-3),
            lambda written, p: without_triples(written, p, end=lambda p: np.exp(p) / np.exp(p).sum()),
            lambda written, p: without_triples(written[:-1], p),
            lambda written, p: without_triples(written, p).tolist(),
            lambda written, p: p,
        ],
    ),
    "43.4": (
        [penalties, lambda w: np.minimum(w, np.vstack([np.zeros(w.shape[1]), w.cumsum(axis=0)[:-1]])).sum() / len(w)],
        [
            lambda w: penalties(w, less=np.maximum),
            lambda w: penalties(w, lambda w, t: w[:t].max(axis=0, initial=0)),
            lambda w: penalties(w, end=max),
            lambda w: penalties(w, lambda w, t: w[t + 1 :].sum(axis=0)),
            lambda w: penalties(w, lambda w, t: w[:t].sum(axis=0) / max(t, 1)),
            lambda w: penalties(w, end=list),
        ],
    ),
    "43.5": (
        [shares_by_solving, shares_until_still, lambda x, gain, jump: shares_until_still(x, gain, jump, 1e-6)],
        [
            lambda x, gain, jump: shares_by_solving(x, gain, jump, end=lambda s: s / s.max()),
            lambda x, gain, jump: shares_until_still(x, gain, jump, 0, 10),
            lambda x, gain, jump: shares_by_solving(x, gain, jump / 2),
            lambda x, gain, jump: shares_by_solving(x, -gain, jump),
            lambda x, gain, jump: shares_by_solving(x, gain, jump)[None],
            lambda x, gain, jump: shares_until_still(x, gain, jump, 1e-3),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "43.6": ["all on sentence i itself", "itself", 2, "i"],
}

EQUIVALENT = {
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> 1 * len(x)"):
        ANY_START,
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> 1"):
        ANY_START,
    ("43.5", "np.full(len(x), 1 / len(x)): 1 / len(x) -> len(x)"):
        ANY_START,
    ("43.5", "1 / len(x): 1 -> 2"):
        ANY_START,
    ("43.5", "1 / len(x): 1 -> 0"):
        ANY_START,
    ("43.5", "range(300): 300 -> 301"):
        ANY_START,
    ("43.5", "range(300): 300 -> 299"):
        ANY_START,
}
