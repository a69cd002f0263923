"""Exercises of 71_cost."""
from attnlib.check import choice, function, mistake, number

number("71.1", 0.8,
       "n / (n + 2d) = 512 / (512 + 128) = 0.8.",
       [(0.2, "That is the share of the projections."),
        (8 / 9, "Did you take n / (n + d)? The projections take 8nd², twice what 4n²d is at n = d."),
        (2 / 3, "Did you take n / (n + 4d)? Divide 4n²d by 8nd² + 4n²d."),
        (4, "That is pairs over projections. The share is of the whole.")],
       first="Write the pairs over the whole, and cancel what both have: n and d.")


def sizes(count, most=40):
    return lambda rng: tuple(int(x) for x in rng.integers(1, most, size=count))


@function("71.2", sizes(3))
def cross_operations(m, n, d):
    """Queries and outputs are m rows, keys and values n rows: 4md² + 4nd². There are mn pairs, each with 2d operations, twice."""
    return 4 * m * d**2 + 4 * n * d**2 + 4 * m * n * d


@mistake("71.2", "You counted multiply-adds. Each is two operations.")
def _(m, n, d):
    return cross_operations(m, n, d) // 2


@mistake("71.2", "The projections are missing: four products with a (d, d) matrix.")
def _(m, n, d):
    return 4 * m * n * d


@mistake("71.2", "The pairs meet twice: once for the scores, once for the averages.")
def _(m, n, d):
    return 4 * m * d**2 + 4 * n * d**2 + 2 * m * n * d


@mistake("71.2", "All four projections are counted over the queries' rows. Keys and values have n rows.")
def _(m, n, d):
    return 8 * m * d**2 + 4 * m * n * d


@mistake("71.2", "All four projections are counted over the keys' rows. Queries and outputs have m rows.")
def _(m, n, d):
    return 8 * n * d**2 + 4 * m * n * d


@mistake("71.2", "The last projection is missing, or one row of three: outputs have as many rows as queries.")
def _(m, n, d):
    return 2 * m * d**2 + 4 * n * d**2 + 4 * m * n * d


@function("71.3", sizes(2))
def causal_operations(n, d):
    """The mask hides pairs, not projections, and it leaves the diagonal: n(n + 1)/2 pairs with 4d operations each."""
    return 8 * n * d**2 + 2 * n * (n + 1) * d


@mistake("71.3", "That is still the bug: every token is projected, masked or not.")
def _(n, d):
    return (8 * n * d**2 + 4 * n**2 * d) // 2


@mistake("71.3", "Half of n² leaves out half of the diagonal. How many pairs have j ≤ i?")
def _(n, d):
    return 8 * n * d**2 + 2 * n**2 * d


@mistake("71.3", "A token may look at itself: the diagonal counts.")
def _(n, d):
    return 8 * n * d**2 + 2 * n * (n - 1) * d


@mistake("71.3", "That is the whole square: what a program does that computes all scores and then masks.")
def _(n, d):
    return 8 * n * d**2 + 4 * n**2 * d


@mistake("71.3", "The projections are missing.")
def _(n, d):
    return 2 * n * (n + 1) * d


@mistake("71.3", "Each allowed pair is counted once. It takes part in the scores and in the averages.")
def _(n, d):
    return 8 * n * d**2 + n * (n + 1) * d


number("71.4", 3072,
       "The network has 2 · 4d² weights a token, 16nd² operations; with the projections 24nd². 4n²d = 24nd² gives n = 6d = 3,072.",
       [(1024, "That is 2d: where the pairs are half of attention alone. The network counts as well."),
        (2048, "That is 4d: where the pairs equal the network. The projections count as well."),
        (6144, "That is 12d. Each multiply-add of the network is two operations, and so is each of the pairs: check the factors."),
        (1536, "That is 3d. The pairs meet twice, in scores and averages; or one of the network's matrices is missing."),
        (6, "That is n/d.")],
       first="How many operations has the network for each token? Add those of the projections, and set the pairs equal to the sum.")

number("71.5", 8,
       "1 + r/(r + 2) = 1.8 gives r = 0.8 (r + 2), so r = 8.",
       [(2, "There the exponent is 1.5."),
        (18, "There the exponent is 1.9."),
        (4, "There the exponent is 1 + 4/6. (Or did you take n / (n + d)?)"),
        (0.8, "That is the share of the pairs. At which n/d do the pairs have that share?"),
        (0.125, "That is d/n.")],
       first="The exponent is one more than the share of the pairs. Which share is needed, and at which length is it reached?")


def draw_product(rng):
    rows, d = (int(x) for x in rng.integers(1, 200, size=2))
    return rows, d, int(rng.choice([2, 4, 8]))


@function("71.6", draw_product)
def intensity_of(rows, d, size):
    """2 · rows · d² operations; X and the result have rows · d numbers each, W has d²."""
    return 2 * rows * d**2 / (size * (2 * rows * d + d**2))


@mistake("71.6", "You counted multiply-adds. Each is two operations.")
def _(rows, d, size):
    return intensity_of(rows, d, size) / 2


@mistake("71.6", "The result is written, too.")
def _(rows, d, size):
    return 2 * rows * d**2 / (size * (rows * d + d**2))


@mistake("71.6", "The matrix W is missing among the bytes; for one row it is nearly all of them.")
def _(rows, d, size):
    return 2 * rows * d**2 / (size * 2 * rows * d)


@mistake("71.6", "That is operations a number. A number has `size` bytes.")
def _(rows, d, size):
    return intensity_of(rows, d, size) * size


@mistake("71.6", "That is bytes an operation: turn it round.")
def _(rows, d, size):
    return 1 / intensity_of(rows, d, size)


@mistake("71.6", "Only W counts among your bytes. X is read and the result is written.")
def _(rows, d, size):
    return 2 * rows * d**2 / (size * d**2)


choice("71.7", "d",
       "Operations and tables are those of the layer. The chain has seven kernels whoever runs them: it is what remains to be waited for. "
       "What falls is the time, at best down to that of the chain.",
       [("a", "The same products are computed, by eight in place of one."),
        ("b", "The tables are the same, wherever they lie. (To make them smaller takes another program; see 72.)"),
        ("c", "The chain says what waits for what. More hands do not change that; they shorten the time down to it.")])

choice("71.8", "c",
       "Attention is the only road between places; the other parts treat each place by itself.",
       [("a", "The network is the same for each place, and sees one place at a time."),
        ("b", "Each place is normalised over its own features."),
        ("d", "It adds to each place what was there.")])
