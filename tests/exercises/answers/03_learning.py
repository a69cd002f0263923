"""Right answers to 03 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import torch
from torch import nn


def by_autograd(loss):
    def slopes(x, y, w, b):
        p = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
        return torch.autograd.grad(loss(p[0] * torch.tensor(x) + p[1] - torch.tensor(y)), p)[0]

    return slopes


def by_differences(x, y, w, b, h=1e-6):
    def loss(w, b):
        return np.mean(abs(w * x + b - y))

    return np.array([loss(w + h, b) - loss(w - h, b), loss(w, b + h) - loss(w, b - h)]) / (2 * h)


def mended(x, y, rate, steps, dtype=torch.float64):
    x, y, w = torch.tensor(x), torch.tensor(y), torch.tensor(0.0, dtype=dtype, requires_grad=True)
    for _ in range(steps):
        loss = ((w * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= rate * w.grad
        w.grad = None
    return w.item()


def by_optimiser(x, y, rate, steps, kind=torch.optim.SGD, **more):
    w = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimiser = kind([w], lr=rate, **more)
    for _ in range(steps):
        optimiser.zero_grad()
        ((w * torch.tensor(x) - torch.tensor(y)) ** 2).mean().backward()
        optimiser.step()
    return w.item()


def closed(x, y, rate, steps):
    best = np.mean(x * y) / np.mean(x * x)
    return best * (1 - (1 - 2 * rate * np.mean(x * x)) ** steps)


def added(rows, grad, n):
    table = np.zeros((n, grad.shape[1]))
    np.add.at(table, rows, grad)
    return table


def by_embedding(rows, grad, n):
    table = nn.Embedding(n, grad.shape[1], dtype=torch.float64)
    (table(torch.tensor(rows)) * torch.tensor(grad)).sum().backward()
    return table.weight.grad


def learn(weights, values, wanted, rate):
    v = torch.tensor(values, requires_grad=True)
    ((torch.tensor(weights) @ v - torch.tensor(wanted)) ** 2).mean().backward()
    return (v - rate * v.grad).detach()


ANSWERS = {
    "03.1": (["1/200", 0.005, "2/400"], [0.2, 0.1, 2, 5]),
    "03.2": (
        [
            by_autograd(lambda e: e.abs().mean()),
            by_differences,
            lambda x, y, w, b: np.mean([[xi, 1] if w * xi + b > yi else [-xi, -1] for xi, yi in zip(x, y)], axis=0),
        ],
        [
            by_autograd(lambda e: (e**2).mean().sqrt()),
            by_autograd(lambda e: e.abs().max()),
            lambda x, y, w, b: np.array([np.mean(np.sign(w * x - y) * x), np.mean(np.sign(w * x - y))]),
            lambda x, y, w, b: np.array([np.mean(w * x + b - y), 1.0]),
        ],
    ),
    "03.3": (
        [mended, lambda *args: mended(*args, dtype=torch.float32), by_optimiser, closed],
        [
            lambda x, y, rate, steps: by_optimiser(x, y, rate, steps, momentum=0.9),
            lambda x, y, rate, steps: by_optimiser(x, y, rate, steps, torch.optim.Adam),
            lambda x, y, rate, steps: np.mean(x * y) / np.mean(x * x),
            lambda x, y, rate, steps: closed(x, y, rate, steps) * 1.01,
        ],
    ),
    "03.4": (["2.5 ln 2", "2.5ln2", "2½ ln 2", "5/2*ln(2)", 1.733, "(ln 4 + ln 8)/2"], [2.0, 1.0, "ln 2", 0.1875 / 2]),
    "03.5": (
        [added, by_embedding, lambda rows, grad, n: np.eye(n)[rows].T @ grad],
        [
            lambda rows, grad, n: -added(rows, grad, n),
            lambda rows, grad, n: added(rows, grad, n) / n,
            lambda rows, grad, n: added(rows, grad, n).T,
            lambda rows, grad, n: np.sign(added(rows, grad, n)),
        ],
    ),
    "03.6": (["5 + 0.1", 5.1, "51/10"], [2005, 7, 20, 5.5]),
    "03.8": (
        [
            learn,
            lambda w, v, y, r: np.array([v[j] - r * np.mean([2 * (row @ v - t) * row[j] for row, t in zip(w, y)]) for j in range(len(v))]),
        ],
        [
            lambda w, v, y, r: v - r * 2 * (w @ v - y) @ (w > 0.5) / len(y),
            lambda w, v, y, r: np.linalg.lstsq(w, y, rcond=None)[0],
            lambda w, v, y, r: v - r * np.sign((w @ v - y) @ w),
            lambda w, v, y, r: v + r * 2 * y @ w / len(y),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "03.7": ["the test error", 12, "e", "bd"],
}

EQUIVALENT = {
    ("03.8", "len(wanted): wanted -> weights"): "there are as many rows of weights as wanted answers",
}
