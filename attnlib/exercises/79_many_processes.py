"""Exercises of 79_many_processes."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("79.1", 11_200,
       "The array falls into 8 parts of 100 numbers, 800 bytes each. A process sends one part in each of 7 growing and 7 keeping\n"
       "passes: 14 x 800 = 11,200 bytes, which is nearly twice the array.",
       [(5_600, "That is one of the two rounds. After the parts have grown, the finished ones go round once more."),
        (44_800, "That is everyone sending everything to everyone. In the ring only an eighth travels at a time."),
        (12_800, "Nearly: a ring of 8 has 7 passes in each round, not 8."),
        (6_400, "That is the array itself. How often does each eighth of it leave a process?"),
        (1_400, "These are numbers. Each takes 8 bytes."),
        (89_600, "That is what all eight send together. What does each send?"),
        (22_400, "In the ring each process sends to one neighbour only.")],
       first="Into how many parts is the array cut, and how many bytes has one? How many passes are there, in both rounds together?")


def draw_parts(rng):
    r, m, e = int(rng.integers(2, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    far = 1000.0 * rng.integers(-1, 2, size=(r, m))
    return np.round(rng.normal(size=(r, m, e)), 1), np.round(rng.normal(size=(r, m)), 1) + far


@function("79.2", draw_parts)
def merge_all(outputs, totals):
    """Each block weighs by its share of the amounts: a softmax over the blocks, each query by itself, largest total taken out first."""
    amounts = np.exp(totals - totals.max(axis=0))
    shares = amounts / amounts.sum(axis=0)
    return (shares[:, :, None] * outputs).sum(axis=0)


@mistake("79.2", "Right as mathematics, but exp(1000) is infinite and exp(-1000) zero. Subtract each query's largest total first.")
def _(outputs, totals):
    amounts = np.exp(totals)
    return ((amounts / amounts.sum(axis=0))[:, :, None] * outputs).sum(axis=0)


@mistake("79.2", "You took out one largest total for all queries. A query far below it is left with nothing: take one for each query.")
def _(outputs, totals):
    amounts = np.exp(totals - totals.max())
    return ((amounts / amounts.sum(axis=0))[:, :, None] * outputs).sum(axis=0)


@mistake("79.2", "That is the plain mean of the blocks. A block whose keys have large amounts counts for more.")
def _(outputs, totals):
    return outputs.mean(axis=0)


@mistake("79.2", "That is the plain sum. An output is an average: the blocks' shares must add up to 1.")
def _(outputs, totals):
    return outputs.sum(axis=0)


@mistake("79.2", "You weighed with the logarithms of the totals. Take their exponentials (without overflow) before you share.")
def _(outputs, totals):
    return ((totals / totals.sum(axis=0))[:, :, None] * outputs).sum(axis=0)


@mistake("79.2", "The shares are not divided by their sum.")
def _(outputs, totals):
    return (np.exp(totals - totals.max(axis=0))[:, :, None] * outputs).sum(axis=0)


@mistake("79.2", "You took the block with the largest total. The others count too, by their share.")
def _(outputs, totals):
    return np.take_along_axis(outputs, totals.argmax(axis=0)[None, :, None], axis=0)[0]


@mistake("79.2", "Your softmax runs over the queries (the last axis). It runs over the blocks, axis 0.")
def _(outputs, totals):
    amounts = np.exp(totals - totals.max(axis=1, keepdims=True))
    return ((amounts / amounts.sum(axis=1, keepdims=True))[:, :, None] * outputs).sum(axis=0)


def draw_gradients(rng):
    p, k = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    return np.round(rng.normal(size=(p, k)), 1), rng.integers(1, 9, size=p)


@function("79.3", draw_gradients)
def of_all(gradients, counts):
    """Times its count, a mean is a sum; the sums add up; divided by all examples, that is the mean over all."""
    return (counts[:, None] * gradients).sum(axis=0) / counts.sum()


@mistake("79.3", "That is the bug: an all-reduce gives the sum, which acts like a rate p times as large.")
def _(gradients, counts):
    return gradients.sum(axis=0)


@mistake("79.3", "Right when all ranks have equally many examples. Here they may differ: a rank with more of them counts for more.")
def _(gradients, counts):
    return gradients.mean(axis=0)


@mistake("79.3", "That is the gradient of the sum over all examples. Divide by the number of all examples.")
def _(gradients, counts):
    return counts @ gradients


@mistake("79.3", "You divided by the number of ranks. What is averaged are examples.")
def _(gradients, counts):
    return counts @ gradients / len(counts)


@mistake("79.3", "Each gradient is already a mean over its rank's examples. You divided by its count once more.")
def _(gradients, counts):
    return (gradients / counts[:, None]).mean(axis=0)


@mistake("79.3", "Each gradient is a mean already. Times its count it becomes a sum; you added the means and divided by all examples.")
def _(gradients, counts):
    return gradients.sum(axis=0) / counts.sum()


def draw_block(rng):
    return int(rng.integers(0, 4)), int(rng.integers(0, 4)), int(rng.integers(1, 4))


@function("79.4", draw_block)
def block_mask(rank, owner, c):
    """The places of a piece begin where the pieces before it end: at rank x c, or owner x c."""
    queries, keys = rank * c + np.arange(c), owner * c + np.arange(c)
    return queries[:, None] >= keys


@mistake("79.4", "That is the bug: places begin anew in each piece, and a token sees some of a later piece, and not all of an earlier one.")
def _(rank, owner, c):
    return np.arange(c)[:, None] >= np.arange(c)


@mistake("79.4", "The queries are those of `rank`, the keys those of `owner`. In yours it is the other way round.")
def _(rank, owner, c):
    return block_mask(owner, rank, c)


@mistake("79.4", "In yours no token sees itself. A causal mask allows the token's own place.")
def _(rank, owner, c):
    return rank * c + np.arange(c)[:, None] > owner * c + np.arange(c)


@mistake("79.4", "True = may attend, and a query may attend to what is *not* after it. Your mask is the opposite.")
def _(rank, owner, c):
    return ~block_mask(rank, owner, c)


@mistake("79.4", "Queries run down the rows, keys along the columns. Yours is transposed.")
def _(rank, owner, c):
    return block_mask(rank, owner, c).T


@mistake("79.4", "The piece begins at rank times c, not at place `rank`.")
def _(rank, owner, c):
    return rank + np.arange(c)[:, None] >= owner + np.arange(c)


@mistake("79.4", "Whole pieces are right. In a rank's own piece there is a triangle to be cut out.")
def _(rank, owner, c):
    return np.full((c, c), rank >= owner)


number("79.5", 16_000,
       "With c tokens a step does 4 c² d operations and sends keys and values, 2 c d numbers of 4 bytes: 8 c d bytes.\n"
       "4 c² d / s >= 8 c d / B gives c >= 2 s/B = 2 x 8,000 = 16,000.",
       [(8_000, "With 2 bytes a number. Here each takes 4, so that twice as much is sent."),
        (4_000, "Twice as many bytes need more tokens, not fewer. You halved where you should have doubled."),
        (32_000, "Keys and values are 2 c d numbers, and those take 4 bytes each: 8 c d. You doubled once too often."),
        (1 / 8_000, "Upside down: operations a second over bytes a second.")],
       first="How many operations, and how many bytes, has one step with c tokens? Write the two times down, and let the width cancel.")

choice("79.6", "c",
       "With one text there is nothing to cut by sequences; 40 heads cannot occupy 64 devices, neither cut by heads nor exchanged for.\n"
       "Tokens there are enough.",
       [("a", "There is one sequence only: 63 devices would have nothing to do."),
        ("b", "40 heads for 64 devices: 24 would have nothing to do."),
        ("d", "After the exchange each device has all tokens of some heads: with 40 heads, 24 devices would have none.")])

number("79.7", 1.5,
       "The average of g·v is 1/4 x 8 + 3/4 x 0 = 2, which is g·o. The gradient of score i is w_i (g·v_i - g·o): 1/4 x (8 - 2) = 3/2.",
       [(2, "You left out the average: a score that rises also takes from the other weight. Subtract g·o before you multiply."),
        (8, "That is the gradient of the weight. Carry it through the softmax."),
        (6, "That is g·v minus the average. Times the key's own weight it is the gradient of the score."),
        (-1.5, "That is the second score's: the two add up to zero."),
        (4.5, "You multiplied by the other key's weight.")],
       first="What is the average of g·v under the two weights? By how much is the first value above it, and how much does it weigh?")


def draw_cache(rng):
    p, c, g, e = (int(rng.integers(1, 4)) for _ in range(4))
    h = g * int(rng.integers(1, 4))
    lengths = rng.integers(0, c + 1, size=p)
    lengths[rng.integers(p)] = c                                          # one device at least holds something
    q = np.round(rng.normal(size=(h, e)), 1) * 1000.0 ** rng.integers(0, 2)
    return q, np.round(rng.normal(size=(p, c, g, e)), 1), np.round(rng.normal(size=(p, c, g, e)), 1), lengths


@function("79.8", draw_cache)
def decode_apart(q, keys, values, lengths):
    """Each device hands over, for each head, its largest score, the sum of exp(score - largest) and the sum of the values weighed by these.
    Whoever merges multiplies both sums by exp(that device's largest - the largest of all), adds up, and divides. Empty devices
    are left out."""
    parts = []
    for k, v, n in zip(keys, values, lengths):
        if n:
            k, v = (np.repeat(x[:n], len(q) // k.shape[1], axis=1) for x in (k, v))
            scores = (k * q).sum(axis=2) / q.shape[1] ** 0.5
            amounts = np.exp(scores - scores.max(axis=0))
            parts.append((scores.max(axis=0), amounts.sum(axis=0), (amounts[:, :, None] * v).sum(axis=0)))
    top, sums, outputs = map(np.array, zip(*parts))
    shares = np.exp(top - top.max(axis=0))
    return (shares[:, :, None] * outputs).sum(axis=0) / (shares * sums).sum(axis=0)[:, None]


def decode(q, keys, values, lengths, repeat=np.repeat, scale=0.5, mask=True, shares=None):
    """The same with all devices at once, and with errors."""
    h, c = len(q), keys.shape[1]
    keys, values = (repeat(x, h // keys.shape[2], axis=2) for x in (keys, values))
    scores = np.einsum("he,pche->phc", q, keys) / q.shape[1] ** scale
    if mask:
        scores = np.where(np.arange(c) < lengths[:, None, None], scores, -np.inf)
    top = scores.max(axis=2)
    amounts = np.exp(scores - np.where(np.isfinite(top), top, 0)[:, :, None])
    sums = amounts.sum(axis=2)
    outputs = np.einsum("phc,pche->phe", amounts, values) / np.where(sums, sums, 1)[:, :, None]
    if shares is None:
        def shares(top, sums, n):
            return sums * np.exp(top - top.max(axis=0)) / (sums * np.exp(top - top.max(axis=0))).sum(axis=0)
    return np.einsum("ph,phe->he", shares(top, sums, lengths), outputs)


@mistake("79.8", "Places beyond a device's length got weight. They hold nothing that was written: mask them before the softmax.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, mask=False)


@mistake("79.8", "Neighbouring heads share keys and values: of 4 heads and 2 pairs, 0 and 1 take the first. You dealt them out in turn.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, repeat=lambda x, times, axis: np.concatenate([x] * times, axis=axis))


@mistake("79.8", "The scores are not divided by the root of the width.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, scale=0)


@mistake("79.8", "You averaged the devices' outputs evenly. A device whose places have larger amounts counts for more.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, shares=lambda top, sums, n: np.ones_like(top) * (n > 0)[:, None] / (n > 0).sum())


@mistake("79.8", "You weighed each device by its number of places. What counts is the sum of the exponentials of their scores.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, shares=lambda top, sums, n: np.ones_like(top) * n[:, None] / n.sum())


@mistake("79.8", "Each device took out its own largest score. Before the sums are compared, bring them to one and the same.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, shares=lambda top, sums, n: sums / sums.sum(axis=0))


@mistake("79.8", "Right as mathematics, but the exponential of a large score is infinite. Take the largest score out first.")
def _(q, keys, values, lengths):
    return decode(q, keys, values, lengths, shares=lambda top, sums, n: np.exp(top) * sums / (np.exp(top) * sums).sum(axis=0))
