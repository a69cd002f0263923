"""Exercises of 81_questions."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("81.1", 14 / 3,
       "The shares are 1 : 1 : 2, and 1 for each zero: (4 + 4 + 20 + 0 + 0) / 6 = 14/3.",
       [(7, "That is the masked answer: the zeros take no share there."),
        (28 / 5, "There are two zeros, and each takes a share of 1."),
        (28 / 8, "e^0 is 1. Did you give a zero the share of the largest score?"),
        (3.6, "That is the plain mean of five values. The scores are not all equal: e to ln 2 is 2.")],
       first="Write the share of each place, e to its score; a zero has one, too.")

number("81.2", 384,
       "C(2n)/C(n) = (16nd² + 16n²d) / (8nd² + 4n²d) = 4(d + n) / (2d + n) = 3.5 gives n = 6d = 384.",
       [(6, "That is n/d."),
        (192, "There the factor is 3.2."),
        (128, "There the factor is 3: the pairs are half."),
        (96, "3.5 is nearer to 4 than to 2: the pairs must be most of the work.")],
       first="Divide 8·(2n)d² + 4·(2n)²d by 8nd² + 4n²d and cancel what both have.")


def draw_lengths(rng):
    n, b = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    return rng.integers(1, n + 1, size=b), n, int(rng.integers(1, 4))


@function("81.3", draw_lengths)
def layer_mask(lengths, n, heads):
    """True = ignored: the future, or padding; each sentence's mask stands once for each head, its heads together."""
    future = np.triu(np.ones((n, n), bool), 1)
    padding = np.arange(n) >= np.asarray(lengths)[:, None, None]          # (b, 1, n)
    return np.repeat(future | padding, heads, axis=0)


@mistake("81.3", "This is the other polarity: for this layer True means that a place is ignored.")
def _(lengths, n, heads):
    return ~layer_mask(lengths, n, heads)


@mistake("81.3", "The heads of one sentence stand together. Yours run over the sentences first: `tile` where `repeat` is meant.")
def _(lengths, n, heads):
    return np.tile(layer_mask(lengths, n, 1), (heads, 1, 1))


@mistake("81.3", "The padding is missing.")
def _(lengths, n, heads):
    return np.repeat(np.broadcast_to(np.triu(np.ones((n, n), bool), 1), (len(lengths), n, n)), heads, axis=0)


@mistake("81.3", "The causal part is missing.")
def _(lengths, n, heads):
    padding = np.arange(n) >= np.asarray(lengths)[:, None, None]
    return np.repeat(np.broadcast_to(padding, (len(lengths), n, n)), heads, axis=0)


@mistake("81.3", "A word may look at itself: leave the diagonal open.")
def _(lengths, n, heads):
    padding = np.arange(n) >= np.asarray(lengths)[:, None, None]
    return np.repeat(np.triu(np.ones((n, n), bool)) | padding, heads, axis=0)


@mistake("81.3", "You hide a place only where it is both future and padding. Either is enough.")
def _(lengths, n, heads):
    padding = np.arange(n) >= np.asarray(lengths)[:, None, None]
    return np.repeat(np.triu(np.ones((n, n), bool), 1) & padding, heads, axis=0)


@mistake("81.3", "The rows of padded queries are hidden whole: no key is left to them, and the layer answers nan. "
                 "Hide columns, the padded keys.")
def _(lengths, n, heads):
    padding = (np.arange(n) >= np.asarray(lengths)[:, None])[:, :, None]
    return np.repeat(np.triu(np.ones((n, n), bool), 1) | padding, heads, axis=0)


@mistake("81.3", "The first axis is wanted: b·h masks, not one a sentence.")
def _(lengths, n, heads):
    return layer_mask(lengths, n, 1)


choice("81.4", "b",
       "For this layer True means ignored, so `tril` hides the past and the word itself and leaves the next one open: it is copied. "
       "When it writes alone there is no next word yet.",
       [("a", "Validation is as good as training: nothing is overfitted."),
        ("c", "A loss of 0.02 is learnt from something. What did it read?"),
        ("d", "Dropout makes a loss worse, not too good.")])


def draw_losses(rng):
    b, n = int(rng.integers(1, 4)), int(rng.integers(2, 6))
    lengths, pad = rng.integers(1, n + 1, size=b), int(rng.choice([0, 9]))
    tokens = np.where(np.arange(n) < lengths[:, None], rng.integers(1, 9, size=(b, n)), pad)
    return rng.random((b, n)) + 0.5, tokens, pad


@function("81.5", draw_losses)
def mean_loss(losses, tokens, pad):
    """The sum over words, divided by the number of words."""
    words = tokens != pad
    return losses[words].sum() / words.sum()


@mistake("81.5", "You divide by all places: the filler lowers your mean.")
def _(losses, tokens, pad):
    return (losses * (tokens != pad)).mean()


@mistake("81.5", "The filler counts in your mean.")
def _(losses, tokens, pad):
    return losses.mean()


@mistake("81.5", "That is a mean of the sentences' means: a word of a short sentence counts more than one of a long one.")
def _(losses, tokens, pad):
    words = tokens != pad
    return ((losses * words).sum(1) / words.sum(1)).mean()


@mistake("81.5", "That is the sum over words; divide by how many there are.")
def _(losses, tokens, pad):
    return losses[tokens != pad].sum()


@mistake("81.5", "The number of the filler is an argument: it need not be 0.")
def _(losses, tokens, pad):
    words = tokens != 0
    return losses[words].sum() / words.sum()


choice("81.6", "b",
       "The best of forty is chosen for its luck on this set as well as for its merit; on another set the luck is gone.",
       [("a", "That would be so for one setting, tried once. The best of forty was chosen by this very score."),
        ("c", "Nothing makes the other set kinder than the one by which the setting was chosen."),
        ("d", "On average something can be said: what does a maximum over forty noisy scores contain besides merit?")])
