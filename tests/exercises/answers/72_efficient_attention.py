"""Right answers to 72 in other forms, and wrong ones that the bank does not list."""
import numpy as np
import torch


def joined_by_logs(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    """By the share of each half in the whole, from the logs of their totals."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.stack([top_1 + np.log(total_1), top_2 + np.log(total_2)])
        shares = np.nan_to_num(np.exp(logs - np.logaddexp(*logs)))
        outputs = np.nan_to_num(np.stack([gathered_1 / total_1, gathered_2 / total_2]))
    return (shares * outputs).sum(axis=0)


def joined_in_loops(top_1, total_1, gathered_1, top_2, total_2, gathered_2):
    """Row by row: the half with the larger top stays, the other shrinks."""
    output = np.zeros_like(gathered_1)
    for r in range(len(output)):
        halves = sorted([(top_1[r, 0], total_1[r, 0], *gathered_1[r]), (top_2[r, 0], total_2[r, 0], *gathered_2[r])])
        (low, *small), (high, *large) = halves
        total, *row = np.array(large) + np.exp(low - high) * np.array(small)
        if total > 0:
            output[r] = np.array(row) / total
    return output


def softmax(scores):
    amounts = np.exp(scores - scores.max())
    return amounts / amounts.sum()


def online_backwards(scores, values):
    top, total, gathered = scores[-1], 1.0, values[-1]
    for s, v in zip(scores[-2::-1], values[-2::-1]):
        new = np.maximum(top, s)
        total, gathered = total * np.exp(top - new) + np.exp(s - new), gathered * np.exp(top - new) + np.exp(s - new) * v
        top = new
    return gathered / total


def gated_in_steps(q, k, v, g):
    S, output = np.zeros((k.shape[1], v.shape[1])), []
    for q_t, k_t, v_t, g_t in zip(q, k, v, g):
        S = g_t * S + np.outer(k_t, v_t)
        output.append(q_t @ S)
    return np.array(output)


def gated_by_products(q, k, v, g):
    n = len(g)
    decay = np.array([[np.prod(g[j + 1:i + 1]) if j <= i else 0 for j in range(n)] for i in range(n)])
    return np.einsum("ic,jc,ij,je->ie", q, k, decay, v)


ANSWERS = {
    "72.1": (["8*9/2", 36.0], [9, 18, 1024, 45]),
    "72.2": ([joined_by_logs, joined_in_loops],
             [lambda t1, l1, a1, t2, l2, a2: a1 + a2,
              lambda t1, l1, a1, t2, l2, a2: a1 / np.where(l1 == 0, 1, l1),
              lambda t1, l1, a1, t2, l2, a2: np.where(t1 > t2, a1 / np.where(l1 == 0, 1, l1), a2 / np.where(l2 == 0, 1, l2)),
              lambda t1, l1, a1, t2, l2, a2: a1 / np.where(l1 == 0, 1, l1) + a2 / np.where(l2 == 0, 1, l2)]),
    "72.3": ([online_backwards, lambda s, v: softmax(s) @ v, lambda s, v: torch.softmax(torch.tensor(s), 0) @ torch.tensor(v)],
             [lambda s, v: v[s.argmax()], lambda s, v: v.mean(axis=0), lambda s, v: softmax(-s) @ v, lambda s, v: softmax(s)[::-1] @ v,
              lambda s, v: np.exp(s / 2) @ v / np.exp(s / 2).sum()]),
    "72.4": ([lambda a, n, block: [b for b in range(0, n, block) if b < a + block],
              lambda a, n, block: [i * block for i in range(a // block + 1) if i * block < n]],
             [lambda a, n, block: list(range(a, n, block)), lambda a, n, block: list(range(0, min(n, a + block))),
              lambda a, n, block: [a, n], lambda a, n, block: list(range(0, min(n, a + block), block))[::-1]]),
    "72.5": (["sqrt(4/100)", 0.2, "1/5"], [0.5, 1, 0.447, 0.0004]),
    "72.6": ([gated_in_steps, gated_by_products, lambda q, k, v, g: gated_in_steps(*(torch.tensor(x).numpy() for x in (q, k, v, g)))],
             [lambda q, k, v, g: np.tril(q @ k.T * g) @ v / 2, lambda q, k, v, g: q @ (k.T @ v),
              lambda q, k, v, g: gated_in_steps(k, q, v, g) + v, lambda q, k, v, g: gated_in_steps(q, k, v, 1 - g)]),
}

# Right letters come as "c", "(C)", "c)", "c. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "72.7": ["window", 256, "all of them", "none"],
    "72.8": ["zero", 0, "the output", 2],
}

ZEROS = "the numerator of such a row is 0, whatever it is divided by"
FIRST = "the first score multiplies it by exp(-inf) = 0"
EQUIVALENT = {
    ("72.2", "np.where(total == 0, 1, total): 1 -> 2"): ZEROS,
    ("72.3", "(-np.inf, 0.0, np.zeros(values.shape[1])): 0.0 -> 1.0"): FIRST,
    ("72.3", "(-np.inf, 0.0, np.zeros(values.shape[1])): 0.0 -> -1.0"): FIRST,
}
