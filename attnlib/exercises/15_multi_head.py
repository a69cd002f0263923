"""Exercises of 15_multi_head."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("15.1", 2,
       "Four heads share 12 features: slices of 3. Head 0 has features 0 to 2, head 1 has 3 to 5, head 2 has 6 to 8: 7 // 3 = 2.",
       [(3, "You dealt the features round like cards, one to each head in turn (7 % 4), or you counted the heads from 1. "
            "A slice is a run of neighbours, and the first head is 0."),
        (1, "A slice is 12/4 = 3 features wide. How many whole slices stand before feature 7? (7 % 3 = 1 is its place inside the slice.)"),
        (4, "There are four heads, counted from 0: a head 4 does not exist.")],
       first="How many features has the slice of one head? Write down which features head 0 gets, then the next head.")


def draw_layer(rng):
    heads = int(rng.integers(2, 5))
    d, e, f = rng.integers(1, 4, size=3)
    keep = rng.permutation(heads)[:rng.integers(1, heads + 1)]
    shapes = [(d, heads * e), (d, heads * e), (d, heads * f), (heads * f, heads * f)]
    return *(rng.normal(size=shape) for shape in shapes), heads, keep


def columns(W, heads, keep):
    return W.reshape(len(W), heads, -1)[:, keep].reshape(len(W), -1)


@function("15.2", draw_layer)
def keep_heads(W_q, W_k, W_v, W_o, heads, keep):
    """A head owns a run of columns in W_q, W_k and W_v, and the run of rows of W_o that meets its output: take both away together."""
    return *(columns(W, heads, keep) for W in (W_q, W_k, W_v)), columns(W_o.T, heads, keep).T


@mistake("15.2", "W_o is still whole. The joined outputs have become shorter: their rows in W_o go too.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return *(columns(W, heads, keep) for W in (W_q, W_k, W_v)), W_o


@mistake("15.2", "You cut columns out of W_o. Its columns are features of the result; what belongs to a head are its rows.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return tuple(columns(W, heads, keep) for W in (W_q, W_k, W_v, W_o))


@mistake("15.2", "You kept the other heads: `keep` names those that stay.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return keep_heads(W_q, W_k, W_v, W_o, heads, np.setdiff1d(np.arange(heads), keep))


@mistake("15.2", "You took every `heads`-th column. A head's columns are neighbours: the layout is (heads, width), not (width, heads).")
def _(W_q, W_k, W_v, W_o, heads, keep):
    def dealt(W):
        return W.reshape(len(W), -1, heads)[..., keep].reshape(len(W), -1)
    return dealt(W_q), dealt(W_k), dealt(W_v), dealt(W_o.T).T


@mistake("15.2", "The sizes are as before: you wrote zeros. The heads are silent but still computed; leave their columns and rows out.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    def silent(W):
        parts = W.reshape(len(W), heads, -1).copy()
        parts[:, np.setdiff1d(np.arange(heads), keep)] = 0
        return parts.reshape(W.shape)
    return silent(W_q), silent(W_k), silent(W_v), silent(W_o.T).T


@mistake("15.2", "W_v is still whole. A head has values of its own, too.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return columns(W_q, heads, keep), columns(W_k, heads, keep), W_v, columns(W_o.T, heads, keep).T


@mistake("15.2", "The heads are right, their order is not: the small layer has them in the order of `keep`.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return keep_heads(W_q, W_k, W_v, W_o, heads, np.sort(keep))


@mistake("15.2", "Return a tuple of the four matrices, not a list.")
def _(*layer):
    return list(keep_heads(*layer))


@mistake("15.2", "W_o is missing: what belongs to a head there is a run of rows.")
def _(*layer):
    return keep_heads(*layer)[:3]


@mistake("15.2", "You kept single columns, one a head. A head owns a run of them, as wide as the matrix divided by `heads`.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    return W_q[:, keep], W_k[:, keep], W_v[:, keep], W_o[keep]


@mistake("15.2", "The axis of heads is still there. Join the heads that stay: a matrix has two axes.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    def cut(W):
        return W.reshape(len(W), heads, -1)[:, keep]
    return cut(W_q), cut(W_k), cut(W_v), W_o.reshape(heads, -1, W_o.shape[1])[keep]


@mistake("15.2", "You used the width of the query heads for the values, too. W_v may be wider or narrower: divide its own by `heads`.")
def _(W_q, W_k, W_v, W_o, heads, keep):
    width = W_q.shape[1] // heads
    run = (np.asarray(keep)[:, None] * width + np.arange(width)).ravel()
    return W_q[:, run], W_k[:, run], W_v[:, run], W_o[run]


def draw_masked(rng):
    b, heads, m, n = rng.integers(1, 4, size=4)
    return rng.normal(size=(b, heads, m, n)), rng.random((b, m, n)) < 0.6


@function("15.3", draw_masked)
def masked_scores(scores, mask):
    """One mask for all heads of its sentence: the mask gets an axis of size 1 where the heads stand, (b, 1, m, n)."""
    return np.where(mask[:, None], scores, -np.inf)


@mistake("15.3", "That is the colleague's version. Axes are matched from the right, so its b meets the axis of heads: an error when "
                 "they differ, and when they are equal sentence 0's mask is used for head 0 of every sentence.")
def _(scores, mask):
    return np.where(mask, scores, -np.inf)


@mistake("15.3", "The new axis stands one place too far right: your mask is (b, m, 1, n), and its queries meet the heads.")
def _(scores, mask):
    return np.where(mask[:, :, None], scores, -np.inf)


@mistake("15.3", "The axis is right, the sense is not: True = may attend keeps its score.")
def _(scores, mask):
    return np.where(mask[:, None], -np.inf, scores)


@mistake("15.3", "You used the first sentence's mask for all.")
def _(scores, mask):
    return np.where(mask[0], scores, -np.inf)


@mistake("15.3", "A zero is a score like any other (13_masks). A forbidden key gets minus infinity.")
def _(scores, mask):
    return np.where(mask[:, None], scores, 0)


for finite in (-1e4, -1e9, -1e10, -1e30, np.finfo(np.float32).min, np.finfo(float).min):
    @mistake("15.3", f"{finite:g} is large and negative, but not minus infinity: where all keys are forbidden, it would spread weight "
                     "over them.")
    def _(scores, mask, finite=finite):
        return np.where(mask[:, None], scores, finite)


@mistake("15.3", "The new axis stands last: your mask is (b, m, n, 1), and its queries meet the heads, its keys the queries.")
def _(scores, mask):
    return np.where(mask[..., None], scores, -np.inf)


number("15.4", 1 / 2,
       "(n - 1)/n with n = 2. By hand: two one-hot words are √2 apart, so the four targets are the corners of a square with side √2. "
       "A line through its centre leaves a mean squared distance of side²/4 = 1/2, whatever its angle.",
       [(2 / 3, "That is the floor for three words: (n - 1)/n with n = 3."),
        (1, "That is the whole spread of the four targets about their centre, 2 (n - 1)/n, of which the best line takes half away; "
            "it is also the floor of the square with side 2. One-hot words are √2 apart."),
        (3 / 4, "That is (n - 1)/n for four words. There are four queries, but two words."),
        (1 / 4, "That is the share of one line of the answer. The error adds up both lines."),
        (0, "Then all four corners of a square would lie on one straight line.")],
       first="The four pairs of answers are the corners of a square. How far apart are two one-hot words, and how near comes the "
             "best straight line?")

number("15.5", 3,
       "Along the segment, (entry of dog) - (entry of park) is a straight function in line 1 and in line 2; each changes sign at most "
       "once. Two changes cut the segment into three pieces, so at most three of the four pairs of winners occur.",
       [(4, "All four would need three changes of sign along a straight segment: line 1 can change once, line 2 can change once."),
        (2, "The plain blend reaches two, dog-dog and park-park. Let line 1 change its winner earlier on the way than line 2."),
        (1, "Even a head that answers the same question on both lines gets dog-dog and park-park.")],
       first="Walk along the segment and write down who leads in line 1 and who in line 2. How often can each of the two leads change?")

number("15.6", 64,
       "W_v[h] is (512, 64): it lets 64 numbers through, and no later matrix brings back what was lost. rank(AB) <= min(rank A, rank B).",
       [(512, "That is the shape's rank, but between its two factors stands a head of width 512/8."),
        (8, "That is the number of heads. Ask for the width of one."),
        (1, "That is the rank of one column times one row. A head of width w adds up w such products."),
        (4096, "Ranks do not multiply: a product has at most the smaller rank of its factors.")],
       first="Write down the shapes of the two factors. How many numbers of a token can pass from one to the other?")

choice("15.7", "c",
       "A head compares slices of width 512/8 = 64, so its scale is √64 = 8. The number of keys does not enter.",
       [("a", "√512 is the scale of one head as wide as the layer. Each of the 8 heads compares slices."),
        ("b", "64 is the width of a slice. The scale is its root."),
        ("d", "Heads do not share a scale out; each one takes the root of its own width.")])
