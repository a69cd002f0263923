"""Exercises of 01_background."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("01.1", 27 / 64, "With n = 0 only the old state is left: times 3/4 at each step, (3/4)^3.",
       [(1 / 64, "You kept 1 - z. In h = (1 - z) n + z h it is z that says how much of the old state stays."),
        (37 / 64, "That is what was lost, 1 - (3/4)^3."),
        (3 / 4, "That is one step. There are three."),
        (1 / 4, "You took away a quarter of the FIRST state three times. Each step takes a quarter of what is left."),
        (9 / 16, "That is after two steps. There are three."),
        (0, "The new content is 0, but the update gate lets only a quarter of it in at each step."),
        (1, "Only z = 1 would hold the state for ever.")],
       first="Write h = (1 - z) n + z h with n = 0 and z = 3/4. What is left of a state of 1 after a single step?")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def draw_cell(rng):
    d, e = (int(n) for n in rng.integers(1, 4, size=2))
    sizes = (e,), (d,), (d,), (3 * d, e), (3 * d, d), (3 * d,)
    return tuple(rng.normal(size=size) for size in sizes)


def cell(x, h, c, W, U, b, order="igo", keep=1.0, new=np.tanh, gate=sigmoid, show=np.tanh):
    parts = dict(zip(order, np.split(W @ x + U @ h + b, 3)))
    c = keep * c + gate(parts["i"]) * new(parts["g"])
    return gate(parts["o"]) * show(c), c


@function("01.2", draw_cell)
def lstm_1997(x, h, c, W, U, b):
    """The old memory stays whole (f = 1), the gated new content is added, the gated tanh of the memory is shown."""
    i, g, o = np.split(W @ x + U @ h + b, 3)
    c = c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@mistake("01.2", "The bias b is missing.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, 0 * b)


@mistake("01.2", "You show tanh of the OLD memory. What is shown is the memory after the new content has come in.")
def _(x, h, c, W, U, b):
    i, g, o = np.split(W @ x + U @ h + b, 3)
    return sigmoid(o) * np.tanh(c), c + sigmoid(i) * np.tanh(g)


@mistake("01.2", "You return the memory first. h comes first, then c.")
def _(x, h, c, W, U, b):
    return lstm_1997(x, h, c, W, U, b)[::-1]


@mistake("01.2", "The new content g is no gate: it is bent by tanh, so that it can be negative.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, new=sigmoid)


@mistake("01.2", "You show the memory itself. It passes through tanh before the output gate.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, show=lambda c: c)


@mistake("01.2", "The gates i and o pass through the sigmoid before they multiply.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, gate=lambda z: z)


@mistake("01.2", "The order of the blocks is i, g, o.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, order="iog")


@mistake("01.2", "Where has the old memory gone? It is kept whole, and the new content is added to it.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, keep=0.0)


@mistake("01.2", "You forget 1 - i of the old memory, as a GRU would. In 1997 nothing was forgotten.")
def _(x, h, c, W, U, b):
    return cell(x, h, c, W, U, b, keep=1 - sigmoid(np.split(W @ x + U @ h + b, 3)[0]))


def draw_gradient(rng):
    return rng.normal(size=rng.integers(1, 5)) * 3 + 0.1, float(rng.uniform(0.5, 6))


@function("01.3", draw_gradient, rtol=1e-5)                 # PyTorch's own adds 1e-6 to the length
def clip(gradient, limit):
    """A gradient that is longer than the limit is scaled by limit / length, one that is shorter is left alone: min(1, limit / length)."""
    return gradient * min(1, limit / np.sqrt((gradient**2).sum()))


@mistake("01.3", "That is the colleague's version: each entry is cut by itself, so the direction changes.")
def _(gradient, limit):
    return np.clip(gradient, -limit, limit)


@mistake("01.3", "Long gradients are right. Short ones you make longer; they are to be left alone.")
def _(gradient, limit):
    return gradient * limit / np.sqrt((gradient**2).sum())


@mistake("01.3", "You compare the limit with the sum of the sizes. The length is the root of the sum of squares.")
def _(gradient, limit):
    return gradient * min(1, limit / np.abs(gradient).sum())


@mistake("01.3", "You compare the limit with the largest entry: then the direction stays, but the length can still be above the limit.")
def _(gradient, limit):
    return gradient * min(1, limit / np.abs(gradient).max())


@mistake("01.3", "You forgot the root: the length is the ROOT of the sum of squares.")
def _(gradient, limit):
    return gradient * min(1, limit / (gradient**2).sum())


@mistake("01.3", "You lengthen the short ones and leave the long ones: of 1 and limit / length take the SMALLER.")
def _(gradient, limit):
    return gradient * max(1, limit / np.sqrt((gradient**2).sum()))


@mistake("01.3", "Now every gradient is 1 long. A long one may keep a length of `limit`, and a short one is to be left alone.")
def _(gradient, limit):
    return gradient / np.sqrt((gradient**2).sum())


@mistake("01.3", "What is too long is shortened to a length of 1. It may keep a length of `limit`.")
def _(gradient, limit):
    length = np.sqrt((gradient**2).sum())
    return gradient / length if length > limit else gradient


number("01.4", 13, "A letter needs 4 binary digits (2^4 = 16). 13 letters need 52 of the 53; a fourteenth would need 56.",
       [(17, "That is for eight symbols, three digits each. Sixteen letters need four."),
        (14, "Fourteen letters need 56 digits, and there are 53."),
        (12, "Twelve take 48 digits: one more letter of four still fits into 53."),
        (16, "You divided 64 by 4. A float64 keeps 53 digits; the others hold the sign and the size."),
        (3, "You divided 53 by 16. A letter needs the LOGARITHM of 16 to base 2: 4 digits."),
        (53, "A letter of sixteen needs four digits, not one."),
        (53 / 4, "A fraction of a letter is no letter.")],
       first="How many binary digits tell one letter of sixteen from the others? See how often they go into the digits that a "
             "float64 keeps.")

number("01.5", 33, "(1/2) ln 3 * 3/4 * (3/4 ln 3)^(n-1) < 1/1000 from n - 1 > ln(412.0) / 0.1936 = 31.1 on, so n - 1 = 32, n = 33.",
       [(31, "31.1 is rounded up, to 32, and that is n - 1: the first step has the factor w (1 - h^2) of its own."),
        (32, "That is the number of factors u (1 - h^2). The first step has the factor w (1 - h^2): one step more."),
        (37, "You left out the first factor w (1 - h^2) = 0.412, which already takes away more than half."),
        (36, "You counted powers of 3/4 ln 3 alone. The first step has another factor, w (1 - h^2) = 0.412."),
        (34, "One step too many: at n = 33 it is already below."),
        (32.1, "A number of steps is whole: round up.")],
       first="Write the derivative as a product, a factor for each step: w or u, times the slope 1 - h^2 at h = 1/2. How many "
             "factors are needed?")

choice("01.6", "b", "The abstract: \"we conjecture that the use of a fixed-length vector is a bottleneck\".",
       [("a", "That story is told a lot. The abstract does not mention gradients."),
        ("c", "The abstract does not mention people; it speaks of a soft SEARCH."),
        ("d", "Attention adds computation: a comparison for each pair of written and read words.")])
