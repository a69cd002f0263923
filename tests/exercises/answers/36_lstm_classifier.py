"""Right answers to 36 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np
import scipy.interpolate
import scipy.special

SAME_LENGTH = "Both have this length: "


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


ANSWERS = {
    "36.1": (["12/5", 2.4, "(2 + 4 + 6)/5"], [3, 2, 12 / 4 + 0.2, 1 / 5]),
    "36.2": (["17,664", "4*64*(3 + 64 + 2)", 17664.0], [17665, 16384, 768, 4288]),
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
            lambda x, lost: lines_in_a_loop(x, x == 99),
            lambda x, lost: x,
            lambda x, lost: lines_in_a_loop(x, lost, lambda i, a, b: (i - a + 1) / (b - a + 1)),
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
    "36.5": (["26/3", 8.667, "74/3 - 16"], [5, 12, 74, 2]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "36.6": ["MultiHeadAttention", "`MultiHeadAttention`", 4, "Masking"],
}

EQUIVALENT = {
    ("36.3", "len(x): x -> lost"):
        SAME_LENGTH + "x and lost.",
}
