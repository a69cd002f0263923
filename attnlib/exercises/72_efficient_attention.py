"""Exercises of 72_efficient_attention."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("72.1", 36,
       "8,192 / 1,024 = 8 blocks of queries, which need 1, 2, ..., 8 tiles: 8 · 9 / 2 = 36 of 64.",
       [(64, "That is all tiles. Those above the diagonal hold no allowed pair and are not computed."),
        (28, "Those are the tiles below the diagonal. The 8 on it are needed too, for each query sees itself."),
        (32, "Half of the tiles is a little less than the truth: the 8 tiles on the diagonal are needed whole."),
        (8, "That is the number of blocks of queries. How many tiles does each need?")],
       first="How many blocks are there? How many tiles does the first block of queries need, the second, the last?")


NOTHING = -1e300                                                 # top of a row that has seen no allowed key


def draw_states(rng):
    r, e = rng.integers(1, 4, size=2)
    states, near = [], rng.choice([-2000, 0, 2000])              # where exp() of a top itself is 0 or too large
    for _ in range(2):
        seen = rng.random((r, 1)) < 0.8                          # else this half has seen no allowed key
        states += [np.where(seen, near + rng.normal(0, 3, (r, 1)), NOTHING), np.where(seen, rng.uniform(1, 5, (r, 1)), 0),
                   np.where(seen, rng.normal(0, 3, (r, e)), 0)]
    return tuple(states)


@function("72.2", draw_states)
def joined(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    """Measure both against the larger top: each half shrinks by its own factor, then totals and gathered values add; divide once.

    Where both are empty the total is 0; divided by 1 in its place, the gathered zeros stay zeros.
    """
    top = np.maximum(top_1, top_2)
    one, two = np.exp(top_1 - top), np.exp(top_2 - top)
    total = total_1 * one + total_2 * two
    return (gathered_1 * one + gathered_2 * two) / np.where(total == 0, 1, total)


@mistake("72.2", "You added the halves as they are. They were measured against different largest scores: shrink each to the larger.")
def _(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    total = total_1 + total_2
    return (gathered_1 + gathered_2) / np.where(total == 0, 1, total)


@mistake("72.2", "That is the mean of two outputs. A half with the larger amounts must count for more.")
def _(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    return (gathered_1 / np.where(total_1 == 0, 1, total_1) + gathered_2 / np.where(total_2 == 0, 1, total_2)) / 2


@mistake("72.2", "The gathered values are rescaled, the totals are not.")
def _(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    top, total = np.maximum(top_1, top_2), total_1 + total_2
    return (gathered_1 * np.exp(top_1 - top) + gathered_2 * np.exp(top_2 - top)) / np.where(total == 0, 1, total)


@mistake("72.2", "The signs in the exponents are turned: the half with the smaller top must shrink.")
def _(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    return joined(-top_1, total_1, gathered_1, -top_2, total_2, gathered_2)


@mistake("72.2", "A row that no half has seen is nan: 0 / 0 is no number. Such a row answers 0.")
def _(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    empty = total_1 + total_2 == 0
    return np.where(empty, np.nan, joined(top_1, total_1, gathered_1, top_2, total_2, gathered_2))


def draw_row(rng):
    n, e = rng.integers(1, 6), rng.integers(1, 4)
    near = rng.choice([-2000, 0, 2000])                          # where exp() of a score itself is 0 or too large
    return near + rng.normal(0, 2, n), rng.normal(0, 3, (n, e))


@function("72.3", draw_row)
def online(scores, values):
    """The total shrinks by the same factor as the gathered values: total = total · exp(top - new) + exp(s - new)."""
    top, total, gathered = -np.inf, 0.0, np.zeros(values.shape[1])
    for s, v in zip(scores, values):
        new = max(top, s)
        shrink, amount = np.exp(top - new), np.exp(s - new)
        total, gathered, top = total * shrink + amount, gathered * shrink + amount * v, new
    return gathered / total


@mistake("72.3", "That is still the bug: the total keeps amounts that were measured against an older, smaller top.")
def _(scores, values):
    top, total, gathered = -np.inf, 0.0, np.zeros(values.shape[1])
    for s, v in zip(scores, values):
        new = max(top, s)
        gathered = gathered * np.exp(top - new) + np.exp(s - new) * v
        total, top = total + np.exp(s - new), new
    return gathered / total


@mistake("72.3", "Now neither is rescaled. Both must shrink when a larger score comes.")
def _(scores, values):
    tops = np.maximum.accumulate(scores)
    amounts = np.exp(scores - tops)
    return amounts @ values / amounts.sum()


@mistake("72.3", "The total is rescaled now, the gathered values no longer.")
def _(scores, values):
    amounts = np.exp(scores - np.maximum.accumulate(scores))
    return amounts @ values / np.exp(scores - scores.max()).sum()


@mistake("72.3", "Right as long as exp() of a score is neither 0 nor too large. Measure against the largest so far.")
def _(scores, values):
    with np.errstate(over="ignore", invalid="ignore"):
        amounts = np.exp(scores)
        return amounts @ values / amounts.sum()


@mistake("72.3", "You return the gathered values and have not divided by the total.")
def _(scores, values):
    return np.exp(scores - scores.max()) @ values


def draw_blocks(rng):
    block = int(rng.integers(1, 6))
    return int(rng.integers(0, 6)) * block, int(rng.integers(1, 30)), block


@function("72.4", draw_blocks)
def causal_blocks(a, n, block):
    """The last query of the block is a + block - 1, so keys up to there count, as far as there are keys."""
    return list(range(0, min(n, a + block), block))


@mistake("72.4", "That is still the bug: the tile on the diagonal is missing, so no query sees its own block.")
def _(a, n, block):
    return list(range(0, min(n, a), block))


@mistake("72.4", "The tiles are the right ones as long as there are keys; with fewer keys than queries you name tiles without any key.")
def _(a, n, block):
    return list(range(0, a + block, block))


@mistake("72.4", "One tile too many: it lies above the diagonal and is masked whole. The output is right, the work is wasted.")
def _(a, n, block):
    return list(range(0, min(n, a + 2 * block), block))


@mistake("72.4", "Those are all tiles of the row. A causal mask needs those up to the diagonal.")
def _(a, n, block):
    return list(range(0, n, block))


@mistake("72.4", "Only the tile on the diagonal: the queries see their own block and nothing before it.")
def _(a, n, block):
    return [a] if a < n else []


number("72.5", 0.2,
       "The relative variance is (e^(ln 5) - 1) / 100 = (5 - 1) / 100 = 0.04; its root is 0.2.",
       [(0.04, "That is the variance. The standard deviation is its root."),
        (0.05, "The 1 is missing, and the root: the relative variance is (5 - 1) / 100."),
        (0.05 ** 0.5, "Do not forget the 1: the variance is the mean square, 5, minus the square of the mean, 1."),
        (2, "That is for one feature. The mean of 100 has a hundredth of the variance."),
        (4, "That is the relative variance with one feature."),
        (0.02, "The variance falls with the number of features; the deviation falls with its root.")],
       first="Put the number into the relative variance of the text, (exp(|q + k|²) - 1) / m.")


def draw_gated(rng):
    n, d, e = rng.integers(1, 6), rng.integers(1, 4), rng.integers(1, 4)
    return *rng.standard_normal((2, n, d)), rng.standard_normal((n, e)), rng.uniform(0.3, 1, n)


@function("72.6", draw_gated)
def gated(q, k, v, g):
    """What was written at j has passed the gates j + 1, ..., i: its factor is exp(c_i - c_j), where c adds up the logs of the gates."""
    c = np.cumsum(np.log(g))
    decay = np.tril(np.exp(c[:, None] - c))
    return (q @ k.T * decay) @ v


@mistake("72.6", "That is the memory without its gate.")
def _(q, k, v, g):
    return np.tril(q @ k.T) @ v


@mistake("72.6", "One gate too many: what is written at j has not passed gate j itself. At i = j the factor is 1.")
def _(q, k, v, g):
    return gated(q, k, v * g[:, None], g)


@mistake("72.6", "One gate too few: what was written at j passes gates j + 1 to i, the last one included.")
def _(q, k, v, g):
    c = np.concatenate([[0], np.cumsum(np.log(g))])
    return (q @ k.T * np.tril(np.exp(c[:-1, None] - c[1:]), -1) + q @ k.T * np.eye(len(q))) @ v


@mistake("72.6", "A place reads what comes after it. The memory holds what has been written so far.")
def _(q, k, v, g):
    c = np.cumsum(np.log(g))
    return (q @ k.T * np.exp(c[:, None] - c)) @ v


@mistake("72.6", "Each gate is applied once, when a place reads. It must act again at each later place.")
def _(q, k, v, g):
    return np.tril(q @ k.T) @ v * g[:, None]


choice("72.7", "c",
       "A window is another mask: keys outside it no longer count. The others change when and how often numbers are computed, not which.",
       [("a", "The size of the blocks decides how the same sums are split up. Folding is exact for any split."),
        ("b", "The state does not depend on the order: the claim is about sums, which any order gives."),
        ("d", "The weight that is made again from its score and the log of its row is the same weight.")])

choice("72.8", "b",
       "The average of the blames with the weights as shares is Σ A_ij (g_i · v_j) = g_i · Σ A_ij v_j = g_i · o_i.",
       [("a", "It is zero only by chance: in the example of 23 it is -13."),
        ("c", "The log of the total makes the weights again; the average of the blames is another number."),
        ("d", "Then the weights would need no scores at all. The short cut holds for any weights.")])
