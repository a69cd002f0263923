"""Exercises of 11_scores."""
import numpy as np

from attnlib.check import function, mistake, number

number("11.1", 9 / 14,
       "Doubling q doubles every score, and the amounts 1, 2, 3 are squared: 1, 4, 9, together 14. Dog has 9/14.\n"
       "Scores know no unit: whoever makes them louder makes the winner's share larger.",
       [(1 / 2, "That is dog's share before. Doubling every score is not adding the same to every score: what happens to exp?"),
        (3 / 5, "You doubled dog's amount alone, or the amounts' lead. Every score doubles: which amounts do 2 ln 2 and 2 ln 3 give?"),
        (3 / 4, "Those are cubes: 27 of 36. Doubling a logarithm squares the amount."),
        (9 / 13, "Park is missing from the total: its score stays 0, and its amount 1."),
        (2 * np.log(3) / (2 * np.log(6)), "You divided the scores. Divide their exponentials.")])


def draw_concat(rng):
    m, n, c, d, h = rng.integers(1, 5, 5)
    return tuple(np.round(rng.normal(size=shape), 1) for shape in [(m, c), (n, d + 1), (h, c + d + 1), h])


@function("11.2", draw_concat)
def concat_scores(q, k, W, v):
    """W [q; k] = W[:, :c] q + W[:, c:] k: one matrix is two matrices side by side, so this is the additive score."""
    c = q.shape[1]
    return np.tanh((q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None]) @ v


@mistake("11.2", "tanh is missing. Without it the query adds the same to every key, and softmax does not see it.")
def _(q, k, W, v):
    c = q.shape[1]
    return ((q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None]) @ v


@mistake("11.2", "You put the key on top. In [q; k] the query comes first and meets the first c columns of W.")
def _(q, k, W, v):
    d = k.shape[1]
    return np.tanh((k @ W[:, :d].T)[None] + (q @ W[:, d:].T)[:, None]) @ v


@mistake("11.2", "Your result is (n, m): the rows are keys. Queries go down, keys across.")
def _(q, k, W, v):
    return concat_scores(q, k, W, v).T


@mistake("11.2", "The last product is missing: v turns the h hidden units into one number for each pair.")
def _(q, k, W, v):
    c = q.shape[1]
    return np.tanh((q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None])


@mistake("11.2", "You returned weights. A score comes before softmax.")
def _(q, k, W, v):
    e = np.exp(concat_scores(q, k, W, v))
    return e / e.sum(axis=-1, keepdims=True)


@mistake("11.2", "tanh stands around the whole sum. It acts on each hidden unit, before v.")
def _(q, k, W, v):
    c = q.shape[1]
    return np.tanh(((q @ W[:, :c].T)[:, None] + (k @ W[:, c:].T)[None]) @ v)


def draw_scaled(rng):
    m, n, d = rng.integers(1, 6, 3)
    return tuple(np.round(rng.normal(size=shape), 1) for shape in [(m, d), (n, d)])


@function("11.3", draw_scaled)
def scaled(q, k):
    """len(k) counts the keys. The spread of a score comes from the d products in one dot product: divide by sqrt(d)."""
    return q @ k.T / np.sqrt(k.shape[-1])


@mistake("11.3", "len(k) is still the number of keys. A score does not spread more because there are more keys.")
def _(q, k):
    return q @ k.T / np.sqrt(len(k))


@mistake("11.3", "That is the number of queries. Which size is summed over in a dot product?")
def _(q, k):
    return q @ k.T / np.sqrt(len(q))


@mistake("11.3", "d is the variance. Divide by the standard deviation, its root.")
def _(q, k):
    return q @ k.T / k.shape[-1]


@mistake("11.3", "You multiply by the root of d, and the spread becomes d. Divide.")
def _(q, k):
    return q @ k.T * np.sqrt(k.shape[-1])


@mistake("11.3", "The division is gone: these are raw scores.")
def _(q, k):
    return q @ k.T


@mistake("11.3", "You divide q and k each by the root of d, together by d. One root is enough, or a fourth root on each.")
def _(q, k):
    d = k.shape[-1]
    return (q / np.sqrt(d)) @ (k / d).T


number("11.4", 60.0,
       "One product has variance E[q^2] E[k^2] = 4 * 9 = 36; a hundred independent ones add up to 3600, whose root is 60.",
       [(3600.0, "That is the variance. The standard deviation is its root."),
        (10.0, "That holds for entries of variance 1. Here one product has variance 4 * 9."),
        (np.sqrt(1300), "Variances add for a sum. For a product of independent numbers with mean 0 they multiply."),
        (6.0, "That is one product. A dot product adds a hundred of them."),
        (600.0, "Standard deviations do not add: variances do. Add first, then take the root.")])

number("11.5", 1.5,
       "q.k = -|q-k|^2/2 + |q|^2/2 + |k|^2/2. The second term is the same for both keys; the third is 4/2 for key 2 and 1/2 for key 1.\n"
       "So the logarithm of the odds is larger by 2 - 1/2 = 3/2.",
       [(3.0, "The half is missing: the bonus is |k|^2 / 2."),
        (0.5, "Square the lengths: 4 and 1, not 2 and 1."),
        (1.0, "Square the lengths, then take half of the difference."),
        (-1.5, "The sign: the dot product lacks a penalty for length, so the long key gains."),
        (np.exp(1.5), "That is e^x. The question is about x.")])

number("11.6", 196608.0,
       "Full: 512 * 512 = 262144. Narrow: 2 * 512 * 64 = 65536. Saved: 196608, three quarters.",
       [(65536.0, "That is what is left. How many are saved?"),
        (262144.0, "That is the full W. Subtract what the two narrow matrices hold."),
        (229376.0, "There are two narrow matrices, one for the queries and one for the keys."),
        (258048.0, "64 * 64 is not the size of either: each is 512 * 64.")])

number("11.7", 3.0,
       "6/6 + 3/3 + 2/2 = 3: each value counts with its weight.",
       [(11 / 3, "That is the plain mean. Give each value its own weight."),
        (2.0, "That is dog's value: a hard choice. Attention mixes."),
        (11.0, "That is the plain sum. Multiply each value by its weight first."),
        (1.0, "A third of it: the weights add up to 1 already, so do not divide again.")])
