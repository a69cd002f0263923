"""Exercises of 62_video."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("62.1", 0.55,
       "In one film of ten both digits are the same, and the order does not matter. In the other nine a coin decides:\n"
       "1/10 + 9/10 * 1/2 = 11/20.",
       [(1 / 2, "That is right where the digits differ. In one film of ten they are the same."),
        (1, "It knows which two digits, not which came first: where they differ it can only guess."),
        (1 / 10, "That is a reader that knows nothing. This one knows both digits."),
        (0.9, "In nine films of ten the digits differ. It does not get these right, it guesses among two."),
        (0.45, "That is the share won by guessing where the digits differ. The films with two equal digits come on top."),
        (0.6, "Where the digits are equal there is nothing left to guess: 1/10, and half of the other 9/10."),
        (0.505, "The chance of two equal digits is 1/10, not 1/100: the first may be any.")],
       first="How often are the two digits the same? And what is a guess between two worth?")


def draw_marks(rng):
    n = int(rng.integers(3, 12))
    return np.round(rng.integers(0, 5, n) / 2, 1), float(rng.choice([0.5, 1.0, 1.5, 2.0]))


@function("62.2", draw_marks)
def stretches(marks, limit):
    """Put a False at both ends; a run begins where the truth goes up and ends where it goes down."""
    high = np.concatenate([[False], marks > limit, [False]]).astype(int)
    steps = np.diff(high)
    return np.stack([np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)], axis=1)


@mistake("62.2", "You marked frames at the limit too. Above means `>`.")
def _(marks, limit):
    return stretches(marks, limit - 0.01)


@mistake("62.2", "Your second column is the last frame of the run. It should be the frame after it: `marks[start:stop]` is the run.")
def _(marks, limit):
    return stretches(marks, limit) - np.array([0, 1])


@mistake("62.2", "These are the single frames. Neighbours belong to one run.")
def _(marks, limit):
    high = np.flatnonzero(marks > limit)
    return np.stack([high, high + 1], axis=1)


@mistake("62.2", "A run at the beginning or at the end of the film is missing: put a False at both ends before you take differences.")
def _(marks, limit):
    found = [r for r in stretches(marks, limit) if r[0] > 0 and r[1] < len(marks)]
    return np.array(found, dtype=int).reshape(-1, 2)


@mistake("62.2", "A run that lasts to the end of the film is missing: put a False behind the last frame, so that it goes down there.")
def _(marks, limit):
    found = [r for r in stretches(marks, limit) if r[1] < len(marks)]
    return np.array(found, dtype=int).reshape(-1, 2)


@mistake("62.2", "Your second column is how long each run is. The frame after its last was asked for: start plus length.")
def _(marks, limit):
    found = stretches(marks, limit)
    return np.stack([found[:, 0], found[:, 1] - found[:, 0]], axis=1)


@mistake("62.2", "You gave one stretch from the first marked frame to the last. Between them there may be frames that are not marked.")
def _(marks, limit):
    high = np.flatnonzero(marks > limit)
    return np.array([[high[0], high[-1] + 1]]) if len(high) else np.zeros((0, 2), dtype=int)


@mistake("62.2", "These are the runs at or below the limit. Those above were asked for.")
def _(marks, limit):
    return stretches(-marks, -limit - 0.01)


@mistake("62.2", "The two are rows in yours, starts above and ends below. A run is a row: `(runs, 2)`.")
def _(marks, limit):
    return stretches(marks, limit).T


def draw_frames(rng):
    return (rng.integers(0, 256, (int(rng.integers(2, 6)), 3)).astype(np.uint8),)


@function("62.3", draw_frames)
def differences(frames):
    """In uint8 a difference below zero wraps around (3 - 5 = 254), so go to another type before subtracting."""
    return np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=1)


@mistake("62.3", "That is still the bug: in uint8, 3 - 5 is 254. Change the type before you subtract.")
def _(frames):
    return np.abs(frames[1:] - frames[:-1]).mean(axis=1)


@mistake("62.3", "You changed the type after subtracting; by then the difference has wrapped around.")
def _(frames):
    return np.abs((frames[1:] - frames[:-1]).astype(float)) / 255 @ np.ones(frames.shape[1]) / frames.shape[1]


@mistake("62.3", "Wider, but still without a sign: in uint16, 3 - 5 is 65,534. Take a type that has negative numbers.")
def _(frames):
    return np.abs(frames[1:].astype(np.uint16) - frames[:-1].astype(np.uint16)).mean(axis=1)


@mistake("62.3", "Wider, but still without a sign: in uint32, 3 - 5 is 4,294,967,294. Take a type that has negative numbers.")
def _(frames):
    return np.abs(frames[1:].astype(np.uint32) - frames[:-1].astype(np.uint32)).mean(axis=1)


@mistake("62.3", "int8 ends at 127: 200 becomes -56, and differences wrap around again. Take a wider type.")
def _(frames):
    return np.abs(frames[1:].astype(np.int8) - frames[:-1].astype(np.int8)).mean(axis=1)


@mistake("62.3", "Without the absolute value rises and falls cancel.")
def _(frames):
    return np.diff(frames.astype(float), axis=0).mean(axis=1)


@mistake("62.3", "That is the square of the difference. Its absolute value was asked for.")
def _(frames):
    return (np.diff(frames.astype(float), axis=0) ** 2).mean(axis=1)


@mistake("62.3", "You divided by 255. The result should be from 0 to 255, like the pixels.")
def _(frames):
    return differences(frames) / 255


@mistake("62.3", "One number a step was asked for: the mean over the pixels, axis=1.")
def _(frames):
    return np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=0)


@mistake("62.3", "You added the pixels up. The mean was asked for.")
def _(frames):
    return np.abs(np.diff(frames.astype(float), axis=0)).sum(axis=1)


@mistake("62.3", "You let the film have a step from its last frame to its first, or repeated one. n frames have n - 1 steps.")
def _(frames):
    steps = differences(frames)
    return np.concatenate([steps[:1], steps])


number("62.4", 1 / 9,
       "The second frame sees the first (distance 0, in proportion to 1) and the third (distance 1, to exp(-ln 2) = 1/2).\n"
       "The weights are 2/3 and 1/3, the rebuilt pixel is 1/3, and it misses 0 by 1/3: u = 1/9.",
       [(1 / 3, "That is the miss. u is its square."),
        (1, "That is the third frame: it sees two zeros and is rebuilt as 0."),
        (1 / 25, "You let the frame see itself. With g = 0 it is masked."),
        (1 / 16, "The weight of the third frame is 1/2 in proportion to 1 for the first: normalised, 1/3 and not 1/4."),
        (1 / 4, "The weights must add up to 1: in proportion 1 and 1/2, so 2/3 and 1/3. (Even weights would give 1/4 as well.)"),
        (4 / 9, "You exchanged the weights: the frame that is more alike gets more, so the rebuilt pixel is 1/3, not 2/3."),
        (0, "It looks like the first frame, and yet the third has some weight: the rebuilt pixel is not 0.")],
       first="The second frame sees the first and the third. What are exp(-distance / tau), and the weights? Which pixel do they rebuild?")

number("62.5", 144 / 25,
       "T = 16, S = 9: joint (16 * 9)^2 = 20,736 pairs, divided 16 * 9 * (16 + 9) = 3,600. The ratio is TS / (T + S) = 144/25 = 5.76.",
       [(144, "That is TS, the number of patches. Divide by T + S."),
        (25, "That is T + S, what each patch sees in divided attention. In joint attention it sees 144."),
        (25 / 144, "Upside down: how many times as many does joint compute?"),
        (1, "Count again: in joint attention a patch sees all 144 patches."),
        (20736, "That is the number of joint pairs. Divide by the divided ones."),
        (3600, "That is the number of divided pairs. Joint attention has (16 * 9)^2."),
        (9, "That would be right if divided attention went along time alone: it goes along space too."),
        (16, "That would be right if divided attention went along space alone: it goes along time too.")],
       first="How many patches does one patch look at in joint attention, and how many in the two steps of divided attention?")


def draw_scores(rng):
    b, n = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    lengths = rng.integers(1, n + 1, b)
    lengths[0] = n - 1
    scores = np.round(rng.normal(size=(b, n)), 1) - 1
    scores[0, -1] = 3.0
    return scores, lengths, int(rng.integers(2, 4))


@function("62.6", draw_scores)
def top_mean(scores, lengths, k):
    """Film by film: cut to its length, sort, and average the last k (a slice of a shorter row takes what is there)."""
    return np.array([np.sort(row[:m])[-k:].mean() for row, m in zip(scores, lengths)])


@mistake("62.6", "The padding got in. Film i has `lengths[i]` frames; the scores behind them mean nothing.")
def _(scores, lengths, k):
    return np.sort(scores, axis=1)[:, -k:].mean(axis=1)


@mistake("62.6", "A film with fewer than k frames is divided by k. Divide by the number of scores that you add.")
def _(scores, lengths, k):
    return np.array([np.sort(row[:m])[-k:].sum() / k for row, m in zip(scores, lengths)])


@mistake("62.6", "You filled the padding with zeros; scores may be negative, and then zero is large. Fill with -inf, or cut.")
def _(scores, lengths, k):
    filled = np.where(np.arange(scores.shape[1]) < lengths[:, None], scores, 0)
    return np.sort(filled, axis=1)[:, -k:].mean(axis=1)


@mistake("62.6", "You filled the padding with -inf and then averaged it in: films of fewer than k frames come out as -inf.")
def _(scores, lengths, k):
    filled = np.where(np.arange(scores.shape[1]) < lengths[:, None], scores, -np.inf)
    return np.sort(filled, axis=1)[:, -k:].mean(axis=1)


@mistake("62.6", "These are the k smallest. The largest were asked for.")
def _(scores, lengths, k):
    return np.array([np.sort(row[:m])[:k].mean() for row, m in zip(scores, lengths)])


@mistake("62.6", "That is the mean of all scores of the film. Only the k largest count.")
def _(scores, lengths, k):
    return np.array([row[:m].mean() for row, m in zip(scores, lengths)])


@mistake("62.6", "That is the last k frames, not the k largest scores: sort first.")
def _(scores, lengths, k):
    return np.array([row[:m][-k:].mean() for row, m in zip(scores, lengths)])


@mistake("62.6", "That is the largest score alone.")
def _(scores, lengths, k):
    return np.array([row[:m].max() for row, m in zip(scores, lengths)])


@mistake("62.6", "That is the k-th largest score. The mean of the k largest was asked for.")
def _(scores, lengths, k):
    return np.array([np.sort(row[:m])[-k:][0] for row, m in zip(scores, lengths)])


choice("62.7", "d",
       "A GRU's state depends on the order in which the vectors come. Mean and maximum do not care in which order they are taken,\n"
       "and neither does a query that weighs each vector by its content: the weights go backwards with the frames, and the sum stays.",
       [("a", "A mean does not depend on the order of its terms."),
        ("b", "The largest entry of each feature is the same, wherever in the film it stands."),
        ("c", "The query weighs each frame by its content; backwards, the weights are reversed with the frames, and the sum is the same.")])
