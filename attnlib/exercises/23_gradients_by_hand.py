"""Exercises of 23_gradients_by_hand."""
import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import softmax

choice("23.1", "c",
       "The gradient of value i is w_i times the gradient of the output. The target enters the second factor, which all three share; the\n"
       "first is largest for dog. A value is corrected as strongly as it was read.",
       [("a", "Park is read least, with 1/6, so its value gets the shortest gradient."),
        ("b", "The target's owner has no privilege: each value gets its weight times the same g_o."),
        ("d", "g_o is the same for all three, but each value gets its weight times g_o.")])

number("23.2", 13 / 3,
       "g_w = g_o . v: park -12, ball 30, dog 18. Their weighted average is -2 + 10 + 9 = 17, so ball's score gets 1/3 (30 - 17) = 13/3:\n"
       "raising it would raise the loss. Check: 17 is also g_o . o = -2 * 4 + 5 * 5.",
       [(10, "That is w g_w. Subtract the weighted average of all g_w first: what ball gains the others pay."),
        (6, "You subtracted the plain average, 12. It is weighted: 1/6, 1/3, 1/2."),
        (20 / 3, "That is the diagonal of the Jacobian alone, w (1 - w) g_w."),
        (17, "That is r, the weighted average. Ball's score gets w (g_w - r)."),
        (13, "g_w - r is right. Multiply by ball's weight."),
        (-13 / 3, "The sign is turned: g_w minus the average."),
        (30, "That is the gradient of ball's weight. One step further back is its score.")],
       first="Find the gradient of each weight first: g_o times its value. Then carry the three of them back through the softmax.")


def draw_temperature(rng):
    shape = (int(rng.integers(1, 4)), int(rng.integers(2, 5)))
    return np.round(rng.normal(size=shape), 1), float(rng.choice([0.5, 2, 3])), np.round(rng.normal(size=shape), 1)


@function("23.3", draw_temperature)
def temperature_grad(scores, T, g_weights):
    """Let z = s / T. Softmax backwards gives g_z = w (g_w - r); z moves by -s / T^2 when T does; all m * n roads meet in T and add."""
    weights = softmax(scores / T)
    g_z = weights * (g_weights - (weights * g_weights).sum(axis=-1, keepdims=True))
    return -(g_z * scores).sum() / T**2


@mistake("23.3", "The sign is turned: s / T falls when T rises (for a positive score).")
def _(scores, T, g_weights):
    return -temperature_grad(scores, T, g_weights)


@mistake("23.3", "The slope of s / T by T is -s / T^2; you have divided by T only once.")
def _(scores, T, g_weights):
    return temperature_grad(scores, T, g_weights) * T


@mistake("23.3", "Your weights are those of temperature 1.")
def _(scores, T, g_weights):
    return temperature_grad(scores, 1.0, g_weights) / T**2


@mistake("23.3", "You went past the softmax: without its backward pass the keys do not compete.")
def _(scores, T, g_weights):
    return -(g_weights * scores).sum() / T**2


@mistake("23.3", "The softmax's backward pass lacks the weighted average.")
def _(scores, T, g_weights):
    return -(softmax(scores / T) * g_weights * scores).sum() / T**2


@mistake("23.3", "The average is one number for each row, not one for the whole table.")
def _(scores, T, g_weights):
    weights = softmax(scores / T)
    return -(weights * (g_weights - (weights * g_weights).sum()) * scores).sum() / T**2


@mistake("23.3", "That is the Jacobian's diagonal alone: when T moves, every weight of the row moves by every score.")
def _(scores, T, g_weights):
    weights = softmax(scores / T)
    return -(weights * (1 - weights) * g_weights * scores).sum() / T**2


@mistake("23.3", "You multiplied by s: but s / T moves with T by -s / T^2.")
def _(scores, T, g_weights):
    return -temperature_grad(scores, T, g_weights) * T**2


@mistake("23.3", "Expected one number, got a table. One T serves all places, so their roads add.")
def _(scores, T, g_weights):
    weights = softmax(scores / T)
    return -weights * (g_weights - (weights * g_weights).sum(axis=-1, keepdims=True)) * scores / T**2


@mistake("23.3", "Expected one number, got one for each row. One T serves all rows, so their roads add.")
def _(scores, T, g_weights):
    return np.array([temperature_grad(s[None], T, g[None]) for s, g in zip(scores, g_weights)])


@mistake("23.3", "You averaged over the places. Roads that meet add up.")
def _(scores, T, g_weights):
    return temperature_grad(scores, T, g_weights) / scores.size


def draw_additive(rng):
    m, n, c, h = (int(i) for i in rng.integers(2, 5, size=4))
    return (np.tanh(np.round(rng.normal(size=(m, n, h)), 1)), np.round(rng.normal(size=(c, h)), 1), np.round(rng.normal(size=h), 1),
            np.round(rng.normal(size=(m, n)), 1))


@function("23.4", draw_additive)
def additive_query_grad(hidden, W_q, nu, g_scores):
    """Back through the dot product with nu, through tanh, over all keys (each met the query: the roads add), through W_q."""
    g_inside = g_scores[:, :, None] * nu * (1 - hidden**2)          # (m, n, h)
    return g_inside.sum(axis=1) @ W_q.T


@mistake("23.4", "The slope of tanh is missing: 1 - hidden**2.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu).sum(axis=1) @ W_q.T


@mistake("23.4", "hidden already is the tanh: its slope is 1 - hidden**2, not 1 - tanh(hidden)**2.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - np.tanh(hidden)**2)).sum(axis=1) @ W_q.T


@mistake("23.4", "The slope of tanh is 1 minus the square of hidden, not 1 - hidden.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - hidden)).sum(axis=1) @ W_q.T


@mistake("23.4", "Your slope of tanh is hidden * (1 - hidden**2). The slope is 1 - hidden**2 alone: hidden is the value.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * hidden * (1 - hidden**2)).sum(axis=1) @ W_q.T


@mistake("23.4", "Your slope hidden * (1 - hidden) is that of the logistic function. The slope of tanh is 1 - hidden**2.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * hidden * (1 - hidden)).sum(axis=1) @ W_q.T


@mistake("23.4", "Back through W_q goes its transpose: the rule for products says G W^T.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - hidden**2)).sum(axis=1) @ W_q


@mistake("23.4", "nu is missing: the score is nu times hidden.")
def _(hidden, W_q, nu, g_scores):
    return additive_query_grad(hidden, W_q, np.ones_like(nu), g_scores)


@mistake("23.4", "You averaged over the keys. Each key is a road from the query, and roads add.")
def _(hidden, W_q, nu, g_scores):
    return additive_query_grad(hidden, W_q, nu, g_scores) / hidden.shape[1]


@mistake("23.4", "That is the gradient behind W_q, in the hidden layer, (m, h). Go on through W_q.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - hidden**2)).sum(axis=1)


@mistake("23.4", "You kept the keys' axis: (m, n, c). One query met all the keys: sum over them.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - hidden**2)) @ W_q.T


@mistake("23.4", "You summed over the queries, which is what a key's gradient needs. A query's sums over the keys.")
def _(hidden, W_q, nu, g_scores):
    return (g_scores[:, :, None] * nu * (1 - hidden**2)).sum(axis=0) @ W_q.T


def draw_dropout(rng):
    shape = (int(rng.integers(1, 4)), int(rng.integers(2, 5)))
    return softmax(np.round(rng.normal(size=shape), 1)), 2.0 * rng.integers(0, 2, size=shape), np.round(rng.normal(size=shape), 1)


@function("23.5", draw_dropout)
def scores_grad(weights, keep, g_dropped):
    """Walk backwards in order: first through the product with keep, then through softmax. A dropped key has g_w = 0 and still gets
    -w r: its amount sits in the total, so its score matters to the others. A masked key has w = 0 and gets nothing."""
    g_weights = g_dropped * keep
    return weights * (g_weights - (weights * g_weights).sum(axis=-1, keepdims=True))


@mistake("23.5", "That is the colleague's version: keep comes after softmax on the way forward, so before it on the way back.")
def _(weights, keep, g_dropped):
    return weights * (g_dropped - (weights * g_dropped).sum(axis=-1, keepdims=True)) * keep


@mistake("23.5", "You used the dropped weights in the softmax's backward pass. Softmax made the whole ones.")
def _(weights, keep, g_dropped):
    dropped = weights * keep
    return dropped * (g_dropped - (dropped * g_dropped).sum(axis=-1, keepdims=True))


def renormalised(weights, keep):
    """What is left of a row, divided by its sum; zeros where nothing is left."""
    kept = weights * keep
    total = kept.sum(axis=-1, keepdims=True)
    return kept / np.where(total == 0, 1, total)


@mistake("23.5", "You let the kept weights share the row anew. Dropout does not, and the softmax that you go back through is whole.")
def _(weights, keep, g_dropped):
    shares = renormalised(weights, keep)
    return shares * (g_dropped - (shares * g_dropped).sum(axis=-1, keepdims=True))


@mistake("23.5", "g is right, but you divide the kept weights by their sum. Softmax made the whole row, and dropout does not.")
def _(weights, keep, g_dropped):
    shares = renormalised(weights, keep)
    return shares * (g_dropped * keep - (shares * g_dropped * keep).sum(axis=-1, keepdims=True))


@mistake("23.5", "The average is right, but the first g has not been through keep.")
def _(weights, keep, g_dropped):
    return weights * (g_dropped - (weights * keep * g_dropped).sum(axis=-1, keepdims=True))


@mistake("23.5", "Only the average is left wrong: it has not been through keep.")
def _(weights, keep, g_dropped):
    return weights * (g_dropped * keep - (weights * g_dropped).sum(axis=-1, keepdims=True))


@mistake("23.5", "You dropped the dropped keys' scores at the end. They sit in the total of the row, and get -w r.")
def _(weights, keep, g_dropped):
    return scores_grad(weights, keep, g_dropped) * (keep > 0)


@mistake("23.5", "keep is right, and the softmax's backward pass lacks the weighted average.")
def _(weights, keep, g_dropped):
    return weights * keep * g_dropped


@mistake("23.5", "You subtracted the plain average of the row. It is weighted by the weights.")
def _(weights, keep, g_dropped):
    g_weights = g_dropped * keep
    return weights * (g_weights - g_weights.mean(axis=-1, keepdims=True))


@mistake("23.5", "In the average you applied keep twice: once it sits in g_w already.")
def _(weights, keep, g_dropped):
    g_weights = g_dropped * keep
    return weights * (g_weights - (weights * keep * g_weights).sum(axis=-1, keepdims=True))


@mistake("23.5", "keep does nothing in your version.")
def _(weights, keep, g_dropped):
    return scores_grad(weights, np.ones_like(keep), g_dropped)


@mistake("23.5", "You use keep as yes or no. It also scales: a kept weight was multiplied by 2.")
def _(weights, keep, g_dropped):
    return scores_grad(weights, (keep > 0) * 1.0, g_dropped)


number("23.6", 5,
       "Ball asks, so its query gets one. It may read dog and itself: two keys, two values. It comes later and is hidden; dog's own query\n"
       "and it's query made other rows, which the loss does not read.",
       [(9, "The loss reads one row, and the mask hides it from that row."),
        (7, "Without the mask: one query, three keys, three values. The word it comes after ball and is hidden."),
        (3, "That is ball in its three roles. Ball also reads dog: a key and a value more."),
        (6, "You counted dog's query. It made the row of dog, which the loss does not read."),
        (4, "The gradient reaches dog and ball as key and value; ball's query makes five.")],
       first="Which query makes the row of ball? Which keys does it meet behind the mask, and which values does it read?")

number("23.7", 4 / 25,
       "Weights 1/5 and 4/5; the slope of a weight by its own score is w (1 - w).",
       [(1 / 5, "That is the weight. Its slope is w (1 - w)."),
        (-4 / 25, "That is how the first weight answers to the second score."),
        (3 / 16, "That is for odds of 1 : 3."),
        (4 / 5, "That is 1 - w, or the second weight. The slope is w (1 - w)."),
        (1 / 4, "That is the most there is, at even odds.")],
       first="Turn the odds into two weights. What does the table of softmax's slopes say of a weight and its own score?")

number("23.8", 36,
       "Behind the mask head A has the weights 1/4, 3/4, 0 and o_A = 2; head B 2/3, 1/3, 0 and o_B = 5. So y = 9, g_y = 4, and W_o hands\n"
       "head A 2 * 4 = 8. Dog's score gets 1/4 * (8 - 2) * 8 = 12, its key the query times that: 3 * 12 = 36.",
       [(12, "That is the gradient of dog's score. The score is query times key, so the key gets 3 times as much."),
        (18, "Head A enters y with the factor 2 of W_o; on the way back its gradient is doubled."),
        (144, "The weight is missing: the score gets w (v - o) g, with w = 1/4."),
        (48, "You took v instead of v - o. Softmax backwards subtracts the weighted average."),
        (108, "You took the weight of ball, 3/4. Dog's is 1/4."),
        (-36, "The sign: v - o is 8 - 2, and y - 5 is positive. The loss rises with dog's key."),
        (72, "The slope of (y - 5)^2 / 2 is y - 5, without a 2."),
        (9 / 2, "You forgot y - 5 = 4, or took it as 1/2. The gradient of the loss starts there."),
        (-58725 / 16, "The mask is missing: ball cannot see it, whose weight is 0 in both heads.")],
       first="Work forwards first: the masked weights of both heads, then o_A, o_B and y. Then walk back from L, a factor at a time.")
