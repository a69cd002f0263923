"""Exercises of 51_image_classification."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("51.1", 13,
       "The padded picture is 34 wide; a window of 5 has 34 - 5 + 1 = 30 places, and with a stride of 2 every second is kept: 15.\n"
       "A window of 3 without padding has 15 - 3 + 1 = 13 places.",
       [(15, "That is the side after the first convolution. The second one, without padding, takes a little more off."),
        (14, "The first one has 15 places, 0, 2, ..., 28: both ends count. And then?"),
        (12, "Close: the first side is 15, since both ends count; and 15 places of a window of 3 leave two fewer."),
        (11, "Did you leave out the padding? With 2 pixels more on each side the picture is 34 wide."),
        (28, "The stride of the first convolution is 2: every second place is kept."),
        (26, "Without strides it would be 28. The first convolution keeps every second place."),
        (169, "That is the number of places, 13 x 13. One side was asked for.")],
       first="How many places does a window of 5 have on a row of 30 pixels with 2 more on each side? And if every second one is kept?")


def draw_places(rng):
    n, d, k = int(rng.integers(2, 6)), int(rng.integers(2, 4)), int(rng.integers(1, 4))
    return tuple(np.round(rng.normal(size=shape), 1) for shape in ((n, d), (k, d), (k,)))


@function("51.2", draw_places)
def attention_pool(h, V, w):
    """Each place gets one score, w · tanh(V h); the softmax over the places weighs the vectors."""
    scores = np.tanh(h @ V.T) @ w
    weights = np.exp(scores)
    return weights / weights.sum() @ h


@mistake("51.2", "The tanh is missing: without it V and w are one vector, w V, and the hidden layer is for nothing.")
def _(h, V, w):
    e = np.exp(h @ V.T @ w)
    return e / e.sum() @ h


@mistake("51.2", "The tanh is of the hidden numbers V h, before w adds them up.")
def _(h, V, w):
    e = np.exp(np.tanh(h @ V.T @ w))
    return e / e.sum() @ h


@mistake("51.2", "You weighed with the exponentials, which do not add up to 1. Divide by their sum.")
def _(h, V, w):
    return np.exp(np.tanh(h @ V.T) @ w) @ h


@mistake("51.2", "You weighed with the scores. They go through a softmax first.")
def _(h, V, w):
    return np.tanh(h @ V.T) @ w @ h


@mistake("51.2", "These are the weights. The pooled vector is their sum over the vectors.")
def _(h, V, w):
    e = np.exp(np.tanh(h @ V.T) @ w)
    return e / e.sum()


@mistake("51.2", "You pooled the hidden vectors tanh(V h). The weights are made from them; what is averaged are the vectors h.")
def _(h, V, w):
    hidden = np.tanh(h @ V.T)
    e = np.exp(hidden @ w)
    return e / e.sum() @ hidden


@mistake("51.2", "That is the mean: every place has the same weight.")
def _(h, V, w):
    return h.mean(axis=0)


@mistake("51.2", "You took the sigmoid of each score: gates. The weights of pooling compete and add up to 1: a softmax.")
def _(h, V, w):
    return 1 / (1 + np.exp(-np.tanh(h @ V.T) @ w)) @ h


@mistake("51.2", "You took the vector with the largest score. The weights are soft: every place has its share.")
def _(h, V, w):
    return h[np.argmax(np.tanh(h @ V.T) @ w)]


def draw_maps(rng):
    c, r, height, width = int(rng.integers(2, 5)), int(rng.integers(1, 3)), int(rng.integers(1, 4)), int(rng.integers(2, 4))
    u = np.round(rng.normal(size=(c, height, width)) + 1, 1)
    W_1, W_2 = np.round(rng.normal(size=(r, c)), 1), np.round(rng.normal(size=(c, r)), 1)
    return u, np.abs(W_1), W_2


@function("51.3", draw_maps)
def gated(u, W_1, W_2):
    """The mean is over the places of a channel, and each channel is scaled by its own gate."""
    z = u.mean(axis=(1, 2))
    s = 1 / (1 + np.exp(-W_2 @ np.maximum(W_1 @ z, 0)))
    return u * s[:, None, None]


@mistake("51.3", "You took a softmax. The channels do not compete: each gate is a sigmoid by itself.")
def _(u, W_1, W_2):
    e = np.exp(W_2 @ np.maximum(W_1 @ u.mean(axis=(1, 2)), 0))
    return u * (e / e.sum())[:, None, None]


@mistake("51.3", "The ReLU between the two layers is missing.")
def _(u, W_1, W_2):
    return u / (1 + np.exp(-W_2 @ W_1 @ u.mean(axis=(1, 2))))[:, None, None]


@mistake("51.3", "The ReLU sits behind the second layer: then no gate can fall below one half. It belongs between the two.")
def _(u, W_1, W_2):
    return u / (1 + np.exp(-np.maximum(W_2 @ W_1 @ u.mean(axis=(1, 2)), 0)))[:, None, None]


@mistake("51.3", "These are the gates. They scale the channels of u.")
def _(u, W_1, W_2):
    return 1 / (1 + np.exp(-W_2 @ np.maximum(W_1 @ u.mean(axis=(1, 2)), 0)))


@mistake("51.3", "You added up the places. The squeeze is their mean, so that a larger picture has no larger gates.")
def _(u, W_1, W_2):
    return u / (1 + np.exp(-W_2 @ np.maximum(W_1 @ u.sum(axis=(1, 2)), 0)))[:, None, None]


@mistake("51.3", "You took the maximum. That is the other half of CBAM's gate; squeeze-and-excitation takes the mean.")
def _(u, W_1, W_2):
    return u / (1 + np.exp(-W_2 @ np.maximum(W_1 @ u.max(axis=(1, 2)), 0)))[:, None, None]


@mistake("51.3", "The sigmoid is missing: a gate lies between 0 and 1.")
def _(u, W_1, W_2):
    return u * (W_2 @ np.maximum(W_1 @ u.mean(axis=(1, 2)), 0))[:, None, None]


@mistake("51.3", "You added the gates to the channels. They scale them.")
def _(u, W_1, W_2):
    return u + 1 / (1 + np.exp(-W_2 @ np.maximum(W_1 @ u.mean(axis=(1, 2)), 0)))[:, None, None]


number("51.4", 65536,
       "Pixels: 224 * 224 = 50,176 places, and 50,176 squared scores. Patches: 14 * 14 = 196 places, 196 squared scores.\n"
       "There are 16 * 16 = 256 times fewer places, so 256 * 256 = 65,536 times fewer scores.",
       [(256, "That many times fewer places. Each place has a score with each other place: the number is squared."),
        (16, "That is the side of a patch. A patch holds 16 * 16 pixels, and the scores go with the square of the places."),
        (4096, "16 cubed? Places go with 16 * 16, and scores with the square of the places."),
        (2517630976, "That is the number of scores among pixels. By what is it divided?"),
        (38416, "That is the number of scores among patches, 196 * 196. How many are there among pixels?"),
        (196, "That is the number of patches.")],
       first="How many pixels are in a patch? So how many times fewer places are there, and scores, of which each pair of places has one?")


def draw_found(rng):
    b, n = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    weights = rng.permuted(np.arange(1.0, n + 1) * np.ones((b, 1)), axis=1) + rng.random((b, 1)) / 2
    return weights / weights.sum(axis=1, keepdims=True), rng.integers(n, size=b)


@function("51.5", draw_found)
def beyond_chance(weights, cell):
    """The share of maps whose largest weight is on the cell, set between chance, 1/n, and 1."""
    chance = 1 / weights.shape[1]
    return (np.mean(weights.argmax(axis=1) == cell) - chance) / (1 - chance)


@mistake("51.5", "That is the share itself. Take chance away, and divide by what chance leaves to gain.")
def _(weights, cell):
    return np.mean(weights.argmax(axis=1) == cell)


@mistake("51.5", "Divide by what chance leaves to gain, 1 - 1/n, so that a perfect map gets 1.")
def _(weights, cell):
    return np.mean(weights.argmax(axis=1) == cell) - 1 / weights.shape[1]


@mistake("51.5", "You divided by chance: that is the lift. Here 0 is chance and 1 is perfect.")
def _(weights, cell):
    return np.mean(weights.argmax(axis=1) == cell) * weights.shape[1]


@mistake("51.5", "You took the weight on the cell. What counts here is where the largest weight lies.")
def _(weights, cell):
    chance = 1 / weights.shape[1]
    return (weights[np.arange(len(cell)), cell].mean() - chance) / (1 - chance)


@mistake("51.5", "Chance is one in n places; you took one in b maps.")
def _(weights, cell):
    chance = 1 / len(weights)
    return (np.mean(weights.argmax(axis=1) == cell) - chance) / (1 - chance)


@mistake("51.5", "You looked for the smallest weight.")
def _(weights, cell):
    chance = 1 / weights.shape[1]
    return (np.mean(weights.argmin(axis=1) == cell) - chance) / (1 - chance)


@mistake("51.5", "That is one number a map. The share over the maps was asked for.")
def _(weights, cell):
    chance = 1 / weights.shape[1]
    return ((weights.argmax(axis=1) == cell) - chance) / (1 - chance)


choice("51.6", "c",
       "Self-attention without positions is blind to order: exchange two places and the outputs are exchanged with them.\n"
       "The mean over the places then forgets the exchange, so the class is the same.",
       [("a", "For that the layer would have to know where a patch is. What tells it, once the positions are gone?"),
        ("b", "The outputs of the layer do change places. What does the mean over all places make of that?"),
        ("d", "The weights are the same numbers in another order: each pair of patches keeps its score.")])

choice("51.7", "a",
       "The book's masks are boolean, True = may attend: nine places, the torn one False. Its score counts as minus infinity.",
       [("b", "That is the other polarity: it hides the eight good places and leaves the torn one."),
        ("c", "That is a mask to be added to the scores. `masked_softmax` takes a boolean one."),
        ("d", "Numbers are no mask here: it is boolean, and the layer refuses another dtype.")])
