"""Who listens to whom: a feed-forward layer, a convolution of width 3, a recurrence."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

LOW, HIGH, PLACES = 0.9, 3.0, range(1, 6)


def node(ax, x, y, text, colour, size=0.33):
    ax.add_patch(plt.Circle((x, y), size, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4, fontsize=9)


def arrow(ax, start, end, colour=plot.MUTED, width=1.1, style="-|>", room=0.33):
    """An arrow from the rim of one node to the rim of another."""
    (a, b), (c, d) = start, end
    length = ((c - a) ** 2 + (d - b) ** 2) ** 0.5
    u, v = room * (c - a) / length, room * (d - b) / length
    ax.annotate("", (c - u, d - v), (a + u, b + v), zorder=2,
                arrowprops={"arrowstyle": style, "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0})


def draw():
    fig, axes = plt.subplots(1, 3, figsize=(10.2, 3.0))
    names = ("feed-forward: a weight of its own\nfor each pair of places", "convolution: the same three\nweights at each place",
             "recurrence: the same two\nweights at each step")
    for panel, (ax, name) in enumerate(zip(axes, names)):
        for j in PLACES:
            node(ax, j, LOW, f"$x_{j}$", plot.KEY)
            node(ax, j, HIGH, f"$h_{j}$", plot.OUTPUT)
        for i in PLACES:
            if panel == 2:
                arrow(ax, (i, LOW), (i, HIGH), plot.KEY, 1.8)
                if i > 1:
                    arrow(ax, (i - 1, HIGH), (i, HIGH), plot.ALARM, 1.8)
                continue
            for j in PLACES:
                if panel == 0 or abs(i - j) <= 1:
                    colour = plot.MUTED if panel == 0 else (plot.KEYS[3], plot.KEY, plot.VALUE)[j - i + 1]
                    arrow(ax, (j, LOW), (i, HIGH), colour, 0.9 if panel == 0 else 1.6)
        ax.text(3, 4.15, name, ha="center", va="center", fontsize=9.5)
        ax.set(xlim=(0.4, 5.6), ylim=(0.4, 4.7), aspect="equal")
        ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
