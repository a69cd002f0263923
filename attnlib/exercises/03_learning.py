"""Exercises of 03_learning."""
import numpy as np

from attnlib.check import choice, function, mistake, number

number("03.1", 1 / 200,
       "The mean of x squared is 200 now, a hundred times as much, so the curvature by w is 400 and the threshold 2/400 = 1/200.\n"
       "Inputs ten times as large ask for a rate a hundred times as small: so inputs are often scaled before training.",
       [(1 / 2, "That was the threshold before. The curvature by w is twice the mean of x squared: what is that now?"),
        (1 / 20, "You divided by 10. The curvature holds the square of x."),
        (50, "Larger inputs make the bowl steeper, not flatter: the threshold gets smaller."),
        (1 / 400, "That is 1 over the curvature, where w arrives in one step. The threshold is twice as far."),
        (1 / 100, "That is 2 over the mean of x squared. The curvature is twice that mean."),
        (1, "That is the threshold for b, whose curvature is still 2. The larger curvature decides.")],
       first="What is the mean of x squared now? The curvature by w is twice that, and the threshold is 2 divided by it.")


def draw_line(rng):
    n = rng.choice([3, 5])                                  # no slope is 0, and no error: finite differences find them, too
    return np.round(rng.normal(size=n), 1) + 0.05, np.round(rng.normal(size=n), 1), *np.round(rng.normal(size=2), 3) + 0.0005


@function("03.2", draw_line)
def absolute_slopes(x, y, w, b):
    """An absolute value rises at the rate of the sign of what it holds, and the error by x for w, by 1 for b. How large an error
    is no longer matters, only on which side it lies."""
    side = np.sign(w * x + b - y)
    return np.array([np.mean(side * x), np.mean(side)])


@mistake("03.2", "Those are the slopes of the squared error. The derivative of |e| is the sign of e.")
def _(x, y, w, b):
    e = w * x + b - y
    return np.array([2 * np.mean(e * x), 2 * np.mean(e)])


@mistake("03.2", "The factor 2 came from the square. The derivative of |e| is the sign of e, without it.")
def _(x, y, w, b):
    return 2 * absolute_slopes(x, y, w, b)


@mistake("03.2", "You add up; the loss is the mean, so divide by the number of examples.")
def _(x, y, w, b):
    return len(x) * absolute_slopes(x, y, w, b)


@mistake("03.2", "The sign is turned: the error is the prediction minus what is wanted.")
def _(x, y, w, b):
    return -absolute_slopes(x, y, w, b)


@mistake("03.2", "First b, then w. Slope by w first.")
def _(x, y, w, b):
    return absolute_slopes(x, y, w, b)[::-1]


@mistake("03.2", "The absolute value is still there. Its derivative is the sign, +1 or -1.")
def _(x, y, w, b):
    e = abs(w * x + b - y)
    return np.array([np.mean(e * x), np.mean(e)])


@mistake("03.2", "Both are the slope by b. By w the error changes at the rate x, so multiply the sign by x before the mean.")
def _(x, y, w, b):
    return np.full(2, np.mean(np.sign(w * x + b - y)))


@mistake("03.2", "You multiply the means of sign and x. Multiply first, example by example, then take the mean.")
def _(x, y, w, b):
    side = np.sign(w * x + b - y)
    return np.array([np.mean(side) * np.mean(x), np.mean(side)])


def draw_training(rng):
    n = rng.integers(2, 5)
    x, y = np.round(rng.normal(size=(2, n)), 1) + 0.05
    return x, y, float(rng.choice([0.05, 0.1])), int(rng.integers(2, 6))


@function("03.3", draw_training, rtol=1e-5)                 # in float32 as well, PyTorch's own number type
def trained_line(x, y, rate, steps):
    """backward adds to .grad, so the listing steps along the sum of all slopes so far. In PyTorch put `w.grad = None` at the end of
    each round (or the optimiser's zero_grad before backward). In NumPy each slope is computed afresh."""
    w = 0.0
    for _ in range(steps):
        w = w - rate * 2 * np.mean((w * x - y) * x)
    return w


def piled(x, y, rate, steps, keep):
    w, grad = 0.0, 0.0
    for _ in range(steps):
        grad = keep * grad + 2 * np.mean((w * x - y) * x)
        w -= rate * grad
    return w


@mistake("03.3", "The bug is still there: the slopes of all earlier steps are in .grad as well. Set it to None (or zero) in each round.")
def _(x, y, rate, steps):
    return piled(x, y, rate, steps, 1)


@mistake("03.3", "That is the weight after the first step. The loop must go on, each time with the slope at the new weight.")
def _(x, y, rate, steps):
    return piled(x, y, rate, 1, 0)


@mistake("03.3", "You set the slopes to zero before the step, so that w never moves. First backward, then the step, then zero.")
def _(x, y, rate, steps):
    return 0.0


@mistake("03.3", "You climb: the step goes against the slope, so subtract it.")
def _(x, y, rate, steps):
    return piled(x, y, -rate, steps, 0)


@mistake("03.3", "The factor 2 of the square is missing from the slope.")
def _(x, y, rate, steps):
    return piled(x, y, rate / 2, steps, 0)


@mistake("03.3", "The slope is always taken at the weight 0. It belongs to the place where you are: compute the error anew in each round.")
def _(x, y, rate, steps):
    return rate * steps * 2 * np.mean(y * x)


@mistake("03.3", "You add the slopes of the examples up; the loss is their mean, so divide by the number of examples.")
def _(x, y, rate, steps):
    return piled(x, y, rate * len(x), steps, 0)


@mistake("03.3", "One step too many.")
def _(x, y, rate, steps):
    return trained_line(x, y, rate, steps + 1)


@mistake("03.3", "One step too few.")
def _(x, y, rate, steps):
    return trained_line(x, y, rate, steps - 1)


number("03.4", float(2.5 * np.log(2)),
       "The surprises are ln 4 = 2 ln 2 and ln 8 = 3 ln 2, and their mean is 2.5 ln 2, about 1.733.",
       [(float(5 * np.log(2)), "That is the sum of the two surprises. Cross-entropy is their mean."),
        (float(-np.log(3 / 16)), "You took the mean of the probabilities, and then its logarithm. First the surprises, then their mean."),
        (2.5, "Those are bits, surprises with the logarithm to base 2. Nats use the natural logarithm."),
        (float(-2.5 * np.log(2)), "A surprise is minus the logarithm: positive."),
        (3 / 16, "That is the mean probability. Each gives a surprise first, minus its logarithm."),
        (float(-np.log(3 / 8)), "You added the probabilities. Each example has a surprise of its own."),
        (float(-(np.log10(1 / 4) + np.log10(1 / 8)) / 2), "That is the logarithm to base 10. Nats use the natural logarithm.")],
       first="Write down the surprise of each example, minus the natural logarithm of its probability. Then take their mean.")


def draw_rows(rng):
    n, m, d = rng.integers(2, 5), rng.integers(2, 6), rng.integers(1, 4)
    return rng.integers(0, n, m), np.round(rng.normal(size=(m, d)), 1) + 0.05, int(n)


@function("03.5", draw_rows)
def table_slopes(rows, grad, n):
    """A row that was looked up twice moves the loss in two places, and slopes add up. With one-hot vectors O the look-up is O @ table,
    so the slopes are O.T @ grad; np.add.at does the same without the zeros. A row that was not looked up gets 0."""
    return (rows[:, None] == np.arange(n)).T @ grad


@mistake("03.5", "A word that occurs twice keeps only its last slope in your version (also with +=, which fills each place once). Add up.")
def _(rows, grad, n):
    table = np.zeros((n, grad.shape[1]))
    table[rows] = grad
    return table


@mistake("03.5", "You take the mean over the places of a word. Each place moves the loss, so slopes add up.")
def _(rows, grad, n):
    one_hot = rows[:, None] == np.arange(n)
    return one_hot.T @ grad / np.maximum(one_hot.sum(axis=0), 1)[:, None]


@mistake("03.5", "Those are the slopes by place of the text, as they came. The table has one row for each word of the list.")
def _(rows, grad, n):
    return grad


@mistake("03.5", "You divide by the length of the text. The slopes came with that already, if the loss is a mean: add them up.")
def _(rows, grad, n):
    return table_slopes(rows, grad, n) / len(rows)


@mistake("03.5", "Every row of the table gets a slope in your version. Words that were not looked up get 0.")
def _(rows, grad, n):
    return np.tile(grad.sum(axis=0), (n, 1))


@mistake("03.5", "A word that occurs twice keeps only its first slope in your version. Add them up.")
def _(rows, grad, n):
    table = np.zeros((n, grad.shape[1]))
    table[rows[::-1]] = grad[::-1]
    return table


number("03.6", 5.1,
       "The first step of Adam has the length of the rate, whatever the slope, and goes against its sign: 5 + 0.1. The plain step would\n"
       "go to 5 + 0.1 * 2000 = 205.",
       [(4.9, "The length is right. The slope is negative: the loss falls when the parameter grows."),
        (205, "That is the plain step, rate times slope. Adam divides the slope by its own size."),
        (-195, "That is the plain step, rate times slope, and in the wrong direction. Adam divides the slope by its own size."),
        (0.1, "That is how far it goes. Where does it arrive?"),
        (5.01, "A tenth of it: the memory begins at 0, and the brackets of the formula make up for that. The step is as long as the rate."),
        (6, "You stepped by the slope divided by its size, which is the sign; multiply it by the rate."),
        (5, "It does move: by its rate, against the sign of the slope.")],
       first="What is left of the slope when it is divided by the root of its square? Multiply that by the rate, and step against it.")

choice("03.7", "c",
       "Nothing was chosen with these data, so luck had no chance to be picked. The validation error of the winner is the lowest of\n"
       "twelve, and low partly by luck.",
       [("a", "The steps were made to lower that one; a model that learns its examples by heart has none at all."),
        ("b", "It was the lowest of twelve, so it is low partly by luck. It chose the model, and cannot judge it as well."),
        ("d", "That is choosing on the test data: the lowest of twelve is low partly by luck.")])


def draw_look(rng):
    m, n = rng.integers(2, 5), rng.integers(2, 4)
    weights = rng.dirichlet(np.ones(n), m)
    return weights, np.round(rng.normal(size=n), 1), np.round(rng.normal(size=m), 1) + 0.05, float(rng.choice([0.1, 0.5]))


@function("03.8", draw_look)
def learn_values(weights, values, wanted, rate):
    """The answer to query i changes by weights[i, j] when value j changes by 1, so the slope by value j is the mean over the queries of
    2 * error[i] * weights[i, j]. A key that nobody looks at (a column of zeros) keeps its value."""
    error = weights @ values - wanted
    return values - rate * 2 * error @ weights / len(wanted)


def moved(weights, values, wanted, rate, factor):
    return values - rate * factor * (weights @ values - wanted) @ weights


@mistake("03.8", "The loss is the mean over the queries: divide by their number.")
def _(w, v, y, r):
    return moved(w, v, y, r, 2)


@mistake("03.8", "The factor 2 of the square is missing.")
def _(w, v, y, r):
    return moved(w, v, y, r, 1 / len(y))


@mistake("03.8", "You divide by the number of keys. The mean goes over the queries, one error each.")
def _(w, v, y, r):
    return moved(w, v, y, r, 2 / len(v))


@mistake("03.8", "You climb: step against the slope.")
def _(w, v, y, r):
    return moved(w, v, y, -r, 2 / len(y))


@mistake("03.8", "Those are the slopes. Return the values after the step.")
def _(w, v, y, r):
    return 2 * (w @ v - y) @ w / len(y)


@mistake("03.8", "That is how far the values move. Return where they arrive.")
def _(w, v, y, r):
    return -r * 2 * (w @ v - y) @ w / len(y)


@mistake("03.8", "Every value moves by the mean error in your version. Each moves as much as it was looked at: its column of weights.")
def _(w, v, y, r):
    return v - r * 2 * np.mean(w @ v - y)


@mistake("03.8", "Those are the answers after the step. The new values are asked for, one a key.")
def _(w, v, y, r):
    return w @ moved(w, v, y, r, 2 / len(y))
