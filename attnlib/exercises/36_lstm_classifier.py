"""Exercises of 36_lstm_classifier."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("36.1", 12 / 5,
       "The query of a fresh layer is zero, so all five scores are 0 and all five weights 1/5: (2 + 4 + 6 + 0 + 0)/5 = 12/5.\n"
       "With a mask it would be 12/3 = 4.",
       [(4, "That is the mean with a mask. Without one the two zeros are states like any other, and share the weight."),
        (0, "The query is zero, not the output: equal scores mean equal weights, and the output is the plain mean."),
        (12, "That is the sum. The weights add up to 1."),
        (6, "Nothing prefers the largest state: the query is zero, so all scores are equal.")],
       first="What is the query of a fresh AttentionPooling? Write down the five scores that it gives, then the weights.")

number("36.2", 17664,
       "Four blocks of 64 rows, each with 3 numbers for the input, 64 for the state and two biases: 4 x 64 x (3 + 64 + 2) = 17664.\n"
       "Keras has one bias: 4 x 64 x (3 + 64 + 1) = 17408. The functions that the two can compute are the same.",
       [(17408, "That is Keras' count. PyTorch has a second bias, of 4 x 64 numbers."),
        (17152, "The biases are missing; PyTorch has two for each of the 4 x 64 rows."),
        (17472, "The second bias is as long as the first: 4 x 64, one number for each row of the four blocks."),
        (13248, "Those are three blocks. The proposal is a fourth beside the three gates."),
        (4416, "That is one block of 64. There are four: three gates and the proposal.")],
       first="An LSTM has four blocks of 64 rows. How many numbers does one row hold: for the input, for the state, as biases?")


def draw_series(rng):
    n = int(rng.integers(2, 8))
    lost = rng.random(n) < 0.5
    lost[rng.integers(n)] = False
    return np.round(rng.normal(size=n), 1), lost             # at a lost place stands an ordinary number, which gives nothing away


@function("36.3", draw_series)
def straight(x, lost):
    """np.interp draws the line through the known points; outside them it holds the first and the last."""
    places = np.arange(len(x))
    return np.interp(places, places[~lost], x[~lost])


@mistake("36.3", "You carried the last value forward. Between two known values the line is straight.")
def _(x, lost):
    places = np.arange(len(x))
    latest = np.maximum.accumulate(np.where(lost, -1, places))
    return x[np.where(latest < 0, places[~lost][0], latest)]


@mistake("36.3", "You filled with zero. Zero is a value like any other, and far from the neighbours.")
def _(x, lost):
    return np.where(lost, 0, x)


@mistake("36.3", "You filled with the mean of the known values, which knows nothing of the neighbours.")
def _(x, lost):
    return np.where(lost, x[~lost].mean(), x)


@mistake("36.3", "Inside, all is right. Before the first known value and after the last, hold that value; you put zero there.")
def _(x, lost):
    places = np.arange(len(x))
    return np.interp(places, places[~lost], x[~lost], left=0, right=0)


@mistake("36.3", "You carried the next value backward. Between two known values the line is straight.")
def _(x, lost):
    places, known = np.arange(len(x)), np.flatnonzero(~lost)
    return x[known[np.minimum(np.searchsorted(known, places), len(known) - 1)]]


@mistake("36.3", "You took the nearest known value. Between two known values the line is straight.")
def _(x, lost):
    known = np.flatnonzero(~lost)
    return x[known[np.abs(np.arange(len(x))[:, None] - known).argmin(axis=1)]]


@mistake("36.3", "You put the mean of the two known neighbours there. Over two lost places the line passes at 1/3 and 2/3.")
def _(x, lost):
    places, known = np.arange(len(x)), np.flatnonzero(~lost)
    after = known[np.minimum(np.searchsorted(known, places), len(known) - 1)]
    before = known[np.maximum(np.searchsorted(known, places, side="right") - 1, 0)]
    return (x[before] + x[after]) / 2


@mistake("36.3", "You left the lost values out. The result has as many values as x.")
def _(x, lost):
    return x[~lost]


@mistake("36.3", "You interpolated from the lost values to the known ones: `lost` is True where the value is NOT known.")
def _(x, lost):
    places = np.arange(len(x))
    return np.interp(places, places[lost], x[lost])


def draw_batch(rng):
    b, n, d = int(rng.integers(2, 4)), int(rng.integers(3, 6)), int(rng.integers(1, 3))
    mask = np.arange(n) < rng.integers(2, n + 1, b)[:, None]
    mask[0, -1] = False
    return np.round(rng.normal(1, 2, (b, n, d)), 1) * mask[:, :, None], mask


@function("36.4", draw_batch)
def standardise(x, mask):
    """x[mask] is (real places, d): its statistics know no padding. Shifting would move the zeros of padding, so they are put back."""
    real = x[mask]
    return np.where(mask[:, :, None], (x - real.mean(axis=0)) / real.std(axis=0), 0)


@mistake("36.4", "That is the colleague's version: every zero of padding pulls the mean towards 0 and changes the deviation.")
def _(x, mask):
    return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))


@mistake("36.4", "The statistics are right, but padding is no longer zero: shifting moved it. A `Masking()` behind this would not find it.")
def _(x, mask):
    return (x - x[mask].mean(axis=0)) / x[mask].std(axis=0)


@mistake("36.4", "Padding is zero, but it still counts in the mean and the deviation.")
def _(x, mask):
    return (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1)) * mask[:, :, None]


@mistake("36.4", "The mean is right, but padding still counts in the deviation: each zero lies one mean away from the mean.")
def _(x, mask):
    mean = x[mask].mean(axis=0)
    return (x - mean) / np.sqrt(((x - mean) ** 2).sum(axis=(0, 1)) / mask.sum()) * mask[:, :, None]


@mistake("36.4", "You divided by n - 1 in the deviation (PyTorch's default). The colleague's `x.std`, in NumPy, divides by n.")
def _(x, mask):
    return np.where(mask[:, :, None], (x - x[mask].mean(axis=0)) / x[mask].std(axis=0, ddof=1), 0)


@mistake("36.4", "You divided by the variance. The deviation is its root.")
def _(x, mask):
    return np.where(mask[:, :, None], (x - x[mask].mean(axis=0)) / x[mask].var(axis=0), 0)


@mistake("36.4", "You returned the real places alone. The batch keeps its shape (b, n, d).")
def _(x, mask):
    return (x[mask] - x[mask].mean(axis=0)) / x[mask].std(axis=0)


@mistake("36.4", "One mean for all features. Each feature has its own: keep the last axis.")
def _(x, mask):
    return np.where(mask[:, :, None], (x - x[mask].mean()) / x[mask].std(), 0) if x.shape[2] > 1 else standardise(x, mask)


@mistake("36.4", "Your statistics are those of the padding: `mask` is True at the real places.")
def _(x, mask):
    return np.where(mask[:, :, None], (x - x[~mask].mean(axis=0)) / x[~mask].std(axis=0), 0)


@mistake("36.4", "You took a mean for each sequence. Take it over all real places of the batch, or each letter is scaled in its own way.")
def _(x, mask):
    count = mask.sum(axis=1)[:, None, None]
    mean = x.sum(axis=1, keepdims=True) / count
    spread = np.sqrt((((x - mean) * mask[:, :, None]) ** 2).sum(axis=1, keepdims=True) / count)
    return np.where(mask[:, :, None], (x - mean) / spread, 0)


number("36.5", 26 / 3,
       "c = sum of w h with scores h u. The slope of w_j by u is w_j (h_j - c), so dc/du = sum of w h (h - c), which is\n"
       "the mean of h^2 minus the square of the mean: 74/3 - 4^2 = 26/3, the variance of the states. A zero query still gets a\n"
       "gradient wherever the states differ.",
       [(0, "The query is zero, its gradient is not: moving u away from 0 makes the scores differ, by the states themselves."),
        (4, "That is c itself, the mean."),
        (74 / 3, "That is the mean of the squares. The softmax takes the mean out: subtract 4 squared."),
        (13, "That is the variance divided by n - 1. The weights here are 1/3 each."),
        (np.sqrt(26 / 3), "That is the standard deviation. The slope is its square, the variance."),
        (26, "The weights 1/3 are missing.")],
       first="Write c as the weighted mean of the states with the scores u h. What are the weights at u = 0, and how does each "
             "answer to u?")

choice("36.6", "d",
       "MultiHeadAttention minds the mask and removes it from the tensor that it was given: the next reader counts padding.\n"
       "Masking puts the mask on, LSTM and Attention hand it on.",
       [("a", "`Masking` is the layer that puts the mask on."),
        ("b", "`LSTM` skips masked places and, with return_sequences, hands the mask on; its input keeps its own."),
        ("c", "`Attention` minds the mask and leaves it where it was.")])
