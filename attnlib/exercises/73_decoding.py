"""Exercises of 73_decoding."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("73.1", 60,
       "The first step reads the prompt, 10 places; each later one reads a character more: 10 + 11 + 12 + 13 + 14 = 60.",
       [(14, "That is with a cache: the prompt once, then one place a step. Here each step reads all places again."),
        (15, "That is the length of the finished text. Each step reads a whole row."),
        (65, "You began with 11. The first step reads the prompt alone; its scores give the first new character."),
        (50, "The row grows: the second step reads one character more than the first."),
        (75, "Only the finished text has 15 characters, and it is read by no step."),
        (10, "That is the first step alone.")],
       first="How long is the row that the first step reads, and by how much does it grow from step to step?")

number("73.2", 131072,
       "2 (keys and values) * 32 layers * 8 heads * 128 * 2 bytes = 131,072, a quarter of what 32 heads would take.",
       [(524288, "That is with a key-value head for every query head. Only the shared heads are kept."),
        (65536, "Keys and values are both kept, and each number takes two bytes: one of these factors is missing."),
        (4096, "That is one layer. Every layer keeps its own."),
        (16384, "That is one key-value head. The cache keeps all of those that are shared."),
        (32768, "Keys and values are both kept, and each number takes two bytes: both factors are missing.")],
       first="What is kept of a word in one layer, and how many numbers is that? Then go on to all layers, and to bytes.")


def draw_window(rng):
    sinks = int(rng.integers(0, 4))
    return int(rng.integers(1, 25)), sinks, sinks + int(rng.integers(1, 8))


@function("73.3", draw_window)
def kept_places(n, sinks, size):
    """All places while they fit; then the sinks and as many of the last as there is room for beside them."""
    if n <= size:
        return np.arange(n)
    return np.concatenate([np.arange(sinks), np.arange(n - size + sinks, n)])


@mistake("73.3", "You kept the last `size` beside the sinks. Together they may be `size`.")
def _(n, sinks, size):
    return kept_places(n, sinks, size + sinks)


@mistake("73.3", "That is the window alone: the sinks are gone.")
def _(n, sinks, size):
    return np.arange(max(0, n - size), n)


@mistake("73.3", "The sinks are all that is left: the last places are missing.")
def _(n, sinks, size):
    return np.arange(min(n, sinks))


@mistake("73.3", "Your window ends one place too early: the last character, n - 1, is kept.")
def _(n, sinks, size):
    return np.arange(n) if n <= size else np.concatenate([np.arange(sinks), np.arange(n - size + sinks - 1, n - 1)])


@mistake("73.3", "You also give the order in the cache. The places in the text were asked for.")
def _(n, sinks, size):
    return np.arange(min(n, size))


def draw_mask(rng):
    m = int(rng.integers(1, 5))
    return m, m + int(rng.integers(0, 6)), int(rng.integers(1, 6))


@function("73.4", draw_mask)
def cached_mask(m, n, width):
    """The new characters are the last m of n: row i is place n - m + i."""
    back = np.arange(n - m, n)[:, None] - np.arange(n)
    return (back >= 0) & (back < width)


@mistake("73.4", "That is still the bug: row i is the place n - m + i, since the new characters are the last of the cache.")
def _(m, n, width):
    back = np.arange(m)[:, None] - np.arange(n)
    return (back >= 0) & (back < width)


@mistake("73.4", "Upside down: True should mean that the character may be seen.")
def _(m, n, width):
    return ~cached_mask(m, n, width)


@mistake("73.4", "A new character should see itself, too.")
def _(m, n, width):
    return cached_mask(m, n, width) & (np.arange(n - m, n)[:, None] != np.arange(n))


@mistake("73.4", "Your window is one too wide: itself and `width - 1` before it are `width` together.")
def _(m, n, width):
    return cached_mask(m, n, width + 1)


@mistake("73.4", "The window is missing: what lies `width` or more back may not be seen.")
def _(m, n, width):
    return cached_mask(m, n, n)


@mistake("73.4", "The window looks both ways: what comes later may not be seen.")
def _(m, n, width):
    return np.abs(np.arange(n - m, n)[:, None] - np.arange(n)) < width


def draw_real(rng):
    b, n = int(rng.integers(1, 4)), int(rng.integers(2, 8))
    lengths, behind = rng.integers(1, n, b), rng.random(b) < 0.5
    real = np.arange(n - 1) < lengths[:, None]
    real[~behind] = real[~behind, ::-1]
    return (np.concatenate([real, np.ones((b, 1), bool)], axis=1),)


@function("73.5", draw_real)
def place_of_new(real):
    """Places begin at 0, so the last of k real characters stands at k - 1."""
    return real.sum(axis=1) - 1


@mistake("73.5", "That is still the bug. The first character has place 0: what place has the last of k?")
def _(real):
    return real.sum(axis=1)


@mistake("73.5", "That is the column, which counts padding too.")
def _(real):
    return np.full(len(real), real.shape[1] - 1)


@mistake("73.5", "That is one too few: the new character is counted in `real` already, and only once too often.")
def _(real):
    return real.sum(axis=1) - 2


@mistake("73.5", "You numbered all columns. The place of the last one was asked for.")
def _(real):
    return np.cumsum(real, axis=1) - 1


def draw_round(rng):
    gamma = int(rng.integers(1, 5))
    n = gamma + int(rng.integers(1, 5))
    return np.round(rng.normal(size=(n, 2)), 1), gamma, int(rng.integers(0, gamma + 1))


@function("73.6", draw_round)
def after_round(kept, gamma, accepted):
    """Cut off the refused guesses, gamma - accepted rows at the end; the character drawn last was not read yet."""
    return kept[:len(kept) - gamma + accepted]


@mistake("73.6", "That is still the bug: the rows of refused guesses are stale.")
def _(kept, gamma, accepted):
    return kept


@mistake("73.6", "You cut off the accepted guesses as well. They stand in the text.")
def _(kept, gamma, accepted):
    return kept[:len(kept) - gamma]


@mistake("73.6", "You kept as many rows as guesses were accepted, counted from the start. The history stays, too.")
def _(kept, gamma, accepted):
    return kept[:accepted]


@mistake("73.6", "One row too many: in the place of the first refused guess another character was drawn, which has not been read yet.")
def _(kept, gamma, accepted):
    return kept[:len(kept) - gamma + accepted + 1]


@mistake("73.6", "You cut off as many as were accepted. Cut off those that were refused.")
def _(kept, gamma, accepted):
    return kept[:len(kept) - accepted]


number("73.7", 15 / 8,
       "One character is certain; the second comes if the first guess is accepted, and so on: 1 + 1/2 + 1/4 + 1/8 = 15/8, which is\n"
       "(1 - a^(g+1)) / (1 - a) with a = 1/2 and g = 3.",
       [(7 / 8, "That counts accepted guesses alone. The target adds one character in every round."),
        (3 / 2, "Half of three guesses would be accepted if each had its chance. After a refusal the later ones are dropped."),
        (5 / 2, "A guess after a refused one does not count, even if it would have been accepted."),
        (2, "That is with guesses without end. Here a round has three."),
        (7 / 4, "That is a round of two guesses.")],
       first="How often does a round give at least two characters? At least three? Add these up.")

choice("73.8", "c",
       "Turned queries and keys, and a price for distance, depend on the difference of two places, which stays. An added code changes the\n"
       "vector itself, and queries and keys are made of that.",
       [("a", "The product of a turned query and a turned key depends on the difference of their places. Does that change?"),
        ("b", "The price counts the steps between two places. Does their number change?"),
        ("d", "In one of them the vector of a character changes with its place, before queries and keys are made.")])
