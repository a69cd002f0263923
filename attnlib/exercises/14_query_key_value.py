"""Exercises of 14_query_key_value."""
import numpy as np

from attnlib.check import choice, function, mistake, number
from attnlib.core import softmax

number("14.1", 2 / 5,
       "Equal cards offer equal keys, so the amounts are 4, 4, 1, 1: park gets 4/10, and so does garden.",
       [(2 / 3, "That is park's weight without the garden, 4/6. The garden's amount, 4, joins the total."),
        (1 / 3, "You split park's old 4/6 between the two. The total grows from 6 to 10: 4/10 each."),
        (4 / 5, "That is what park and garden have together."),
        (4 / 7, "You counted the garden once. Its card is the park's, so its amount is 4 as well."),
        (1 / 2, "You left nothing for ball and dog. Nobody's amount is 0: they count once each."),
        (1 / 4, "That would be equal shares. A place counts four times: amounts 4, 4, 1, 1.")],
       first="Write down how often each of the four words counts: four times if its card says that it is a place, else once.")


def draw_matrices(rng):
    a, b, d = (int(size) for size in rng.integers(1, 5, size=3))
    return np.round(rng.normal(size=(a, d)), 1), np.round(rng.normal(size=(b, d)), 1)


@function("14.2", draw_matrices)
def fold(W_q, W_k):
    """(x_q W_q)(x_k W_k)^T / sqrt(d) = x_q [W_q W_k^T / sqrt(d)] x_k^T, where d is the common width of queries and keys."""
    return W_q @ W_k.T / np.sqrt(W_q.shape[-1])


@mistake("14.2", "The product is right, the scale is missing: scaled scores are divided by the root of d.")
def _(W_q, W_k):
    return W_q @ W_k.T


@mistake("14.2", "That is (b, a). Those who ask stand on the left: (a, b).")
def _(W_q, W_k):
    return W_k @ W_q.T / np.sqrt(W_q.shape[-1])


@mistake("14.2", "You divided by the root of a, the width of the vectors. d is the width of queries and keys, the last axis of W_q.")
def _(W_q, W_k):
    return W_q @ W_k.T / np.sqrt(len(W_q))


@mistake("14.2", "You divided by the root of b, the width of those who are asked. d is the last axis of W_q and of W_k.")
def _(W_q, W_k):
    return W_q @ W_k.T / np.sqrt(len(W_k))


@mistake("14.2", "You multiplied by the root of d. Scaled scores are divided by it.")
def _(W_q, W_k):
    return W_q @ W_k.T * np.sqrt(W_q.shape[-1])


@mistake("14.2", "You divided by d. The scale is its root.")
def _(W_q, W_k):
    return W_q @ W_k.T / W_q.shape[-1]


def draw_crossing(rng):
    m, n, a, d, e = (int(size) for size in rng.integers(1, 4, size=5))
    return tuple(np.round(rng.normal(size=shape), 1) for shape in ((m, a), (n, a), (a, d), (a, d), (a, e)))


@function("14.3", draw_crossing)
def cross_attention(x_q, x_k, W_q, W_k, W_v):
    """Keys and values come from those who are asked, x_k; each query's row of scores is shared out over the keys."""
    q, k, v = x_q @ W_q, x_k @ W_k, x_k @ W_v
    return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v


@mistake("14.3", "That is the colleague's version. Whose values are read, and over what does softmax share?")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_k @ W_k @ (x_q @ W_q).T / np.sqrt(W_q.shape[-1])).T @ (x_q @ W_v)


@mistake("14.3", "The values are right. But your softmax shares out each key's row among the queries; turning the result round "
                 "afterwards does not help. Each query's weights must add up to 1.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_k @ W_k @ (x_q @ W_q).T / np.sqrt(W_q.shape[-1])).T @ (x_k @ W_v)


@mistake("14.3", "The weights are right. But your values come from those who ask: they read themselves.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_q @ W_q @ (x_k @ W_k).T / np.sqrt(W_q.shape[-1])) @ (x_q @ W_v)


@mistake("14.3", "You let x_k ask and x_q answer. x_q reads x_k: queries from x_q, keys and values from x_k.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_k @ W_q @ (x_q @ W_k).T / np.sqrt(W_q.shape[-1])) @ (x_q @ W_v)


@mistake("14.3", "The matrices are exchanged: W_q makes the queries of those who ask, W_k the keys of those who are asked.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_q @ W_k @ (x_k @ W_q).T / np.sqrt(W_q.shape[-1])) @ (x_k @ W_v)


@mistake("14.3", "Sources and softmax are right, the scale is gone.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_q @ W_q @ (x_k @ W_k).T) @ (x_k @ W_v)


@mistake("14.3", "You summed the words x_k themselves. W_v says what they tell.")
def _(x_q, x_k, W_q, W_k, W_v):
    return softmax(x_q @ W_q @ (x_k @ W_k).T / np.sqrt(W_q.shape[-1])) @ x_k


number("14.4", 3 / 8,
       "4 w2 = 1/2 and 4 w3 = 2, so w2 = 1/8 and w3 = 1/2; the weights add up to 1, which leaves 3/8.",
       [(0, "Its value adds nothing to the output, but its weight is what is missing: 1 - 1/8 - 1/2."),
        (1 / 8, "That is the weight of the second key: 4 w2 = 1/2."),
        (1 / 2, "That is the weight of the third key: 4 w3 = 2."),
        (1 / 3, "Equal shares would give the output (4/3, 4/3)."),
        (5 / 8, "That is what the other two have together.")],
       first="The output is w_2 (4, 0) + w_3 (0, 4). Read both weights off its entries; what do all three add up to?")


def draw_triangle(rng):
    v = rng.integers(-3, 4, size=(3, 2)).astype(float)
    while abs(np.linalg.det(np.vstack([v.T, np.ones(3)]))) < 1:
        v = rng.integers(-3, 4, size=(3, 2)).astype(float)
    w = rng.dirichlet(np.ones(3)) if rng.random() < 0.5 else rng.normal(size=3)
    o = w @ v / w.sum() if abs(w.sum()) > 0.1 else v.mean(axis=0)
    if rng.random() < 0.3:                                  # on an edge or a corner
        o = rng.permutation(rng.choice([[0, 0, 4], [0, 1, 3], [0, 2, 2]])) / 4 @ v
        if solved(o, v).min() != 0 or max(w.min() for w in other_routes(o, v)) > 0:
            return draw_triangle(rng)                       # whose rounding would put it inside
    return o, v


def solved(o, v):
    return np.linalg.solve(np.vstack([v.T, np.ones(3)]), np.append(o, 1))


def other_routes(o, v):
    A, b = np.vstack([v.T, np.ones(3)]), np.append(o, 1)
    yield from (np.linalg.inv(A) @ b, np.linalg.pinv(A) @ b, np.linalg.lstsq(A, b, rcond=None)[0])
    swapped = [np.where(np.arange(3) == i, b[:, None], A) for i in range(3)]
    yield np.array([np.linalg.det(M) for M in swapped]) / np.linalg.det(A)
    yield np.array([np.linalg.det(M.T) for M in swapped]) / np.linalg.det(A.T)


@function("14.5", draw_triangle)
def reachable(o, v):
    """Solve for the weights that make o and add up to 1; o is reachable when all three are positive."""
    w = np.linalg.solve(np.vstack([v.T, np.ones(3)]), np.append(o, 1))
    return bool((w > 0).all())


@mistake("14.5", "You asked whether each coordinate lies within the range of the values. That is a box; the triangle is smaller.")
def _(o, v):
    return bool(((v.min(axis=0) < o) & (o < v.max(axis=0))).all())


@mistake("14.5", "Inside and outside are right. On an edge a weight is 0, which softmax never gives: all three must be greater than 0.")
def _(o, v):
    return bool((solved(o, v) >= 0).all())


@mistake("14.5", "True and False are swapped.")
def _(o, v):
    return not reachable(o, v)


@mistake("14.5", "Your answer is always True. Three weights that add up to 1 exist for any point of the plane; they must also be positive.")
def _(o, v):
    return True


@mistake("14.5", "You compare the largest entry of the output with that of the values. That is necessary, not enough.")
def _(o, v):
    return bool(np.abs(o).max() < np.abs(v).max())


@mistake("14.5", "Positive weights that make o are not enough: they must add up to 1. That is the third equation.")
def _(o, v):
    return bool((np.linalg.lstsq(v.T, o, rcond=None)[0] > 0).all())


@mistake("14.5", "You looked at the weights of the second and third value alone. Their sum must also stay below 1, which leaves a "
                 "positive weight for the first.")
def _(o, v):
    w = np.linalg.solve((v[1:] - v[0]).T, o - v[0])
    return bool((w > 0).all())


number("14.6", 2,
       "A score is q times k. For q > 0 the largest key wins, for q < 0 the smallest; nothing between them ever does.",
       [(10, "That needs a second dimension, keys on a circle for instance. With d = 1 a query can only be positive or negative."),
        (1, "A negative query turns the ranking round: then the smallest key wins."),
        (5, "Neither the size of the query nor the number of keys matters, only the query's sign.")],
       first="Draw the keys on a line. A score is a product of two numbers: who wins for a query of 3, who for 300, who for -3?")

choice("14.7", "b",
       "Swap the two dogs: the input is the same, so the output is; but by equivariance the outputs are swapped too, so they are "
       "equal. A residual adds equals to equals, and the next layer starts from equal vectors again. Positions or a causal mask "
       "tell them apart.",
       [("a", "Both dogs see all the words. Without positions nobody is a neighbour."),
        ("c", "If they are equal after one layer, the next layer starts from equal vectors."),
        ("d", "The argument uses no property of the matrices: the two are the same row of X, so the same query meets the same keys.")])

number("14.8", np.sqrt(3) / (1 + np.sqrt(2) + np.sqrt(3)),
       "Halved scores are the roots of the amounts: 1, sqrt(2), sqrt(3). dog gets sqrt(3)/(1 + sqrt(2) + sqrt(3)), about 0.418.",
       [(1 / 2, "That is the weight with the factor. Halved scores are closer together."),
        (np.sqrt(3) / (2 + np.sqrt(2) + np.sqrt(3)), "You let it read itself too. It asks from outside: three keys."),
        (1 / 4, "You halved the weight. The score is halved; its amount, 3, becomes the root of 3."),
        (9 / 14, "You doubled the scores: amounts 1, 4, 9."),
        (1 / 3, "Equal shares come at a score of 0 for all. Halved is not zero.")],
       first="Halve the scores. What is the amount exp(score / 2) of a key whose amount was 9 before?")
