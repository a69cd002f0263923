"""Right answers to 32 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from attnlib.core import softmax

INF = np.inf


def listing_in_loops(X, q, mask, scale=True, end=torch.stack):
    rows = []
    for x, a, allowed in zip(X, q, mask):
        w = (x[allowed] @ a / x.shape[1] ** (0.5 * scale)).softmax(0)
        rows.append(w @ x[allowed])
    return end(rows)


def listing_by_function(X, q, mask, dtype=None, **options):
    X, q = X.to(dtype or X.dtype), q.to(dtype or q.dtype)
    return F.scaled_dot_product_attention(q[:, None], X, X, attn_mask=mask[:, None], **options)[:, 0]


def library(x, heads=1, part=0, **options):
    layer = nn.MultiheadAttention(x.shape[-1], heads, batch_first=True, dtype=x.dtype)
    layer.in_proj_weight.data = torch.eye(x.shape[-1], dtype=x.dtype).repeat(3, 1)
    layer.out_proj.weight.data = torch.eye(x.shape[-1], dtype=x.dtype)
    found = layer(x, x, x, **options)
    return found if part is None else found[part]


def projected(x, weight, bias, heads, order=(0, 1, 2), sign=1, shape=lambda p, heads: p.reshape(*p.shape[:2], heads, -1).transpose(1, 2)):
    d = x.shape[-1]
    parts = [x @ weight[i * d : (i + 1) * d].T + sign * bias[i * d : (i + 1) * d] for i in order]
    return tuple(shape(part, heads) for part in parts)


ANSWERS = {
    "32.1": (["3/5", 0.6, "60%"], [1, 3, 1 / 4, 3 / 4]),
    "32.2": (
        [
            listing_in_loops,
            listing_by_function,
            lambda X, q, mask: np.einsum("bn,bnd->bd", softmax(np.where(mask, np.einsum("bd,bnd->bn", q, X) / X.shape[2] ** 0.5, -INF)), X),
        ],
        [
            lambda X, q, mask: listing_by_function(X, q, mask, torch.float32),
            lambda X, q, mask: listing_in_loops(X, q, mask, end=list),
            lambda X, q, mask: X[:, 0],
            lambda X, q, mask: X.mean(1),
            lambda X, q, mask: listing_by_function(X, X.mean(1), mask),
            lambda X, q, mask: listing_by_function(X, -q, mask),
            lambda X, q, mask: (listing_by_function(X, q, mask), mask),
        ],
    ),
    "32.3": (
        [
            lambda x, real: library(x, key_padding_mask=~real),
            lambda x, real: F.scaled_dot_product_attention(x, x, x, attn_mask=real[:, None]),
            lambda x, real: library(x, attn_mask=~real[:, None].expand(-1, x.shape[1], -1)),
            lambda x, real: library(x, key_padding_mask=torch.where(real, 0.0, -INF).to(x.dtype), need_weights=False),
        ],
        [
            lambda x, real: library(x, part=None, key_padding_mask=~real),
            lambda x, real: library(x, part=1, key_padding_mask=~real),
            lambda x, real: library(x.float(), key_padding_mask=~real),
            lambda x, real: library(x, key_padding_mask=~real).mean(1),
            lambda x, real: x,
            lambda x, real: library(x, attn_mask=~real),
            lambda x, real: library(x, is_causal=True, attn_mask=torch.ones(x.shape[1], x.shape[1]).triu(1).bool(), key_padding_mask=~real),
        ],
    ),
    "32.4": (
        [projected, lambda x, w, b, heads: tuple((x @ w.T + b).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4))],
        [
            lambda *a: list(projected(*a)),
            lambda *a: torch.stack(projected(*a)),
            lambda *a: projected(*a, order=(0, 2, 1)),
            lambda *a: projected(*a, sign=-1),
            lambda *a: projected(*a, shape=lambda p, heads: p),
            lambda *a: projected(*a)[0],
        ],
    ),
    "32.5": (["sqrt(7/54)", 0.36, np.sqrt(7 / 54)], [0.25, 0.5, 0.433, 0.866]),
    "32.6": ([24, "3*4 + 2*4 + 4", 24.0], [12, 36, 48, 5]),
}

EQUIVALENT = {
    ("32.2", "(:, 0): 0 -> -1"):
        "The axis has one entry.",
}
