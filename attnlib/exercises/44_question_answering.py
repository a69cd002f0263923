"""Exercises of 44_question_answering."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("44.1", 1 / 2,
       "The amounts are exp(0) = 1, 1 and exp(ln 2) = 2, together 4. The two passages of A have 1/4 each: A has 1/2, as much as B.",
       [(1 / 4, "That is the weight of one passage of A. The answer has two."),
        (1 / 3, "That is A with one mean key. Here each passage has a weight of its own, and the answer has their sum."),
        (2 / 3, "That shares the weight evenly over three passages. The scores differ: ln 2 has twice the amount of 0."),
        (0, "A score of 0 is no weight of 0: exp(0) = 1."),
        (1, "The weights of all passages sum to 1, those of A and of B together.")],
       first="Write down the amount exp(score) of each of the three passages, and their sum.")

number("44.2", 0.1 / np.log(3),
       "The ratio of two weights is exp((0.6 - 0.5) / tau), so 0.1 / tau = ln 3 and tau = 0.1 / ln 3, about 0.091.",
       [(np.log(3) / 0.1, "That is one over the temperature. The cosines are divided by tau."),
        (0.1 * np.log(3), "From 0.1 / tau = ln 3 follows tau = 0.1 / ln 3: the logarithm ends up below the line."),
        (np.log(3), "That would be right for cosines that differ by ln 3 squared. The difference is 0.1."),
        (0.1 / 3, "The ratio of the weights is the exponential of the difference over tau: take the logarithm of 3."),
        (0.1 / np.log(4), "A ratio of three to one is a lead of ln 3. (3/4 is the weight, not the ratio.)"),
        (0.1 / np.log10(3), "That takes the logarithm to base 10. A softmax has powers of e: the natural logarithm."),
        (0.1, "At 0.1 the ratio is e, not 3.")],
       first="Write down the ratio of the two weights: the exponential of which difference, over the temperature?")


def draw_scores(rng):
    b, n = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    relevant = rng.random((b, n)) < 0.4
    relevant[np.arange(b), rng.integers(n, size=b)] = True
    return np.stack([rng.permutation(n) for _ in range(b)]) / 10, relevant, int(rng.integers(1, n))


@function("44.3", draw_scores)
def recall_at(scores, relevant, k):
    """The k largest scores of each row, whether any of them is relevant, and the mean of that over the rows."""
    best = np.argsort(-scores, axis=1)[:, :k]
    return np.take_along_axis(relevant, best, axis=1).any(axis=1).mean()


@mistake("44.3", "You divided by the number of relevant passages. Here one that answers is enough: `any`, then the mean over questions.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return (np.take_along_axis(relevant, best, axis=1).sum(axis=1) / relevant.sum(axis=1)).mean()


@mistake("44.3", "That is the share of the k passages that are relevant, the precision. One that answers is enough.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return np.take_along_axis(relevant, best, axis=1).mean()


@mistake("44.3", "You took the k smallest scores: argsort goes upwards.")
def _(scores, relevant, k):
    best = np.argsort(scores, axis=1)[:, :k]
    return np.take_along_axis(relevant, best, axis=1).any(axis=1).mean()


@mistake("44.3", "All relevant passages among the first k is too much to ask. One is enough.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return (np.take_along_axis(relevant, best, axis=1).sum(axis=1) == relevant.sum(axis=1)).mean()


@mistake("44.3", "You looked at one passage too many.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k + 1]
    return np.take_along_axis(relevant, best, axis=1).any(axis=1).mean()


@mistake("44.3", "You returned an answer for each question. Take their mean.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return np.take_along_axis(relevant, best, axis=1).any(axis=1)


@mistake("44.3", "That is how many questions have one. The share is their number over all questions: the mean.")
def _(scores, relevant, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return np.take_along_axis(relevant, best, axis=1).any(axis=1).sum()


def draw_arms(rng):
    n, times = int(rng.integers(3, 8)), int(rng.integers(10, 30))
    b = np.round(rng.random(n), 1)
    return np.round(b + rng.normal(0.3, 0.2, n), 1), b, rng.integers(n, size=(times, n))


@function("44.4", draw_arms)
def interval(a, b, draws):
    """Each draw takes the same questions for both arms, so hard questions cancel: the percentiles of the mean differences."""
    return np.percentile((a - b)[draws].mean(axis=1), [2.5, 97.5])


@mistake("44.4", "That is the colleague's version: the worst of one arm meets the best of the other, though both met the same questions.")
def _(a, b, draws):
    low_a, high_a = np.percentile(a[draws].mean(axis=1), [2.5, 97.5])
    low_b, high_b = np.percentile(b[draws].mean(axis=1), [2.5, 97.5])
    return np.array([low_a - high_b, high_a - low_b])


@mistake("44.4", "Percentiles do not subtract: the draw that is low for one arm need not be low for the other. Subtract first.")
def _(a, b, draws):
    return np.percentile(a[draws].mean(axis=1), [2.5, 97.5]) - np.percentile(b[draws].mean(axis=1), [2.5, 97.5])


@mistake("44.4", "Those are the bounds for single questions, not for the mean of a draw.")
def _(a, b, draws):
    return np.percentile((a - b)[draws], [2.5, 97.5])


@mistake("44.4", "Those bounds hold 90 %: 95 % leave 2.5 % on either side.")
def _(a, b, draws):
    return np.percentile((a - b)[draws].mean(axis=1), [5, 95])


@mistake("44.4", "You subtracted the wrong way round: expected a − b.")
def _(a, b, draws):
    return np.percentile((b - a)[draws].mean(axis=1), [2.5, 97.5])


@mistake("44.4", "The mean over the draws (axis 0) is taken; each draw, a row, has a mean of its own: axis 1.")
def _(a, b, draws):
    return np.percentile((a - b)[draws].mean(axis=0), [2.5, 97.5])


@mistake("44.4", "`np.percentile` counts in per cent: 2.5 and 97.5, not 0.025 and 0.975.")
def _(a, b, draws):
    return np.percentile((a - b)[draws].mean(axis=1), [0.025, 0.975])


@mistake("44.4", "That is the mean and 1.96 deviations, which supposes a bell. The bounds that hold 95 % of the draws are percentiles.")
def _(a, b, draws):
    means = (a - b)[draws].mean(axis=1)
    return np.array([means.mean() - 1.96 * means.std(), means.mean() + 1.96 * means.std()])


def draw_maps(rng):
    b, hops, n = int(rng.integers(2, 5)), int(rng.integers(2, 4)), int(rng.integers(3, 5))
    weights = rng.dirichlet(np.ones(n), (b, hops)).round(3)
    support = np.where(rng.random((b, hops)) < 0.6, weights.argmax(axis=-1), rng.integers(n, size=(b, hops)))
    return weights, support


@function("44.5", draw_maps)
def astray(weights, support):
    """argmax of booleans finds the first True; where there is none it says 0, so that case is put right."""
    wrong = weights.argmax(axis=-1) != support
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), wrong.shape[1])


@mistake("44.5", "Where no hop goes astray, argmax of all False is 0. Expected the number of hops there.")
def _(weights, support):
    return (weights.argmax(axis=-1) != support).argmax(axis=1)


@mistake("44.5", "You found the first hop that is right.")
def _(weights, support):
    ok = weights.argmax(axis=-1) == support
    return np.where(ok.any(axis=1), ok.argmax(axis=1), ok.shape[1])


@mistake("44.5", "You counted the hops that go astray. Expected the number of the first one.")
def _(weights, support):
    return (weights.argmax(axis=-1) != support).sum(axis=1)


@mistake("44.5", "You counted the hops that are right. A hop that is right after a wrong one counts there, too.")
def _(weights, support):
    return (weights.argmax(axis=-1) == support).sum(axis=1)


@mistake("44.5", "You found the last hop that goes astray.")
def _(weights, support):
    wrong = weights.argmax(axis=-1) != support
    hops = wrong.shape[1]
    return np.where(wrong.any(axis=1), hops - 1 - wrong[:, ::-1].argmax(axis=1), hops)


@mistake("44.5", "Where no hop goes astray, you return -1. Expected the number of hops.")
def _(weights, support):
    wrong = weights.argmax(axis=-1) != support
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), -1)


@mistake("44.5", "You counted the hops from 1. The first hop has the number 0.")
def _(weights, support):
    wrong = weights.argmax(axis=-1) != support
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1) + 1, wrong.shape[1])


@mistake("44.5", "The largest weight of a hop is looked for among its facts, the last axis; you took axis 1, the hops.")
def _(weights, support):
    wrong = weights.argmax(axis=1)[:, :support.shape[1]] != support
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), wrong.shape[1])


number("44.6", 7686,
       "h hops need h + 1 tables, since the values of one hop are the keys of the next: 6 x (27 + 12) x 32 = 7488.\n"
       "The linear layer has 32 x 6 + 6 = 198: together 7686.",
       [(7488, "The linear layer is missing: 32 x 6 numbers and 6 biases."),
        (6438, "Five hops need six tables: keys of the first hop, then the values of each."),
        (12678, "Two tables a hop would be keys and values apart. Here the values of one hop are the keys of the next."),
        (8650, "That scales 5190 by 5/3. The tables go from four to six, and the linear layer stays as it is."),
        (6918, "Two more tables of words bring two more tables of ages, 12 x 32 numbers each."),
        (5382, "The ages are missing: each hop's table of ages has 12 x 32 numbers."),
        (7680, "The six biases of the linear layer are missing: 32 x 6 + 6 = 198.")],
       first="How many tables of words and ages do three hops need, and how many five? Count one of each, then the linear layer.")

number("44.7", 7 / 2,
       "The scores are 1 * 0 = 0 and 1 * ln 3, so the weights are 1/4 and 3/4 and the answer of the memory is 1/4 * 1 + 3/4 * 3 = 5/2.\n"
       "It is added to the question: u = 1 + 5/2 = 7/2.",
       [(5 / 2, "That is the answer of the memory. A hop adds it to the question."),
        (2, "That is the plain mean of the values. The scores differ, 0 and ln 3, and the answer is added to the question."),
        (3, "That is the plain mean of the values, added to the question. The scores differ: 0 and ln 3."),
        (4, "That takes the best fact only. A softmax leaves 1/4 of the weight on the other."),
        (5, "That is the sum of both values. The weights share one unit: 1/4 and 3/4."),
        (3 / 2, "That is right with the weights exchanged: the score ln 3 belongs to the second fact.")],
       first="Write down the two scores, u times each key, and the amount exp(score) of each.")

choice("44.8", "c",
       "A softmax does not see a number that is added to every score: weights depend on differences only.\n"
       "So a question that resembles everything a little is not surer of anything.",
       [("a", "Sharper weights need larger differences between the cosines; they stay as they were."),
        ("b", "Flatter weights need smaller differences between the cosines; they stay as they were."),
        ("d", "At any temperature the same number is added to every score, and it cancels.")])


def draw_scored_maps(rng):
    n, m, times = int(rng.integers(4, 7)), int(rng.integers(5, 8)), int(rng.integers(8, 16))
    lengths = rng.integers(3, m + 1, size=n)
    own = np.arange(m) < lengths[:, None]
    right = (rng.random((n, m)) < 0.4) & own
    right[0], right[1:3, 0] = False, True
    weights, scored = rng.exponential(size=(n, m)) * own * np.where(right, 2, 1), right.any(axis=1).sum()
    return weights / weights.sum(axis=1, keepdims=True), right, lengths, rng.integers(scored, size=(times, scored))


@function("44.9", draw_scored_maps)
def beyond_even(weights, right, lengths, draws):
    """One gain a row, mass minus share, before anything is drawn: so the two stay paired. Then the bounds of 44.4."""
    own = np.arange(weights.shape[1]) < lengths[:, None]
    gain = ((weights - own / lengths[:, None]) * right).sum(axis=1)[right.any(axis=1)]
    return np.array([gain.mean(), *np.percentile(gain[draws].mean(axis=1), [2.5, 97.5])])


def mass_and_share(weights, right, lengths):
    return np.stack([(weights * right).sum(axis=1), right.sum(axis=1) / lengths])[:, right.any(axis=1)]


def summed_up(gain, draws, at=(2.5, 97.5)):
    return np.array([gain.mean(), *np.percentile(gain[draws].mean(axis=1), at)])


@mistake("44.9", "Your even reader spreads its weight over the padding, too: divide by the row's length, not by the number of columns.")
def _(weights, right, lengths, draws):
    return summed_up((weights * right).sum(axis=1)[right.any(axis=1)] - right.mean(axis=1)[right.any(axis=1)], draws)


@mistake("44.9", "Rows without a right place are counted, with a gain of 0. Leave them out first: `draws` numbers scored rows.")
def _(weights, right, lengths, draws):
    return summed_up((weights * right).sum(axis=1) - right.sum(axis=1) / lengths, draws)


@mistake("44.9", "That is the mass alone. A map that knows nothing has some: take away what an even reader puts there.")
def _(weights, right, lengths, draws):
    return summed_up(mass_and_share(weights, right, lengths)[0], draws)


@mistake("44.9", "The two means are drawn apart: the worst of one meets the best of the other. Both have the same rows: subtract first.")
def _(weights, right, lengths, draws):
    (m, low, high), (e, e_low, e_high) = (summed_up(x, draws) for x in mass_and_share(weights, right, lengths))
    return np.array([m - e, low - e_high, high - e_low])


@mistake("44.9", "Percentiles do not subtract: a draw that is low for one mean need not be low for the other. Subtract row by row first.")
def _(weights, right, lengths, draws):
    return np.subtract(*(summed_up(x, draws) for x in mass_and_share(weights, right, lengths)))


@mistake("44.9", "The 5th and 95th percentile hold 90 % between them. The middle 95 % leaves 2.5 % on either side.")
def _(weights, right, lengths, draws):
    return summed_up(np.subtract(*mass_and_share(weights, right, lengths)), draws, at=(5, 95))


@mistake("44.9", "You counted whether the largest weight is on a right place, a hit. The mass is the sum of all weights on right places.")
def _(weights, right, lengths, draws):
    hit = np.take_along_axis(right, weights.argmax(axis=1)[:, None], axis=1)[:, 0]
    return summed_up((hit - right.sum(axis=1) / lengths)[right.any(axis=1)], draws)


@mistake("44.9", "That is the mean and 1.96 deviations, which supposes a bell. The middle 95 % of the draws lies between two percentiles.")
def _(weights, right, lengths, draws):
    gain = np.subtract(*mass_and_share(weights, right, lengths))
    return gain.mean() + np.array([0, -1.96, 1.96]) * gain[draws].mean(axis=1).std()


@mistake("44.9", "An even reader has 1 / length on *each* place: on a row's right places together, their number over its length.")
def _(weights, right, lengths, draws):
    return summed_up(((weights * right).sum(axis=1) - 1 / lengths)[right.any(axis=1)], draws)


@mistake("44.9", "Those are percentiles of single rows. The bounds asked for are those of their mean: one mean for each draw.")
def _(weights, right, lengths, draws):
    gain = np.subtract(*mass_and_share(weights, right, lengths))
    return np.array([gain.mean(), *np.percentile(gain, [2.5, 97.5])])


@mistake("44.9", "The bounds are right, but your mean is that of the draws. The rows themselves have a mean, and it needs no luck.")
def _(weights, right, lengths, draws):
    gain = np.subtract(*mass_and_share(weights, right, lengths))
    return summed_up(gain, draws) + np.array([gain[draws].mean() - gain.mean(), 0, 0])
