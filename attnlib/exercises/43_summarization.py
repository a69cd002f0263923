"""Exercises of 43_summarization."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("43.1", 1 / 2,
       "Shared words: sort and list, 2. The text has 3 words, P = 2/3; the summary has 5, R = 2/5. F = 2 * 4/15 / (16/15) = 1/2.",
       [(2 / 3, "That is the precision: 2 of the text's 3 words. F also needs the recall."),
        (2 / 5, "That is the recall: 2 of the summary's 5 words. F also needs the precision."),
        (8 / 15, "That is the arithmetic mean of 2/3 and 2/5. F is the harmonic mean."),
        (4 / 15, "That is P times R. F is 2PR / (P + R)."),
        (1 / 4, "F has a 2 above the line: 2PR / (P + R)."),
        (1 / 3, "You divided the shared words by all different words. F divides twice, by each text's own length."),
        (0, "No pair of words is shared, so that is ROUGE-2. ROUGE-1 counts single words."),
        (3 / 4, "You counted \"the\" as shared; the summary has \"a\".")],
       first="Which words do the two share? Write down the precision, their part of the text, and the recall, their part of the summary.")

number("43.2", 13 / 24,
       "Written: 1/3 * 5/8 = 5/24. \"the\" stands at the first and at the fourth place, 1/8 + 3/8 = 1/2;\n"
       "copied: 2/3 * 1/2 = 8/24. Together 13/24.",
       [(5 / 24, "That is the written part. \"the\" can be copied, too."),
        (1 / 3, "That is the copied part. The list gives \"the\" something as well."),
        (7 / 24, "You copied from the first \"the\" alone; all its places count."),
        (11 / 24, "You copied from the fourth place alone; all places of \"the\" count."),
        (7 / 12, "You changed p and 1 - p about: p is the share that is written."),
        (3 / 8, "You took the mean over the places of \"the\". Their weights are added."),
        (1 / 2, "Those are the weights on both places of \"the\". The gate and the list are missing."),
        (9 / 16, "You gave both parts one half. They count p and 1 - p."),
        (9 / 8, "Weigh the two parts by p and 1 - p.")],
       first="Work out two parts: what the list gives, times p, and what is copied, times 1 - p. At which places does the word stand?")


def draw_words(rng):
    written = rng.integers(0, 3, rng.integers(0, 9)).tolist()
    p = rng.random(4)
    return written, p / p.sum()


@function("43.3", draw_words)
def without_repeated_triples(written, p):
    """Look at the last two words; each word that followed this pair before is forbidden."""
    p = p.copy()
    for i in range(len(written) - 2):
        if written[i:i + 2] == written[-2:]:
            p[written[i + 2]] = 0
    return p / p.sum()


@mistake("43.3", "You forbid every word that was written before. People write \"the\" twice; only a triple must not come again.")
def _(written, p):
    p = p.copy()
    p[written] = 0
    return p / p.sum()


@mistake("43.3", "You forbid pairs: what followed the last word alone. Compare the last two words.")
def _(written, p):
    p = p.copy()
    for i in range(len(written) - 1):
        if written[i] == written[-1]:
            p[written[i + 1]] = 0
    return p / p.sum()


@mistake("43.3", "The probabilities that remain must add up to one again: divide by their sum.")
def _(written, p):
    p = p.copy()
    for i in range(len(written) - 2):
        if written[i:i + 2] == written[-2:]:
            p[written[i + 2]] = 0
    return p


@mistake("43.3", "You look at the first time the pair occurred only. It may have occurred again, followed by another word.")
def _(written, p):
    p = p.copy()
    for i in range(len(written) - 2):
        if written[i:i + 2] == written[-2:]:
            p[written[i + 2]] = 0
            break
    return p / p.sum()


@mistake("43.3", "Minus infinity belongs in scores, before a softmax. These are probabilities already: set them to zero.")
def _(written, p):
    p = p.copy()
    for i in range(len(written) - 2):
        if written[i:i + 2] == written[-2:]:
            p[written[i + 2]] = -np.inf
    with np.errstate(invalid="ignore"):
        return p / p.sum()


@mistake("43.3", "You stop one triple early: the last one that can have occurred begins three words before the end.")
def _(written, p):
    p = p.copy()
    for i in range(len(written) - 3):
        if written[i:i + 2] == written[-2:]:
            p[written[i + 2]] = 0
    return p / p.sum()


def draw_weights(rng):
    weights = rng.random((rng.integers(2, 6), rng.integers(2, 6))) ** 3
    return (weights / weights.sum(axis=1, keepdims=True),)


@function("43.4", draw_weights)
def penalty(weights):
    """Coverage at step t is the sum of the weights of the steps before t, so that of the first step is zero."""
    coverage = weights.cumsum(axis=0) - weights
    return np.minimum(weights, coverage).sum(axis=1).mean()


@mistake("43.4", "That is the colleague's: step t is counted in its own coverage, so the minimum is the weight itself and the penalty 1.")
def _(weights):
    return np.minimum(weights, weights.cumsum(axis=0)).sum(axis=1).mean()


@mistake("43.4", "You compare with the step before only. Coverage is the sum of all steps before.")
def _(weights):
    before = np.vstack([np.zeros(weights.shape[1]), weights[:-1]])
    return np.minimum(weights, before).sum(axis=1).mean()


@mistake("43.4", "The first step is a step too: its penalty is zero, and the mean is over all steps.")
def _(weights):
    coverage = weights.cumsum(axis=0) - weights
    return np.minimum(weights, coverage).sum(axis=1)[1:].mean()


@mistake("43.4", "You divide by the number of places as well. Add up over the places, average over the steps.")
def _(weights):
    return np.minimum(weights, weights.cumsum(axis=0) - weights).mean()


@mistake("43.4", "You add up over the steps. Take their mean.")
def _(weights):
    return np.minimum(weights, weights.cumsum(axis=0) - weights).sum()


@mistake("43.4", "You summed along the places. Coverage runs over the steps, axis 0.")
def _(weights):
    return np.minimum(weights, weights.cumsum(axis=1) - weights).sum(axis=1).mean()


@mistake("43.4", "You added up over the steps and averaged over the places. It is the other way about.")
def _(weights):
    return np.minimum(weights, weights.cumsum(axis=0) - weights).sum(axis=0).mean()


@mistake("43.4", "You multiplied. The penalty takes the smaller of weight and coverage.")
def _(weights):
    return (weights * (weights.cumsum(axis=0) - weights)).sum(axis=1).mean()


def draw_sentences(rng):
    return rng.normal(size=(rng.integers(2, 6), 3)), float(rng.choice([0.5, 1.0, 2.0])), float(rng.choice([0.1, 0.2, 0.4]))


def weights_of(x, gain):
    e = np.exp(gain * x @ x.T)
    return e / e.sum(axis=1, keepdims=True)


@function("43.5", draw_sentences, tries=60, rtol=1e-4)      # for whoever stops when the shares hardly change
def shares_of(x, gain, jump):
    """A step keeps 1 - jump of what the weights pass on and adds jump / n everywhere; step until the shares stay."""
    e = np.exp(gain * x @ x.T)
    weights, share = e / e.sum(axis=1, keepdims=True), np.full(len(x), 1 / len(x))
    for _ in range(300):
        share = jump / len(x) + (1 - jump) * share @ weights
    return share


@mistake("43.5", "That is the share after one step from an even start. The walk goes on.")
def _(x, gain, jump):
    return jump / len(x) + (1 - jump) * weights_of(x, gain).mean(axis=0)


@mistake("43.5", "That is the walk without a jump: the row sums over their total.")
def _(x, gain, jump):
    sums = np.exp(gain * x @ x.T).sum(axis=1)
    return sums / sums.sum()


@mistake("43.5", "You mixed the shares of the walk with even shares at the end. The reader may jump at each step.")
def _(x, gain, jump):
    sums = np.exp(gain * x @ x.T).sum(axis=1)
    return jump / len(x) + (1 - jump) * sums / sums.sum()


@mistake("43.5", "You changed jump and 1 - jump about.")
def _(x, gain, jump):
    share = np.full(len(x), 1 / len(x))
    for _ in range(300):
        share = (1 - jump) / len(x) + jump * share @ weights_of(x, gain)
    return share


@mistake("43.5", "A jump brings jump / n to each sentence, not jump: the shares must add up to 1.")
def _(x, gain, jump):
    share = np.full(len(x), 1 / len(x))
    for _ in range(300):
        share = jump + (1 - jump) * share @ weights_of(x, gain)
    return share


@mistake("43.5", "You multiplied from the wrong side: weights @ share leaves even shares even. It is share @ weights.")
def _(x, gain, jump):
    return np.full(len(x), 1 / len(x))


@mistake("43.5", "You left the gain out.")
def _(x, gain, jump):
    share = np.full(len(x), 1 / len(x))
    for _ in range(300):
        share = jump / len(x) + (1 - jump) * share @ weights_of(x, 1.0)
    return share


choice("43.6", "b",
       "x_i . x_i = 1 is the largest product of vectors of length 1, so the sharpest softmax stays where it is: the walk hardly moves.\n"
       "Stepping from an even start would take very many steps to reach its shares; the row sums need none.",
       [("a", "That is the other end, a gain of zero."),
        ("c", "The nearest vector to x_i among all of them is x_i itself."),
        ("d", "A softmax adds up to one for any gain.")])
