"""Draw one query's attention with its numbers forward (black) and its gradients backward (red): notebook 23."""
from fractions import Fraction
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

WORDS, SCORES = ["park", "ball", "dog"], ["0", "ln 2", "ln 3"]
W = [Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)]
V = [(6, 0), (0, 6), (6, 6)]
TARGET = (6, 6)


def text(number):
    return str(number).replace("-", "−")


def pair(numbers):
    return f"({', '.join(map(text, numbers))})"


def box(ax, x, y, above, below, colour, width=1.5):
    """A box with its number, and under it, in red, its gradient."""
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.02), width, 0.52, facecolor=colour, edgecolor="none"))
    ax.text(x, y + 0.24, above, ha="center", va="center", color="white", weight="bold", fontsize=9)
    ax.text(x, y - 0.22, below, ha="center", va="center", color=plot.ALARM, weight="bold", fontsize=9)


def both(ax, start, end, bend=0.0):
    """A grey arrow forward and a red one back, side by side."""
    (x0, y0), (x1, y1) = start, end
    side = np.array([y0 - y1, x1 - x0]) / np.hypot(x1 - x0, y1 - y0) * 0.07
    for shift, colour, tail, head in [(side, plot.MUTED, start, end), (-side, plot.ALARM, end, start)]:
        ax.annotate("", np.add(head, shift), np.add(tail, shift), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.1})


def draw():
    output = [sum(w * v[c] for w, v in zip(W, V)) for c in (0, 1)]
    g_o = [o - t for o, t in zip(output, TARGET)]
    g_w = [sum(g * x for g, x in zip(g_o, v)) for v in V]
    r = sum(w * g for w, g in zip(W, g_w))
    g_s = [w * (g - r) for w, g in zip(W, g_w)]
    first = float(g_s[1]) * np.log(2) / 2 + float(g_s[2]) * np.log(3) / 2
    fig, ax = plt.subplots(figsize=(9.0, 4.6))
    for x, name in [(0, "query, keys"), (3.1, "scores"), (5.5, "weights"), (7.9, "values"), (10.5, "output"), (12.7, "loss")]:
        ax.text(x, 4.85, name, ha="center", va="center", weight="bold")
    for i, y in enumerate((3.6, 2.25, 0.9)):
        tags = ", ".join("1" if j == i else "0" for j in range(3))
        box(ax, 0, y, f"{WORDS[i]} ({SCORES[i]}, {tags})", f"({text(g_s[i])}, 0, 0, 0)", plot.KEY, 2.7)
        box(ax, 3.1, y, SCORES[i], text(g_s[i]), plot.INK, 1.1)
        box(ax, 5.5, y, text(W[i]), text(g_w[i]), plot.INK, 1.1)
        box(ax, 7.9, y, pair(V[i]), pair(w for w in (W[i] * g for g in g_o)), plot.VALUE, 1.5)
        both(ax, (1.4, y + 0.24), (2.5, y + 0.24))
        both(ax, (3.7, y + 0.24), (4.9, y + 0.24))
        both(ax, (6.1, y + 0.24), (7.1, y + 0.24))
        both(ax, (8.77, y + 0.24 + 0.1 * (i - 1)), (9.77, 2.49 + 0.14 * (1 - i)))
    box(ax, 0, -0.45, "it (2, 0, 0, 0)", f"({text(round(first, 4))}, {', '.join(text(g / 2) for g in g_s)})", plot.QUERY, 2.7)
    for end in (0.84, 2.2, 3.55):
        both(ax, (1.5, -0.2), (2.62, end))
    box(ax, 10.5, 2.25, pair(output), pair(g_o), plot.OUTPUT, 1.3)
    box(ax, 12.7, 2.25, text(sum(Fraction(g) ** 2 for g in g_o) / 2), "1", plot.INK, 0.9)
    both(ax, (11.2, 2.49), (12.2, 2.49))
    ax.text(12.7, 3.15, f"wanted {pair(TARGET)}", ha="center", va="center", fontsize=9)
    ax.text(4.3, -0.25, f"weighted average of the\nweights' red numbers: {text(r)}", ha="left", va="center", color=plot.ALARM, fontsize=9)
    ax.text(8.6, -0.25, "in the boxes: forward\nred: backward, the slope of the loss", ha="left", va="center", fontsize=9)
    ax.set(xlim=(-1.6, 13.7), ylim=(-0.9, 5.1))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    plt.rcParams.update({"svg.hashsalt": "attention", "svg.fonttype": "path"})
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
