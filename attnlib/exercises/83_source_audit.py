"""Exercises of 83_source_audit."""
import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import softmax

number("83.1", 0.6652,
       "Two scores apart, so the quotient of the weights is e² = 7.3891, and 0.0900 · 7.3891 = 0.6652 from the unrounded 0.09003. "
       "The second must be 0.2447. A sum of 1 is needed and is not enough.",
       [(0.27, "That is three times the first: shares of the scores, not of their exponentials."),
        (0.2447, "That is the second: one score higher, e times the first."),
        (0.64, "That is what is printed. Divide it by the first: is the quotient e to the difference of their scores?"),
        (0.5, "That is 3 / 6, the share of the score. Softmax shares out exponentials.")],
       first="Divide two weights by each other: the total cancels. What is left?")

choice("83.2", "c",
       "The claim says *because*: take the cause away, or put another in its place, and leave everything else. (a) says where it looks, "
       "(b) that attention helps, whatever the score, and (d) is another model on other data.",
       [("a", "A map says where weights lie. With another score they may lie there as well."),
        ("b", "That tests attention against none. The claim is about the score."),
        ("d", "The paper can say so of its own model. Is it true of this one?")])


def draw_weights(rng):
    amounts = rng.exponential(size=int(rng.integers(2, 7))) + 0.05
    return (amounts / amounts.sum() * rng.uniform(0.5, 1.8),)


@function("83.3", draw_weights)
def implied_scores(w):
    """The total cancels in a quotient: w_i / w_0 = exp(s_i - s_0). So s_i - s_0 = ln(w_i / w_0), whatever the weights add up to."""
    return np.log(w / w[0])


@mistake("83.3", "The first score is to be 0: the logarithms of the weights still hold the total.")
def _(w):
    return np.log(w)


@mistake("83.3", "Quotients of weights are exponentials of differences of scores. Take the logarithm.")
def _(w):
    return w / w[0]


@mistake("83.3", "The sign: a larger weight belongs to a larger score.")
def _(w):
    return np.log(w[0] / w)


@mistake("83.3", "Those are the steps from one score to the next. Add them up from the first, which is 0.")
def _(w):
    return np.diff(np.log(w))


@mistake("83.3", "Softmax takes powers of e, so the natural logarithm undoes it.")
def _(w):
    return np.log2(w / w[0])


@mistake("83.3", "You take the largest as 0. The first is to be 0.")
def _(w):
    return np.log(w / w.max())


def draw_states(rng):
    n = int(rng.integers(2, 6))
    return rng.standard_normal((n, int(rng.integers(2, 5)))), rng.standard_normal((n, int(rng.integers(2, 5))))


@function("83.4", draw_states)
def meant(h, x):
    """The weights are e = softmax over j of h_i · h_j; what is read are the inputs: e x. One sum, with the inputs as values."""
    return softmax(h @ h.T) @ x


@mistake("83.4", "That reads the states. The text wants the inputs read, by the weights of the states.")
def _(h, x):
    return softmax(h @ h.T) @ h


@mistake("83.4", "You sum twice: what comes out of the first average is averaged again.")
def _(h, x):
    weights = softmax(h @ h.T)
    return weights @ (weights @ x)


@mistake("83.4", "The softmax runs over the places that ask. Each place's weights over the places that are read add up to 1.")
def _(h, x):
    return softmax(h @ h.T).T @ x


@mistake("83.4", "Without the softmax these are scores, not weights.")
def _(h, x):
    return h @ h.T @ x


@mistake("83.4", "You scale the inputs and add them up over all places: one row is left. Each of the n places gets an answer.")
def _(h, x):
    return softmax(h @ h.T).sum(axis=0) @ x


def draw_four(rng):
    b, n, d = (int(size) for size in rng.choice(range(2, 7), 3, replace=False))
    return (*rng.standard_normal((3, b, n, d)), rng.standard_normal((d, d)))


@function("83.5", draw_four)
def repaired(q, k, v, W):
    """Scores of all pairs of a sequence, (b, n, n): the product sums over features. The softmax then runs over keys, and the product
    with v over places. Only the last two axes of k change places."""
    return softmax(q @ W @ k.swapaxes(1, 2)) @ v


@mistake("83.5", "That is still the bug: q * k multiplies feature by feature, and no place hears another.")
def _(q, k, v, W):
    return softmax((q @ W) * k) * v


@mistake("83.5", "Now each place scores its own key alone: a sum over features without the other places.")
def _(q, k, v, W):
    return softmax(((q @ W) * k).sum(axis=-1, keepdims=True)) * v


@mistake("83.5", "The softmax runs over the queries. The weights of a query over the keys add up to 1.")
def _(q, k, v, W):
    return softmax((q @ W @ k.swapaxes(1, 2)).swapaxes(1, 2)).swapaxes(1, 2) @ v


@mistake("83.5", "The softmax runs over axis 0, the batch: sequences share one weight among them.")
def _(q, k, v, W):
    return softmax((q @ W @ k.swapaxes(1, 2)).T).T @ v


@mistake("83.5", "W is the wrong way round: it carries the query into the keys' space, q W.")
def _(q, k, v, W):
    return softmax(q @ W.T @ k.swapaxes(1, 2)) @ v


@mistake("83.5", "The matrix W is missing: that is the dot product.")
def _(q, k, v, W):
    return softmax(q @ k.swapaxes(1, 2)) @ v


choice("83.6", "b",
       "Twice the width makes the first term four times and the second twice as large. The ratio lies between 2, where n is much larger "
       "than d, and 4, where it is much smaller. The condition is what is missing.",
       [("a", "Put in n = 10, d = 512: by which factor does 8nd² + 4n²d grow when d doubles?"),
        ("c", "Put in n = 100,000, d = 64: by which factor does it grow?"),
        ("d", "Both terms are known: put in numbers.")])

number("83.7", 10,
       "An average lies between the smallest and the largest of what it averages. 10 is approached as one weight goes to 1.",
       [(20, "That is the sum. Shares add up to 1."), (20 / 3, "That is the plain mean: equal weights. Which weights favour the largest?"),
        (7, "That is the middle one.")],
       first="Shares are not negative and add up to 1. Where does such an average lie?")
