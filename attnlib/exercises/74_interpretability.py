"""Exercises of 74_interpretability."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("74.1", -0.9,
       "The score is 0.6 * 1 + 0.3 * 4 + 0.1 * (-2) = 1.6.  Without the first word the weights 0.3 and 0.1\n"
       "are divided by 0.4: 0.75 * 4 - 0.25 * 2 = 2.5.  The change is 1.6 - 2.5 = -0.9, as the formula says: 0.6 / 0.4 * (1 - 1.6).\n"
       "The word with the largest weight spoke for a lower score.",
       [(0.9, "The sign: the score rises when the word goes, so the change, score minus score without it, is below zero."),
        (0.6, "That is weight times value. When the word goes, the other weights are divided by their sum, 0.4."),
        (2.5, "That is the score without the word. The change is the score minus that."),
        (1.6, "That is the score of all three words."),
        (-0.36, "The formula divides by 1 - w: the other weights grow when the word goes."),
        (1.5, "That is w / (1 - w). It is multiplied by how far the word's value lies from the score.")],
       first="What is the score now, and what is it when 0.3 and 0.1 are divided by their sum?")


def draw_pair(rng):
    n = int(rng.integers(5, 10))
    return (*(rng.permutation(np.arange(1, n + 1)) * rng.choice([-1, 1], size=n) for _ in range(2)), int(rng.integers(1, n - 1)))


def largest(a, k):
    return set(np.argsort(-np.abs(a))[:k])


@function("74.2", draw_pair)
def above_chance(a, b, k):
    """Of the k largest of a some are among the k largest of b; chance alone gives k / n of them, and 1 is the most that can be had."""
    share, chance = len(largest(a, k) & largest(b, k)) / k, k / len(a)
    return (share - chance) / (1 - chance)


@mistake("74.2", "The largest by size were asked for: a word may speak strongly against the answer.")
def _(a, b, k):
    sets = [set(np.argsort(-c, kind="stable")[:k]) for c in (a, b)]
    return (len(sets[0] & sets[1]) / k - k / len(a)) / (1 - k / len(a))


@mistake("74.2", "That is the share alone. What chance gives, k / n, is still in it.")
def _(a, b, k):
    return len(largest(a, k) & largest(b, k)) / k


@mistake("74.2", "Chance is taken away, but the result is not divided by the most that is left, 1 - k / n.")
def _(a, b, k):
    return len(largest(a, k) & largest(b, k)) / k - k / len(a)


@mistake("74.2", "Those are the k smallest.")
def _(a, b, k):
    sets = [set(np.argsort(np.abs(c), kind="stable")[:k]) for c in (a, b)]
    return (len(sets[0] & sets[1]) / k - k / len(a)) / (1 - k / len(a))


@mistake("74.2", "You divided by the union of the two sets. The share is of k words.")
def _(a, b, k):
    both, either = largest(a, k) & largest(b, k), largest(a, k) | largest(b, k)
    return (len(both) / len(either) - k / len(a)) / (1 - k / len(a))


def draw_cubes(rng):
    n = int(rng.integers(1, 4))
    return (*np.round(rng.normal(size=(3, n)) * 2, 1), int(rng.integers(1, 5)))


def midpoints(steps):
    return ((np.arange(steps) + 0.5) / steps)[:, None]


@function("74.3", draw_cubes)
def integrated_cubes(c, x, base, steps):
    """The way begins at the base and ends at x, and what is multiplied is how far x lies from the base."""
    return (3 * c * (base + midpoints(steps) * (x - base)) ** 2).mean(axis=0) * (x - base)


@mistake("74.3", "That is the colleague's code: the base occurs nowhere in it.")
def _(c, x, base, steps):
    return (3 * c * (midpoints(steps) * x) ** 2).mean(axis=0) * x


@mistake("74.3", "The way begins at the base now. The mean slope is still multiplied by x alone, not by x minus base.")
def _(c, x, base, steps):
    return (3 * c * (base + midpoints(steps) * (x - base)) ** 2).mean(axis=0) * x


@mistake("74.3", "The factor is right now. The way still begins at zero, not at the base.")
def _(c, x, base, steps):
    return (3 * c * (midpoints(steps) * x) ** 2).mean(axis=0) * (x - base)


@mistake("74.3", "The way does not end at x: go from the base by a share of x minus base.")
def _(c, x, base, steps):
    return (3 * c * (base + midpoints(steps) * x) ** 2).mean(axis=0) * (x - base)


@mistake("74.3", "That is the sum of the slopes. Their mean was wanted: divide by the steps.")
def _(c, x, base, steps):
    return (3 * c * (base + midpoints(steps) * (x - base)) ** 2).sum(axis=0) * (x - base)


@mistake("74.3", "That is the exact integral. With few steps the sum of midpoints differs from it, and that sum was asked for.")
def _(c, x, base, steps):
    return c * (x**3 - base**3)


number("74.4", 11,
       "The output fixes 8 sums of the weights, and that they sum to 1 fixes one more: 20 - 8 - 1 = 11 directions are free,\n"
       "as long as no weight falls below 0.",
       [(12, "The weights must also sum to 1. That is one equation more."),
        (8, "That is how many sums the output fixes. What is left of the 20 weights?"),
        (9, "That is how many equations there are. How many of the 20 weights do they leave free?"),
        (20, "Without any condition. How many numbers must stay as they are?"),
        (19, "That is with the sum alone. The output fixes 8 sums more.")],
       first="Count unknown weights, then the equations that they must fulfil.")

number("74.5", float(np.log(100)),
       "e^g / (e^g + 100) = 1/2 means e^g = 100, so g = ln 100 = 4.6052.\n"
       "With 10,001 keys it is twice that: the gap that is needed grows as the logarithm of the row.",
       [(100, "That is e^g. Take the logarithm."),
        (2, "That is the logarithm to base 10. Softmax takes powers of e."),
        (6.644, "That is the logarithm to base 2. Softmax takes powers of e."),
        (5.298, "You solved e^g = 200. The weight is 1/2 when e^g equals all the others together, 100."),
        (0.01, "That is what each of the others weighs beside it. The gap of the scores was asked for.")],
       first="When does the first term of the sum equal all the others together?")

choice("74.6", "b",
       "The weight says that the state over *was* was read, and a state can hold what stands elsewhere. That the answer follows\n"
       "*dull* was tried, by exchanging it. Leaving *was* out tried the word, not the state over it: another state may take over.",
       [("a", "Leaving *was* out changed nothing. A large weight is no test of that."),
        ("c", "The weight lies on the state over *was*; what was left out is the word. That says nothing against the state being read."),
        ("d", "The pooled vector is made with the weights. They do not say which word a state's content comes from.")])

choice("74.7", "a",
       "Silencing sets the value to zero and leaves the weights alone, so the words get what they got before. Hiding masks\n"
       "the place: its weight is shared out, and every word's output changes in proportion. Without the word all states change.",
       [("b", "Hiding masks the place, and softmax shares its weight out among the others."),
        ("c", "Without the word everything is read anew, and all states may change."),
        ("d", "One of the three leaves them. Which one touches the value alone?")])
