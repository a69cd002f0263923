"""Exercises of 33_tensorflow."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("33.1", 16 / 17,
       "Scaled, the scores differ by ln 4 (amounts 1 and 4). Without the division by sqrt(4) = 2 they differ by 2 ln 4 = ln 16,\n"
       "so the amounts are 1 and 16 and the second key has 16/17. Leaving out 1/sqrt(d) is a temperature of 1/sqrt(d).",
       [(4 / 5, "That would be so if Keras' layer divided by sqrt(d) too. It does not."),
        (2 / 3, "You divided by sqrt(d) once more. Keras' layer leaves the division out: the scores get larger, not smaller."),
        (8 / 9, "The amount is not multiplied by 2: the *score* is. Doubling ln 4 squares the 4."),
        (256 / 257, "sqrt(4) is 2: the score doubles. You multiplied it by 4."),
        (1 / 17, "That is the first key's weight.")],
       first="What difference of the scores makes weights of 1/5 and 4/5? By what had DotAttention divided it, and Keras' layer does not?")

number("33.2", 16800,
       "key_dim is the width of ONE head. Each of query, key and value: 32 x (4 x 32) numbers and 4 x 32 biases, 4224; three of\n"
       "them 12672. Back from 4 x 32 to 32, with 32 biases: 4128. Together 16800.",
       [(4224, "You divided key_dim among the heads. In Keras it is the width of one head, so the heads together are 128 wide."),
        (16384, "The biases are missing: use_bias is True unless you say otherwise."),
        (12672, "The output projection is missing."),
        (16896, "The output projection goes back to width 32, so it has 32 biases, not 128."),
        (4096, "key_dim is the width of one head, and there are biases.")],
       first="Count the projection of the queries first: from width 32 to four heads, each of them 32 wide, with biases.")


def draw_lengths(rng):
    n = int(rng.integers(2, 6))
    return rng.integers(0, n + 1, rng.integers(1, 4)), n


@function("33.3", draw_lengths)
def decoder_mask(lengths, n):
    """True = keep: real keys along the last axis (j < length), and the lower triangle (j <= i); both must hold."""
    real = np.arange(n) < lengths[:, None]
    return real[:, None, :] & np.tril(np.ones((n, n), bool))


@mistake("33.3", "Inverted: in Keras True means keep.")
def _(lengths, n):
    return ~decoder_mask(lengths, n)


@mistake("33.3", "The future is open: query i may not see keys j > i.")
def _(lengths, n):
    return np.repeat((np.arange(n) < lengths[:, None])[:, None, :], n, axis=1)


@mistake("33.3", "The triangle lies the wrong way round: you allow the future and forbid the past.")
def _(lengths, n):
    return (np.arange(n) < lengths[:, None])[:, None, :] & np.triu(np.ones((n, n), bool))


@mistake("33.3", "You masked the padded queries (rows). It is the padded keys, the last axis, that must not be seen.")
def _(lengths, n):
    return (np.arange(n) < lengths[:, None])[:, :, None] & np.tril(np.ones((n, n), bool))


@mistake("33.3", "One place too many: a sentence of length 3 has the places 0, 1 and 2.")
def _(lengths, n):
    return (np.arange(n) <= lengths[:, None])[:, None, :] & np.tril(np.ones((n, n), bool))


@mistake("33.3", "A query may see itself: the diagonal belongs to the mask (j <= i).")
def _(lengths, n):
    return decoder_mask(lengths, n) & ~np.eye(n, dtype=bool)


@mistake("33.3", "Padding is open: keys at or beyond the sentence's length must be False.")
def _(lengths, n):
    return np.repeat(np.tril(np.ones((1, n, n), bool)), len(lengths), axis=0)


def draw_energies(rng):
    b, n = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    return np.round(2 * rng.normal(size=(b, n, 1)), 1) * rng.choice([1, 1, 500, 1e12]), rng.random((b, n)) < 0.7


@function("33.4", draw_energies)
def bahdanau_weights(energies, keep):
    """Keys run along axis 1 here. Over the last axis, of length 1, every softmax is 1 (or nan)."""
    keep = keep[:, :, None]
    scores = np.where(keep, energies, -np.inf)
    top = scores.max(axis=1, keepdims=True)
    e = np.exp(scores - np.where(top == -np.inf, 0, top))
    total = e.sum(axis=1, keepdims=True)
    return e / np.where(total == 0, 1, total)


@mistake("33.4", "Still over the last axis, of length 1: each weight is 1, or nan where it is masked. The keys run along axis 1.")
def _(energies, keep):
    energies = np.where(keep[:, :, None], energies, -np.inf)
    e = np.exp(energies - energies.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@mistake("33.4", "Right but for a sentence without a real place: -inf minus -inf is nan there. It should get zeros.")
def _(energies, keep):
    energies = np.where(keep[:, :, None], energies, -np.inf)
    e = np.exp(energies - energies.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@mistake("33.4", "Right but for a sentence without a real place: -1e9 everywhere is a shift, and the row is uniform. It should get zeros.")
def _(energies, keep):
    energies = np.where(keep[:, :, None], energies, -1e9)
    e = np.exp(energies - energies.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@mistake("33.4", "Right for ordinary energies. But -1e9 is a number too, and more than an energy of -1e12. Use minus infinity.")
def _(energies, keep):
    energies = np.where(keep[:, :, None], energies, -1e9)
    e = np.exp(energies - energies.max(axis=1, keepdims=True)) * keep[:, :, None]
    total = e.sum(axis=1, keepdims=True)
    return e / np.where(total == 0, 1, total)


@mistake("33.4", "Right for small energies; exp(1000) is infinite. Keep the listing's step: subtract each sentence's largest energy first.")
def _(energies, keep):
    e = np.where(keep[:, :, None], np.exp(energies), 0)
    total = e.sum(axis=1, keepdims=True)
    return e / np.where(total == 0, 1, total)


@mistake("33.4", "You share among the sentences of the batch (axis 0). The keys run along axis 1.")
def _(energies, keep):
    return np.moveaxis(bahdanau_weights(np.moveaxis(energies, 0, 1), keep.T), 0, 1)


@mistake("33.4", "Masked after the softmax: what padding took is lost, and the rest no longer sums to 1.")
def _(energies, keep):
    return bahdanau_weights(energies, np.ones_like(keep)) * keep[:, :, None]


@mistake("33.4", "The mask has no effect in your version.")
def _(energies, keep):
    return bahdanau_weights(energies, np.ones_like(keep))


@mistake("33.4", "A masked energy became 0, and exp(0) = 1 is a large amount. Use minus infinity.")
def _(energies, keep):
    return bahdanau_weights(energies * keep[:, :, None], np.ones_like(keep))


@mistake("33.4", "The right numbers in the shape (b, n). The layer multiplies them with features (b, n, d), so it wants (b, n, 1).")
def _(energies, keep):
    return bahdanau_weights(energies, keep)[:, :, 0]


number("33.5", 3 / (2 * np.e + 3),
       "The cast makes 1 of the two keys that query 2 may see and 0 of the three later ones, whatever the tokens are. The amounts\n"
       "are e, e and 1, 1, 1: the future has 3 / (2e + 3), about 0.36.",
       [(0, "That is what a mask should do, and minus infinity would. Here the scores *become* 1 and 0, and exp(0) is 1."),
        (3 / 5, "That is a uniform row. The two allowed keys have the score 1 and the amount e."),
        (4 / (np.e + 4), "A query may see itself: query 2 sees two keys, not one."),
        (2 / (3 * np.e + 2), "You counted from 0: query 2 is the second, which sees two keys."),
        (3 * np.e / (3 * np.e + 2), "You gave the hidden keys the 1. The listing turns the booleans around once more, by logical_not."),
        (2 * np.e / (2 * np.e + 3), "That is the share of the past and present; the question is about the future."),
        (1 / (2 * np.e + 3), "That is the weight of one hidden key; there are three."),
        (1 / np.e, "That is the ratio of a hidden key's amount to an allowed one's. Count the keys of each kind and divide by the total.")],
       first="As floats, True is 1 and False is 0, and in this listing they become the scores. Write down the five scores of query 2.")

choice("33.6", "c",
       "exp(s - c) = exp(s) exp(-c), and the factor cancels above and below. So subtracting 1e9 from *every* score masks nothing.",
       [("a", "True, but it does not say what a shift does."),
        ("b", "True, but a softmax that changed under shifts could sum to 1 as well."),
        ("d", "True, but here all scores fall together, and the order does not change.")])
