"""Three heads over the same cells: each cell by itself, all cells through one layer, queries that look."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()
TITLES = ("cells: each speaks for itself", "flat: one layer, ten slots", "queries: each looks, then speaks")


def grid(ax, x, y, lit=()):
    """Sixteen cells; those in `lit`, (column, row) with a strength, are filled."""
    for column in range(4):
        for row in range(4):
            strength = dict(lit).get((column, row), 0)
            ax.add_patch(plt.Rectangle((x + 0.3 * column, y + 0.3 * row), 0.28, 0.28, facecolor=plot.KEY, alpha=0.12 + 0.8 * strength,
                                       edgecolor="none"))


def arrow(ax, start, end, colour=plot.MUTED, width=1.0):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 1, "shrinkB": 1})


def boxes(ax, x, ys, colour, text=""):
    for y in ys:
        ax.add_patch(plt.Rectangle((x, y), 0.5, 0.24, facecolor=colour, edgecolor="none"))
    if text:
        ax.text(x + 0.25, max(ys) + 0.34, text, ha="center", fontsize=9)


fig, axes = plt.subplots(1, 3, figsize=(9.6, 2.5))
for ax, title in zip(axes, TITLES):
    ax.set(xlim=(-0.1, 4.1), ylim=(-0.5, 1.9))
    ax.axis("off")
    ax.text(2, -0.42, title, ha="center", fontsize=10)
    boxes(ax, 3.4, (0.0, 0.32, 0.64, 0.96), plot.OUTPUT, "class, box")

grid(axes[0], 0, 0, {(1, 2): 0.6, (2, 1): 0.6}.items())
for (x, y), target in zip(((1.2, 0.14), (0.6, 0.44), (0.6, 0.74), (1.2, 1.04)), (0.12, 0.44, 0.76, 1.08)):
    arrow(axes[0], (x, y), (3.4, target), plot.KEY)
grid(axes[1], 0, 0, {(c, r): 0.3 for c in range(4) for r in range(4)}.items())
axes[1].add_patch(plt.Rectangle((2.1, 0.05), 0.3, 1.1, facecolor=plot.MUTED, edgecolor="none"))
for y in (0.14, 0.44, 0.74, 1.04):
    for target in (0.3, 0.9):
        arrow(axes[1], (1.2, y), (2.1, target))
for target in (0.12, 0.44, 0.76, 1.08):
    arrow(axes[1], (2.4, 0.6), (3.4, target))
grid(axes[2], 0, 0, {(0, 2): 0.5, (1, 2): 0.9, (2, 0): 0.9, (3, 0): 0.4}.items())
boxes(axes[2], 2.1, (0.0, 0.32, 0.64, 0.96), plot.QUERY, "queries")
for start, target in (((2.1, 0.12), (0.88, 0.16)), ((2.1, 1.08), (0.58, 0.76))):
    arrow(axes[2], start, target, plot.QUERY, 1.8)
for y in (0.12, 0.44, 0.76, 1.08):
    arrow(axes[2], (2.6, y), (3.4, y))
axes[2].annotate("", (2.35, 0.12), (2.35, 1.08), arrowprops={"arrowstyle": "<|-|>", "color": "white", "linewidth": 1.2})
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
