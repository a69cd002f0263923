"""Exercises of 21_one_query_by_hand."""
import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import softmax

number("21.1", 71 / 20,
       "Amounts 3, 9, 27, 81, or after the shift 1, 3, 9, 27, which make 40. Output (1*1 + 3*2 + 9*3 + 27*4)/40 = 142/40.",
       [(27 / 40, "That is the weight of the value 4. Go on: each weight times its value, then add."),
        (27 / 10, "That is the product for the value 4 alone. Add the other three."),
        (5 / 2, "That is the plain mean, which a query of 0 reads. What are the amounts for ln 3?"),
        (142, "You have not divided by the total of the amounts, 1 + 3 + 9 + 27."),
        (426, "You have not divided by the total of the amounts, 3 + 9 + 27 + 81."),
        (3, "You shared 1 in proportion to the scores. Share it in proportion to their exponentials."),
        (49 / 15, "You took ln 2 for the query: amounts 1, 2, 4, 8. With ln 3 each is three times the one before.")],
       first="Write down the score of each key, the product with ln 3, and its amount: a power of 3.")


def draw_filler(rng):
    shape = (rng.integers(1, 4), rng.integers(1, 4))
    return np.round(rng.normal(size=shape), 1) + float(rng.choice([-1000, 0, 0, 1000])), int(rng.integers(1, 5))


@function("21.2", draw_filler)
def share_of_filler(scores, p):
    """A zero key has score 0: append p zeros, share, and add up what the last p columns got.  softmax keeps 1000 from overflowing."""
    filled = np.concatenate([scores, np.zeros((len(scores), p))], axis=-1)
    return softmax(filled)[:, scores.shape[-1]:].sum(axis=-1)


@mistake("21.2", "Right for small scores; near 1000 the amounts are infinite, and infinity over infinity is no number. Let softmax "
                 "subtract the largest score.")
def _(s, p):
    real = np.exp(s).sum(axis=-1)
    return 1 - real / (real + p)


@mistake("21.2", "You subtracted the largest score from the real keys and left the filler's 0 where it was. Whatever is subtracted is "
                 "subtracted from every score of the row.")
def _(s, p):
    real = np.exp(s - s.max(axis=-1, keepdims=True)).sum(axis=-1)
    return p / (real + p)


@mistake("21.2", "That is the share of one filler key. There are p of them.")
def _(s, p):
    return share_of_filler(s, p) / p


@mistake("21.2", "You count the filler once, whatever p is.")
def _(s, p):
    return share_of_filler(s, 1)


@mistake("21.2", "You give the filler the amount 0. A score of 0 is the amount exp(0).")
def _(s, p):
    return np.zeros(len(s))


@mistake("21.2", "That is the share of the real keys.")
def _(s, p):
    return 1 - share_of_filler(s, p)


@mistake("21.2", "You count the filler as keys like the others, p of n + p. Its score is 0, theirs are not.")
def _(s, p):
    return np.full(len(s), p / (s.shape[-1] + p))


def draw_lengths(rng):
    n = int(rng.integers(2, 6))
    return rng.integers(0, n + 1, size=rng.integers(1, 4)), n


@function("21.3", draw_lengths)
def padding_mask(lengths, n):
    """Places count from 0, so a sequence of length 3 owns the places 0, 1, 2: less than, and an axis of 1 for the queries."""
    return np.arange(n) < lengths[:, None, None]


@mistake("21.3", "The axis is right. The place counts from 0: which is the last place of a sequence of length 3?")
def _(lengths, n):
    return np.arange(n) <= lengths[:, None, None]


@mistake("21.3", "The places are right. The shape (batch, n) has no axis for the queries: expected (batch, 1, n).")
def _(lengths, n):
    return np.arange(n) < lengths[:, None]


@mistake("21.3", "That is the colleague's version: one place too many, and no axis for the queries.")
def _(lengths, n):
    return np.arange(n) <= lengths[:, None]


@mistake("21.3", "Your True marks the filler. In this book True = may attend.")
def _(lengths, n):
    return np.arange(n) >= lengths[:, None, None]


@mistake("21.3", "Your mask is (batch, n, 1): that is one row for each key. Keys run along the last axis.")
def _(lengths, n):
    return (np.arange(n) < lengths[:, None])[:, :, None]


number("21.4", 2.0,
       "d ln w_i / dq = i - o (softmax with scores q i), so do/dq = sum w_i (i - o) i = sum w_i (i - o)^2: the variance under the "
       "weights.  At q = 0 the weights are 1/5, o = 3, and the variance of 1..5 is (4 + 1 + 0 + 1 + 4)/5 = 2.",
       [(10, "That is the sum of the squares. The weights at q = 0 are 1/5 each."),
        (5 / 2, "You divided by n - 1, as for a sample. The weights sum to 1: each is 1/5."),
        (3, "That is the output at q = 0. The slope was asked for."),
        (0, "The sum of w_i (i - o) is 0; each term needs one more factor, i - o."),
        (11, "That is the mean of the squares. Take away the square of the mean."),
        (2**0.5, "That is the standard deviation; the slope is its square.")],
       first="Write down the five weights at q = 0 and the output that they give. How far is each value from it?")


def draw_weights(rng):
    m, n = rng.integers(1, 4), rng.integers(2, 5)
    weights, j = softmax(np.round(rng.normal(size=(m, n)), 1)), int(rng.integers(n))
    if rng.random() < 0.3:
        weights[0] = np.eye(n)[j]
    return weights, j


@function("21.5", draw_weights)
def without_key(weights, j):
    """The other keys keep their ratios: strike column j and divide each row by what is left, 1 - w_j; an empty row stays zero."""
    struck = np.where(np.arange(weights.shape[-1]) == j, 0, weights)
    total = struck.sum(axis=-1, keepdims=True)
    return struck / np.where(total == 0, 1, total)


@mistake("21.5", "Your rows no longer sum to 1. Divide by what is left.")
def _(w, j):
    return np.where(np.arange(w.shape[-1]) == j, 0, w)


@mistake("21.5", "Right while key j leaves something; a row in which it had everything becomes 0/0.")
def _(w, j):
    struck = np.where(np.arange(w.shape[-1]) == j, 0, w)
    return struck / struck.sum(axis=-1, keepdims=True)


@mistake("21.5", "You share the weight of key j in equal parts. Masking keeps the ratios of the others: divide.")
def _(w, j):
    n = w.shape[-1]
    spread = w + w[:, j:j + 1] / (n - 1)
    return np.where((np.arange(n) == j) | (w[:, j:j + 1] == 1), 0, spread)


@mistake("21.5", "You put the weights through softmax again. They are shares already; divide by what is left.")
def _(w, j):
    return softmax(np.where(np.arange(w.shape[-1]) == j, -np.inf, w))


@mistake("21.5", "The result has a column less. A masked key keeps its place, with weight 0.")
def _(w, j):
    struck = np.delete(w, j, axis=-1)
    total = struck.sum(axis=-1, keepdims=True)
    return struck / np.where(total == 0, 1, total)


choice("21.6", "c",
       "No mixture of 1, 2, 3 exceeds 3, so 3.4 falls at a glance.  The weights sum to 1, their ratios are e^q = 2 and the shapes fit; "
       "the output should be (1 + 4 + 12)/7 = 17/7.",
       [("a", "1/7 + 2/7 + 4/7 is 1. The weights pass."),
        ("b", "Each weight is twice the one before, as q = ln 2 demands. The weights pass."),
        ("d", "One number meets one number; the shapes pass.")])

number("21.7", 6, "W carries a query (2,) into the keys' space (3,), so its shape is (2, 3).",
       [(5, "That is the sum of the widths. W has a row for each entry of the query and a column for each of the key."),
        (4, "W is square only when both widths agree. Its shape is (width of the query, width of the key)."),
        (9, "W is square only when both widths agree; the query has 2 entries, not 3."),
        (1, "One number scales all scores alike. W has an entry for each pair of entries.")],
       first="The score is q W k. How many rows must W have to meet the query, and how many columns to meet the key?")
