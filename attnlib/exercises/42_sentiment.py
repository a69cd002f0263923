"""Exercises of 42_sentiment."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("42.1", 11 / 16,
       "Of 32 equally likely patterns 2 have all five alike (right 5 times in 5), 10 have four alike (4 in 5), 20 have three (3 in 5):\n"
       "(2 * 5 + 10 * 4 + 20 * 3) / (32 * 5) = 110/160 = 11/16. The same as with four things: a fifth coin breaks the ties, no more.",
       [(1 / 2, "That is a coin. The majority is known, and the thing asked about is more often on its side."),
        (3 / 4, "That is right for two and for three things. With five the majority is thinner."),
        (3 / 5, "That is the worst case, three against two. Sometimes four or all five are alike."),
        (1, "Only if all five are alike is it sure."),
        (4 / 5, "Four against one gives 4/5, and so does the mean of 1, 4/5 and 3/5. But these three are not equally likely:\n"
                "how many of the 32 patterns are of each kind?"),
        (2 / 5, "That is the minority of three against two. Guess with the majority, and average over all patterns."),
        (5 / 6, "That is the mean over reviews of one to three things. Here all have five."),
        (1 / 5, "Which thing is asked about is not the question. Is it good or bad: what does the majority tell?")],
       first="Sort the 32 patterns of good and bad by how many are good. How often is the guess with the majority right in each kind?")


def draw_share(rng):
    n = int(rng.integers(1, 200))
    return int(rng.integers(0, n + 1)), n


@function("42.2", draw_share)
def wilson(right, n):
    """The two values of the true share that the observed one would just not contradict; the centre is pulled towards 1/2."""
    z, s = 1.96, right / n
    centre, half = s + z * z / (2 * n), z * np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "That is the plain interval, which leaves 0 to 1 and has no width at 100 %. Wilson's has z squared in three places.")
def _(right, n):
    s = right / n
    half = 1.96 * np.sqrt(s * (1 - s) / n)
    return s - half, s + half


@mistake("42.2", "Your z is the exact quantile, 1.959964. It is right, and the task rounds it: z = 1.96.")
def _(right, n):
    z, s = 1.959963984540054, right / n
    centre, half = s + z * z / (2 * n), z * np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "The denominator 1 + z^2/n is missing.")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z * z / (2 * n), z * np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return centre - half, centre + half


@mistake("42.2", "In the centre stands z^2/(2n), with z squared.")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z / (2 * n), z * np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "In Python z * z / 2 * n multiplies by n. Put the denominators in brackets: z * z / (2 * n) and z * z / (4 * n * n).")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z * z / 2 * n, z * np.sqrt(s * (1 - s) / n + z * z / 4 * n ** 2)
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "That is the upper bound alone. Return both, the lower first.")
def _(right, n):
    return wilson(right, n)[1]


@mistake("42.2", "The upper bound came first.")
def _(right, n):
    return wilson(right, n)[::-1]


@mistake("42.2", "The half width was left without its factor z.")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z * z / (2 * n), np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "Under the root stands z^2/(4 n^2), with n squared.")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z * z / (2 * n), z * np.sqrt(s * (1 - s) / n + z * z / (4 * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "The centre was left at s. It is s + z^2/(2n), a little nearer to 1/2.")
def _(right, n):
    z, s = 1.96, right / n
    half = z * np.sqrt(s * (1 - s) / n + z * z / (4 * n * n))
    return (s - half) / (1 + z * z / n), (s + half) / (1 + z * z / n)


@mistake("42.2", "The square root is missing.")
def _(right, n):
    z, s = 1.96, right / n
    centre, half = s + z * z / (2 * n), z * (s * (1 - s) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


@mistake("42.2", "The numbers are right, in one array. A tuple was asked for: `return low, high`.")
def _(right, n):
    return np.array(wilson(right, n))


def draw_pooled(rng):
    n = int(rng.integers(2, 6))
    weights = rng.random(n) + 0.1
    return weights / weights.sum(), np.round(rng.normal(size=(n, 2)), 1), int(rng.integers(n))


@function("42.3", draw_pooled)
def hide(weights, states, j):
    """A masked softmax shares the weight of the hidden place among the others in proportion, so they are divided by their sum."""
    kept = np.where(np.arange(len(weights)) == j, 0, weights)
    return kept / kept.sum() @ states


@mistake("42.3", "The weights no longer add up to 1. A masked softmax would share the hidden weight among the others.")
def _(weights, states, j):
    return np.where(np.arange(len(weights)) == j, 0, weights) @ states


@mistake("42.3", "You changed the caller's weights, as the colleague did: work on a copy.")
def _(weights, states, j):
    weights[j] = 0
    return weights @ states


@mistake("42.3", "You shared the hidden weight evenly. The others keep their proportions: divide by their sum.")
def _(weights, states, j):
    n = len(weights)
    kept = np.where(np.arange(n) == j, 0, weights + weights[j] / (n - 1))
    return kept @ states


@mistake("42.3", "You took the softmax of the weights. They are a softmax already; divide by their sum.")
def _(weights, states, j):
    e = np.exp(np.delete(weights, j))
    return e / e.sum() @ np.delete(states, j, axis=0)


@mistake("42.3", "You set the weight to 0 and took a softmax again: the hidden place gets exp(0) = 1 and is back. Divide by the sum.")
def _(weights, states, j):
    e = np.exp(np.where(np.arange(len(weights)) == j, 0, weights))
    return e / e.sum() @ states


@mistake("42.3", "These are the new weights. The pooled vector is their sum over the states.")
def _(weights, states, j):
    kept = np.where(np.arange(len(weights)) == j, 0, weights)
    return kept / kept.sum()


@mistake("42.3", "You kept place j and hid the others.")
def _(weights, states, j):
    return states[j]


number("42.4", 4 / 9,
       "Each says positive 90 times in 100. By chance they agree with 0.9 * 0.9 + 0.1 * 0.1 = 0.82, so kappa = (0.90 - 0.82)/(1 - 0.82)\n"
       "= 0.08/0.18 = 4/9. Ninety in a hundred sounds like much; with labels so uneven chance alone gives 82.",
       [(0.9, "That is the observed agreement. Chance alone would reach 0.82 here."),
        (0.82, "That is the agreement by chance."),
        (0.8, "You took one half for chance. Both say positive 90 times in 100, so they often agree by chance."),
        (0.08, "Divide by what was left to gain over chance, 1 - 0.82."),
        (0.08 / 0.9, "The denominator is 1 minus the agreement by chance."),
        (0.08 / 0.82, "You divided by the agreement by chance. The denominator is what it leaves to gain, 1 - 0.82."),
        (0.09 / 0.19, "By chance they can also agree on negative: 0.1 * 0.1 is missing in p_e."),
        (0.175 / 0.275, "Each labeller has its own frequencies: A says positive 90 times in 100, not 85. Add up rows and columns.")],
       first="How often would the two agree by chance, if each said positive 90 times in 100? Set what is above that against what "
             "could be.")


def draw_maps(rng):
    b, n = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    mask = np.arange(n) < rng.integers(2, n + 1, b)[:, None]
    mask[0, -1] = False
    weights, deciding = rng.random((b, n)) * mask, (rng.random((b, n)) < 0.4) & mask
    deciding[np.arange(b), rng.integers(2, size=b)] = True
    return weights / weights.sum(axis=1, keepdims=True), deciding, mask


@function("42.5", draw_maps)
def lift(weights, deciding, mask):
    """Review by review, the weight on deciding words over their share of the words; then the mean."""
    return np.mean((weights * deciding).sum(axis=1) / (deciding.sum(axis=1) / mask.sum(axis=1)))


@mistake("42.5", "That is the weight alone. Divide by the share of deciding words.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=1))


@mistake("42.5", "You divided by the share of the places, padding included. A review has `mask.sum(axis=1)` words.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=1) / deciding.mean(axis=1))


@mistake("42.5", "You divided the mean weight by the mean share. Divide review by review, then take the mean.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=1)) / np.mean(deciding.sum(axis=1) / mask.sum(axis=1))


@mistake("42.5", "You divided by the number of deciding words, not by their share of the words.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=1) / deciding.sum(axis=1))


@mistake("42.5", "You pooled all reviews into one. Each review counts once, short or long.")
def _(weights, deciding, mask):
    return weights[deciding].sum() / len(weights) / (deciding.sum() / mask.sum())


@mistake("42.5", "You added up the weights of all reviews. Divide review by review, then take the mean.")
def _(weights, deciding, mask):
    return (weights * deciding).sum() / (deciding.sum() / mask.sum())


@mistake("42.5", "You added down the columns. A review is a row: axis=1.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=0) / (deciding.sum(axis=0) / mask.sum(axis=0)))


@mistake("42.5", "That is one number a review. The mean over the reviews was asked for.")
def _(weights, deciding, mask):
    return (weights * deciding).sum(axis=1) / (deciding.sum(axis=1) / mask.sum(axis=1))


@mistake("42.5", "Upside down: the weight is divided by the share, so that more weight gives more than 1.")
def _(weights, deciding, mask):
    return np.mean(deciding.sum(axis=1) / mask.sum(axis=1) / (weights * deciding).sum(axis=1))


@mistake("42.5", "You took the share away. Divide by it, so that 1 is what even weights get.")
def _(weights, deciding, mask):
    return np.mean((weights * deciding).sum(axis=1) - deciding.sum(axis=1) / mask.sum(axis=1))


choice("42.6", "b",
       "The learned query starts at zero, all scores are equal and the weights even: the mean, in answers and in the gradient\n"
       "that reaches the states. Attention then leaves this baseline only where the gradient of the query pulls it away.",
       [("a", "The last state is one place (two, in both directions); a zero query looks at all places evenly."),
        ("c", "The largest state would need scores; a zero query gives the same score to every place."),
        ("d", "The query of `AttentionPooling` starts at zero. What are the weights then?")])
