"""Exercises of 41_translation."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("41.1", 0.9**5,
       "All five must be right: 0.9 ** 5 = 0.590. To keep 0.95 of the lists of five, an item must be right 99 times in 100.",
       [(0.9, "That is one item. All five must be right."),
        (0.5, "You subtracted 0.1 per item; lists with two mistakes are then counted twice. Multiply instead."),
        (100 * 0.9**5, "Right, in percent. A share lies between 0 and 1."),
        (1 - 0.1**5, "That is the chance that at least one item is right."),
        (0.9**4, "Five items, so five factors.")],
       first="With what probability are the first two items both right? Go on from there.")

number("41.2", 3 * 48 * 96 - 48 * 96,
       "A GRU multiplies its input by three matrices of 48 rows (two gates, one candidate). "
       "96 numbers of input fewer are 3 * 48 * 96 = 13,824\n"
       "parameters; W costs 48 * 96 = 4,608. The difference is 9,216 = 77,055 - 67,839; all other layers are the same.",
       [(3 * 48 * 96, "The GRU saves 13,824, three matrices of 48 by 96, for the context alone. Luong's W, 48 by 96, is still to be paid."),
        (48 * 96, "4,608 is one matrix of 48 by 96: W alone; or two of the GRU's, less W; or its three for the word vector. The context "
                  "meets three matrices of the GRU, which fall away, and W is one that is added."),
        (3 * 48 * 96 + 48 * 96, "The sign: W is what Luong's decoder has in addition."),
        (48 * 96 - 3 * 48 * 96, "The size is right; the question is by how many Luong's is smaller, a positive number."),
        (3 * 48 * 48 - 48 * 96, "The context has 96 numbers: two directions of 48.")],
       first="By how many numbers is each of the three input matrices of the GRU smaller? And how many numbers has W?")


def draw_map(rng):
    m, n = rng.integers(2, 6), rng.integers(2, 6)
    weights = rng.random((m, n))
    right = rng.random((m, n)) < 0.4
    right[0] = [True, *[False] * (n - 1)]
    right[1] = False                                        # a word such as "and"
    return weights / weights.sum(axis=1, keepdims=True), right


@function("41.3", draw_map)
def mass(weights, right):
    """Add up the weight on right cells row by row, then average the rows that have a right cell."""
    scored = right.any(axis=1)
    return (weights * right).sum(axis=1)[scored].mean()


@mistake("41.3", "You average over all rows. A word such as \"and\" has no right cell and is not scored.")
def _(weights, right):
    return (weights * right).sum(axis=1).mean()


@mistake("41.3", "You average over right cells, not rows: a row with many right cells is then counted many times.")
def _(weights, right):
    return weights[right].mean()


@mistake("41.3", "Those are hits: they look at the largest weight alone. Mass adds the weights up.")
def _(weights, right):
    return np.mean([r[w.argmax()] for w, r in zip(weights, right) if r.any()])


@mistake("41.3", "You average over the right cells of a row. Add them: a row may look at any of them.")
def _(weights, right):
    return np.mean([w[r].mean() for w, r in zip(weights, right) if r.any()])


@mistake("41.3", "You added the rows up. Expected the mean over the scored rows.")
def _(weights, right):
    return (weights * right).sum()


@mistake("41.3", "That is the mass of each row. Expected one number, their mean.")
def _(weights, right):
    return (weights * right).sum(axis=1)[right.any(axis=1)]


@mistake("41.3", "You took the columns. Each target word has a row.")
def _(weights, right):
    return (weights * right).sum(axis=0)[right.any(axis=0)].mean()


def draw_words(rng):
    b, m = rng.integers(1, 4), rng.integers(2, 6)
    wanted = rng.integers(1, 6, (b, m))
    length = rng.integers(1, m + 1, b)
    wanted[np.arange(m) >= length[:, None]] = 0
    written = np.where(rng.random((b, m)) < 0.7, wanted, rng.integers(0, 6, (b, m)))
    return written, wanted


@function("41.4", draw_words)
def token_accuracy(written, wanted):
    """Look only at places where a word is wanted; padding that agrees with padding is no achievement."""
    return (written == wanted)[wanted != 0].mean()


@mistake("41.4", "That is the colleague's: padding that agrees with padding is counted as right.")
def _(written, wanted):
    return (written == wanted).mean()


@mistake("41.4", "You average over the words that were written. A model that stops early is then never wrong.")
def _(written, wanted):
    return (written == wanted)[written != 0].mean() if (written != 0).any() else 0.0


@mistake("41.4", "You skip the places where nothing was written. A wanted word that is missing is wrong, and counts.")
def _(written, wanted):
    both = (written != 0) & (wanted != 0)
    return (written == wanted)[both].mean() if both.any() else 0.0


@mistake("41.4", "Padding no longer counts as right, but you still divide by all places. Divide by the wanted words.")
def _(written, wanted):
    return ((written == wanted) & (wanted != 0)).mean()


@mistake("41.4", "That is how many are right. Expected a share: divide by the wanted words.")
def _(written, wanted):
    return ((written == wanted) & (wanted != 0)).sum()


@mistake("41.4", "You also count the words written where none is wanted. Only the wanted words are scored.")
def _(written, wanted):
    return (written == wanted)[(written != 0) | (wanted != 0)].mean()


@mistake("41.4", "You average sentence by sentence, so that a word of a short sentence counts more. Average over all words.")
def _(written, wanted):
    return np.mean([(a == b)[b != 0].mean() for a, b in zip(written, wanted)])


def draw_reading(rng):
    items = rng.integers(1, 5)
    item_of = np.concatenate([[i] * rng.integers(1, 3) + [-1] for i in range(items)])
    weights = rng.random((rng.integers(1, 7), len(item_of))) ** 4
    weights *= np.where(np.isin(item_of, np.flatnonzero(rng.random(items) < 0.4)), 0.05, 1)
    if rng.random() < 0.3:                                  # in quarters, so that a sum may be 0.5 exactly
        weights = rng.multinomial(4, np.ones(len(item_of)) / len(item_of), len(weights))
    return weights / weights.sum(axis=1, keepdims=True), item_of


@function("41.5", draw_reading)
def overlooked(weights, item_of):
    """Sum the weights over all rows, then over the tokens of each item; count the items below one half."""
    received = weights.sum(axis=0)
    return sum(received[item_of == i].sum() < 0.5 for i in range(item_of.max() + 1))


@mistake("41.5", "You count tokens. An item of two words is overlooked only if both together got little.")
def _(weights, item_of):
    return int((weights.sum(axis=0) < 0.5)[item_of >= 0].sum())


@mistake("41.5", "You counted the commas, item −1, as an item.")
def _(weights, item_of):
    received = weights.sum(axis=0)
    return sum(received[item_of == i].sum() < 0.5 for i in np.unique(item_of))


@mistake("41.5", "Right unless the sum is 0.5: overlooked is what received *less* than half.")
def _(weights, item_of):
    received = weights.sum(axis=0)
    return sum(received[item_of == i].sum() <= 0.5 for i in range(item_of.max() + 1))


@mistake("41.5", "You averaged over the rows; in a long target every item then looks overlooked. Add the rows up.")
def _(weights, item_of):
    received = weights.mean(axis=0)
    return sum(received[item_of == i].sum() < 0.5 for i in range(item_of.max() + 1))


@mistake("41.5", "You look at the largest weight of each row alone. Small weights add up too.")
def _(weights, item_of):
    return len(set(item_of[item_of >= 0]) - set(item_of[weights.argmax(axis=1)]))


@mistake("41.5", "Those are the items themselves. Return their number.")
def _(weights, item_of):
    received = weights.sum(axis=0)
    return [i for i in range(item_of.max() + 1) if received[item_of == i].sum() < 0.5]


@mistake("41.5", "You count the items that were looked at.")
def _(weights, item_of):
    return item_of.max() + 1 - overlooked(weights, item_of)


@mistake("41.5", "The last item is missing: items count from 0 to the largest number, included.")
def _(weights, item_of):
    received = weights.sum(axis=0)
    return sum(received[item_of == i].sum() < 0.5 for i in range(item_of.max()))


choice("41.6", "a",
       "Sums: -2.0 > -2.4, so the sentence of four words. Means: -2.0/4 = -0.5 and -2.4/6 = -0.4, so the sentence of six. Every\n"
       "further word lowers the sum, so plain beam search prefers short sentences; dividing by the length is the simplest cure.",
       [("b", "Divide by the number of words: -2.0/4 against -2.4/6. Which is larger?"),
        ("c", "By the sum the larger number wins, and -2.0 is larger than -2.4."),
        ("d", "The two are exchanged: -2.0 is the larger sum, -0.4 the larger mean.")])

choice("41.7", "d",
       "The general score s W h has a matrix of 48 by 96 between the two, so their lengths may differ. Dot, scaled dot and cosine\n"
       "multiply entry by entry and need equal lengths.",
       [("a", "A dot product multiplies entry by entry: 48 against 96 does not fit."),
        ("b", "Dividing by the root of d changes the size of a dot product, not its need for equal lengths."),
        ("c", "A cosine is a dot product of shortened vectors; the lengths must be equal.")])
