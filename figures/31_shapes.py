"""Draw how the scores come from two blocks that stretch to one, which is summed over its depth."""
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

M, N, D = 2, 3, 4
DEPTH = np.array([0.21, 0.17])                                 # where one step along the features leads on paper


def block(ax, x, y, down, across, deep, colour, ghost=(1, 1)):
    """Cells of a block (down, across, deep), its first front cell's upper left corner at (x, y); `ghost` is what it stretches to."""
    def cell(i, j, c, alpha, style):
        left, top = np.array([x + j, y - i]) + c * DEPTH
        ax.add_patch(plt.Rectangle((left, top - 1), 1, 1, facecolor=colour if alpha else "none", alpha=alpha or None,
                                   edgecolor="white" if alpha else colour, linewidth=0.8, linestyle=style))
    for i, j in np.ndindex(ghost):
        if i >= down or j >= across:
            cell(i, j, 0, 0, ":")
    for c in reversed(range(deep)):
        for i, j in np.ndindex(down, across):
            cell(i, j, c, 1, "-")


def draw():
    fig, ax = plt.subplots(figsize=(9.2, 2.9))
    kinds = [(0.2, M, 1, D, plot.QUERY, (M, N), "q[:, None, :]\n(m, 1, d)"), (5.2, 1, N, D, plot.KEY, (M, N), "k[None, :, :]\n(1, n, d)"),
             (10.2, M, N, D, plot.MUTED, (1, 1), "product\n(m, n, d)"), (15.75, M, N, 1, plot.INK, (1, 1), "scores\n(m, n)")]
    for x, down, across, deep, colour, ghost, name in kinds:
        block(ax, x, 6.2, down, across, deep, colour, ghost)
        plot.label(ax, x + 1.6, 3.35, name, ha="center", fontsize=9)
    for x, sign in [(4.65, "×"), (9.65, "="), (14.8, "sum over\nfeatures")]:
        plot.label(ax, x, 5.2, sign, ha="center", fontsize=9 if "sum" in sign else 13)
    plot.label(ax, -0.35, 5.2, "queries", rotation=90, ha="center", fontsize=9, color=plot.MUTED)
    plot.label(ax, 2.05, 7.4, "keys", ha="center", fontsize=9, color=plot.MUTED)
    ax.annotate("", (3.2, 7.2), (0.9, 7.2), arrowprops={"arrowstyle": "->", "color": plot.MUTED})
    ax.annotate("", (0, 4.3), (0, 6.2), arrowprops={"arrowstyle": "->", "color": plot.MUTED})
    ax.annotate("", (4.05, 4.95), (3.3, 4.3), arrowprops={"arrowstyle": "->", "color": plot.MUTED})
    plot.label(ax, 3.8, 4.35, "features", fontsize=9, color=plot.MUTED)
    ax.set(xlim=(-0.7, 19.9), ylim=(2.8, 7.6))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
