"""Exercises of 11_scores."""
import numpy as np

from attnlib.answers import memory
from attnlib.check import function, mistake, number

number("11.1", 2 / 11,
       "Every score changes its sign, and the amounts 1, 2, 3 become 1, 1/2, 1/3, together 11/6. Dog has (1/3) / (11/6) = 2/11.\n"
       "The order is turned round: park, which the query asked for least, now leads.",
       [(1 / 2, "That is dog's share before. Which amount does the score -ln 3 give?"),
        (-1 / 2, "A weight is never negative. The sign changes in the score, before the exponential."),
        (1 / 6, "You swapped dog and park. The order is turned round, and the amounts are 1, 1/2, 1/3: not the old ones backwards."),
        (1 / 3, "That is dog's amount. Divide by the total of all three amounts."),
        (6 / 11, "That is park's weight."),
        (3 / 11, "That is ball's weight.")],
       first="Write down the three scores with their signs turned, then the amount exp(score) of each, then the total of the amounts.")


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


def without_block(mine):
    q = np.ones((300, 64))
    return "The numbers are right, but on the way an array of shape (m, n, d) is made. Mend the colleague's line: it needs none." if memory(
        mine, q, q) > 20 * q.nbytes * 300 / 64 else None


def draw_distance(rng):
    m, n, d = rng.integers(1, 6, 3)
    return tuple(np.round(rng.normal(size=shape), 1) for shape in [(m, d), (n, d)])


@function("11.3", draw_distance, also=without_block)
def distance_scores(q, k):
    """A query's square belongs to its row: it needs the shape (m, 1). Without [:, None] it is spread over the keys, which raises an error
    if m and n differ, and is silently wrong if m = n > 1."""
    return q @ k.T - (q**2).sum(axis=1)[:, None] / 2 - (k**2).sum(axis=1) / 2


@mistake("11.3", "Still the colleague's: sum(axis=1) has shape (m,), and NumPy lays it along the keys. Make it a column.")
def _(q, k):
    return q @ k.T - (q**2).sum(axis=1) / 2 - (k**2).sum(axis=1) / 2


@mistake("11.3", "Now the key's square is the column. The rows belong to the queries.")
def _(q, k):
    return q @ k.T - (q**2).sum(axis=1) / 2 - (k**2).sum(axis=1)[:, None] / 2


@mistake("11.3", "Both squares are columns. The key's square belongs to its column of the scores: it stays flat.")
def _(q, k):
    return q @ k.T - (q**2).sum(axis=1)[:, None] / 2 - (k**2).sum(axis=1)[:, None] / 2


@mistake("11.3", "The query's square is gone. Softmax would not see the difference, but other scores were asked for.")
def _(q, k):
    return q @ k.T - (k**2).sum(axis=1) / 2


@mistake("11.3", "The squares are not halved. Multiply out -|q - k|^2 / 2 once more.")
def _(q, k):
    return q @ k.T - (q**2).sum(axis=1)[:, None] - (k**2).sum(axis=1)


@mistake("11.3", "That is -|q - k|^2: the half is missing.")
def _(q, k):
    return 2 * distance_scores(q, k)


@mistake("11.3", "The sign: the nearest key must have the highest score.")
def _(q, k):
    return -distance_scores(q, k)


@mistake("11.3", "Your result is (n, m): the rows are keys. Queries go down, keys across.")
def _(q, k):
    return distance_scores(q, k).T


number("11.4", 60.0,
       "One product has variance E[q^2] E[k^2] = 4 * 9 = 36; a hundred independent ones add up to 3600, whose root is 60.",
       [(3600.0, "That is the variance. The standard deviation is its root."),
        (10.0, "That holds for entries of variance 1. Here one product has variance 4 * 9."),
        (np.sqrt(1300), "Variances add for a sum. For a product of independent numbers with mean 0 they multiply."),
        (6.0, "That is one product. A dot product adds a hundred of them."),
        (600.0, "Standard deviations do not add: variances do. Add first, then take the root.")],
       first="Find the variance of one product of an entry of q and an entry of k first, then that of a sum of a hundred such products.")

number("11.5", 1.5,
       "q.k = -|q-k|^2/2 + |q|^2/2 + |k|^2/2. The second term is the same for both keys; the third is 4/2 for key 2 and 1/2 for key 1.\n"
       "So the logarithm of the odds is larger by 2 - 1/2 = 3/2.",
       [(3.0, "The half is missing: the bonus is |k|^2 / 2."),
        (0.5, "Square the lengths: 4 and 1, not 2 and 1."),
        (1.0, "Square the lengths, then take half of the difference."),
        (-1.5, "The sign: the dot product lacks a penalty for length, so the long key gains."),
        (np.exp(1.5), "That is e^x. The question is about x.")],
       first="Write -|q - k|^2 / 2 out into its three terms. Which of them does a dot product lack, and how large is it for each key?")

number("11.6", 196608,
       "Full: 512 * 512 = 262144. Narrow: 2 * 512 * 64 = 65536. Saved: 196608, three quarters.",
       [(65536.0, "That is what is left. How many are saved?"),
        (262144.0, "That is the full W. Subtract what the two narrow matrices hold."),
        (229376.0, "There are two narrow matrices, one for the queries and one for the keys."),
        (258048.0, "64 * 64 is not the size of either: each is 512 * 64.")],
       first="Count the numbers of one matrix of 512 by 512, then those of two matrices of 512 by 64.")

number("11.7", 3.0,
       "6/6 + 3/3 + 2/2 = 3: each value counts with its weight.",
       [(11 / 3, "That is the plain mean. Give each value its own weight."),
        (2.0, "That is dog's value: a hard choice. Attention mixes."),
        (11.0, "That is the plain sum. Multiply each value by its weight first."),
        (1.0, "A third of it: the weights add up to 1 already, so do not divide again.")],
       first="What does park's value, 6, contribute to the output with a weight of 1/6? Then the other two.")
