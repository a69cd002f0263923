"""Right answers to 35 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np

from attnlib.core import softmax


def beam(
    words=lambda words, origin, word: np.concatenate([words[origin], word[:, None]], axis=1),
    state=lambda state, origin: state[origin],
    end=lambda *both: both,
    cut=lambda best, size: (best // size, best % size),
):
    def keep(old, memory, best, size):
        origin, word = cut(best, size)
        return end(words(old, origin, word), state(memory, origin))

    return keep


def nucleus_in_a_loop(
    p, share, rank=lambda p: np.argsort(p)[::-1], enough=lambda total, share: total >= share, end=lambda kept: kept / kept.sum()
):
    kept, total = np.zeros(len(p)), 0.0
    for i in rank(p):
        kept[i] = p[i]
        total += p[i]
        if enough(total, share):
            break
    return end(kept)


ANSWERS = {
    "35.1": (["1,123", "1 + 33 + 33**2", 1123.0], [1121, 1124, 39304 - 1, 100]),
    "35.2": (["ln(ln(2/7)/ln(1/3))/ln(9/6)", 0.324, 0.3238], [1, 0.5, 0.25, 0.131 * 2]),
    "35.3": (
        [lambda w: sum(np.log(min(total, 1)) for total in w.sum(axis=0)), lambda w: np.minimum(np.log(w.sum(axis=0)), 0).sum()],
        [
            lambda w: -np.minimum(np.log(w.sum(axis=0)), 0).sum(),
            lambda w: np.log(np.minimum(w.sum(axis=0), 1).prod() + 1e-9),
            lambda w: np.log2(np.minimum(w.sum(axis=0), 1)).sum(),
            lambda w: np.log(np.minimum(w.mean(axis=0), 1)).sum(),
            lambda w: [np.minimum(np.log(w.sum(axis=0)), 0).sum()],
        ],
    ),
    "35.4": (
        [
            beam(),
            beam(cut=lambda best, size: np.divmod(best, size)),
            beam(lambda w, o, new: np.hstack([w[o], new[:, None]]), lambda s, o: np.take(s, o, axis=0)),
        ],
        [
            beam(end=lambda *both: list(both)),
            beam(end=lambda words, state: words),
            beam(end=lambda words, state: (state, words)),
            beam(lambda words, origin, word: words[origin]),
            beam(cut=lambda best, size: (best // size, best)),
            beam(lambda words, origin, word: np.concatenate([words[origin][:, 1:], word[:, None]], axis=1)),
        ],
    ),
    "35.5": (
        [
            nucleus_in_a_loop,
            lambda p, share: (k := np.where(p >= np.sort(p)[::-1][np.argmax(np.cumsum(np.sort(p)[::-1]) >= share)], p, 0)) / k.sum(),
        ],
        [
            lambda p, share: nucleus_in_a_loop(p, share, end=softmax),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda kept: kept / share),
            lambda p, share: nucleus_in_a_loop(p, share, enough=lambda total, share: True),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda k: k > 0),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda kept: kept[kept > 0] / kept.sum()),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "35.6": ["all zero", 0, "zeros", "0.0"],
}
