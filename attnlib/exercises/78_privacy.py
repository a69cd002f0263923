"""Exercises of 78_privacy."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("78.1", 3,
       "(6, 8) has length 10 and is halved to (3, 4); (0, -4) has length 4 and stays. The sum is (3, 0), of length 3.",
       [(52**0.5, "That is the sum without clipping, (6, 4). The first gradient has length 10."),
        (5, "You clipped the sum. Each record is clipped by itself, before the sum."),
        (10**0.5, "You stretched the short gradient to length 5. Only what is longer is shortened."),
        (26**0.5, "You cut each coordinate at 5. What is cut is the length; the direction stays."),
        (9, "You added the lengths. The vectors are added, and they partly cancel."),
        (20**0.5, "That is (6, 8)/2 with the other gradient halved as well. Its length 4 is allowed.")],
       first="How long is each of the two? Shorten the one that is longer than 5, then add.")


def draw_scores(rng):
    n = int(rng.integers(4, 12))
    member = np.zeros(n, bool)
    member[:int(rng.integers(1, n))] = True
    rng.shuffle(member)
    return np.round(rng.normal(size=n) + 0.7 * member, 1), member


@function("78.2", draw_scores)
def advantage(score, member):
    """Try every score as a threshold; the lowest accuses everybody, where both rates are 1: the advantage is never below 0."""
    return max((score[member] >= t).mean() - (score[~member] >= t).mean() for t in score)


@mistake("78.2", "That is the largest true positive rate, which accusing everybody reaches. Subtract the false one at the same threshold.")
def _(score, member):
    return max((score[member] >= t).mean() for t in score)


@mistake("78.2", "You took the difference's size. Where others score above members, the attack is worse than none.")
def _(score, member):
    return max(0.0, *(abs((score[member] >= t).mean() - (score[~member] >= t).mean()) for t in score))


@mistake("78.2", "You divided both counts by everybody. The true rate is of the members, the false one of the others.")
def _(score, member):
    return max(0.0, *(((score >= t) & member).mean() - ((score >= t) & ~member).mean() for t in score))


@mistake("78.2", "You used one threshold, zero. The largest difference over all of them was asked for.")
def _(score, member):
    return (score[member] >= 0).mean() - (score[~member] >= 0).mean()


def draw_gradients(rng):
    b, d = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    gradients = np.round(rng.normal(size=(b, d)) * rng.choice([0.5, 3.0], size=(b, 1)), 1) + 0.05
    return gradients, float(rng.choice([0.5, 2.0])), float(rng.choice([0.5, 3.0])), np.round(rng.normal(size=d), 1) + 0.05


def clip_each(gradients, most):
    return gradients * np.minimum(1, most / np.linalg.norm(gradients, axis=1, keepdims=True))


@function("78.3", draw_gradients)
def private_sum(gradients, most, sigma, z):
    """Each record is clipped, so that none moves the sum by more than `most`; the noise is `sigma` times that."""
    factor = np.minimum(1, most / np.linalg.norm(gradients, axis=1, keepdims=True))
    return (gradients * factor).sum(axis=0) + sigma * most * z


@mistake("78.3", "The noise is right now. But the sum is clipped: one long gradient still turns it at will. Clip each record, then add.")
def _(gradients, most, sigma, z):
    total = gradients.sum(axis=0)
    return total * min(1, most / np.linalg.norm(total)) + sigma * most * z


@mistake("78.3", "Each record is clipped now. But the noise must fit how far a record may move the sum: its spread is sigma times `most`.")
def _(gradients, most, sigma, z):
    return clip_each(gradients, most).sum(axis=0) + sigma * z


@mistake("78.3", "That is the colleague's code, with both mistakes.")
def _(gradients, most, sigma, z):
    total = gradients.sum(axis=0)
    return total * min(1, most / np.linalg.norm(total)) + sigma * z


@mistake("78.3", "You stretched short gradients to length `most`. Only what is longer is shortened.")
def _(gradients, most, sigma, z):
    return (gradients * most / np.linalg.norm(gradients, axis=1, keepdims=True)).sum(axis=0) + sigma * most * z


@mistake("78.3", "You cut each coordinate. What is cut is a record's length.")
def _(gradients, most, sigma, z):
    return np.clip(gradients, -most, most).sum(axis=0) + sigma * most * z


@mistake("78.3", "That is the mean. The sum was asked for; dividing comes later.")
def _(gradients, most, sigma, z):
    return (clip_each(gradients, most).sum(axis=0) + sigma * most * z) / len(gradients)


number("78.4", 0.15,
       "True positives are at most e^eps times the false ones plus delta: 3 * 0.05 + 0 = 0.15.",
       [(0.05, "That is the share of the others. The promise allows e^eps times as much."),
        (0.1049, "Put e^eps = 3 as the factor: you multiplied by something else, e.g. 1 + eps."),
        (0.0549, "You multiplied by eps = ln 3. The factor is e^eps."),
        (0.0167, "You divided by 3. Members may be found more often, not less.")],
       first="Let S be: the attack says member. Which of the two probabilities is 5 %?")


def draw_bias(rng):
    classes = int(rng.integers(3, 6))
    p = rng.dirichlet(np.ones(classes))
    p[int(rng.integers(classes))] -= 1
    return (p,)


@function("78.5", draw_bias)
def label_of(bias_gradient):
    """The gradient is the probabilities, minus 1 at the true label: the one entry below zero."""
    return np.argmin(bias_gradient)


@mistake("78.5", "That is the largest entry: the likeliest answer apart from the right one. One entry has another sign.")
def _(bias_gradient):
    return int(np.argmax(bias_gradient))


@mistake("78.5", "That is the entry nearest to zero. The label's entry is the one that is negative.")
def _(bias_gradient):
    return int(np.argmin(np.abs(bias_gradient)))


@mistake("78.5", "That is the entry's value. Its place was asked for.")
def _(bias_gradient):
    return float(np.min(bias_gradient))


@mistake("78.5", "Labels are counted from 0.")
def _(bias_gradient):
    return int(np.argmin(bias_gradient)) + 1


choice("78.6", "a",
       "A masked key has weight zero exactly, and the outputs at those places are left out of the mean. Nothing that is kept depends on\n"
       "word 0, so its gradient is zero, exactly. That is why the filling does not show among the words that a gradient gives away.",
       [("b", "Its eight places would add up if anything depended on them. What does a masked key do to the output?"),
        ("c", "Softmax never gives exactly zero to a finite score. A masked one is minus infinity."),
        ("d", "It can: whatever the weights, a change of word 0 changes nothing that is kept.")])
