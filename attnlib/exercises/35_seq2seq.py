"""Exercises of 35_seq2seq."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("35.1", 1 + 33 + 33**2,
       "The end alone; one of 33 other words, then the end; two of 33, then the end: 1 + 33 + 1,089 = 1,123. With four words it is "
       "1,123 + 33 ** 3 = 37,060.\nEach further word multiplies by about 33, so enumeration judges short outputs only.",
       [(33**2, "Those are the answers of exactly three words. At most three was asked."),
        (33 + 33**2, "The shortest answer is missing: the end at once, which is the empty answer."),
        (1 + 33 + 33**2 + 33**3, "You count answers of four words. The end is the third word at the latest."),
        (34 + 34**2 + 34**3, "The end cannot stand inside an answer, and stands last in each: 33 choices for every word before it."),
        (1 + 31 + 31**2, "A network may also write the padding or the beginning; nothing forbids it. 33 words are not the end."),
        (1 + 34 + 34**2, "The end cannot stand inside an answer: before it, 33 words are open, not 34."),
        (33**3, "You let three words stand before the end. The end is the third word at the latest."),
        (34**2, "That lets the end be followed by a word. After a first end there is nothing to choose."),
        (34**3, "Those are all sequences of three words. An answer is over at its first end.")],
       first="Count apart: the end at once; one word, then the end; two words, then the end. How many words may stand before the end?")

number("35.2", np.log(np.log(2 / 7) / np.log(1 / 3)) / np.log(9 / 6),
       "Equal scores: ln(1/3) / 1 = ln(2/7) / (9/6) ** alpha, so (9/6) ** alpha = 1.2528 / 1.0986 = 1.1403 and\n"
       "alpha = ln 1.1403 / ln 1.5 = 0.324. The penalty of length 1 is (5 + 1) / (5 + 1) = 1 for every alpha.",
       [(np.log(np.log(2 / 7) / np.log(1 / 3)) / np.log(4), "You divide by length ** alpha. Wu's penalty is ((5 + length) / 6) ** alpha."),
        (np.log(2 / 7) / np.log(1 / 3), "That is the penalty that is needed, 1.5 ** alpha. Solve for alpha."),
        (np.log(np.log(2 / 7) / np.log(1 / 3)) / np.log(8 / 5), "You do not count the end: lengths 0 and 3. Here they are 1 and 4."),
        (np.log(np.log(4 / 21) / np.log(1 / 3)) / np.log(9 / 6), "4/21 is greedy's answer. The Basque reading has 6/21 = 2/7."),
        (np.log(2 / 7) / np.log(1 / 3) / 1.5, "1.5 ** alpha must be 1.1403, not 1.5 * alpha: take logarithms before you divide."),
        (-np.log(np.log(2 / 7) / np.log(1 / 3)) / np.log(9 / 6), "The ratio stands upside down: a negative alpha punishes length."),
        (0.6, "At 0.6 the date is well ahead. Where do the two scores meet?")],
       first="Write down both scores, the logarithm of the probability over ((5 + length) / 6) ** alpha, and set them equal.")


def draw_weights(rng):
    weights = rng.random((rng.integers(1, 6), rng.integers(2, 6))) ** 2 + 0.01
    return (weights / weights.sum(axis=1, keepdims=True),)


@function("35.3", draw_weights)
def coverage(weights):
    """Add the weights up for each source place, cut at one word's worth, and sum the logarithms."""
    return np.log(np.minimum(weights.sum(axis=0), 1)).sum()


@mistake("35.3", "You add up each row. A row sums to one, whatever was looked at; the places are the columns.")
def _(weights):
    return np.log(np.minimum(weights.sum(axis=1), 1)).sum()


@mistake("35.3", "Without the minimum a place that is read twice makes up for one that is never read.")
def _(weights):
    return np.log(weights.sum(axis=0)).sum()


@mistake("35.3", "You cut each weight at 1; a weight never exceeds 1. Cut the sum of a column.")
def _(weights):
    return np.log(np.minimum(weights, 1)).sum()


@mistake("35.3", "You took the maximum: then only what was read too often counts.")
def _(weights):
    return np.log(np.maximum(weights.sum(axis=0), 1)).sum()


@mistake("35.3", "You take the largest weight of each column. A place can be read little by little: add its weights up.")
def _(weights):
    return np.log(np.minimum(weights.max(axis=0), 1)).sum()


@mistake("35.3", "That is one number for each place. Return their sum.")
def _(weights):
    return np.log(np.minimum(weights.sum(axis=0), 1))


@mistake("35.3", "That is the mean over the places. Return the sum.")
def _(weights):
    return np.log(np.minimum(weights.sum(axis=0), 1)).mean()


@mistake("35.3", "The logarithm is missing: without it a place that is never read costs no more than one.")
def _(weights):
    return np.minimum(weights.sum(axis=0), 1).sum()


@mistake("35.3", "The logarithm stands inside the sum: a place that is hardly read must hurt much.")
def _(weights):
    return np.log(np.minimum(weights.sum(axis=0), 1).sum())


def draw_beam(rng):
    k, t, h, size = rng.integers(2, 5), rng.integers(1, 4), rng.integers(1, 4), 7
    best = rng.permutation(k * size)[:k]
    return rng.integers(0, size, (k, t)), np.round(rng.normal(size=(k, h)), 2), best, size


@function("35.4", draw_beam)
def keep(words, state, best, size):
    """A winner goes on from the beginning it came from: its words and its state are both taken from `origin`."""
    origin, word = best // size, best % size
    return np.concatenate([words[origin], word[:, None]], axis=1), state[origin]


@mistake("35.4", "That is the colleague's: the words change places, the states do not, and a beginning goes on with another's memory.")
def _(words, state, best, size):
    return np.concatenate([words[best // size], (best % size)[:, None]], axis=1), state[:len(best)]


@mistake("35.4", "Now the states follow, but the words stay where they were. Both come from `origin`.")
def _(words, state, best, size):
    return np.concatenate([words[:len(best)], (best % size)[:, None]], axis=1), state[best // size]


@mistake("35.4", "Nothing moves: the words and the state of each winner must be taken from `origin`.")
def _(words, state, best, size):
    return np.concatenate([words[:len(best)], (best % size)[:, None]], axis=1), state[:len(best)]


@mistake("35.4", "You divide by the number of beginnings. A row of the flattened table has `size` entries.")
def _(words, state, best, size):
    k = len(words)
    origin, word = best // k, best % k
    return np.concatenate([words[origin % k], word[:, None]], axis=1), state[origin % k]


@mistake("35.4", "The quotient is the beginning and the remainder the word; you have them the other way round.")
def _(words, state, best, size):
    origin, word = best % size % len(words), best // size
    return np.concatenate([words[origin], word[:, None]], axis=1), state[origin]


@mistake("35.4", "The new word belongs at the end.")
def _(words, state, best, size):
    return np.concatenate([(best % size)[:, None], words[best // size]], axis=1), state[best // size]


def draw_next(rng):
    if rng.random() < 0.2:                                                      # the share is met exactly
        return rng.permutation([8, 4, 2, 1, 1]) / 16, float(rng.choice([0.5, 0.75, 0.875]))
    p = rng.random(rng.integers(3, 8)) ** 3 + 0.01
    return p / p.sum(), float(rng.choice([0.3, 0.5, 0.7, 0.9]))


@function("35.5", draw_next)
def nucleus(p, share):
    """Sort from the top, keep words while what stood before them is below the share (so the one that crosses it stays), divide."""
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    kept = np.where(np.isin(np.arange(len(p)), order[before < share]), p, 0)
    return kept / kept.sum()


@mistake("35.5", "You stop before the word that crosses the share. The kept ones must add up to at least `share`.")
def _(p, share):
    order = np.argsort(-p)
    kept = np.where(np.isin(np.arange(len(p)), order[np.cumsum(p[order]) <= share]), p, 0)
    return kept / max(kept.sum(), 1e-300)


@mistake("35.5", "Right unless the share is met exactly: then the kept words are enough, and you add one more.")
def _(p, share):
    order = np.argsort(-p)
    kept = np.where(np.isin(np.arange(len(p)), order[np.cumsum(p[order]) - p[order] <= share]), p, 0)
    return kept / kept.sum()


@mistake("35.5", "Divide by their sum: the new numbers must be probabilities again.")
def _(p, share):
    order = np.argsort(-p)
    return np.where(np.isin(np.arange(len(p)), order[np.cumsum(p[order]) - p[order] < share]), p, 0)


@mistake("35.5", "You keep the words whose own probability reaches the share. It is their sum that has to reach it.")
def _(p, share):
    kept = np.where(p >= share, p, 0)
    return kept / max(kept.sum(), 1e-300)


@mistake("35.5", "You keep the least probable words. Sort from the top.")
def _(p, share):
    order = np.argsort(p)
    kept = np.where(np.isin(np.arange(len(p)), order[np.cumsum(p[order]) - p[order] < share]), p, 0)
    return kept / kept.sum()


@mistake("35.5", "You add up in the order of the list. The most probable words come first, so sort before you add.")
def _(p, share):
    kept = np.where(np.cumsum(p) - p < share, p, 0)
    return kept / kept.sum()


@mistake("35.5", "Your result is in sorted order. Each word keeps its place.")
def _(p, share):
    order = np.argsort(-p)
    ranked = p[order]
    kept = np.where(np.cumsum(ranked) - ranked < share, ranked, 0)
    return kept / kept.sum()


@mistake("35.5", "You keep a share of the number of words. It is a share of the probability.")
def _(p, share):
    count = int(np.ceil(share * len(p)))
    kept = np.where(np.isin(np.arange(len(p)), np.argsort(-p)[:count]), p, 0)
    return kept / kept.sum()


choice("35.6", "c",
       "A row that allows no key has weights zero and output zero, by `masked_softmax`; the decoder then goes on without a context.",
       [("a", "That is what a softmax over nothing but minus infinity gives. `masked_softmax` guards against it."),
        ("b", "That is what a finite large negative number gives, since every place gets the same one."),
        ("d", "A window that holds no place cannot choose one.")])
