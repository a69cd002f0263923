"""Right answers to 01 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
from fractions import Fraction

import numpy as np
import torch
from scipy.special import expit


def lstm_by_slices(x, h, c, W, U, b):
    d, z = len(h), W.dot(x) + U.dot(h) + b
    new = c + expit(z[:d]) * np.tanh(z[d : 2 * d])
    return expit(z[2 * d :]) * np.tanh(new), new


def lstm_in_torch(x, h, c, W, U, b):
    x, h, c, W, U, b = (torch.tensor(a) for a in (x, h, c, W, U, b))
    i, g, o = (W @ x + U @ h + b).chunk(3)
    c = c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm_with(bias=1, keep=1.0, gate=expit, out=lambda h, c: (h, c), new=np.tanh):
    def step(x, h, c, W, U, b):
        i, g, o = np.split(W @ x + U @ h + bias * b, 3)
        c = keep * c + gate(i) * new(g)
        return out(gate(o) * np.tanh(c), c)

    return step


def clip_of_pytorch(gradient, limit):
    parameter = torch.nn.Parameter(torch.zeros(len(gradient), dtype=torch.float64))
    parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([parameter], limit)
    return parameter.grad


ANSWERS = {
    "01.1": (["(3/4)**3", Fraction(27, 64), 0.422], [81 / 256, 0.375, 0.5, 3 / 64]),
    "01.2": (
        [lstm_by_slices, lstm_in_torch, lstm_with(gate=lambda z: (1 + np.tanh(z / 2)) / 2)],
        [
            lstm_with(out=lambda h, c: np.array([h, c])),
            lstm_with(out=lambda h, c: h),
            lstm_with(keep=0.5),
            lstm_with(new=lambda z: z),
            lstm_with(gate=np.tanh),
            lstm_with(out=lambda h, c: [h, c]),
        ],
    ),
    "01.3": (
        [
            clip_of_pytorch,
            lambda g, limit: g / max(1, np.linalg.norm(g) / limit),
            lambda g, limit: g if g @ g <= limit**2 else limit * g / (g @ g) ** 0.5,
        ],
        [
            lambda g, limit: g * min(1, limit / np.sqrt((g**2).mean())),
            lambda g, limit: np.minimum(g, limit),
            lambda g, limit: g * min(1, limit / np.linalg.norm(g)) ** 2,
            lambda g, limit: g * limit,
        ],
    ),
    "01.4": ([13.0, "52/4", np.int64(13)], [15, 11, 10, 64]),
    "01.5": ([33.0, "33", np.array(33)], [30, 35, 38, 7]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "01.6": ["bottleneck", 1, "a vector of fixed length", "the second"],
}
