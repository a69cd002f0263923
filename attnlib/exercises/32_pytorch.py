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
        (1 / 3, "A weight is an amount divided by the total; which amounts are left, 1, 2, 3 without the hidden one?")],
       first="What does True mean in PyTorch's key_padding_mask? Write down the amounts of the keys that are left, and their total.")


def draw_batch(rng):
    b, n, d = int(rng.integers(1, 4)), int(rng.integers(2, 5)), int(rng.integers(1, 5))
    mask, order = rng.random((b, n)) < 0.6, rng.permutation(n)
    mask[:, order[0]], mask[:, order[1]] = True, False
    return torch.tensor(np.round(rng.normal(size=(b, n, d)), 1)), torch.tensor(np.round(rng.normal(size=(b, d)), 1)), torch.tensor(mask)


@function("32.2", draw_batch)
def listing(X, q, mask):
    """One query a sequence is an axis of size 1 in q and in the mask; the vectors are keys and values. Then take the axis off."""
    return attend(q[:, None], X, X, mask[:, None])[0][:, 0]


@mistake("32.2", "Two things: divide by the root of d, and use the mask.")
def _(X, q, mask):
    return listing(X * X.shape[-1] ** 0.5, q, torch.ones_like(mask)) / X.shape[-1] ** 0.5


@mistake("32.2", "The scores are not scaled: divide them by the root of the width d.")
def _(X, q, mask):
    return listing(X, q * X.shape[-1] ** 0.5, mask)


@mistake("32.2", "You divided by the root of n, the number of vectors. The spread of a score grows with the width d.")
def _(X, q, mask):
    return listing(X, q * (X.shape[-1] / X.shape[-2]) ** 0.5, mask)


@mistake("32.2", "You divided by d. The spread of a score is the root of d.")
def _(X, q, mask):
    return listing(X, q / X.shape[-1] ** 0.5, mask)


@mistake("32.2", "The mask has no effect in your version.")
def _(X, q, mask):
    return listing(X, q, torch.ones_like(mask))


@mistake("32.2", "Your mask means the opposite. In this book True = may attend.")
def _(X, q, mask):
    return listing(X, q, ~mask)


@mistake("32.2", "A hidden score became 0, and exp(0) = 1 is an amount like any other. Use minus infinity.")
def _(X, q, mask):
    scores = (X @ q[..., None])[..., 0] / X.shape[-1] ** 0.5
    return ((scores * mask).softmax(-1)[:, None] @ X)[:, 0]


@mistake("32.2", "You added the mask, as ones and zeros, to the scores: that hides nothing. Put minus infinity where it is False.")
def _(X, q, mask):
    scores = (X @ q[..., None])[..., 0] / X.shape[-1] ** 0.5
    return ((scores + mask).softmax(-1)[:, None] @ X)[:, 0]


@mistake("32.2", "Hidden vectors that are set to zero still get a weight, and their zeros water the average down. Mask the scores.")
def _(X, q, mask):
    return listing(X * mask[..., None], q, torch.ones_like(mask))


@mistake("32.2", "You masked after the softmax: what the hidden vectors took is lost, and the rest no longer sums to 1.")
def _(X, q, mask):
    weights = attend(q[:, None], X, X)[1] * mask[:, None]
    return (weights @ X)[:, 0]


@mistake("32.2", "Your softmax runs over the sequences of the batch (dim=0). It runs over the vectors, dim=-1.")
def _(X, q, mask):
    scores = (X @ q[..., None])[..., 0] / X.shape[-1] ** 0.5
    return (scores.masked_fill(~mask, -torch.inf).softmax(0).nan_to_num(0)[:, None] @ X)[:, 0]


@mistake("32.2", "Every sequence got the first one's mask: (b, n) was read as (queries, keys). A padding mask is (b, 1, n).")
def _(X, q, mask):
    return listing(X, q, mask[:1].expand(len(X), -1))


@mistake("32.2", "In yours every query reads every sequence, (b, b, d). One query for each sequence is (b, 1, d).")
def _(X, q, mask):
    return attend(q, X, X, mask[:, None])[0]


@mistake("32.2", "The right numbers in the shape (b, 1, d). Take the axis of the single query off again.")
def _(X, q, mask):
    return listing(X, q, mask)[:, None]


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


@mistake("32.3", "A mask of numbers is added to the scores: your ones for words raise them, and padding is read. Hand over booleans.")
def _(x, real):
    return library(x, key_padding_mask=real.to(x.dtype))


@mistake("32.3", "A mask of numbers is added to the scores: your ones raise those of padding. Hand over booleans, which hide.")
def _(x, real):
    return library(x, key_padding_mask=(~real).to(x.dtype))


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


@mistake("32.4", "You cut the 3d numbers into heads first and each head into three. First come the three blocks: q, k, v.")
def _(x, weight, bias, heads):
    return tuple(F.linear(x, weight, bias).unflatten(-1, (heads, 3, -1)).permute(3, 0, 2, 1, 4))


number("32.5", (7 / 54) ** 0.5,
       "An entry is w/(1-p) with probability 1-p, else 0: mean w, variance w^2 p/(1-p) = w^2/3. The entries are independent,\n"
       "so the variances add: (1 + 4 + 9)/36/3 = 7/54, and the standard deviation is its root, 0.36.",
       [(0, "The rows sum to one without dropout, and with it only on average. Add up the variances of the three entries."),
        (7 / 54, "That is the variance. Take its root."),
        ((7 / 96) ** 0.5, "You forgot that survivors are divided by 1 - p: the variance of an entry is w^2 p/(1-p), not w^2 p (1-p)."),
        ((7 / 6) ** 0.5, "You took p = 3/4: a weight is dropped with probability 1/4, so the variance is w^2 (1/4)/(3/4)."),
        (1 / 3 ** 0.5, "The entries are independent: add variances, 1/36 + 4/36 + 9/36 in place of the square of the sum.")],
       first="What are the mean and the variance of one entry, which is w / (1 - p) with probability 1 - p, and 0 otherwise?")


number("32.6", 24,
       "W_q has 3 x 4 = 12 numbers, W_k 2 x 4 = 8, v 4: together 24; there is no bias.",
       [(20, "You left out v, which turns the hidden layer into a score."),
        (29, "You counted biases: 4 for the hidden layer and 1 for v. This layer has none."),
        (28, "You counted a bias for the hidden layer. This layer has none."),
        (25, "You counted a bias for v. This layer has none."),
        (6, "That is the multiplicative score, query_dim x key_dim.")],
       first="Write down the arrays of the additive score, v tanh(W_q q + W_k k), and the shape of each.")
