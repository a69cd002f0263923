"""Exercises of 77_training."""
import math

import numpy as np

from attnlib.check import choice, function, mistake, number

number("77.1", math.log(50257),
       "Scores of zero make every word equally likely: -ln(1/50,257) = ln 50,257 = 10.825.",
       [(math.log2(50257), "That is in bits. Cross-entropy in PyTorch is in nats: the natural logarithm."),
        (math.log10(50257), "That is the logarithm to ten. Cross-entropy is in nats: the natural logarithm."),
        (1 / 50257, "That is the probability of the right word. The loss is minus its logarithm."),
        (-math.log(50257), "Minus the logarithm of a number below one is above zero."),
        (math.log(50257) / 2, "No square root is taken here: all words are equally likely.")],
       first="How likely is the right word if all scores are equal? The loss is minus the logarithm of that.")


def draw_pieces(rng):
    count = int(rng.integers(2, 6))
    return rng.uniform(0.5, 4, size=count), rng.integers(1, 20, size=count)


@function("77.2", draw_pieces)
def whole_loss(losses, tokens):
    """Each piece's mean times its tokens is its sum; the sums of all pieces over the tokens of all."""
    return (losses * tokens).sum() / tokens.sum()


@mistake("77.2", "That is the mean of means: a token in a short piece counts more than one in a long piece.")
def _(losses, tokens):
    return losses.mean()


@mistake("77.2", "Long pieces count less with you. A piece's mean stands for as many tokens as it has.")
def _(losses, tokens):
    return (losses / tokens).sum() / (1 / tokens).sum()


@mistake("77.2", "That is the sum over all tokens. The loss is their mean.")
def _(losses, tokens):
    return (losses * tokens).sum()


@mistake("77.2", "You divide by the number of pieces. Divide by the number of tokens.")
def _(losses, tokens):
    return (losses * tokens).mean()


def draw_curve(rng):
    n = int(rng.integers(3, 15))
    return np.round(3 * np.exp(-np.arange(n) / 4) + rng.uniform(0, 1, size=n), 2), int(rng.integers(1, 4))


def stopped(validation, patience):
    at = 0
    for look, loss in enumerate(validation):
        if loss < validation[at]:
            at = look
        elif look - at >= patience:
            break
    return at


@function("77.3", draw_curve)
def kept_look(validation, patience):
    """Compare with the best so far, count the looks since then, and keep the look of the best."""
    return stopped(validation, patience)


@mistake("77.3", "That is still the bug: a loss below the one *before* is no new best. Compare with the lowest so far.")
def _(validation, patience):
    waited = 0
    for look in range(1, len(validation)):
        waited = 0 if validation[look] < validation[look - 1] else waited + 1
        if waited == patience:
            return look - patience
    return len(validation) - 1


@mistake("77.3", "That is the lowest of all, with looks that come after the training was stopped.")
def _(validation, patience):
    return int(np.argmin(validation))


@mistake("77.3", "That is the look at which training stops. The weights to keep are those of the best look.")
def _(validation, patience):
    at = stopped(validation, patience)
    return min(at + patience, len(validation) - 1)


@mistake("77.3", "You stop one look too early: `patience` looks without a new best are allowed to pass.")
def _(validation, patience):
    return stopped(validation, patience - 1) if patience > 1 else kept_first(validation)


def kept_first(validation):
    """With no patience at all: the first look."""
    return 0


number("77.4", 16,
       "With pieces of s layers, 64/s inputs are held, and s layers while one piece is run again: 64/s + s is least at s = 8, and is 16.",
       [(8, "That is the best length of a piece, or their number. Held are both: the inputs of the pieces, and the layers of one piece."),
        (65, "That is one piece a layer, or one piece in all. Shorter and longer pieces meet in between."),
        (64, "That is what is held without checkpoints."),
        (32, "Is each input counted twice? 64/s + s."),
        (20, "That is pieces of 4 or of 16 layers. There is something better in between.")],
       first="With s layers in a piece, how many inputs are held, and how many layers while one piece is run again? Try s = 1, 2 and 4.")

choice("77.5", "b",
       "It learns by heart, so loop, loss and optimiser work; and on all digits it learns no more than even scores: answers that do not "
       "belong to the inputs.",
       [("a", "Then it could not learn sixteen examples by heart."),
        ("c", "A rate that is too large shows as a climb, and sixteen examples would not be learnt either."),
        ("d", "A leak shows as a loss that is too good, in training and in validation.")])

choice("77.6", "c",
       "In f both slopes are products with the other matrix's result, which is zero. One that is not zero gives the other a slope.",
       [("a", "The slopes are exactly zero: a larger rate times zero is zero."),
        ("b", "More digits change what is multiplied with zero."),
        ("d", "The ramp multiplies the steps. They are zero.")])

choice("77.7", "a",
       "Post-norm: x ← norm(x + F(x)). Pre-norm: x ← x + F(norm(x)), and the path around is never normalised before the end.",
       [("b", "In pre-norm the part's input is normalised and the sum is not."),
        ("c", "Both orders have as many norms in a layer; pre-norm has one more at the very end."),
        ("d", "Both have the path around.")])
