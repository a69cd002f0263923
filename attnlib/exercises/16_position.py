"""Exercises of 16_position."""
import math

import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import causal_mask, dot_scores, length_mask, masked_softmax, rotate, scaled_dot_scores

number("16.1", 1 / 13,
       "The distances of places 0, 1 and 2 from place 2 are 2, 1 and 0: amounts 1/2, 2 and 4, together 13/2, and 1/2 over 13/2 is 1/13.",
       [(8 / 13, "That is the weight of place 2 on itself. Place 0 is two steps away: amount 1/2."),
        (4 / 13, "That is the weight of place 1. Place 0 is two steps away: amount 1/2."),
        (2 / 27, "That total has four keys. Place 2 may not see place 3."),
        (1 / 27, "That is what place 0 gets from place 3, three steps away."),
        (4 / 7, "You shared the amounts 4, 2, 1. The third cosine is -1/2, so the third amount is 1/2."),
        (1 / 7, "You shared the amounts 1, 2, 4. The cosine of place 0 is -1/2, so its amount is 1/2."),
        (1 / 2, "That is the amount of place 0. The weight is its share of the three amounts."),
        (-math.log(2), "That is the score of place 0: turn the three scores into amounts, then share."),
        (0.12195, "You shared out e to the cosine. The score is 2 ln 2 times the cosine.")],
       first="Write down the angle between place 2 and each place that it may see, then the score 2 ln 2 cos(angle), then the amount.")


def draw_heads(rng):
    return (int(rng.integers(1, 13)),)


@function("16.2", draw_heads)
def slopes(heads):
    """The slopes of the largest power of two that fits; the rest are every second slope, from the first on, of twice that power."""
    power = 2 ** int(math.log2(heads))
    more = 2.0 ** (-8 * np.arange(1, 2 * power + 1, 2) / (2 * power))
    return np.concatenate([2.0 ** (-8 * np.arange(1, power + 1) / power), more])[:heads]


@mistake("16.2", "That is the formula for any number of heads. It agrees for powers of two; for 3, 5 or 6 the program differs.")
def _(heads):
    return 2.0 ** (-8 * np.arange(1, heads + 1) / heads)


@mistake("16.2", "Your extra slopes are among the first ones already. Take every second one from the *first* on.")
def _(heads):
    power = 2 ** int(math.log2(heads))
    more = 2.0 ** (-8 * np.arange(2, 2 * power + 2, 2) / (2 * power))
    return np.concatenate([2.0 ** (-8 * np.arange(1, power + 1) / power), more])[:heads]


@mistake("16.2", "The right slopes in another order: the program appends the extra ones and does not sort.")
def _(heads):
    return np.sort(slopes(heads))[::-1]


@mistake("16.2", "You took the extra slopes one after the other. Take every second one.")
def _(heads):
    power = 2 ** int(math.log2(heads))
    more = 2.0 ** (-8 * np.arange(1, 2 * power + 1) / (2 * power))
    return np.concatenate([2.0 ** (-8 * np.arange(1, power + 1) / power), more])[:heads]


@mistake("16.2", "For 3 or 6 heads, say, that is right. A power of two itself needs no appending: it gets the formula alone.")
def _(heads):
    power = 2 ** math.ceil(math.log2(heads) - 1) if heads > 1 else 1
    more = 2.0 ** (-8 * np.arange(1, 2 * power + 1, 2) / (2 * power))
    return np.concatenate([2.0 ** (-8 * np.arange(1, power + 1) / power), more])[:heads]


@mistake("16.2", "You took the next larger power of two and cut its slopes off. Start from the smaller one, and append.")
def _(heads):
    power = 2 ** math.ceil(math.log2(heads))
    return 2.0 ** (-8 * np.arange(1, power + 1) / power)[:heads]


@mistake("16.2", "Your slopes are 2 to the power -8 / h, which grow with h. The exponent is -8 h / H.")
def _(heads):
    return 2.0 ** (-8 / np.arange(1, heads + 1))


@mistake("16.2", "Your slopes are negative. The slope is positive; the bias takes it off.")
def _(heads):
    return -slopes(heads)


@mistake("16.2", "Your first slope is 1. The sequence starts at 2 to the power -8 / heads.")
def _(heads):
    power = 2 ** int(math.log2(heads))
    more = 2.0 ** (-8 * np.arange(0, 2 * power, 2) / (2 * power))
    return np.concatenate([2.0 ** (-8 * np.arange(power) / power), more])[:heads]


def draw_cache(rng):
    n, d = int(rng.integers(2, 6)), 2 * int(rng.integers(1, 3))
    return rng.normal(size=(1, d)), rng.normal(size=(n, d))


@function("16.3", draw_cache)
def step_scores(q, k):
    """The newest query stands at the last place, n - 1, beside the newest key."""
    n = len(k)
    return scaled_dot_scores(rotate(q, np.array([n - 1])), rotate(k, np.arange(n)))


@mistake("16.3", "That is the colleague's version: every new query believes that it is the first word of the text.")
def _(q, k):
    return scaled_dot_scores(rotate(q, np.array([0])), rotate(k, np.arange(len(k))))


@mistake("16.3", "Off by one: counted from 0, the last of n places is n - 1, where the newest key stands as well.")
def _(q, k):
    return scaled_dot_scores(rotate(q, np.array([len(k)])), rotate(k, np.arange(len(k))))


@mistake("16.3", "The scores know nothing of the places: you turned neither, or both by the same place.")
def _(q, k):
    return scaled_dot_scores(q, k)


@mistake("16.3", "The distances are right, their sign is not: you turned the oldest key most, as if it stood ahead of the query.")
def _(q, k):
    return scaled_dot_scores(q, rotate(k, np.arange(len(k))[::-1]))


@mistake("16.3", "Your keys are not turned. The score needs the difference of two turns.")
def _(q, k):
    return scaled_dot_scores(rotate(q, np.array([len(k) - 1])), k)


@mistake("16.3", "You turned query and key against each other: the score depends on the sum of the places, not on their difference.")
def _(q, k):
    return scaled_dot_scores(rotate(q, np.array([len(k) - 1])), rotate(k, -np.arange(len(k))))


@mistake("16.3", "The turns are right, the scale is missing: divide by the root of d.")
def _(q, k):
    return rotate(q, np.array([len(k) - 1])) @ rotate(k, np.arange(len(k))).T


number("16.4", math.log(2),
       "The amounts 1, r, r^2, ... with r = exp(-m) add up to 1 / (1 - r), so the place itself keeps 1 - r: 1/2 for r = 1/2, m = ln 2.",
       [(1 / 2, "That is r = exp(-m), the ratio of neighbouring amounts. The slope is the m in it."),
        (math.log(1 / 2), "The sign: the slope m is positive, the bias is -m times the distance."),
        (2 * math.log(2), "That place keeps 3/4: 1 - exp(-m) is what it keeps."),
        (0.69, "Two digits are too few here. Type the formula."),
        (2, "That is 1/r. The slope is its logarithm."),
        (1, "With m = 1 the place itself keeps 1 - 1/e, about 0.63."),
        (math.log(3), "That counts each distance twice, to the left and to the right. Under a causal mask there is one place a distance.")],
       first="Write down the amounts of the place itself, of its neighbour, of the one before: a geometric series. What is its sum?")

choice("16.5", "b",
       "A reward for distance gives the farthest key the largest score, and the farthest that a causal query sees is place 0, however long "
       "the text. Scores that know differences only can still find an edge.",
       [("a", "That reads the query's own place: the nearest key has the largest score."),
        ("c", "Beyond 8 places all distances share one number, and the weight is split among all places that are 8 or more away."),
        ("d", "Without any bias all places get the same weight, 1/(i + 1) each.")])

number("16.6", 0,
       "Shift invariance: the two differ by m times i, the same number for every key of row i, and a constant on a row cancels.",
       [(1, "No weight can change by 1 here. Look at what the two rows of scores differ by: does it depend on the key?")],
       first="Write down the two scores of the same query and key, and subtract one from the other. Does the result depend on the key?")


def draw_texts(rng):
    b, n, d = rng.integers(1, 4), rng.integers(2, 5), rng.integers(2, 5)
    lengths = rng.integers(0, n + 1, b)
    return rng.standard_normal((b, n, d)), rng.standard_normal((b, n, d)), float(rng.uniform(0.2, 2)), lengths


def weights_by(q, k, m, lengths, scores=scaled_dot_scores, mask=None):
    """The solution, or with another score or mask in its place."""
    n = q.shape[1]
    price = m * (np.arange(n)[:, None] - np.arange(n))
    return masked_softmax(scores(q, k) - price, length_mask(lengths, n) & causal_mask(n) if mask is None else mask)


@function("16.7", draw_texts)
def weights_of(q, k, m, lengths):
    """Scores (11), minus m times the distance (16), -inf where the key is padding or later (13), softmax row by row (12). The price
    is not divided by the root of d, and an empty text leaves rows of zeros."""
    return weights_by(q, k, m, lengths)


@mistake("16.7", "The price was divided by the root of d as well. ALiBi takes it from the score that is scaled already.")
def _(q, k, m, lengths):
    return weights_by(q, k, m / q.shape[-1] ** 0.5, lengths)


@mistake("16.7", "The dot products are not scaled: divide them by the root of d.")
def _(q, k, m, lengths):
    return weights_by(q, k, m, lengths, scores=dot_scores)


@mistake("16.7", "Distance is rewarded: the farther, the higher the score. It falls by m for each place.")
def _(q, k, m, lengths):
    return weights_by(q, k, -m, lengths)


@mistake("16.7", "There is no price for distance in your scores.")
def _(q, k, m, lengths):
    return weights_by(q, k, 0, lengths)


@mistake("16.7", "A query sees later places. Key j is allowed for query i where j <= i.")
def _(q, k, m, lengths):
    return weights_by(q, k, m, lengths, mask=length_mask(lengths, q.shape[1]))


@mistake("16.7", "Padding is looked at: a key is allowed where its place is smaller than the length of its text.")
def _(q, k, m, lengths):
    return weights_by(q, k, m, lengths, mask=causal_mask(q.shape[1])[None])


@mistake("16.7", "You silenced the padded queries too. The mask speaks of keys: what a padded place asks harms nobody.")
def _(q, k, m, lengths):
    real = length_mask(lengths, q.shape[1])
    return weights_by(q, k, m, lengths, mask=real & real.mT & causal_mask(q.shape[1]))


@mistake("16.7", "The weights were set to zero after softmax, so that the rows no longer add up to 1. Mask the scores.")
def _(q, k, m, lengths):
    mask = length_mask(lengths, q.shape[1]) & causal_mask(q.shape[1])
    return weights_by(q, k, m, lengths, mask=np.ones_like(mask)) * mask


@mistake("16.7", "A row that may look at nothing should be zeros; yours is nan, 0 divided by 0.")
def _(q, k, m, lengths):
    weights = weights_by(q, k, m, lengths)
    return weights / weights.sum(axis=-1, keepdims=True)


@mistake("16.7", "A row that may look at nothing should be zeros; yours shares its weight evenly: -1e9 is no -inf.")
def _(q, k, m, lengths):
    weights = weights_by(q, k, m, lengths)
    return np.where(weights.any(axis=-1, keepdims=True), weights, 1 / q.shape[1])
