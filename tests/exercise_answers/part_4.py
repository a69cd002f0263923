"""Functions as people write them, for 41 to 44: right ones in other forms, and wrong ones that the bank does not list."""

import numpy as np
import torch


def mass_in_loops(weights, right, least=1, end=np.mean):
    return end([sum(w for w, r in zip(row, marks) if r) for row, marks in zip(weights, right) if sum(marks) >= least])


def accuracy_in_loops(written, wanted, counts=lambda got, want: want != 0, right=lambda got, want: got == want):
    pairs = [(got, want) for a, b in zip(written, wanted) for got, want in zip(a, b) if counts(got, want)]
    return sum(right(got, want) for got, want in pairs) / max(len(pairs), 1)


def overlooked_in_loops(weights, item_of, limit=0.5, first=0, measure=np.sum, end=lambda names: len(names)):
    return end([i for i in range(first, max(item_of) + 1) if measure(weights[:, item_of == i]) < limit])


def wilson_by_root(right, n, z=1.96, end=lambda low, high: (low, high)):
    """The two shares p at which (right / n - p)^2 = z^2 p (1 - p) / n."""
    s = right / n
    high, low = np.roots([1 + z**2 / n, -(2 * s + z**2 / n), s**2]).real
    return end(min(low, high), max(low, high))


def pooled_without(weights, states, j, norm=lambda w: w / w.sum(), end=lambda w, v: w @ v):
    return end(norm(np.delete(weights, j)), np.delete(states, j, axis=0))


def lifts(weights, deciding, mask, words=lambda d, m: d.sum() / m.sum(), end=np.mean):
    return end([w[d].sum() / words(d, m) for w, d, m in zip(weights, deciding, mask)])


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
    "42.2": (
        [
            wilson_by_root,
            lambda right, n: (
                (right + 1.96**2 / 2 - (h := 1.96 * (right * (n - right) / n + 1.96**2 / 4) ** 0.5)) / (n + 1.96**2),
                (right + 1.96**2 / 2 + h) / (n + 1.96**2),
            ),
        ],
        [
            lambda right, n: wilson_by_root(right, n, 1.64),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: [low, high]),
            lambda right, n: wilson_by_root(right, n, 2),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: ((low + high) / 2, (high - low) / 2)),
            lambda right, n: wilson_by_root(n - right, n),
            lambda right, n: wilson_by_root(right, n, end=lambda low, high: (max(low, 0.01), min(high, 0.99))),
        ],
    ),
    "42.3": (
        [
            pooled_without,
            lambda w, states, j: (w @ states - w[j] * states[j]) / (1 - w[j]),
            lambda w, states, j: np.average(states, axis=0, weights=w * (np.arange(len(w)) != j)),
        ],
        [
            lambda w, states, j: w @ states - w[j] * states[j] / 2,
            lambda w, states, j: pooled_without(w, states, j, lambda w: w / len(w)),
            lambda w, states, j: pooled_without(w, states, j, np.ones_like),
            lambda w, states, j: pooled_without(w, states, j, end=lambda w, v: (w, w @ v)),
            lambda w, states, j: pooled_without(w, states, j)[:, None],
            lambda w, states, j: states.mean(axis=0),
        ],
    ),
    "42.5": (
        [lifts, lambda w, d, m: ((w * d).sum(1) * m.sum(1) / d.sum(1)).mean()],
        [
            lambda w, d, m: lifts(w, d, m, end=np.median),
            lambda w, d, m: lifts(w, d, m, lambda d, m: d.sum() / (m.sum() - 1)),
            lambda w, d, m: lifts(w, ~d, m),
            lambda w, d, m: lifts(w, d, m, end=lambda x: np.exp(np.log(x).mean())),
            lambda w, d, m: lifts(w, d, m, lambda d, m: 1 / m.sum()),
        ],
    ),
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
    "44.8": (
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
