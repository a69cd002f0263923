"""The worksheet of notebook 22, with blanks; 22_worksheet_filled.py draws the same sheet filled in."""
from fractions import Fraction
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

plot.style()
plt.rcParams.update({"figure.constrained_layout.use": False})

FILLED = False
WORDS, FEATURES = ["dog", "ball", "it"], ["animal", "thing", "noun", "pronoun"]
X = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]])
W_Q = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0]])                # times the root of 2
W_K = np.array([[3, 1, 1, 2], [2, 3, 2, 1], [2, 1, 2, 1], [2, 1, 2, 1]])                # logarithms of these
W_V = 12 * np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]])
W_O = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, -1], [1, 0, -1, 0]])
ENTRIES = ["1", "2", "3", "4"]                                                          # of a joined row
WIDTH, HEIGHT = 0.62, 0.36                                                              # one cell


def log(amount):
    return "0" if amount == 1 else f"ln {amount}"


def plain(number):
    return str(number).replace("-", "−")


def grid(ax, x, y, cells, name, colour, given=False, rows=WORDS, columns=None, cut=False, shut=False):
    """A table with its top left corner at (x, y); `cut` marks the border of the heads, `shut` greys what the mask hides."""
    ax.text(x, y + (0.46 if columns else 0.2), name, va="center", fontsize=10, weight="bold")
    for i, row in enumerate(cells):
        ax.text(x - 0.1, y - (i + 0.5) * HEIGHT, rows[i], ha="right", va="center", fontsize=8, color=plot.MUTED)
        for j, text in enumerate(row):
            hidden = shut and j > i and j < 3
            ax.add_patch(plt.Rectangle((x + j * WIDTH, y - (i + 1) * HEIGHT), WIDTH, HEIGHT, edgecolor=colour, linewidth=0.8,
                                       facecolor="#D9D9D9" if hidden else "#F3F3F3" if given else "white"))
            if (given or FILLED) and not hidden:
                ax.text(x + (j + 0.5) * WIDTH, y - (i + 0.5) * HEIGHT, text, ha="center", va="center", fontsize=8.5)
    for j, text in enumerate(columns or []):
        ax.text(x + (j + 0.5) * WIDTH, y + 0.15, text, ha="center", va="center", fontsize=8, color=plot.MUTED)
    if cut:
        ax.plot([x + 2 * WIDTH] * 2, [y, y - len(cells) * HEIGHT], color=plot.INK, linewidth=2.2)


def step(ax, y, text):
    ax.plot([0, 9.9], [y + 0.28] * 2, color=plot.MUTED, linewidth=0.5)
    ax.text(0, y, text, va="center", fontsize=9.5)


def draw():
    q, bases, v = X @ W_Q, np.array([[np.prod(W_K[:, j] ** row) for j in range(4)] for row in X]), X @ W_V
    fig, ax = plt.subplots(figsize=(8.27, 11.69))
    fig.subplots_adjust(0.03, 0.02, 0.99, 0.99)
    title = "22 · Self-attention by hand: dog, ball, it, two heads, a causal mask"
    ax.text(0, 14.1, title, va="center", fontsize=11, weight="bold")
    step(ax, 13.5, "1  Project. Given: the tokens x and three matrices. A thick line parts head 1 (left) from head 2 (right).")
    grid(ax, 0.7, 12.5, X, "x", plot.INK, True, columns=FEATURES)
    rules = "Rules:  ln a + ln b = ln ab     2 ln a = ln a²     ln 1 = 0     exp(ln a) = a"
    average = "Average of pairs:  ½ (4, 0) + ½ (0, 6) = (2, 3)"
    for y, text in [(12.35, rules), (11.95, average), (11.55, "Grey in a white table: hidden by the mask.")]:
        ax.text(4.05, y, text, va="center", fontsize=9, color=plot.MUTED)
    logs_W, logs_k = ([[log(a) for a in row] for row in table] for table in (W_K, bases))
    for x, name, matrix, colour in [(0.7, "W_q ÷ √2", W_Q, plot.QUERY), (4.05, "W_k", logs_W, plot.KEY),
                                    (7.4, "W_v", W_V, plot.VALUE)]:
        grid(ax, x, 10.9, matrix, name, colour, True, rows=FEATURES, cut=True)
    for x, name, table, colour in [(0.7, "q ÷ √2 = x W_q ÷ √2", q, plot.QUERY), (4.05, "k = x W_k", logs_k, plot.KEY),
                                   (7.4, "v = x W_v", v, plot.VALUE)]:
        grid(ax, x, 8.95, table, name, colour, cut=True)
    step(ax, 7.35, "2  Score: q · k ÷ √2 in each head.   3  Mask, then amounts = exp(score), total.   4  Weights = amount ÷ total.")
    joined = np.zeros((3, 4), dtype=object)
    for h, y in [(0, 6.35), (1, 4.5)]:
        part = slice(2 * h, 2 * h + 2)
        amounts = [[int(np.prod(bases[j, part] ** q[i, part])) for j in range(3)] for i in range(3)]
        totals = [sum(row[:i + 1]) for i, row in enumerate(amounts)]
        weights = [[Fraction(a, total) for a in row] for row, total in zip(amounts, totals)]
        for i in range(3):
            joined[i, part] = [sum(weights[i][j] * int(v[j, c]) for j in range(i + 1)) for c in (2 * h, 2 * h + 1)]
        logs = [[log(a) for a in row] for row in amounts]
        grid(ax, 0.7, y, logs, f"head {h + 1}: scores", plot.INK, columns=WORDS)
        with_total = [[*row, total] for row, total in zip(amounts, totals)]
        grid(ax, 3.75, y, with_total, "amounts", plot.INK, columns=[*WORDS, "total"], shut=True)
        grid(ax, 7.4, y, weights, "weights", plot.INK, columns=WORDS, shut=True)
    step(ax, 2.95, "5  Average the values in each head and join the heads.   6  Project once more: output = joined W_o.")
    grid(ax, 0.7, 2.1, [[plain(a) for a in row] for row in joined], "joined", plot.OUTPUT, columns=ENTRIES, cut=True)
    grid(ax, 4.05, 2.1, [[plain(a) for a in row] for row in W_O], "W_o", plot.OUTPUT, True, rows=ENTRIES)
    grid(ax, 7.4, 2.1, [[plain(a) for a in row] for row in joined @ W_O], "output", plot.OUTPUT)
    ax.set(xlim=(-0.05, 10.15), ylim=(0.5, 14.4))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
