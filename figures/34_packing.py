"""One key matrix, two heads: where PyTorch's layer and Keras' layer keep its entries, and one entry followed into both."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

fig, ax = plt.subplots(figsize=(8.4, 4.6))
PARTS = [("q", plot.QUERY), ("k", plot.KEY), ("v", plot.VALUE), ("o", plot.OUTPUT)]
SHADE = {1: 0.35, 2: 0.85}                                  # head 1 light, head 2 dark


def cells(x, y, rows, columns, colour, head, star=None):
    """A block of unit cells whose upper left corner is (x, y); head(i, j) says which head owns a cell."""
    for i in range(rows):
        for j in range(columns):
            ax.add_patch(plt.Rectangle((x + j, y - i - 1), 1, 1, facecolor=colour, alpha=SHADE[head(i, j)], edgecolor="white", linewidth=1))
    if star:
        plot.label(ax, x + star[1] + 0.5, y - star[0] - 0.55, "★", ha="center", color="white", fontsize=9)


def by_column(i, j):
    return 1 + j // 2


def by_row(i, j):
    return 1 + i // 2


for p, (name, colour) in enumerate(PARTS):
    star = {"k": [(0, 2), (2, 0), (0, 0)]}.get(name, [None] * 3)
    y = 20 - 5 * p
    cells(0, y, 4, 4, colour, by_row if name == "o" else by_column, star[0])
    plot.label(ax, -0.4, y - 2, f"$W_{name}$", ha="right", color=colour, fontsize=12)
    lower = 20 - 4 * p - (1 if name == "o" else 0)
    cells(10, lower, 4, 4, colour, by_column if name == "o" else by_row, star[1])
    plot.label(ax, 14.3, lower - 2, f"$W_{name}^\\top$", color=colour, fontsize=12)
    if name == "o":
        cells(20, y - 1, 2, 4, colour, lambda i, j: 1)
        cells(25, y - 1, 2, 4, colour, lambda i, j: 2)
    else:
        cells(21, y, 4, 2, colour, lambda i, j: 1)
        cells(26, y, 4, 2, colour, lambda i, j: 2, star[2])

COLUMNS = [(2, "formula: in, out", "each (4, 4)", "$W_k$[0, 2]"),
           (12, "PyTorch: out, in", "in_proj_weight (12, 4)", "in_proj_weight[6, 0]"),
           (24.5, "Keras: in, head, unit", "kernels (4, 2, 2)", "kernel of the keys[0, 1, 0]")]
for x, who, shape, place in COLUMNS:
    plot.label(ax, x, 22.9, who, ha="center", weight="bold")
    plot.label(ax, x, 21.4, shape, ha="center", color=plot.MUTED)
    plot.label(ax, x, -1.0, "★  " + place, ha="center", color=plot.KEY)
plot.label(ax, 12, 2.0, "out_proj.weight (4, 4)", ha="center", color=plot.MUTED)
plot.label(ax, 24.5, 1.2, "kernel of the output (2, 2, 4)", ha="center", color=plot.MUTED)
plot.label(ax, 22, 5.3, "head 1", ha="center", fontsize=8)
plot.label(ax, 27, 5.3, "head 2", ha="center", fontsize=8)
ax.set(xlim=(-2, 31), ylim=(-1.8, 23.8))
ax.axis("off")
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
plt.close(fig)
