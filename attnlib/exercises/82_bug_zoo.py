"""Exercises of 82_bug_zoo."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("82.1", 4,
       "Each column shares 1 among three queries: every weight is 1/3. A row has two of them, 2/3, and 2/3 of 6 is 4.",
       [(6, "That is what the right program answers: its rows add up to one. Here the columns do."),
        (9, "You divided the other way round: a row has two weights, and each is one of three shares."),
        (2, "That is one weight times 6. How many keys does a query add up?"),
        (3, "With two queries it would be 1/2 times 6 for each key. Here are three.")],
       first="How much does each of the three queries get of one column? How many columns does a query add up?")


def draw_weights(rng):
    n = int(rng.integers(3, 6))
    e = np.exp(2 * rng.normal(size=(n, n)))
    return (e / e.sum(axis=1, keepdims=True),)


@function("82.2", draw_weights)
def asymmetry(weights):
    """Row i of the logarithms is the scores less a number of that row. In A = log w - log w.T the scores cancel where they are symmetric,
    and what is left, r_j - r_i, cancels along every closed path i, j, k, i. The path backwards gives the opposite sign, so that the largest
    value is the largest absolute one."""
    A = np.log(weights) - np.log(weights).T
    return (A[:, :, None] + A + A.T[:, None, :]).max()


@mistake("82.2", "The logarithm is missing: softmax adds a number to each row of scores only after it.")
def _(weights):
    A = weights - weights.T
    return np.abs(A[:, :, None] + A[None] + A.T[:, None, :]).max()


@mistake("82.2", "That is the largest of the differences themselves. Each row's own number is still in them; go once round i, j, k.")
def _(weights):
    return np.abs(np.log(weights) - np.log(weights).T).max()


@mistake("82.2", "The path is not closed: from k it goes back to i.")
def _(weights):
    A = np.log(weights) - np.log(weights).T
    return np.abs(A[:, :, None] + A[None]).max()


def draw_rows(rng):
    n = int(rng.integers(2, 7))
    j, before = int(rng.integers(n)), rng.normal(size=(n, 2))
    changed = (np.arange(n) >= j) & (rng.random(n) < 0.7) | (rng.random(n) < 0.15)
    return before, np.where(changed[:, None] & (rng.random((n, 2)) < 0.6), before + 1, before), j


@function("82.3", draw_rows)
def leaks(before, after, j):
    """A place may see itself, so row j and those after it may change; a change in any row before it is a leak."""
    return bool((before[:j] != after[:j]).any())


@mistake("82.3", "That is still the bug: row j belongs to the place that was changed, and a causal mask lets it see itself.")
def _(before, after, j):
    return bool((before[:j + 1] != after[:j + 1]).any())


@mistake("82.3", "Those rows may change: they stand at or after the place that was changed.")
def _(before, after, j):
    return bool((before[j:] != after[j:]).any())


@mistake("82.3", "One changed row is a leak; you ask for a change in all entries.")
def _(before, after, j):
    return bool(j and (before[:j] != after[:j]).all())


@mistake("82.3", "Row j - 1 is before the place, too.")
def _(before, after, j):
    return bool((before[:max(j - 1, 0)] != after[:max(j - 1, 0)]).any())


choice("82.4", "b",
       "A loss that is too good together with sentences that fail means that training saw what writing does not have: the next word.",
       [("a", "Weights that do not add up to one can leak as well, but ask first what the symptom names: "
              "what does training see that writing does not have?"),
        ("c", "A missing scale makes training harder or easier. It does not make the given words more useful than one's own."),
        ("d", "Dropout in evaluation makes two calls differ. It makes no loss too good.")])

number("82.5", float(1 / (1 + np.e)),
       "The masked key has -10,000, the allowed one -9,999: e^-10000 / (e^-10000 + e^-9999) = 1 / (1 + e).",
       [(float(np.e / (1 + np.e)), "That is the allowed key's weight."),
        (0, "That is what a mask of minus infinity gives."),
        (0.5, "Their scores are not equal: one point lies between them.")],
       first="Take the largest score off both. What are the two exponentials?")

choice("82.6", "c",
       "In nn.MultiheadAttention True in attn_mask and key_padding_mask means that the key is ignored; in scaled_dot_product_attention "
       "that it takes part.",
       [("a", "So it is in scaled_dot_product_attention, in Keras and in this book. This layer is the other way round."),
        ("b", "A mask of numbers is added; one of booleans is not."),
        ("d", "Row and column are those of queries and keys in both.")])
