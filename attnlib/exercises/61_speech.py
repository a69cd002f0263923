"""Exercises of 61_speech."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("61.1", 3 / 2,
       "The cheapest way from 3 1 to 3 3 1 1 1: put in a 3 and two 1s, three changes. Two digits were said: 3/2.\n"
       "An error rate is no share; whoever writes too much can pass 1.",
       [(1, "A digit error rate is not capped at 1: what is put in counts, too."),
        (3 / 5, "You divided by the digits written. The rate is per digit *said*."),
        (3, "That is the number of changes. Divide it by the digits said."),
        (0, "All that was said stands there, but three digits more than were said stand there, too."),
        (5 / 2, "Both digits that were said are in what was written; only the others count."),
        (2, "Three changes are enough: keep a 3 and a 1.")],
       first="Which digits of 3 3 1 1 1 can stay, so that 3 1 comes out with the fewest changes?")


def draw_labels(rng):
    n = int(rng.integers(1, 12))
    return (rng.choice([0, 0, 1, 8], size=n).tolist(),)


@function("61.2", draw_labels)
def read(labels):
    """A label begins a digit where it differs from the one before it and is not blank; a blank between two equals keeps both."""
    return [k - 1 for before, k in zip([0, *labels], labels) if k and k != before]


@mistake("61.2", "You dropped the blanks first. Then a double, 8 0 8, merges into one: merge first, then drop.")
def _(labels):
    kept = [k for k in labels if k]
    return [k - 1 for before, k in zip([0, *kept], kept) if k != before]


@mistake("61.2", "Equal neighbours are one digit that lasts: merge them.")
def _(labels):
    return [k - 1 for k in labels if k]


@mistake("61.2", "The blanks are still there, as -1. Drop them after merging.")
def _(labels):
    return [k - 1 for before, k in zip([None, *labels], labels) if k != before]


@mistake("61.2", "Label k stands for the digit k - 1, since 0 is the blank.")
def _(labels):
    return [k for before, k in zip([0, *labels], labels) if k and k != before]


@mistake("61.2", "A digit may come again: keep each beginning, not each kind of digit.")
def _(labels):
    return list(dict.fromkeys(k - 1 for k in labels if k))


def draw_frames(rng):
    n, bands, together = int(rng.integers(4, 9)), int(rng.integers(2, 4)), int(rng.integers(2, 4))
    return np.round(rng.normal(size=(n, bands)), 1), together


@function("61.3", draw_frames)
def steps_of(frames, together):
    """Frames lie row by row: cut rows off at the end, and reshape without a transpose, and whole frames stay side by side."""
    n = len(frames) // together
    return frames[:n * together].reshape(n, together * frames.shape[1])


@mistake("61.3", "That is the colleague's: reading down the columns lets a step hold one band of many frames. Do not transpose.")
def _(frames, together):
    n = len(frames) // together
    return frames[:n * together].T.reshape(n, together * frames.shape[1])


@mistake("61.3", "Each step holds the right numbers, sorted by band. Whole frames, one after the other, were asked for.")
def _(frames, together):
    n = len(frames) // together
    return frames[:n * together].reshape(n, together, -1).transpose(0, 2, 1).reshape(n, -1)


@mistake("61.3", "You cut frames off at the beginning. The ones left over are at the end.")
def _(frames, together):
    n = len(frames) // together
    return frames[len(frames) - n * together:].reshape(n, together * frames.shape[1])


@mistake("61.3", "That keeps every n-th frame together. A step holds neighbours.")
def _(frames, together):
    n = len(frames) // together
    return np.stack([frames[i:n * together:n].ravel() for i in range(n)])


@mistake("61.3", "That is the mean of the frames of a step; they should stand side by side.")
def _(frames, together):
    n = len(frames) // together
    return frames[:n * together].reshape(n, together, -1).mean(axis=1)


number("61.4", 3 / 4,
       "All eight labellings are equally likely, 1/8. Those with one run of sevens read 7: three of length one, two of length two, one of\n"
       "length three, six in all: 6/8. The other two read nothing (_ _ _) and 7 7 (7 _ 7).",
       [(1 / 8, "That is one labelling. Add up all that read 7."),
        (3 / 8, "Those have exactly one 7. Longer runs of sevens read 7, too."),
        (7 / 8, "7 _ 7 reads 7 7: the blank between keeps both."),
        (1 / 2, "That is the probability at one step. Add up the labellings of all three that read 7."),
        (1, "One labelling reads nothing, and one reads 7 7."),
        (5 / 8, "Three runs of length one, two of length two, and one of length three: one is missing.")],
       first="Write all eight labellings down, and what each reads.")


def draw_map(rng):
    m, n = int(rng.integers(2, 6)), int(rng.integers(3, 8))
    weights = rng.random((m, n)) ** 3 + 0.01
    return weights / weights.sum(axis=1, keepdims=True), np.arange(n) / 10 + round(float(rng.random()), 2)


@function("61.5", draw_map)
def forward(weights, times):
    """The mean time of each row under its weights, and how often it grows from a row to the next."""
    return np.mean(np.diff(weights @ times) > 0)


@mistake("61.5", "You followed the peaks. The task asks for the mean time under the weights, `weights @ times`.")
def _(weights, times):
    return np.mean(np.diff(weights.argmax(axis=1)) > 0)


@mistake("61.5", "Upside down: that is how often the looking goes back.")
def _(weights, times):
    return np.mean(np.diff(weights @ times) < 0)


@mistake("61.5", "That is all or nothing. The share of the pairs of neighbouring rows was asked for.")
def _(weights, times):
    return float(np.all(np.diff(weights @ times) > 0))


@mistake("61.5", "You compared each row with the first. Compare it with the one before.")
def _(weights, times):
    mean = weights @ times
    return np.mean(mean[1:] > mean[0])


@mistake("61.5", "A map of m rows has m - 1 pairs of neighbours: divide by that.")
def _(weights, times):
    return np.sum(np.diff(weights @ times) > 0) / len(weights)


@mistake("61.5", "That is how many pairs go forward; their share was asked for.")
def _(weights, times):
    return np.sum(np.diff(weights @ times) > 0)


choice("61.6", "c",
       "The backward direction begins at the end of the row. Without packing it would first read the padding, so that a longer\n"
       "neighbour in the batch changed the states of a shorter clip.",
       [("a", "The loss leaves padding out by `ignore_index`; that is about the words written, not about the ear."),
        ("b", "The mask keeps attention off the padding, and it is there as well. But what have the states themselves read?"),
        ("d", "Speed is a side effect. Which direction would read the padding first?")])
