"""Exercises of 34_one_answer."""
import numpy as np
import torch
from torch.nn import functional as F

from attnlib.check import choice, function, mistake, number

number("34.1", 1 / 3,
       "Read as (m, n), the mask's last row serves the last query of every sentence: it is the fourth sentence's, of length 3.\n"
       "Three equal scores share alike: 1/3. Right would be 1/4, since the first sentence has four words.",
       [(1 / 4, "That is what it should be. The mask (4, 4) is read as (m, n): which of its rows serves the last query?"),
        (1, "You took a sentence of one word. The last query takes the last row of the mask."),
        (0, "For the function True means may attend, and no row of this mask hides the first key."),
        (1 / 2, "You took the third row. The last query takes the last row of the mask.")],
       first="Read the mask (4, 4) as (m, n). Which of its rows serves the last query, and from which sentence's length was it made?")


def draw_kernels(rng):
    heads, width = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    return tuple(np.round(rng.normal(size=(heads * width, heads, width)), 1) for _ in range(3))


@function("34.2", draw_kernels)
def in_proj(query, key, value):
    """Join the heads, (d, heads, d/heads) -> (d, d), which is in, out; turn each to out, in; stack the three blocks."""
    return np.concatenate([w.reshape(len(w), -1).T for w in (query, key, value)])


@mistake("34.2", "PyTorch keeps its matrices out, in: each block has to be transposed before it is stacked.")
def _(query, key, value):
    return np.concatenate([w.reshape(len(w), -1) for w in (query, key, value)])


@mistake("34.2", "You transposed the stack. The three blocks stand one under the other: (3d, d).")
def _(query, key, value):
    return in_proj(query, key, value).T


@mistake("34.2", "The blocks stand in the order query, key, value; you took Keras' order of the inputs, query, value, key.")
def _(query, key, value):
    return in_proj(query, value, key)


@mistake("34.2", "Your heads are interleaved. Row i of a block belongs to head i // width: join (heads, width) in this order.")
def _(query, key, value):
    return np.concatenate([w.transpose(2, 1, 0).reshape(-1, len(w)) for w in (query, key, value)])


@mistake("34.2", "Your three blocks have an axis of their own. They stand one under the other: (3d, d).")
def _(query, key, value):
    return np.stack([w.reshape(len(w), -1).T for w in (query, key, value)])


@mistake("34.2", "Your blocks stand side by side. They stand one under the other: (3d, d).")
def _(query, key, value):
    return np.hstack([w.reshape(len(w), -1).T for w in (query, key, value)])


@mistake("34.2", "You stacked the kernels as they are. Join the heads of each, (d, heads, d/heads) to (d, d), then transpose.")
def _(query, key, value):
    return np.concatenate([query, key, value])


def draw_moved(rng):
    b, m, n, d = (int(x) for x in rng.integers(1, 4, 4))
    keep = rng.random((b, n + 1)) < 0.6
    keep[:, rng.integers(n + 1)] = True
    q, k, v = (np.round(rng.normal(size=(b, size, d + 1)), 1) for size in (m, n + 1, n + 1))
    kind = rng.integers(6)
    if kind == 0:                                           # a masked score beyond what one might subtract
        k[~keep] *= 1e12
    if kind == 1:                                           # or one allowed score below what one might put there
        keep[:] = np.arange(n + 1) == rng.integers(n + 1)
        k[keep] *= 1e12
    return tuple(torch.tensor(x) for x in (q, k, v, keep))


@function("34.3", draw_moved)
def moved(q, k, v, keep):
    """Both libraries mean may attend by True, so ~ goes; Keras' layer has the scale 1. The order q, k, v was right already.
    Keras subtracts 1e9 from a masked score; the function with its boolean mask leaves no way round."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None], scale=1.0)


@mistake("34.3", "The mask is right now. But Keras' Attention does not divide by the root of the width, and the function does.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None])


@mistake("34.3", "The scale is right now. But True means may attend in both: your words are hidden and the padding is read.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=~keep[:, None], scale=1.0)


@mistake("34.3", "That is the colleague's version. Compare the polarity and the scale of the two.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=~keep[:, None])


@mistake("34.3", "You took Keras' order. The function wants query, key, value.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, v, k, attn_mask=keep[:, None], scale=1.0)


@mistake("34.3", "A mask (b, n) is read as (m, n). Give it an axis for the queries: (b, 1, n).")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep, scale=1.0)


@mistake("34.3", "Two things are left: a mask (b, n) is read as (m, n) and needs an axis for the queries; and the scale of Keras is 1.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep)


@mistake("34.3", "You divided once more. The function divides by the root of the width by itself, and Keras' Attention not at all.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q / q.shape[-1]**0.5, k, v, attn_mask=keep[:, None])


@mistake("34.3", "A mask of numbers is added to the scores. Leave it boolean.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None].to(q.dtype), scale=1.0)


@mistake("34.3", "Right on ordinary scores. But -1e9 is a number too: it is more than an allowed score of -1e12. "
         "Keep the mask boolean, or use -inf.")
def _(q, k, v, keep):
    scores = (q @ k.mT).masked_fill(~keep[:, None], -1e9)
    return scores.softmax(dim=-1) @ v


@mistake("34.3", "Right on ordinary scores. But a masked score of 1e12 takes the weight in spite of the -1e9. "
         "Keep the mask boolean, or use -inf.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=torch.where(keep[:, None], 0.0, -1e9).to(q.dtype), scale=1.0)


@mistake("34.3", "No mask at all: padding is read.")
def _(q, k, v, keep):
    return F.scaled_dot_product_attention(q, k, v, scale=1.0)


number("34.4", (np.log(3) / 2 - np.log(2) / 3) / 2,
       "Each score grows by eps times itself. By the softmax's table a weight grows by w (s - mean), where the mean of the scores\n"
       "under the weights is ln2/3 + ln3/2: c = (ln3 - ln2/3 - ln3/2) / 2 = 0.159.",
       [(np.log(3) / 2, "You moved dog's score alone and forgot that all weights share 1: subtract the mean of the scores' changes."),
        (np.log(3) / 4, "You moved dog's score alone, w (1 - w) s. Ball's score grows too, and takes some back."),
        (np.log(3) / 2 - np.log(2) / 3, "That is the score's growth above the mean. The weight's growth is that, times the weight."),
        (-(np.log(3) / 2 - np.log(2) / 3) / 2, "The size is right. Larger scores sharpen, and dog has the largest."),
        ((np.log(3) - np.log(6) / 3) / 2, "The mean of the scores' changes is weighted by the weights 1/6, 1/3, 1/2, not plain.")],
       first="Score s moves by eps s. Write down the slope of dog's weight by each of the three scores, and add up the three movements.")

choice("34.5", "b",
       "Biases are zero in a fresh layer and not in a trained one. A transpose, a polarity or a scale would have shown at once.",
       [("a", "The fresh matrices are random and not symmetric: a forgotten transpose shows at once."),
        ("c", "The fresh layers were compared under random masks: an inverted one shows at once."),
        ("d", "The scale is no parameter, and training does not change it: it would have shown at once.")])

number("34.6", 1 / 4,
       "q k = 4 (q k / 4): scores that are 4 times as large are scores divided by the temperature 1/4.",
       [(4, "A temperature divides the scores. The scores without the division are 4 times as large."),
        (1 / 16, "The division that is left out is by the root of d."),
        (16, "The division that is left out is by the root of d, and a temperature divides.")],
       first="Write down one score with the factor 1/sqrt(16) and without it. A temperature divides a score: which one makes the "
             "second of the first?")
