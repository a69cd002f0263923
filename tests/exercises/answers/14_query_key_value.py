"""Right answers to 14 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""
import numpy as np

from attnlib.core import attend, softmax

SAME_LENGTH = "Both have this length: "


def crossing(weights=softmax, scale=lambda W: W.shape[-1] ** 0.5, ends=lambda w, o: o, keys="k", values="k"):
    def output(x_q, x_k, W_q, W_k, W_v):
        x = {"q": x_q, "k": x_k}
        w = weights(x_q @ W_q @ (x[keys] @ W_k).T / scale(W_q))
        return ends(w, w @ x[values] @ W_v)

    return output


def sides(o, v):
    """Twice the signed area on each side of the triangle that o is on."""
    return np.array([np.cross([*(v[(i + 1) % 3] - v[i]), 0], [*(o - v[i]), 0])[2] for i in range(3)])


def barycentric(o, v):
    (a, b), (c, d) = (v[1] - v[0]), (v[2] - v[0])
    x, y = o - v[0]
    second, third = (x * d - y * c) / (a * d - b * c), (a * y - b * x) / (a * d - b * c)
    return second > 0 and third > 0 and second + third < 1


def by_least_squares(o, v):
    return (np.linalg.lstsq(np.vstack([v.T, np.ones(3)]), np.append(o, 1), rcond=None)[0] > 0).all()


def by_determinants(o, v):
    def area(*corners):
        return np.linalg.det(np.hstack([corners, np.ones((3, 1))]))

    parts = [area(o, v[1], v[2]), area(v[0], o, v[2]), area(v[0], v[1], o)]
    return all(part / area(*v) > 0 for part in parts)


ANSWERS = {
    "14.1": (["2/5", 0.4, "4/10"], [4 / 9, 0.8 / 3, 4, 1 / 5]),
    "14.2": (
        [
            lambda W_q, W_k: np.einsum("ad,bd->ab", W_q, W_k) / W_k.shape[1] ** 0.5,
            lambda W_q, W_k: W_q / (s := W_q.shape[1] ** 0.25) @ W_k.T / s,
        ],
        [
            lambda W_q, W_k: np.abs(W_q @ W_k.T) / W_q.shape[1] ** 0.5,
            lambda W_q, W_k: W_q @ W_k.T / W_q.size**0.5,
            lambda W_q, W_k: -W_q @ W_k.T,
            lambda W_q, W_k: W_q.T @ W_k,
            lambda W_q, W_k: softmax(W_q @ W_k.T / W_q.shape[1] ** 0.5),
        ],
    ),
    "14.3": (
        [
            crossing(),
            lambda x_q, x_k, W_q, W_k, W_v: attend(x_q @ W_q, x_k @ W_k, x_k @ W_v)[0],
            lambda x_q, x_k, W_q, W_k, W_v: crossing(ends=lambda w, o: w)(x_q, x_k, W_q, W_k, W_v) @ (x_k @ W_v),
        ],
        [
            crossing(ends=lambda w, o: w),
            crossing(ends=lambda w, o: (o, w)),
            crossing(weights=lambda s: s),
            crossing(scale=lambda W: W.shape[0] ** 0.5 + 1),
            crossing(weights=np.exp),
        ],
    ),
    "14.4": (["3/8", 0.375, "1 - 1/8 - 1/2"], [1 / 4, 0.75, 1, -1 / 8]),
    "14.5": (
        [lambda o, v: abs(np.sign(sides(o, v)).sum()) == 3, barycentric, by_least_squares, by_determinants],
        [
            lambda o, v: abs(np.sign(sides(o, v)).sum()) >= 2,
            lambda o, v: not (np.abs(np.sign(sides(o, v)).sum()) == 1),
            lambda o, v: bool(np.linalg.norm(o - v.mean(axis=0)) < np.linalg.norm(v - v.mean(axis=0), axis=1).max()),
            lambda o, v: str(barycentric(o, v)),
            lambda o, v: None if not barycentric(o, v) else True,
        ],
    ),
    "14.6": ([2, "2", 2.0], [0, 9, 3, 20]),
    "14.8": (["sqrt(3)/(1 + sqrt(2) + sqrt(3))", 0.418, 1 / (1 + 3**-.5 + (2 / 3)**.5)], [0.45, 3 / 8, 0.577, 0.75]),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "14.7": ["equal vectors", 2, "equal", True],
}

EQUIVALENT = {
    ("14.2", "W_q.shape: W_q -> W_k"):
        SAME_LENGTH + "the last axes of W_q and W_k.",
}
