"""Exercises of 22_self_attention_by_hand."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("22.1", 2 / 3,
       "dog's row of amounts in head 1 is dog 6, ball 12, it 2.  Read second, dog sees ball and itself: 12/(12 + 6) = 2/3.",
       [(0, "In the old order ball came after dog and was hidden. Now ball comes first."),
        (3 / 5, "That is the weight without a mask. it still comes after dog: leave its amount out of the total."),
        (1 / 3, "That is the weight that dog gives to itself."),
        (3 / 4, "You used the row of ball. The query is dog's, (1, 1): amounts 6 and 12."),
        (1 / 4, "That is the old row of ball: what ball gives to dog. The query is dog's, (1, 1)."),
        (12, "That is the amount. Divide by the total of the amounts that dog may see.")],
       first="Write down dog's row of amounts in head 1, from the sheet. Which words stand before dog now, and may be looked at?")


def draw_outputs(rng):
    return (np.round(rng.normal(size=(rng.integers(2, 4), rng.integers(2, 5), rng.integers(2, 4))), 1),)


@function("22.2", draw_outputs)
def join(outputs):
    """Bring the tokens to the front, (n, heads, width); then the last two axes can be read as one."""
    return outputs.swapaxes(0, 1).reshape(outputs.shape[1], -1)


@mistake("22.2", "The shape is right, but your rows mix tokens: reshape reads in storage order. "
                 "Move the axis of the tokens to the front first.")
def _(o):
    return o.reshape(o.shape[1], -1)


@mistake("22.2", "Your heads are interleaved, first column of each head, then second. A head's columns stay together.")
def _(o):
    return o.transpose(1, 2, 0).reshape(o.shape[1], -1)


@mistake("22.2", "The heads stand in the opposite order.")
def _(o):
    return join(o[::-1])


@mistake("22.2", "You added the heads up. Joined, they stand side by side, and W_o does the mixing.")
def _(o):
    return o.sum(axis=0)


@mistake("22.2", "You averaged the heads. Joined, they stand side by side, and W_o does the mixing.")
def _(o):
    return o.mean(axis=0)


@mistake("22.2", "You put the heads one below the other, (heads * n, width). They belong side by side.")
def _(o):
    return np.concatenate(list(o), axis=0)


def draw_projected(rng):
    heads, n, width = int(rng.integers(2, 4)), int(rng.integers(2, 5)), int(rng.integers(2, 4))
    return (*np.round(rng.normal(size=(2, n, heads * width)), 1), heads)


def cut(x, heads):
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


@function("22.3", draw_projected)
def head_scores(q, k, heads):
    """Cut the features, (n, heads, d/heads), then move the heads forward; divide by the root of the head's width d/heads."""
    q, k = (x.reshape(len(x), heads, -1).swapaxes(0, 1) for x in (q, k))
    return q @ k.mT / np.sqrt(q.shape[-1])


@mistake("22.3", "The cut is right now. The scale is still that of the whole layer: a head's dot "
                 "product has d/heads terms.")
def _(q, k, heads):
    return cut(q, heads) @ cut(k, heads).mT / np.sqrt(q.shape[-1])


@mistake("22.3", "The scale is right now. The cut is not: reshape(heads, n, -1) gives head 1 whole "
                 "tokens. Cut the features of every token.")
def _(q, k, heads):
    n, d = q.shape
    return q.reshape(heads, n, -1) @ k.reshape(heads, n, -1).mT / np.sqrt(d / heads)


@mistake("22.3", "That is the colleague's version.")
def _(q, k, heads):
    n, d = q.shape
    return q.reshape(heads, n, -1) @ k.reshape(heads, n, -1).mT / np.sqrt(d)


@mistake("22.3", "You cut the features, but the heads still stand second, so heads of one token meet. Move them to the front.")
def _(q, k, heads):
    q, k = (x.reshape(len(x), heads, -1) for x in (q, k))
    return q @ k.mT / np.sqrt(q.shape[-1])


def dealt(x, heads):
    return x.reshape(len(x), -1, heads).transpose(2, 0, 1)


@mistake("22.3", "You dealt the columns round, every heads-th one to a head. A head takes neighbouring columns: in "
                 "reshape the number of heads stands before their width.")
def _(q, k, heads):
    return dealt(q, heads) @ dealt(k, heads).mT / np.sqrt(q.shape[-1] / heads)


@mistake("22.3", "You dealt the columns round, every heads-th one to a head, where a head takes neighbouring columns; and the scale "
                 "is that of the whole layer.")
def _(q, k, heads):
    return dealt(q, heads) @ dealt(k, heads).mT / np.sqrt(q.shape[-1])


@mistake("22.3", "The scale is missing: divide by the root of the head's width.")
def _(q, k, heads):
    return cut(q, heads) @ cut(k, heads).mT


@mistake("22.3", "You divide by the width. It is the root of the width.")
def _(q, k, heads):
    return cut(q, heads) @ cut(k, heads).mT / (q.shape[-1] / heads)


@mistake("22.3", "You divide by the root of the number of heads; the width of a head is d/heads.")
def _(q, k, heads):
    return cut(q, heads) @ cut(k, heads).mT / np.sqrt(heads)


@mistake("22.3", "Queries run down, keys across; your table is turned.")
def _(q, k, heads):
    return head_scores(k, q, heads)


number("22.4", -9,
       "it leaves head 2 as (9, 9).  The third column of the lower half of W_o is (0, -1): 9 * 0 + 9 * (-1) = -9.  Head 1 adds 6.",
       [(-3, "That is both heads together, 6 - 9."),
        (6, "That is head 1's part. Head 2 meets the lower two rows of W_o."),
        (9, "Mind the sign: the entry of W_o is -1."),
        (0, "The third column of the lower half is (0, -1), not (0, 0): the last row counts."),
        (-4, "That is the row of ball. it leaves head 2 as (9, 9).")],
       first="Write down the two numbers that *it* reads in head 2, and the third column of B, the lower half of W_o.")

choice("22.5", "b",
       "dog may not look at ball, so its row stays the same to the bit.  ball asks with another query and reads another value, "
       "and it reads ball.",
       [("a", "it may look at ball, whose key and value have changed."),
        ("c", "dog stands before ball and may not look at it; who stands after ball?"),
        ("d", "dog stands before ball: the mask keeps its row as it was.")])

number("22.6", 1024, "2 n^2 d = 4 n d^2 gives n = 2 d, whatever the number of heads.",
       [(512, "n = d: did you count both products, scores and averages, against four projections? 2 n^2 d = 4 n d^2."),
        (2048, "n = 4 d: you counted one of the two products. Scores cost n^2 d, and averages again n^2 d."),
        (128, "You took the head's width, 64, for d. Eight heads of width 64 cost as much as one of width 512."),
        (64, "That is the width of a head. The heads together have the width 512."),
        (8192, "The number of heads does not enter: eight times the boxes, each a product an eighth as long.")],
       first="Write both costs with n and d: four products of (n, d) by (d, d), against one of (n, d) by (d, n) and one of (n, n) by "
             "(n, d).")

number("22.7", 3 / 4,
       "The amounts left are 6 for dog and 2 for it: 6/8.",
       [(1 / 2, "That is the weight before. One amount is gone: what is the new total?"),
        (2 / 3, "You shared ball's 1/3 in equal parts. Masking keeps the ratio of the others, 6 to 2."),
        (5 / 6, "You gave all of ball's weight to dog. The total is now 6 + 2."),
        (1 / 4, "That is what it keeps for itself."),
        (3 / 5, "That is 6/10: ball is hidden, not it itself. The amounts left are 6 and 2.")],
       first="Write down the amounts of *it* in head 1 and strike out that of ball. What is left in all?")
