"""Right answers to 71 in other forms, wrong ones that the bank does not list, and changes of a solution that change nothing."""


def products(m, n, d):
    """Shape by shape: (rows, inner, columns) of each product."""
    return [(m, d, d), (n, d, d), (n, d, d), (m, d, n), (m, n, d), (m, d, d)]


def causal_in_a_loop(n, d, first=1):
    return sum(8 * d**2 + 4 * (i + first) * d for i in range(n))


ANSWERS = {
    "71.1": (["512/640", 0.8], [0.5, 0.9, 0.75, 0.64]),
    "71.2": (
        [
            lambda m, n, d: sum(2 * a * b * c for a, b, c in products(m, n, d)),
            lambda m, n, d: 4 * d * (d * (m + n) + m * n),
        ],
        [
            lambda m, n, d: 8 * n * d**2 + 4 * n**2 * d,
            lambda m, n, d: 4 * (m + n) * d**2 + 4 * (m + n)**2 * d,
            lambda m, n, d: 4 * (m + n) * d**2 + 4 * m * n,
            lambda m, n, d: sum(a * b * c for a, b, c in products(m, n, d)) + m * n,
        ],
    ),
    "71.3": (
        [
            causal_in_a_loop,
            lambda n, d: 8 * n * d**2 + 4 * d * sum(range(1, n + 1)),
        ],
        [
            lambda n, d: causal_in_a_loop(n, d, 2),
            lambda n, d: 4 * n * d**2 + 2 * n * (n + 1) * d,
            lambda n, d: 8 * n * d**2 + 2 * (n + 1) ** 2 * d,
            lambda n, d: 8 * n * d**2 + n**2 * d,
        ],
    ),
    "71.4": (["6*512", 3072.0], [512, 4096, 8192, 3000]),
    "71.5": (["8", 8.0], [1.8, 10, 16, 6]),
    "71.6": (
        [
            lambda rows, d, size: 2 * rows * d / (size * (2 * rows + d)),
            lambda rows, d, size: 2 / size / (2 / d + 1 / rows),
        ],
        [
            lambda rows, d, size: 2 * rows * d**2 / (size * (3 * rows * d + d**2)),
            lambda rows, d, size: 2 * rows * d / (size * (2 * rows * d + d**2)),
            lambda rows, d, size: rows * d**2 / (2 * rows * d + d**2),
            lambda rows, d, size: 2 * rows * d**2 / (8 * (2 * rows * d + d**2)),
        ],
    ),
}

# Right letters come as "b", "(B)", "b)", "b. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "71.7": ["none", "chain", 8, "operations"],
    "71.8": ["attention", 3, "network", "residual"],
}
