"""Exercises of 32_pytorch."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from attnlib.check import function, mistake, number
from attnlib.pytorch import attend, split_heads

number("32.1", 3 / 5,
       "In this layer True hides. Park is out; ball and dog keep the amounts 2 and 3, so dog has 3/5.",
       [(0, "You read True as \"may attend\", which leaves park alone. In nn.MultiheadAttention True hides the key."),
        (1 / 2, "That is the weight without a mask. One key is hidden; what is the new total of the amounts?"),
        (2 / 5, "That is ball's weight. The question is about dog."),
        (1 / 3, "A weight is an amount divided by the total; which amounts are left, 1, 2, 3 without the hidden one?")])


def draw_lengths(rng):
    n = int(rng.integers(2, 6))
    return torch.tensor(rng.integers(0, n + 1, rng.integers(1, 4))), n


@function("32.2", draw_lengths)
def padding_mask(lengths, n):
    """Place j (from 0) holds a word if j < length; lengths (b, 1, 1) against places (n,) gives (b, 1, n)."""
    return torch.arange(n) < lengths[:, None, None]


@mistake("32.2", "That is the library's meaning, True = hidden. In this book True = may attend.")
def _(lengths, n):
    return ~padding_mask(lengths, n)


@mistake("32.2", "One place too many: places count from 0, so a sentence of length 3 has the places 0, 1, 2.")
def _(lengths, n):
    return torch.arange(n) <= lengths[:, None, None]


@mistake("32.2", "The shape is (b, n). Between sentence and key an axis of size 1 for the queries is missing.")
def _(lengths, n):
    return padding_mask(lengths, n)[:, 0]


@mistake("32.2", "The shape is (b, n, 1): that would hide queries. The last axis runs over keys.")
def _(lengths, n):
    return padding_mask(lengths, n).mT


@mistake("32.2", "Your words stand at the end. Here the padding follows the words.")
def _(lengths, n):
    return padding_mask(lengths, n).flip(-1)


def draw_sentences(rng):
    b, n, d = rng.integers(1, 3), rng.integers(2, 5), rng.integers(1, 4)
    real = rng.random((b, n)) < 0.6
    real[:, rng.integers(n)] = True
    return torch.tensor(np.round(rng.normal(size=(b, n, d)), 1)), torch.tensor(real)


def library(x, **options):
    d = x.shape[-1]
    layer = nn.MultiheadAttention(d, 1, batch_first=True, dtype=x.dtype)
    layer.in_proj_weight.data = torch.eye(d, dtype=x.dtype).repeat(3, 1)
    layer.out_proj.weight.data = torch.eye(d, dtype=x.dtype)
    return layer(x, x, x, **options)[0].detach()


@function("32.3", draw_sentences)
def encode(x, real):
    """In the library True hides, so its key_padding_mask is the opposite of `real`: ~real."""
    return library(x, key_padding_mask=~real)


@mistake("32.3", "That is the bug itself: True hides the key there, so every word is hidden and only padding is read.")
def _(x, real):
    return library(x, key_padding_mask=real)


@mistake("32.3", "No mask has any effect in your version: padding is read as if it were words.")
def _(x, real):
    return library(x)


@mistake("32.3", "Zeros in place of padding still receive weight. Hide those keys with the mask.")
def _(x, real):
    return library(x * real[..., None])


@mistake("32.3", "The keys are right, but you also erased the outputs at the padded queries. A key mask leaves them alone.")
def _(x, real):
    return library(x, key_padding_mask=~real) * real[..., None]


def draw_packed(rng):
    heads, width = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    b, n, d = int(rng.integers(1, 3)), int(rng.integers(2, 4)), heads * width
    return (*(torch.tensor(np.round(rng.normal(size=s), 1)) for s in ((b, n, d), (3 * d, d), (3 * d,))), heads)


@function("32.4", draw_packed)
def project(x, weight, bias, heads):
    """One linear map makes (b, n, 3d); its last axis falls into three blocks, and each block into heads."""
    return tuple(split_heads(part, heads) for part in F.linear(x, weight, bias).chunk(3, dim=-1))


@mistake("32.4", "You never added the bias.")
def _(x, weight, bias, heads):
    return project(x, weight, 0 * bias, heads)


@mistake("32.4", "Your heads mix tokens: cut the feature axis first, (n, heads, d/heads), then move the heads forward.")
def _(x, weight, bias, heads):
    return tuple(part.reshape(len(x), heads, x.shape[1], -1) for part in F.linear(x, weight, bias).chunk(3, dim=-1))


@mistake("32.4", "The order of the blocks is queries, keys, values; yours are keys, queries, values.")
def _(x, weight, bias, heads):
    q, k, v = project(x, weight, bias, heads)
    return k, q, v


@mistake("32.4", "The heads stand after the positions in your result. Wanted is (b, heads, n, d/heads).")
def _(x, weight, bias, heads):
    return tuple(part.transpose(1, 2) for part in project(x, weight, bias, heads))


@mistake("32.4", "You took every third row. The three matrices are stacked as whole blocks, one under the other.")
def _(x, weight, bias, heads):
    return tuple(split_heads(F.linear(x, weight[i::3], bias[i::3]), heads) for i in range(3))


@mistake("32.4", "The matrices are stored as (out, in): a token meets them transposed, x @ part.T.")
def _(x, weight, bias, heads):
    return tuple(split_heads(x @ w + b, heads) for w, b in zip(weight.chunk(3), bias.chunk(3)))


@mistake("32.4", "Your head takes every heads-th feature. A head is one slice of neighbouring features: cut into (heads, d/heads).")
def _(x, weight, bias, heads):
    return tuple(part.unflatten(-1, (-1, heads)).movedim(-1, 1) for part in F.linear(x, weight, bias).chunk(3, dim=-1))


number("32.5", (7 / 54) ** 0.5,
       "An entry is w/(1-p) with probability 1-p, else 0: mean w, variance w^2 p/(1-p) = w^2/3. The entries are independent,\n"
       "so the variances add: (1 + 4 + 9)/36/3 = 7/54, and the standard deviation is its root, 0.36.",
       [(0, "The rows sum to one without dropout, and with it only on average. Add up the variances of the three entries."),
        (7 / 54, "That is the variance. Take its root."),
        ((7 / 96) ** 0.5, "You forgot that survivors are divided by 1 - p: the variance of an entry is w^2 p/(1-p), not w^2 p (1-p)."),
        ((7 / 6) ** 0.5, "You took p = 3/4: a weight is dropped with probability 1/4, so the variance is w^2 (1/4)/(3/4)."),
        (1 / 3 ** 0.5, "The entries are independent: add variances, 1/36 + 4/36 + 9/36 in place of the square of the sum.")])


def draw_cache(rng):
    m, d = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    n = m + int(rng.integers(0, 3))
    return tuple(torch.tensor(np.round(rng.normal(size=s), 1)) for s in ((m, d), (n, d), (n, d)))


def masked(q, k, v, diagonal):
    return attend(q, k, v, torch.ones(len(q), len(k), dtype=torch.bool).tril(diagonal))[0]


@function("32.6", draw_cache)
def decode(q, k, v):
    """Query i is token n - m + i, so it sees keys 0 .. n - m + i: a lower triangle whose diagonal is moved right by n - m."""
    mask = torch.ones(len(q), len(k), dtype=torch.bool).tril(diagonal=len(k) - len(q))
    return F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]


@mistake("32.6", "That is the bug itself: is_causal starts at the top left, so the first new token sees only the oldest.")
def _(q, k, v):
    return masked(q, k, v, 0)


@mistake("32.6", "Without a mask the new tokens see each other's future.")
def _(q, k, v):
    return attend(q, k, v)[0]


@mistake("32.6", "The diagonal is moved to the wrong side: tril moves right for a positive number, here n - m.")
def _(q, k, v):
    return masked(q, k, v, len(q) - len(k))


@mistake("32.6", "A token may see itself; your diagonal is one too small.")
def _(q, k, v):
    return masked(q, k, v, len(k) - len(q) - 1)


@mistake("32.6", "One step too far: every query sees one token of its future.")
def _(q, k, v):
    return masked(q, k, v, len(k) - len(q) + 1)


@mistake("32.6", "Your mask means the opposite: in this function True = may attend.")
def _(q, k, v):
    return attend(q, k, v, ~torch.ones(len(q), len(k), dtype=torch.bool).tril(len(k) - len(q)))[0]


number("32.7", 24,
       "W_q has 3 x 4 = 12 numbers, W_k 2 x 4 = 8, v 4: together 24; there is no bias.",
       [(20, "You left out v, which turns the hidden layer into a score."),
        (29, "You counted biases: 4 for the hidden layer and 1 for v. This layer has none."),
        (28, "You counted a bias for the hidden layer. This layer has none."),
        (6, "That is the multiplicative score, query_dim x key_dim.")])
