"""Exercises of 13_masks."""
import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import causal_mask, length_mask

number("13.1", 1 / 3,
       "Three zeros add 3 to the amounts 1 + 2 + 3 = 6. Dog keeps its amount 3: 3/9.",
       [(1 / 2, "That is dog's weight behind a mask. Without one, each zero adds the amount exp(0) = 1."),
        (3 / 7, "That is dog's weight beside one zero. There are three."),
        (1 / 6, "There are six keys, but they do not share alike: dog's amount is 3."),
        (np.log(3) / np.log(6), "You shared out the scores. Softmax shares out the amounts exp(score): 1, 2, 3, and 1 for each zero.")],
       first="A place of zero padding has the score 0. What is its amount? Write down all six amounts and their total.")


def draw_last(rng):
    n = int(rng.integers(1, 6))
    return int(rng.integers(1, n + 1)), n


@function("13.2", draw_last)
def last_rows(m, n):
    """The last m rows of the causal mask: query i stands at place n - m + i and may see the places up to there."""
    return np.arange(n) <= np.arange(n - m, n)[:, None]


@mistake("13.2", "Your first query stands at place 0. The queries are the last m of n places: the first stands at n - m.")
def _(m, n):
    return np.arange(n) <= np.arange(m)[:, None]


@mistake("13.2", "Your queries do not see their own place. Causal means itself and what came before.")
def _(m, n):
    return np.arange(n) < np.arange(n - m, n)[:, None]


@mistake("13.2", "Your True marks the future. In this book True = may attend.")
def _(m, n):
    return np.arange(n) > np.arange(n - m, n)[:, None]


@mistake("13.2", "The places are right, the dtype is not: a mask is boolean.")
def _(m, n):
    return last_rows(m, n).astype(float)


@mistake("13.2", "That is (n, m). Queries run down, keys across: (m, n).")
def _(m, n):
    return last_rows(m, n).T


def draw_lengths(rng):
    n = int(rng.integers(2, 5))
    return rng.integers(0, n + 1, size=rng.integers(1, 4)), n


@function("13.3", draw_lengths)
def target_mask(lengths, n):
    """A key must be a real place AND not lie in the future; (batch, 1, n) & (n, n) stretches to (batch, n, n)."""
    return length_mask(lengths, n) & causal_mask(n)


@mistake("13.3", "That is the colleague's version: with `or`, one permission is enough, so filler in the past and words in the future "
                 "are both read.")
def _(lengths, n):
    return length_mask(lengths, n) | causal_mask(n)


@mistake("13.3", "The future is hidden, the filler is not.")
def _(lengths, n):
    return np.broadcast_to(causal_mask(n), (len(lengths), n, n))


@mistake("13.3", "The filler is hidden, the future is not.")
def _(lengths, n):
    return np.broadcast_to(length_mask(lengths, n), (len(lengths), n, n))


@mistake("13.3", "Your True marks what is hidden. In this book True = may attend.")
def _(lengths, n):
    return ~target_mask(lengths, n)


@mistake("13.3", "You took the filler away among the queries too. That is too much: a filler's row stays readable, it is its column "
                 "that nobody reads.")
def _(lengths, n):
    return target_mask(lengths, n) & length_mask(lengths, n).mT


@mistake("13.3", "One place too many: of length 3, the places 0, 1 and 2 are real words; place 3 is filler.")
def _(lengths, n):
    return (np.arange(n) <= lengths[:, None, None]) & causal_mask(n)


@mistake("13.3", "You hid the past in place of the future: your causal mask is turned.")
def _(lengths, n):
    return length_mask(lengths, n) & causal_mask(n).T


def draw_pieces(rng):
    return (np.sort(rng.integers(0, 3, size=rng.integers(2, 7))),)


@function("13.4", draw_pieces)
def places_inside(piece):
    """What each row of (block and causal) allows is the key's place inside its own piece, counted from 1; the row sum, minus 1."""
    return ((piece[:, None] == piece) & causal_mask(len(piece))).sum(axis=-1) - 1


@mistake("13.4", "Your count starts at 1. The first place of a piece is 0.")
def _(piece):
    return places_inside(piece) + 1


@mistake("13.4", "You count on from piece to piece. Each piece starts again at 0.")
def _(piece):
    return np.arange(len(piece))


@mistake("13.4", "That is the size of the piece, minus 1: the same number for all its places. Hide the future before you count.")
def _(piece):
    return (piece[:, None] == piece).sum(axis=-1) - 1


@mistake("13.4", "You joined the two masks by `or`. A key counts if it is in the same piece and not later.")
def _(piece):
    return ((piece[:, None] == piece) | causal_mask(len(piece))).sum(axis=-1) - 1


@mistake("13.4", "You count backwards, from the end of each piece. Did you sum over the queries? A row's keys run along the last axis.")
def _(piece):
    return ((piece[:, None] == piece) & causal_mask(len(piece))).sum(axis=0) - 1


number("13.5", 27,
       "Place 0 sees 1 key, place 1 sees 2, each of the other eight sees itself and two before: 1 + 2 + 8 * 3 = 27.",
       [(44, "That is the window alone, both sides: 3 + 4 + 6 * 5 + 4 + 3. The causal mask takes the right side away."),
        (55, "That is the causal mask alone: 1 + 2 + ... + 10. The window stops each row at three keys."),
        (30, "Three keys in each of ten rows, but the first two rows have not got three yet."),
        (17, "Two diagonals below the main one hold 9 and 8. Count the main diagonal too."),
        (19, "That is a width of 1: the place itself and one before. The width is 2.")],
       first="Count row by row: how many places may place 0 see, how many place 1, how many place 2, and how many every later one?")

choice("13.6", "c",
       "-1e9 does not fit into float16 and becomes -inf there, so an empty row is nan. (a) and (b) hold rows with allowed keys and small "
       "scores, where -inf does no harm; (d) adds nothing to an allowed key.",
       [("a", "In float16 -1e9 is -inf, and a row with an allowed key shares among the allowed ones. That is as it should be."),
        ("b", "exp(-inf) is 0 in float16 too: the masked key gets nothing."),
        ("d", "An allowed key gets 0 added. Its score does not change.")])

number("13.7", 1 / 2, "Shift invariance: a constant on every score of the row cancels, so dog keeps 3/6.",
       [(0, "All scores fall alike, and the largest is subtracted again. Only differences matter."),
        (1 / 3, "Only differences of scores matter, and these have not changed: amounts 1 : 2 : 3.")],
       first="Take the same number off all scores of a row. What happens to their differences, and to the ratios of their amounts?")
