"""Right answers to 62 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np


def runs(marks, limit, above=lambda m, limit: m > limit, end=lambda r: np.array(r, dtype=int).reshape(-1, 2)):
    """Frame by frame, with a start that is open."""
    found, start = [], None
    for i, m in enumerate([*marks, None]):
        high = m is not None and above(m, limit)
        if high and start is None:
            start = i
        if not high and start is not None:
            found.append((start, i))
            start = None
    return end(found)


def best(scores, lengths, k, end=np.mean):
    return np.array([end(sorted(row[:m], reverse=True)[:k]) for row, m in zip(scores.tolist(), lengths)])


ANSWERS = {
    "62.1": (["11/20", 0.55, "1/10 + 9/20"], [0.52, 0.58, 0.7, 0.25]),
    "62.2": (
        [runs, lambda m, limit: runs(m - limit, 0)],
        [
            lambda m, limit: runs(m, limit, end=lambda r: np.array(r, dtype=int).reshape(-1, 2)[::-1][:1]),
            lambda m, limit: runs(m, limit + 0.5),
            lambda m, limit: runs(m, limit).astype(float) + 0.5,
            lambda m, limit: runs(m, limit, end=len),
            lambda m, limit: runs(m, limit, end=lambda r: np.array(r[-1:], dtype=int).reshape(-1, 2)),
            lambda m, limit: runs(m, limit) + 1,
        ],
    ),
    "62.3": (
        [
            lambda f: np.abs(f[1:].astype(int) - f[:-1]).mean(axis=1),
            lambda f: np.abs(f[1:].astype(np.int16) - f[:-1].astype(np.int16)).mean(axis=1).astype(np.float32),
            lambda f: (np.maximum(f[1:], f[:-1]) - np.minimum(f[1:], f[:-1])).mean(axis=1),
            lambda f: np.array([np.mean([abs(int(a) - int(b)) for a, b in zip(x, y)]) for x, y in zip(f[1:], f)]),
        ],
        [
            lambda f: np.abs(np.diff(f.astype(float), axis=0)).max(axis=1),
            lambda f: np.abs(np.diff(f.astype(float), axis=1)).mean(axis=1),
            lambda f: np.median(np.abs(np.diff(f.astype(float), axis=0)), axis=1),
            lambda f: np.sqrt((np.diff(f.astype(float), axis=0) ** 2).mean(axis=1)),
            lambda f: np.abs(f.astype(float) - f[0]).mean(axis=1)[1:] + 1,
            lambda f: np.abs(np.diff(f.astype(float), axis=0)).mean(),
        ],
    ),
    "62.4": (["1/9", 0.1111, "(1/3)**2"], [0.2, 0.5, 2 / 9, 1 / 36]),
    "62.5": (["144/25", 5.76], [6, 5, 7.2, 2]),
    "62.6": (
        [
            best,
            lambda s, n, k: np.array([np.sort(-r[:m])[:k].sum() / -min(k, m) for r, m in zip(s, n)]),
        ],
        [
            lambda s, n, k: best(s, n, k, np.median) + 0.3,
            lambda s, n, k: best(s, n, k, sum) + 0.01,
            lambda s, n, k: best(s, n, k + 1),
            lambda s, n, k: best(s, n, k)[::-1],
            lambda s, n, k: best(np.abs(s), n, k),
        ],
    ),
}

# Right letters come as "d", "(D)", "d)", "d. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "62.7": ["GRU", 4, "the GRU", "e"],
}
