"""Exercises of 00_start_here."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("00.1", 7 / 10,
       "The amounts of the row are 1, 2 and 7. Their total is 10, so dog gets 7/10.",
       [(7 / 6, "You divided by the old total, and no weight can be above 1. What do 1, 2 and 7 add up to?"),
        (1 / 2, "That is the weight as it was, 3/6. Amount and total change both."),
        (7.0, "That is the amount. A weight is the amount divided by the total of its row."),
        (7 / 13, "You kept the old 3 in the total. The 7 comes in its place: 1 + 2 + 7."),
        (3 / 10, "The new total is right. What amount does dog have now?"),
        (7 / 9, "Divide by the whole total, dog's own amount included, and add again: 1 + 2 + 7.")],
       first="Write down the amounts of the row, with the 7 in dog's place, and add them up. Which share of the total is dog's?")


def draw_weights(rng):
    amounts = rng.integers(1, 7, (rng.integers(1, 4), rng.integers(2, 5))) + rng.permutation(4)[0] / 4
    amounts[np.arange(len(amounts)), rng.integers(0, amounts.shape[1], len(amounts))] += 7       # one clear winner in each row
    return (amounts / amounts.sum(axis=1, keepdims=True),)


@function("00.2", draw_weights)
def largest(weights):
    """Each row is one query, and keys run along axis 1: take the maximum along axis 1,
    and one number is left for each row."""
    return weights.max(axis=1)


@mistake("00.2", "That is each column's largest. axis=0 runs down the rows; which runs along the keys?")
def _(w):
    return w.max(axis=0)


@mistake("00.2", "That is one number for the whole map. One for each row is expected: name an axis.")
def _(w):
    return w.max()


@mistake("00.2", "That is where the largest weight stands. The question is how large it is.")
def _(w):
    return w.argmax(axis=1)


@mistake("00.2", "That is the largest weight of the first row only.")
def _(w):
    return w[0].max()


@function("00.3", draw_weights)
def favourite(weights):
    """argmax gives the position of the largest entry instead of the entry; keys run along axis 1."""
    return weights.argmax(axis=1)


@mistake("00.3", "That is, for each key, who looks at it most. Read along the rows: which axis runs along the keys?")
def _(w):
    return w.argmax(axis=0)


@mistake("00.3", "That is how large the largest weight is. The question is where it stands.")
def _(w):
    return w.max(axis=1)


@mistake("00.3", "Without an axis the map is read as one long row, and you get one position. One for each query is expected.")
def _(w):
    return w.argmax()


@mistake("00.3", "You count from 1. In Python the first position is 0.")
def _(w):
    return w.argmax(axis=1) + 1


@mistake("00.3", "That is the key each query looks at least.")
def _(w):
    return w.argmin(axis=1)


def draw_amounts(rng):
    return (rng.integers(1, 7, (rng.integers(1, 4), rng.integers(2, 4))).astype(float),)


@function("00.4", draw_amounts)
def shares(amounts):
    """The totals have shape (m,), and NumPy lines them up with the last axis, the keys. keepdims=True leaves them as (m, 1), one
    total beside each row. (With m equal to n the bug raises nothing and divides by the wrong totals.)"""
    return amounts / amounts.sum(axis=1, keepdims=True)


@mistake("00.4", "The bug is still there: the totals (m,) line up with the columns. Look up keepdims.")
def _(a):
    return a / a.sum(axis=1)


@mistake("00.4", "No error any more, but your columns add up to 1. Each row should.")
def _(a):
    return a / a.sum(axis=0)


@mistake("00.4", "No error any more, but the whole map adds up to 1. Each row should.")
def _(a):
    return a / a.sum()


@mistake("00.4", "Your shares are right and lie on their side: rows and columns have changed places.")
def _(a):
    return a.T / a.sum(axis=1)


@mistake("00.4", "You divide by the largest amount of each row. Divide by the total.")
def _(a):
    return a / a.max(axis=1, keepdims=True)


choice("00.5", "b",
       "(4, 4) @ (4, 2): the inner sizes agree and disappear, the outer ones stay. Four queries, two numbers for each.",
       [("a", "The inner sizes disappear, the outer ones stay: (4, 4) @ (4, 2)."),
        ("c", "The order of the outer sizes is kept: rows of the first, columns of the second."),
        ("d", "The inner sizes are 4 and 4: they agree, so there is no error.")])
