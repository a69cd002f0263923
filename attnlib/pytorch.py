"""The layers in PyTorch.  Masks are boolean, True = may attend; the last axis of scores and weights runs over keys.

Every axis before the last two is a batch axis and broadcasts; multi-head weights carry an axis `heads` before the queries.
Tensors are of floating point, all of one dtype, that of the layer's parameters.  No function changes its arguments.
A wrong shape, dtype or mask raises ValueError, which names the argument, what was expected and what came.

A row that allows no key has weights and output zero, and finite gradients.  A nan or infinity in a masked key does not
reach any output, but makes the gradient of the query nan (0 * nan); in a masked value it spreads to the output itself.

Sources: multiplicative ("general") score, Luong, Pham and Manning (2015), section 3.1; additive score, Bahdanau, Cho and
Bengio (2015), appendix A.1.2; scaled dot product and several heads, Vaswani et al. (2017), eq. (1) and section 3.2.2; the
feed-forward network, there, eq. (2); both orders of the norm, Xiong et al. (2020).
"""
import torch
from torch import nn

from attnlib._shapes import Kind, checker, divisor, whole


def _own(layer):
    """The dtype of a layer's parameters, or None."""
    return next((str(p.dtype) for p in layer.parameters()), None) if isinstance(layer, nn.Module) else None

expects = checker(Kind(
    "a tensor", "numbers of floating point", lambda x: isinstance(x, torch.Tensor), lambda x: str(x.dtype),
    lambda dtype: "float" in dtype, lambda x: x.device.type != "meta" and torch.is_autocast_enabled(x.device.type), _own))


@expects(scores="m n", mask="m n")
def masked_softmax(scores, mask=None):
    """Softmax among the allowed keys (mask True = may attend); a row that allows no key becomes all zeros.

    Taught in 32.
    """
    if mask is None:
        return scores.softmax(dim=-1)
    allowed = mask.any(dim=-1, keepdim=True)                            # (..., m, 1)
    scores = torch.where(mask, scores, -torch.inf)
    return torch.where(allowed, scores, 0).softmax(dim=-1) * allowed


@expects(q="m d", k="n d", mask="m n", v="n e")
def attend(q, k, v, mask=None):
    """Average the values, each weighted by how its key's scaled dot product with the query compares; -> output, weights.

    Taught in 32.
    """
    weights = masked_softmax((q / q.shape[-1] ** 0.5) @ k.mT, mask)    # divided first: half precision ends at 65,504
    return weights @ v, weights


class MultiplicativeAttention(nn.Module):
    """Weigh the keys by q W k (Luong's "general" score) and average their values; -> output, weights.

    Taught in 32.
    """

    def __init__(self, query_dim, key_dim):
        super().__init__()
        self.W = nn.Linear(query_dim, key_dim, bias=False)

    @expects(q="m W.in_features", k="n W.out_features", mask="m n", v="n e")
    def forward(self, q, k, v, mask=None):
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

    @expects(q="m W_q.in_features", k="n W_k.in_features", mask="m n", v="n e")
    def forward(self, q, k, v, mask=None):
        hidden = torch.tanh(self.W_q(q).unsqueeze(-2) + self.W_k(k).unsqueeze(-3))      # (..., m, n, h)
        weights = masked_softmax(self.v(hidden).squeeze(-1), mask)
        return weights @ v, weights


@expects(x="n d", num_heads=divisor("x"))
def split_heads(x, num_heads):
    """Cut the last axis into one slice a head and move the heads before the positions; (..., n, d) -> (..., heads, n, d/heads).

    Taught in 32.
    """
    return x.unflatten(-1, (num_heads, -1)).transpose(-2, -3)


class MultiHeadAttention(nn.Module):
    """Attend in every head by itself, join the heads' outputs and project them; -> output, weights (..., heads, m, n).

    Taught in 32.
    """

    @expects(dim=whole(1), num_heads=divisor("dim"))
    def __init__(self, dim, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads, self.dropout = num_heads, nn.Dropout(dropout)
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(dim, dim) for _ in range(4))

    @expects(q="m W_q.in_features", k="n W_k.in_features", mask="heads m n", v="n W_v.in_features")
    def forward(self, q, k, v, mask=None):
        q, k, v = (split_heads(x, self.num_heads) for x in (self.W_q(q), self.W_k(k), self.W_v(v)))
        scores = (q / q.shape[-1] ** 0.5) @ k.mT                        # (..., heads, m, n)
        if mask is not None and mask.dim() < scores.dim():
            mask = mask.unsqueeze(-3)                                   # one mask for all heads
        weights = masked_softmax(scores, mask)
        joined = (self.dropout(weights) @ v).transpose(-2, -3).flatten(-2)
        return self.W_o(joined), weights


class AttentionPooling(nn.Module):
    """Average positions, weighted by the softmax of their dot product with one learned query; (..., n, d) -> (..., d), (..., n).

    Taught in 36.
    """

    def __init__(self, dim):
        super().__init__()
        self.query = nn.Parameter(torch.zeros(1, dim))

    @expects(x="n query.shape.1", mask="n")
    def forward(self, x, mask=None):
        mask = None if mask is None else mask.unsqueeze(-2)                             # (..., 1, n): one query
        weights = masked_softmax(self.query @ x.mT, mask)
        return (weights @ x).squeeze(-2), weights.squeeze(-2)


def residual(x, part, norm, pre_norm):
    """Add to x what a part makes of it; the part's input is normalised, or else the sum; -> x (..., n, d), the part's weights.

    Taught in 37.
    """
    output, weights = part(norm(x) if pre_norm else x)
    return x + output if pre_norm else norm(x + output), weights


class FeedForward(nn.Module):
    """Pass each place by itself through one wide hidden layer with ReLU and back to its width; (..., n, d) -> the same, no weights.

    Taught in 37.
    """

    def __init__(self, dim, hidden_dim):
        super().__init__()
        self.widen, self.narrow = nn.Linear(dim, hidden_dim), nn.Linear(hidden_dim, dim)

    def forward(self, x):
        return self.narrow(torch.relu(self.widen(x))), None


class EncoderLayer(nn.Module):
    """Let every place attend to all, then pass each through the network; -> x (..., n, d), weights (..., heads, n, n).

    Taught in 37.
    """

    def __init__(self, dim, num_heads, hidden_dim, pre_norm=True):
        super().__init__()
        self.attention, self.network, self.pre_norm = MultiHeadAttention(dim, num_heads), FeedForward(dim, hidden_dim), pre_norm
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))

    @expects(x="n attention.W_q.in_features")
    def forward(self, x, mask=None):
        x, weights = residual(x, lambda y: self.attention(y, y, y, mask), self.norms[0], self.pre_norm)
        x, _ = residual(x, self.network, self.norms[1], self.pre_norm)
        return x, weights


class DecoderLayer(nn.Module):
    """Attend to the places of x, then to the memory, then the network; -> x (..., m, d), weights on the memory (..., heads, m, n).

    Taught in 37.
    """

    def __init__(self, dim, num_heads, hidden_dim, pre_norm=True):
        super().__init__()
        self.attention, self.cross = MultiHeadAttention(dim, num_heads), MultiHeadAttention(dim, num_heads)
        self.network, self.pre_norm = FeedForward(dim, hidden_dim), pre_norm
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3))

    @expects(x="m attention.W_q.in_features", memory="n cross.W_k.in_features")
    def forward(self, x, memory, mask=None, memory_mask=None):
        x, _ = residual(x, lambda y: self.attention(y, y, y, mask), self.norms[0], self.pre_norm)
        x, weights = residual(x, lambda y: self.cross(y, memory, memory, memory_mask), self.norms[1], self.pre_norm)
        x, _ = residual(x, self.network, self.norms[2], self.pre_norm)
        return x, weights

