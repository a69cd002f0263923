"""Functions as people write them, for 31 to 37: right ones in other forms, and wrong ones that the bank does not list."""

import numpy as np
import scipy.interpolate
import scipy.special
import torch
from torch import nn
from torch.nn import functional as F

from attnlib.core import softmax

INF = np.inf


def squares_in_loops(q, k):
    batch = q.shape[:-2]
    q, k = q.reshape(-1, *q.shape[-2:]), k.reshape(-1, *k.shape[-2:])
    return np.array([[[-((a - b) @ (a - b)) / 2 for b in y] for a in x] for x, y in zip(q, k)]).reshape(*batch, q.shape[1], k.shape[1])


def multiplied_out(q, k, columns=1, rows=1, end=lambda s: s):
    q2, k2 = (q * q).sum(axis=-1, keepdims=True), (k * k).sum(axis=-1, keepdims=True)
    return end(np.matmul(q, k.swapaxes(-1, -2)) - columns * q2 / 2 - rows * k2.swapaxes(-1, -2) / 2)


def hidden_in_loops(scores, real):
    new = np.array(scores)
    for b, n in np.argwhere(~real):
        new[b, :, n] = -INF
    return new


def through_by(mix=lambda first, second: second.mean(axis=1) @ first.mean(axis=1)):
    return mix


def through_in_loops(first, second):
    return np.mean([[g @ h for h in a for g in b] for a, b in zip(first, second)], axis=1)


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


def decoder_in_loops(lengths, n, seen=lambda j, i, length: j <= i and j < length):
    return np.array([[[seen(j, i, length) for j in range(n)] for i in range(n)] for length in lengths])


def energies_in_loops(energies, keep, spread=lambda e: np.exp(e - scipy.special.logsumexp(e))):
    new = np.zeros_like(energies)
    for b, real in enumerate(keep):
        if real.any():
            new[b, real, 0] = spread(energies[b, real, 0])
    return new


def stacked(query, key, value, join=lambda w: w.reshape(len(w), -1).T, stack=np.vstack):
    return stacked_list([query, key, value], join, stack)


def stacked_list(kernels, join, stack):
    return stack([join(w) for w in kernels])


def moved_by_hand(q, k, v, keep, scale=1.0, end=lambda w, v: w @ v):
    scores = (q @ k.mT * scale).masked_fill(~keep[:, None], -torch.inf)
    return end(scores.softmax(-1), v)


def beam(
    words=lambda words, origin, word: np.concatenate([words[origin], word[:, None]], axis=1),
    state=lambda state, origin: state[origin],
    end=lambda *both: both,
    cut=lambda best, size: (best // size, best % size),
):
    def keep(old, memory, best, size):
        origin, word = cut(best, size)
        return end(words(old, origin, word), state(memory, origin))

    return keep


def nucleus_in_a_loop(
    p, share, rank=lambda p: np.argsort(p)[::-1], enough=lambda total, share: total >= share, end=lambda kept: kept / kept.sum()
):
    kept, total = np.zeros(len(p)), 0.0
    for i in rank(p):
        kept[i] = p[i]
        total += p[i]
        if enough(total, share):
            break
    return end(kept)


def lines_in_a_loop(x, lost, weigh=lambda i, a, b: (i - a) / (b - a), edge=lambda x, known, i: x[known[0] if i < known[0] else known[-1]]):
    known, new = np.flatnonzero(~lost), x.copy()
    for i in np.flatnonzero(lost):
        if i < known[0] or i > known[-1]:
            new[i] = edge(x, known, i)
        else:
            a, b = known[known < i][-1], known[known > i][0]
            new[i] = x[a] + weigh(i, a, b) * (x[b] - x[a])
    return new


def standardised(x, mask, least=0, spread=np.std, put=0.0, axis=0):
    real = x[mask]
    new = np.full(x.shape, put)
    new[mask] = (real - real.mean(axis=axis)) / (spread(real, axis=axis) + least)
    return new


def root_mean_square(x, gamma, eps, mean=lambda x: (x * x).mean(axis=1, keepdims=True), power=0.5, end=lambda y, gamma: y * gamma):
    return end(x / (mean(x) + eps) ** power, gamma)


def shifted(target, begin=1, by=1):
    new = np.full_like(target, begin)
    new[:, by:] = target[:, :-by]
    return new


def smoothed_by_targets(scores, target, eps, others=lambda eps, K: eps / K, own=lambda eps, K: 1 - eps + eps / K, end=np.mean):
    K = scores.shape[1]
    wanted = np.full(scores.shape, others(eps, K))
    wanted[np.arange(len(target)), target] = own(eps, K)
    return end(-(wanted * scipy.special.log_softmax(scores, axis=1)).sum(axis=1))


def half_by_torch(x, w_in, w_out, heads, hide, eps=1e-5, norm=True, add=True, **options):
    x, w_in, w_out = (torch.tensor(a) for a in (x, w_in, w_out))
    layer = nn.MultiheadAttention(x.shape[-1], int(heads), bias=False, batch_first=True, dtype=x.dtype)
    layer.in_proj_weight.data, layer.out_proj.weight.data = w_in, w_out
    y = F.layer_norm(x, x.shape[-1:], eps=eps) if norm else x
    return add * x + layer(y, y, y, key_padding_mask=torch.tensor(hide), **options)[0]


def half_by_hand(
    x, w_in, w_out, heads, hide, spread=np.var, scale=lambda d, heads: (d / heads) ** 0.5, blocks=(0, 1, 2), out=lambda w: w.T, hidden=-INF
):
    b, n, d = x.shape
    y = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(spread(x, axis=-1, keepdims=True) + 1e-5)
    q, k, v = (np.einsum("bnd,hcd->bhnc", y, w_in.reshape(3, heads, -1, d)[i]) for i in blocks)
    scores = np.where(hide[:, None, None], hidden, np.einsum("bhic,bhjc->bhij", q, k) / scale(d, heads))
    return x + np.concatenate(list((softmax(scores) @ v).swapaxes(0, 1)), axis=-1) @ out(w_out)


ANSWERS = {
    "31.2": (
        [
            multiplied_out,
            lambda q, k: np.einsum("...md,...nd->...mn", q, k) - ((q**2).sum(-1)[..., None] + (k**2).sum(-1)[..., None, :]) / 2,
            lambda q, k: -(torch.cdist(torch.tensor(q), torch.tensor(k), compute_mode="donot_use_mm_for_euclid_dist") ** 2) / 2,
        ],
        [
            lambda q, k: -((q[..., :, None, :] - k[..., None, :, :]) ** 2).sum(axis=-1) / 2,
            squares_in_loops,
            lambda q, k: multiplied_out(q, k, 2, 2),
            lambda q, k: multiplied_out(q, k) / q.shape[-1],
            lambda q, k: multiplied_out(q, k, end=np.exp),
        ],
    ),
    "31.3": (
        [
            hidden_in_loops,
            lambda s, real: s + np.where(real, 0, -INF)[:, None],
            lambda s, real: np.where(np.expand_dims(real, 1), s, np.log(0.0)),
        ],
        [
            lambda s, real: np.where(real[:, None], s, np.nan),
            lambda s, real: np.where(real[:, None], s, -1e30),
            lambda s, real: np.where(real[:, None], s, s.min() - 50),
            lambda s, real: s[:, :, real.all(axis=0)],
            lambda s, real: softmax(hidden_in_loops(s, real)),
        ],
    ),
    "31.5": (
        [through_by(), through_in_loops, lambda first, second: np.einsum("bgij,bhjk->bghik", second, first).mean(axis=(1, 2))],
        [
            through_by(lambda f, s: s.mean(axis=1) * f.mean(axis=1)),
            through_by(lambda f, s: s.max(axis=1) @ f.max(axis=1)),
            through_by(lambda f, s: (s.mean(axis=1) + f.mean(axis=1)) / 2),
            through_by(lambda f, s: s[:, 0] @ f[:, 0]),
            through_by(lambda f, s: (s.mean(axis=1) @ f.mean(axis=1)).mean(axis=0)),
        ],
    ),
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
        ],
        [
            lambda x, real: library(x, part=None, key_padding_mask=~real),
            lambda x, real: library(x, part=1, key_padding_mask=~real),
            lambda x, real: library(x.float(), key_padding_mask=~real),
            lambda x, real: library(x, key_padding_mask=~real).mean(1),
            lambda x, real: x,
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
    "33.3": (
        [decoder_in_loops, lambda lengths, n: np.arange(n) < np.minimum(np.arange(n)[:, None] + 1, lengths[:, None, None])],
        [
            lambda lengths, n: decoder_in_loops(lengths, n).astype(int),
            lambda lengths, n: decoder_in_loops(lengths, n, lambda j, i, length: j <= i < length and j > 0),
            lambda lengths, n: decoder_in_loops(lengths, n, lambda j, i, length: j <= i or j < length),
            lambda lengths, n: decoder_in_loops(lengths, n)[:, -1],
            lambda lengths, n: decoder_in_loops(lengths, n)[:, None],
        ],
    ),
    "33.4": (
        [energies_in_loops, lambda e, keep: np.nan_to_num(torch.tensor(np.where(keep[..., None], e, -INF)).softmax(1).numpy())],
        [
            lambda e, keep: energies_in_loops(e, keep, lambda e: e == e.max()),
            lambda e, keep: energies_in_loops(e, keep, lambda e: 1 / len(e)),
            lambda e, keep: energies_in_loops(e, keep, lambda e: np.exp(e) / np.exp(e).sum()),
            lambda e, keep: energies_in_loops(e, keep).swapaxes(1, 2),
            lambda e, keep: energies_in_loops(e, keep, lambda e: e / e.sum()),
        ],
    ),
    "34.2": (
        [
            stacked,
            lambda query, key, value: np.stack([query, key, value]).transpose(0, 2, 3, 1).reshape(-1, len(query)),
            lambda query, key, value: torch.cat([torch.tensor(w).flatten(1).T for w in (query, key, value)]),
        ],
        [
            lambda *w: stacked_list(w[::-1], lambda w: w.reshape(len(w), -1).T, np.vstack),
            lambda *w: list(w),
            lambda *w: stacked(*w)[: len(w[0])],
            lambda *w: stacked(*w, join=lambda w: w[..., ::-1].reshape(len(w), -1).T),
            lambda *w: stacked(*w, stack=lambda parts: sum(parts)),
        ],
    ),
    "34.3": (
        [
            moved_by_hand,
            lambda q, k, v, keep: F.scaled_dot_product_attention(q * q.shape[-1] ** 0.5, k, v, attn_mask=keep[:, None]),
            lambda q, k, v, keep: F.scaled_dot_product_attention(
                q, k, v, scale=1, attn_mask=torch.where(keep[:, None], 0.0, -torch.inf).double()
            ),
        ],
        [
            lambda q, k, v, keep: moved_by_hand(q.float(), k.float(), v.float(), keep),
            lambda q, k, v, keep: moved_by_hand(q, k, v, keep, q.shape[-1]),
            lambda q, k, v, keep: moved_by_hand(q, k, v, keep, end=lambda w, v: w),
            lambda q, k, v, keep: moved_by_hand(v, k, v, keep),
            lambda q, k, v, keep: F.scaled_dot_product_attention(q, k, v, scale=0.5, attn_mask=keep[:, None]),
        ],
    ),
    "35.3": (
        [lambda w: sum(np.log(min(total, 1)) for total in w.sum(axis=0)), lambda w: np.minimum(np.log(w.sum(axis=0)), 0).sum()],
        [
            lambda w: -np.minimum(np.log(w.sum(axis=0)), 0).sum(),
            lambda w: np.log(np.minimum(w.sum(axis=0), 1).prod() + 1e-9),
            lambda w: np.log2(np.minimum(w.sum(axis=0), 1)).sum(),
            lambda w: np.log(np.minimum(w.mean(axis=0), 1)).sum(),
            lambda w: [np.minimum(np.log(w.sum(axis=0)), 0).sum()],
        ],
    ),
    "35.4": (
        [
            beam(),
            beam(cut=lambda best, size: np.divmod(best, size)),
            beam(lambda w, o, new: np.hstack([w[o], new[:, None]]), lambda s, o: np.take(s, o, axis=0)),
        ],
        [
            beam(end=lambda *both: list(both)),
            beam(end=lambda words, state: words),
            beam(end=lambda words, state: (state, words)),
            beam(lambda words, origin, word: words[origin]),
            beam(cut=lambda best, size: (best // size, best)),
            beam(lambda words, origin, word: np.concatenate([words[origin][:, 1:], word[:, None]], axis=1)),
        ],
    ),
    "35.5": (
        [
            nucleus_in_a_loop,
            lambda p, share: (k := np.where(p >= np.sort(p)[::-1][np.argmax(np.cumsum(np.sort(p)[::-1]) >= share)], p, 0)) / k.sum(),
        ],
        [
            lambda p, share: nucleus_in_a_loop(p, share, end=softmax),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda kept: kept / share),
            lambda p, share: nucleus_in_a_loop(p, share, enough=lambda total, share: True),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda k: k > 0),
            lambda p, share: nucleus_in_a_loop(p, share, end=lambda kept: kept[kept > 0] / kept.sum()),
        ],
    ),
    "36.3": (
        [
            lines_in_a_loop,
            lambda x, lost: (
                scipy.interpolate.interp1d((k := np.flatnonzero(~lost)), x[k], bounds_error=False, fill_value=(x[k[0]], x[k[-1]]))(
                    np.arange(len(x))
                )
                if (~lost).sum() > 1
                else np.full(len(x), x[~lost][0])
            ),
        ],
        [
            lambda x, lost: lines_in_a_loop(x, lost, edge=lambda x, known, i: np.nan),
            lambda x, lost: lines_in_a_loop(x, lost, lambda i, a, b: (b - i) / (b - a)),
            lambda x, lost: lines_in_a_loop(x, lost, edge=lambda x, known, i: x[~lost].mean()),
            lambda x, lost: lines_in_a_loop(x, lost, lambda i, a, b: 0.5 if b - a < 3 else 0),
            lambda x, lost: lines_in_a_loop(x, lost)[lost],
            lambda x, lost: lines_in_a_loop(x, lost).tolist(),
        ],
    ),
    "36.4": (
        [
            standardised,
            lambda x, mask: np.nan_to_num(
                (m := np.ma.array(x, mask=~np.broadcast_to(mask[..., None], x.shape)), (m - m.mean((0, 1))) / m.std((0, 1)))[1].filled(0)
            ),
        ],
        [
            lambda x, mask: standardised(x, mask, put=np.nan),
            lambda x, mask: standardised(x, mask, least=1),
            lambda x, mask: standardised(x, mask, spread=np.ptp),
            lambda x, mask: x * mask[..., None] - x[mask].mean(axis=0),
            lambda x, mask: standardised(x, mask).tolist(),
        ],
    ),
    "37.3": (
        [
            root_mean_square,
            lambda x, gamma, eps: F.rms_norm(torch.tensor(x), x.shape[-1:], torch.tensor(gamma), eps),
            lambda x, gamma, eps: np.array([gamma * row / (row @ row / len(row) + eps) ** 0.5 for row in x]),
        ],
        [
            lambda x, gamma, eps: root_mean_square(x, gamma, eps**2),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, lambda x: np.abs(x).mean(1, keepdims=True)),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, lambda x: np.median(x * x, axis=1, keepdims=True)),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, end=lambda y, gamma: y + gamma),
            lambda x, gamma, eps: root_mean_square(x, gamma, eps, power=-0.5),
        ],
    ),
    "37.4": (
        [
            shifted,
            lambda target: np.insert(target, 0, 1, axis=1)[:, :-1],
            lambda target: np.pad(target, ((0, 0), (1, 0)), constant_values=1)[:, :-1],
        ],
        [
            lambda target: shifted(target, begin=3),
            lambda target: target[:, ::-1],
            lambda target: shifted(shifted(target)),
            lambda target: target - 1,
            lambda target: shifted(target).tolist(),
        ],
    ),
    "37.5": (
        [smoothed_by_targets, lambda s, t, eps: F.cross_entropy(torch.tensor(s), torch.tensor(t), label_smoothing=eps)],
        [
            lambda s, t, eps: smoothed_by_targets(s, t, eps, own=lambda eps, K: 1),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, lambda eps, K: 0),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, end=lambda losses: losses),
            lambda s, t, eps: smoothed_by_targets(s, t, eps, end=np.max),
            lambda s, t, eps: smoothed_by_targets(s, t, eps / 2),
            lambda s, t, eps: smoothed_by_targets(s, t, eps) / np.log(2),
        ],
    ),
    "37.8": (
        [half_by_torch, half_by_hand],
        [
            lambda *a: half_by_hand(*a, spread=np.std),
            lambda *a: half_by_hand(*a, blocks=(0, 2, 1)),
            lambda *a: half_by_hand(*a, out=lambda w: w),
            lambda *a: half_by_hand(*a, scale=lambda d, heads: 1),
            lambda *a: half_by_hand(*a, hidden=0.0),
            lambda *a: half_by_torch(*a, eps=1e-3),
            lambda *a: half_by_torch(*a).softmax(-1),
        ],
    ),
}
