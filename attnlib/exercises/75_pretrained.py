"""Exercises of 75_pretrained."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("75.1", 1774464,
       "Four matrices with biases: 4 * (384 * 384 + 384) = 591,360. The network: 384 * 1536 + 1536 + 1536 * 384 + 384 = 1,181,568.\n"
       "Two norms, each with a gain and a shift: 4 * 384 = 1,536. Together 1,774,464; two thirds of it are the network.",
       [(1769472, "Those are the matrices alone. Each has a bias, and each norm a gain and a shift."),
        (1772928, "The two norms are missing: a gain and a shift of 384 each."),
        (1773696, "One of the two norms is missing."),
        (591360, "That is attention alone. The network and the norms belong to the layer."),
        (1181568, "That is the network alone. Attention and the norms belong to the layer."),
        (1626624, "There are four matrices of attention: for queries, keys, values, and for what the joined heads write."),
        (1771008, "The matrices have biases too: 4 * 384 + 1536 + 384 numbers."),
        (10646784, "Those are all six layers. One was asked for.")],
       first="Count four square matrices, two oblong ones, a bias for each, and two numbers a feature for each norm.")


def draw_maps(rng):
    heads, n = int(rng.integers(1, 4)), int(rng.integers(3, 7))
    maps = rng.random((heads, n, n)) + 0.05
    return maps / maps.sum(axis=-1, keepdims=True), int(rng.choice([k for k in range(1 - n, n) if k]))


@function("75.2", draw_maps)
def offset_score(maps, k):
    """Those weights are a diagonal of each map, k columns right of the main one; it has n - |k| entries."""
    return np.diagonal(maps, k, axis1=1, axis2=2).mean(axis=-1)


@mistake("75.2", "Your shift runs around the end: the last queries were given the first keys. Only queries count whose key exists.")
def _(maps, k):
    n = maps.shape[-1]
    i = np.arange(n)
    return maps[:, i, (i + k) % n].mean(axis=-1)


@mistake("75.2", "You went the other way: with k = 1 the key stands behind the query, at i + 1.")
def _(maps, k):
    return np.diagonal(maps, -k, axis1=1, axis2=2).mean(axis=-1)


@mistake("75.2", "You divided by all n queries. Only n - |k| of them have such a key.")
def _(maps, k):
    return np.diagonal(maps, k, axis1=1, axis2=2).sum(axis=-1) / maps.shape[-1]


@mistake("75.2", "That is the sum. The mean over the queries was asked for.")
def _(maps, k):
    return np.diagonal(maps, k, axis1=1, axis2=2).sum(axis=-1)


@mistake("75.2", "That is one number for all heads. Each head gets its own.")
def _(maps, k):
    return np.diagonal(maps, k, axis1=1, axis2=2).mean()


@mistake("75.2", "You left the sign of k aside: -1 is the place before.")
def _(maps, k):
    return np.diagonal(maps, abs(k), axis1=1, axis2=2).mean(axis=-1)


def draw_sum(rng):
    n, d = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    return (*np.round(rng.normal(size=(2, n, d)) * 2, 1), *np.round(rng.normal(size=(2, d)) + (1, 0) @ np.ones((2, d)) / 2, 1))


@function("75.3", draw_sum)
def add_and_norm(x, y, gain, shift):
    """The norm stands behind the sum, so x + y is centred and scaled; the variance is divided by d, as in PyTorch's LayerNorm."""
    z = x + y
    z = z - z.mean(axis=-1, keepdims=True)
    return gain * z / np.sqrt(z.var(axis=-1, keepdims=True) + 1e-12) + shift


@mistake("75.3", "The norm is over the sum now, and the variance still divided by d - 1: `ddof=1` is the second mistake.")
def _(x, y, gain, shift):
    z = x + y
    return gain * (z - z.mean(axis=-1, keepdims=True)) / np.sqrt(z.var(axis=-1, ddof=1, keepdims=True) + 1e-12) + shift


@mistake("75.3", "The variance is right now. But x is added behind the norm: in this encoder the norm stands behind the sum.")
def _(x, y, gain, shift):
    return x + gain * (y - y.mean(axis=-1, keepdims=True)) / np.sqrt(y.var(axis=-1, keepdims=True) + 1e-12) + shift


@mistake("75.3", "That is the colleague's code, with both mistakes.")
def _(x, y, gain, shift):
    return x + gain * (y - y.mean(axis=-1, keepdims=True)) / np.sqrt(y.var(axis=-1, ddof=1, keepdims=True) + 1e-12) + shift


@mistake("75.3", "You normalise y alone and leave x out. Each part's input is added first.")
def _(x, y, gain, shift):
    return gain * (y - y.mean(axis=-1, keepdims=True)) / np.sqrt(y.var(axis=-1, keepdims=True) + 1e-12) + shift


@mistake("75.3", "Gain and shift are missing behind the norm.")
def _(x, y, gain, shift):
    z = x + y
    return (z - z.mean(axis=-1, keepdims=True)) / np.sqrt(z.var(axis=-1, keepdims=True) + 1e-12)


@mistake("75.3", "You divided by the variance. The norm divides by its root.")
def _(x, y, gain, shift):
    z = x + y
    return gain * (z - z.mean(axis=-1, keepdims=True)) / (z.var(axis=-1, keepdims=True) + 1e-12) + shift


number("75.4", 5,
       "Hidden, the sink's weight is shared out in proportion: 0.15 and 0.05 are divided by their sum 0.2, which gives 0.75 and 0.25, and\n"
       "0.75 * 4 + 0.25 * 8 = 5. The output has grown by 1/(1 - 0.8): a sink keeps an output small, and the more the larger its weight.",
       [(1, "That is the output before, and after silencing. Hidden, the weights of the words are divided by their sum."),
        (6, "You gave the words equal weights. They keep their proportion, 3 to 1."),
        (4, "You gave all of the weight to the first word. The second keeps its share."),
        (1.25, "You divided by 0.8, the sink's weight. Divide by what is left without it."),
        (0.2, "You multiplied by what is left. Divide by it."),
        (12, "The values were added with weight 1 each.")],
       first="The weights of the two words keep their proportion and sum to one. What are they?")


def draw_words(rng):
    return (rng.integers(0, 5, size=int(rng.integers(1, 9))),)


@function("75.5", draw_words)
def induced(words):
    """Go back from the last word but one to its latest twin; what stands behind that is the guess."""
    for i in range(len(words) - 2, -1, -1):
        if words[i] == words[-1]:
            return words[i + 1]
    return -1


@mistake("75.5", "You took the earliest occurrence. The latest earlier one was asked for.")
def _(words):
    at = np.flatnonzero(words[:-1] == words[-1])
    return int(words[at[0] + 1]) if len(at) else -1


@mistake("75.5", "That is the word *before* the earlier occurrence. What followed it was asked for.")
def _(words):
    at = np.flatnonzero(words[:-1] == words[-1])
    return int(words[at[-1] - 1]) if len(at) else -1


@mistake("75.5", "That is the last word itself. Look one place further.")
def _(words):
    return int(words[-1]) if (words[:-1] == words[-1]).any() else -1


@mistake("75.5", "That is the place. The word that stands there was asked for.")
def _(words):
    at = np.flatnonzero(words[:-1] == words[-1])
    return int(at[-1] + 1) if len(at) else -1


@mistake("75.5", "Where there is no earlier occurrence, the answer is -1.")
def _(words):
    at = np.flatnonzero(words[:-1] == words[-1])
    return int(words[at[-1] + 1]) if len(at) else int(words[-1])


choice("75.6", "a",
       "Behind each sum stands a norm, so what leaves the last layer is normalised already. With the norm in front (pre-norm) the stream\n"
       "is a sum that no norm has touched, and one more follows the last layer.",
       [("b", "That is the other order: with the norm in front of each part, the stream itself is never normalised."),
        ("c", "Sums that grow are the other order's. Here each sum passes through a norm."),
        ("d", "A layer norm gives mean 0 and variance 1 over the features, then a gain and a shift. What length would that be?")])
