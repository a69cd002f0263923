"""The layers in PyTorch.  Masks are boolean, True = may attend; the last axis of scores and weights runs over keys.

A wrong shape, dtype or mask raises ValueError, which names the argument, what came and what was wanted.
"""
import torch
from torch import nn


def masked_softmax(scores, mask):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 32.
    """
    allowed = mask.any(dim=-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf).masked_fill(~allowed, 0)
    return scores.softmax(dim=-1) * allowed


class MultiplicativeAttention(nn.Module):
    """Weigh the keys by q W k (Luong's "general" score) and average their values; -> output, weights.

    Taught in 32.
    """

    def __init__(self, query_dim, key_dim):
        super().__init__()
        self.W = nn.Linear(query_dim, key_dim, bias=False)

    def forward(self, q, k, v, mask):
        weights = masked_softmax(self.W(q) @ k.mT, mask)
        return weights @ v, weights


class AdditiveAttention(nn.Module):
    """Weigh the keys with a one-hidden-layer network (Bahdanau's score) and average their values; -> output, weights.

    Taught in 32.
    """

    def __init__(self, query_dim, key_dim, hidden_dim):
        super().__init__()
        self.W_q = nn.Linear(query_dim, hidden_dim, bias=False)
        self.W_k = nn.Linear(key_dim, hidden_dim, bias=False)
        self.v = nn.Linear(hidden_dim, 1, bias=False)

    def forward(self, q, k, v, mask):
        hidden = torch.tanh(self.W_q(q).unsqueeze(-2) + self.W_k(k).unsqueeze(-3))
        weights = masked_softmax(self.v(hidden).squeeze(-1), mask)
        return weights @ v, weights
