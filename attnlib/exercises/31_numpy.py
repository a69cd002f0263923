"""Exercises of 31_numpy."""
import sys

import numpy as np

from attnlib.answers import memory
from attnlib.check import choice, function, mistake, number

number("31.1", 12800,
       "The shapes (10, 1, 64) and (1, 20, 64) stretch to (10, 20, 64): 10 · 20 · 64 = 12,800 numbers.",
       [(200, "That is the table of scores, after the sum over the 64 features. The product still has them."),
        (1280, "Did you multiply 20 and 64? The 10 queries count as well."),
        (640, "That is q alone. It stretches across the 20 keys."),
        (819200, "That multiplies the two sizes, so 64 counts twice. The features meet each other one to one."),
        (1920, "You added the two sizes. Every query meets every key: multiply.")],
       first="Write the two shapes one below the other, (10, 1, 64) and (1, 20, 64). To what does an axis of size 1 stretch?")


def steps(f, *args):
    """How many steps Python takes in f(*args), packages aside: with a loop they grow with its axis, in array operations they do not."""
    count = 0

    def look(frame, *_):
        nonlocal count
        if "site-packages" in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, count = True, count + 1
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        f(*args)
    finally:
        sys.settrace(before)
    return count


def loops(f, *shapes):
    """Whether Python takes more steps when each axis is five times as long."""
    small, large = ([np.full([size * times for size in shape], 0.5) for shape in shapes] for times in (1, 5))
    return max(steps(f, *small) for _ in range(2)) + 15 < min(steps(f, *large) for _ in range(2))


def all_at_once(mine):
    """Refuse a loop and a block (m, n, d), which NumPy's memory shows."""
    q = np.ones((300, 64))
    if loops(mine, (2, 3, 4), (2, 3, 4)):
        return "The numbers are right, but there is a loop. Multiplied out, the square needs one matrix product for all pairs."
    if memory(mine, q, q) > 20 * q.nbytes * 300 / 64:
        return "The numbers are right, but on the way a block (m, n, d) is made. Multiplied out, the square needs a table (m, n) at most."


def draw_pairs(rng):
    b, m, n, d = rng.integers(1, 4, size=4)
    batch = (int(b),) if rng.random() < 0.5 else ()
    return rng.standard_normal((*batch, m, d)), rng.standard_normal((*batch, n, d))


@function("31.2", draw_pairs, also=all_at_once)
def distance_scores(q, k):
    """|q - k|² = |q|² - 2 q·k + |k|²: a column, a matrix product and a row; minus one half of it is q·k - |q|²/2 - |k|²/2."""
    return q @ k.mT - (q**2).sum(axis=-1)[..., :, None] / 2 - (k**2).sum(axis=-1)[..., None, :] / 2


@mistake("31.2", "That is the squared distance. The score is minus one half of it: near keys should score high.")
def _(q, k):
    return -2 * distance_scores(q, k)


@mistake("31.2", "The sign is turned: far keys score high.")
def _(q, k):
    return -distance_scores(q, k)


@mistake("31.2", "The factor 1/2 is missing.")
def _(q, k):
    return 2 * distance_scores(q, k)


@mistake("31.2", "That is minus one half of the distance, not of its square.")
def _(q, k):
    return -np.sqrt(np.maximum(-2 * distance_scores(q, k), 0)) / 2


@mistake("31.2", "The keys' squared length is missing. Long keys would win for their length.")
def _(q, k):
    return q @ k.mT - (q**2).sum(axis=-1)[..., :, None] / 2


@mistake("31.2", "That is the middle term alone. Multiplied out, the square has three terms: which ones belong to q and to k alone?")
def _(q, k):
    return q @ k.mT


@mistake("31.2", "Look at the middle term: |q - k|² has -2 q·k in it, so the score has +q·k.")
def _(q, k):
    return -(q @ k.mT) - (q**2).sum(axis=-1)[..., :, None] / 2 - (k**2).sum(axis=-1)[..., None, :] / 2


@mistake("31.2", "The queries' squared length is missing. It shifts a whole row, so the weights are the same; the scores are not.")
def _(q, k):
    return q @ k.mT - (k**2).sum(axis=-1)[..., None, :] / 2


def draw_padded(rng):
    b, m, n = rng.integers(1, 4, size=3)
    lengths = rng.integers(1, n + 1, size=b)
    return rng.standard_normal((b, m, n)), np.arange(n) < lengths[:, None]


@function("31.3", draw_padded)
def hidden(scores, real):
    """real (b, n) needs an axis for the queries, (b, 1, n). Without it, NumPy lines up b with the queries' axis m from the right."""
    return np.where(real[:, None, :], scores, -np.inf)


@mistake("31.3", "That is still the bug: (b, n) is lined up from the right, so query i has sentence i's padding hidden, in every sentence.")
def _(scores, real):
    return np.where(real, scores, -np.inf)


@mistake("31.3", "The new axis stands last, (b, n, 1): you hide rows of queries instead of columns of keys.")
def _(scores, real):
    return np.where(real[:, :, None], scores, -np.inf)


@mistake("31.3", "The axis is right, the sense is not: True marks real tokens, which keep their scores.")
def _(scores, real):
    return np.where(real[:, None, :], -np.inf, scores)


@mistake("31.3", "A score of 0 is a score like another, with amount exp(0) = 1. What is hidden needs minus infinity.")
def _(scores, real):
    return np.where(real[:, None, :], scores, 0)


@mistake("31.3", "A large negative number hides only from moderate scores; see 13_masks. Use minus infinity.")
def _(scores, real):
    return np.where(real[:, None, :], scores, -1e9)


@mistake("31.3", "It hides from ordinary scores, but it is one: a row without a real token would get equal weights. Use minus infinity.")
def _(scores, real):
    return np.where(real[:, None, :], scores, -1e30)


@mistake("31.3", "The lowest float is still a score: a row without a real token would get equal weights. Use minus infinity.")
def _(scores, real):
    return np.where(real[:, None, :], scores, np.finfo(float).min)


number("31.4", 384,
       "8 · 12 · 1024 · 1024 weights of 4 bytes are 402,653,184 bytes; divided by 2**20 that is 384 MiB.",
       [(768, "That is with 8 bytes a number; float32 has 4."),
        (402.653184, "That is in millions of bytes. A MiB is 2**20 bytes."),
        (402653184, "That is in bytes. Divide by 2**20."),
        (96, "That counts the weights in MiB as if each took one byte. float32 has 4."),
        (32, "All 12 heads have their own weights."),
        (48, "All 8 sentences have their own weights."),
        (4, "That is one head of one sentence."),
        (0.375, "That is in GiB; or you counted 1024 entries for each head, where the table has 1024 times 1024.")],
       first="How many weights has one head for one sentence, a table of queries by keys? How many such tables are there?")


def draw_two_layers(rng):
    b, h, g, n = rng.integers(1, 4, size=4)
    first, second = rng.random((b, h, n, n)), rng.random((b, g, n, n))
    return first / first.sum(axis=-1, keepdims=True), second / second.sum(axis=-1, keepdims=True)


def without_a_loop(mine):
    if loops(mine, (2, 2, 3, 3), (2, 3, 3, 3)):
        return "The numbers are right, but there is a loop. Give each axis its letter, and an einsum adds up those that the result lacks."


@function("31.5", draw_two_layers, also=without_a_loop)
def through(first, second):
    """The second layer's i reads j, the first layer's j read k: j is summed, and both letters of heads, which is then divided out."""
    return np.einsum("bgij,bhjk->bik", second, first) / (first.shape[1] * second.shape[1])


@mistake("31.5", "You added over the pairs of heads. An average divides by their number: each row should add up to 1.")
def _(first, second):
    return np.einsum("bgij,bhjk->bik", second, first)


@mistake("31.5", "The order is turned: i stands in the layer that reads last, the second.")
def _(first, second):
    return np.einsum("bhij,bgjk->bik", first, second) / (first.shape[1] * second.shape[1])


@mistake("31.5", "One letter for both layers' heads pairs head 1 with head 1 only. Give each layer its own letter.")
def _(first, second):
    return np.einsum("bhij,bhjk->bik", second, first) / first.shape[1]


@mistake("31.5", "The heads are still apart: two more letters stand in your result.")
def _(first, second):
    return np.einsum("bgij,bhjk->bghik", second, first)


@mistake("31.5", "You divided by the first layer's heads only. There are h times g pairs.")
def _(first, second):
    return np.einsum("bgij,bhjk->bik", second, first) / first.shape[1]


@mistake("31.5", "Your result stands on its side: rows are the tokens that read, i, columns those that are read, k.")
def _(first, second):
    return through(first, second).swapaxes(-1, -2)


choice("31.6", "b",
       "Without the scale the rows still sum to 1 and the shapes are right; only numbers, or a second route, can tell. "
       "(a) and (d) break the rows' sums, (c) breaks the shape.",
       [("a", "Without keepdims the totals divide columns: the rows no longer sum to 1."),
        ("c", "That gives one number for each place, (m,), so the output has not the shape (m, e) of an average over keys."),
        ("d", "Then the columns sum to 1 and the rows do not.")])

choice("31.7", "c",
       "Nothing may be read, so nothing is: zeros, and the output is zero.",
       [("a", "A plain softmax of minus infinities gives nan. masked_softmax does not."),
        ("b", "Equal weights come from a large finite number in place of minus infinity; then hidden keys are read."),
        ("d", "It is a legal row, for example in padding; no error is raised.")])
