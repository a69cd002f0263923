"""Exercises of 02_core_idea."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("02.1", 16 / 41,
       "Amounts 1/2, 1, 1, 1/16 make 41/16, so each of the two at kilometre 1 gets 16/41. Together they hold 32/41, more than\n"
       "the 16/25 = 32/50 of one: who is measured twice speaks twice. The other keys pay for the newcomer as well.",
       [(16 / 25, "That was the share among three keys. A newcomer takes from everyone: what is the new total?"),
        (8 / 25, "You halved the old share. The twin takes from the keys at 0 and 3 as well: divide 1 by the new total."),
        (32 / 41, "That is what the two at kilometre 1 hold together. The question is about one of them."),
        (1 / 4, "That would be the plain average. Amounts 1/2, 1, 1, 1/16: divide one of them by their total."),
        (1 / 2, "The keys at 0 and 3 speak too, with amounts 1/2 and 1/16."),
        (2 / 5, "You left out the key at 3. It is faint, and it speaks: amount 1/16.")],
       first="Write down the amounts of the four keys, at the distances 1, 0, 0 and 2 from where you ask; the bell halves at 1 km. "
             "Then their total.")


def draw_box(rng):
    n, m = rng.integers(1, 5), rng.integers(1, 4)
    keys, query = rng.integers(0, 17, n) / 2, rng.integers(0, 17, m) / 2
    return query, keys, np.round(rng.normal(5, 3, n), 1), float(rng.integers(1, 4))


@function("02.2", draw_box)
def box_lookup(query, keys, values, r):
    """Compare first: True where a key is heard. The share of each is 1 over how many are, so sum the values and divide by the
    count. Where the count is 0 the quotient is 0/0, which is nan."""
    heard = np.abs(query[:, None] - keys) <= r                 # (m, n)
    with np.errstate(invalid="ignore"):
        return heard @ values / heard.sum(axis=1)


def heard(q, k, r):
    return np.abs(q[:, None] - k) <= r


@mistake("02.2", "A key at a distance of exactly r is heard too: at most, so <=.")
def _(q, k, v, r):
    near = np.abs(q[:, None] - k) < r
    return near @ v / near.sum(axis=1)


@mistake("02.2", "Your shares do not add up to 1: divide by the number of keys that are heard, not by the number of all keys.")
def _(q, k, v, r):
    return heard(q, k, r) @ v / len(k)


@mistake("02.2", "You add the values and forget to share: divide by the number of keys that are heard.")
def _(q, k, v, r):
    return heard(q, k, r) @ v


@mistake("02.2", "A distance has no sign. Your version hears every key that lies ahead of the query, however far.")
def _(q, k, v, r):
    near = q[:, None] - k <= r
    return near @ v / near.sum(axis=1)


@mistake("02.2", "Where no key is near you answer 0, which looks like a height. The task asks for nan.")
def _(q, k, v, r):
    return heard(q, k, r) @ v / np.maximum(heard(q, k, r).sum(axis=1), 1)


@mistake("02.2", "Where no key is near you answer the plain average. The task asks for nan.")
def _(q, k, v, r):
    return np.where(heard(q, k, r).any(axis=1), heard(q, k, r) @ v / heard(q, k, r).sum(axis=1), v.mean())


def draw_plane(rng):
    n, m = rng.integers(2, 5), rng.integers(1, 4)
    return (np.round(rng.normal(size=(m, 2)), 1), np.round(rng.normal(size=(n, 2)), 1), np.round(rng.normal(5, 3, n), 1),
            float(rng.choice([0.5, 2.0])))


def look(squared, v, h):
    amounts = np.exp(-squared / (2 * h**2))
    return amounts @ v / amounts.sum(axis=1)


@function("02.3", draw_plane)
def lookup_2d(query, keys, values, h):
    """Square each difference first, then add (Pythagoras). Added first, 3 km west and 3 km north cancel to a distance of 0."""
    squared = ((query[:, None, :] - keys)**2).sum(axis=2)      # (m, n)
    amounts = np.exp(-squared / (2 * h**2))
    return amounts @ values / amounts.sum(axis=1)


@mistake("02.3", "The bug is still there: differences are added before they are squared, so west and north cancel.")
def _(q, k, v, h):
    return look((q[:, None] - k).sum(axis=2)**2, v, h)


@mistake("02.3", "No more cancelling, but |x| + |y| squared is the way around the block. The bell wants x squared plus y squared.")
def _(q, k, v, h):
    return look(np.abs(q[:, None] - k).sum(axis=2)**2, v, h)


@mistake("02.3", "You took the root of the sum and forgot to square it again: the exponent needs the squared distance.")
def _(q, k, v, h):
    return look(np.sqrt(((q[:, None] - k)**2).sum(axis=2)), v, h)


@mistake("02.3", "You square twice: the sum of squares is the squared distance already.")
def _(q, k, v, h):
    return look(((q[:, None] - k)**2).sum(axis=2)**2, v, h)


@mistake("02.3", "You take the mean over the two coordinates; the squared distance is their sum.")
def _(q, k, v, h):
    return look(((q[:, None] - k)**2).mean(axis=2), v, h)


@mistake("02.3", "Your shares add up to 1 for each key. They have to add up to 1 for each query: normalise along the keys.")
def _(q, k, v, h):
    amounts = np.exp(-((q[:, None] - k)**2).sum(axis=2) / (2 * h**2))
    return amounts / amounts.sum(axis=0) @ v


choice("02.4", "b",
       "Your words are the query, a card is a key, a book is a value, and how well a card fits is a score. That card and book are\n"
       "different things is the point: what is compared need not be what is returned.",
       [("a", "Your words are what is asked: the query."),
        ("c", "The book is what you get: the value. With what were your words compared?"),
        ("d", "That is the score, the result of comparing query and key.")])

number("02.5", float(np.sqrt(2 * np.log(2))),
       "exp(-d^2 / (2 h^2)) = 1/2 means d^2 = 2 h^2 ln 2, so d = h sqrt(2 ln 2), about 1.18 h.",
       [(float(np.log(2)), "That is where exp(-d) is a half. The exponent is d^2 / (2 h^2)."),
        (float(np.sqrt(np.log(2))), "The 2 in the exponent's denominator is missing."),
        (float(2 * np.log(2)), "That is d^2 / h^2. Take the root."),
        (1.18, "Right, and rounded too far: give three decimals."),
        (1.0, "At one bandwidth the amount is exp(-1/2), about 0.61."),
        (0.5, "Half the distance is not half the amount: solve exp(-d^2 / (2 h^2)) = 1/2."),
        (float(1 / np.sqrt(2 * np.log(2))), "That is h in units of the distance. The question asks for the distance in units of h.")],
       first="Write the condition down: exp(-d^2 / (2 h^2)) is half of what it is at d = 0. Take the logarithm of both sides.")

choice("02.6", "a",
       "A row is one query, and one query shares 1 among its keys. A column may add up to anything: a key that everybody looks at\n"
       "has a large column sum.",
       [("b", "A column is one key seen by all queries. Who shares 1, a key or a query?"),
        ("c", "Both happens only by accident. A popular key has a large column."),
        ("d", "The whole map adds up to the number of queries, since each of them shares 1.")])


@function("02.7", lambda rng: (int(rng.integers(2, 6)), float(rng.uniform(0.1, 0.45))))
def fading(n, a):
    """Input i came in with the share a (the first one with all there was) and has been multiplied by 1 - a at each of the t - i steps
    since. Every row adds up to 1, so it is a soft look-up; but the shares know only how old an input is, and attention asks what it
    says."""
    t, i = np.arange(n)[:, None], np.arange(n)
    return np.where(i <= t, np.where(i == 0, 1, a) * (1 - a) ** np.maximum(t - i, 0), 0.0)


@mistake("02.7", "Your rows do not add up to 1. The first state is the first input as it is: s_0 = x_0, not a x_0.")
def _(n, a):
    t, i = np.arange(n)[:, None], np.arange(n)
    return np.where(i <= t, a * (1 - a) ** np.maximum(t - i, 0), 0.0)


@mistake("02.7", "You made the rows add up by dividing. What is missing from them belongs to the first input: s_0 = x_0.")
def _(n, a):
    t, i = np.arange(n)[:, None], np.arange(n)
    shares = np.where(i <= t, (1 - a) ** np.maximum(t - i, 0), 0.0)
    return shares / shares.sum(axis=1, keepdims=True)


@mistake("02.7", "Queries go down and keys across (00): row t is the summary after step t, column i the input.")
def _(n, a):
    return fading(n, a).T


@mistake("02.7", "A summary cannot hold what comes later: the share is 0 where i > t.")
def _(n, a):
    t, i = np.arange(n)[:, None], np.arange(n)
    return np.where(i == 0, 1, a) * (1 - a) ** abs(t - i)


@mistake("02.7", "a and 1 - a are exchanged: a is the share of what is new.")
def _(n, a):
    return fading(n, 1 - a)


@mistake("02.7", "One fading too many: the newest input has the share a, it has not faded yet.")
def _(n, a):
    t, i = np.arange(n)[:, None], np.arange(n)
    return np.where(i <= t, np.where(i == 0, 1, a) * (1 - a) ** (np.maximum(t - i, 0) + (i > 0)), 0.0)


@mistake("02.7", "That is the last row alone, what the last summary holds. One row for each step is expected.")
def _(n, a):
    return fading(n, a)[-1]
