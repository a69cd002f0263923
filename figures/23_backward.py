"""Draw one query's attention with its numbers forward (filled) and its gradients backward (red): notebook 23."""
from fractions import Fraction
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

WORDS, SCORES, ROWS = ["park", "ball", "dog"], ["0", "ln 2", "ln 3"], [6.2, 3.1, 0.0]
W = [Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)]
V = [(6, 0), (0, 6), (6, 6)]
TARGET = (6, 6)


def text(number):
    return str(number).replace("-", "−")


def pair(numbers):
    return f"({', '.join(map(text, numbers))})"


def box(ax, x, y, name, forward, backward, colour, width):
    """A filled box with its number, its gradient in red below it, its name above."""
    ax.add_patch(plt.Rectangle((x - width / 2, y), width, 0.5, facecolor=colour, edgecolor=colour))
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.5), width, 0.5, facecolor="white", edgecolor=colour))
    ax.text(x, y + 0.24, forward, ha="center", va="center", color="white", weight="bold", fontsize=9)
    ax.text(x, y - 0.26, backward, ha="center", va="center", color=plot.ALARM, weight="bold", fontsize=9)
    ax.text(x, y + 0.7, name, ha="center", va="center", color=colour, weight="bold", fontsize=9)


def both(ax, start, end):
    """A grey arrow forward and a red one back, side by side."""
    (x0, y0), (x1, y1) = start, end
    side = np.array([y0 - y1, x1 - x0]) / np.hypot(x1 - x0, y1 - y0) * 0.09
    for shift, colour, tail, head in [(side, plot.MUTED, start, end), (-side, plot.ALARM, end, start)]:
        ax.annotate("", np.add(head, shift), np.add(tail, shift), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.1,
                                                                             "shrinkA": 0, "shrinkB": 0})


def draw():
    shares = [tuple(int(w * x) for x in v) for w, v in zip(W, V)]
    output = [sum(column) for column in zip(*shares)]
    g_o = [o - t for o, t in zip(output, TARGET)]
    g_w = [sum(g * x for g, x in zip(g_o, v)) for v in V]
    r = sum(w * g for w, g in zip(W, g_w))
    g_s = [w * (g - r) for w, g in zip(W, g_w)]
    first = f"{text(g_s[1] / 2)} ln 2 − {text(-g_s[2] / 2)} ln 3"
    fig, ax = plt.subplots(figsize=(9.6, 6.0))
    for i, y in enumerate(ROWS):
        tags = ", ".join("1" if j == i else "0" for j in range(3))
        fan = ROWS[1] + 0.3 * (1 - i)
        box(ax, 4.6, y + 1.35, f"key {WORDS[i]}", f"({SCORES[i]}, {tags})", f"({text(g_s[i])}, 0, 0, 0)", plot.KEY, 2.3)
        box(ax, 4.6, y, "", SCORES[i], text(g_s[i]), plot.INK, 1.1)
        box(ax, 7.9, y, "", text(W[i]), text(g_w[i]), plot.INK, 1.1)
        box(ax, 10.6, y + 1.35, f"value {WORDS[i]}", pair(V[i]), pair(W[i] * g for g in g_o), plot.VALUE, 1.9)
        box(ax, 10.6, y, "", pair(shares[i]), pair(g_o), plot.MUTED, 1.3)
        for start, end in [((4.6, y + 0.85), (4.6, y + 0.5)), ((1.25, fan), (3.93, y)), ((5.2, y), (6.15, y)), ((6.8, y), (7.3, y)),
                           ((8.5, y), (9.9, y)), ((10.6, y + 0.85), (10.6, y + 0.5)), ((11.4, y), (12.78, fan))]:
            both(ax, start, end)
    for x, name in [(4.6, "scores"), (7.9, "weights"), (10.6, "weight × value")]:
        ax.text(x, -0.8, name, ha="center", va="center", weight="bold", fontsize=9)
    ax.add_patch(plt.Rectangle((6.2, -0.5), 0.55, 7.2, facecolor="#EEEEEE", edgecolor=plot.MUTED))
    ax.text(6.475, 4.65, "softmax", rotation=90, ha="center", va="center", weight="bold", fontsize=9)
    ax.text(6.475, 1.55, f"r = {text(r)}", rotation=90, ha="center", va="center", color=plot.ALARM, weight="bold", fontsize=9)
    middle = ROWS[1]
    box(ax, -0.15, middle, "query it", "(2, 0, 0, 0)", "", plot.QUERY, 2.6)
    ax.add_patch(plt.Rectangle((-1.45, middle - 0.95), 2.6, 0.95, facecolor="white", edgecolor=plot.QUERY))
    ax.text(-0.15, middle - 0.49, f"({first},\n{', '.join(text(g / 2) for g in g_s)})", ha="center", va="center",
            color=plot.ALARM, weight="bold", fontsize=8)
    box(ax, 13.6, middle, "output", pair(output), pair(g_o), plot.OUTPUT, 1.4)
    box(ax, 15.4, middle, "loss", text(sum(Fraction(g) ** 2 for g in g_o) / 2), "1", plot.INK, 0.8)
    both(ax, (14.35, middle), (14.95, middle))
    ax.text(13.6, middle - 0.9, f"wanted {pair(TARGET)}", ha="center", va="center", fontsize=9)
    ax.set(xlim=(-1.6, 15.9), ylim=(-1.0, 8.4))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
