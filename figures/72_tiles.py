"""Draw a causal table of scores cut into tiles: one row of tiles on its way, and the state that it carries."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

T, ROW, NOW = 6, 4, 2                                       # blocks a side; the row that is read; the tile that is alive
STATE = [("top", "largest score so far"), ("total", "sum of the amounts"), ("gathered", "amounts times values")]


def kind(i, j):
    """Colour and border of tile j of row i."""
    if j > i:
        return "white", plot.MUTED, ":"
    if i < ROW or (i == ROW and j < NOW):
        return "#D9E6F2", "white", "-"
    if (i, j) == (ROW, NOW):
        return plot.KEYS[1], plot.INK, "-"
    return "#F2F2F2", "white", "-"


def draw():
    fig, ax = plt.subplots(figsize=(8.2, 3.9))
    for i in range(T):
        for j in range(T):
            face, edge, line = kind(i, j)
            ax.add_patch(plt.Rectangle((j, -i - 1), 0.94, 0.94, facecolor=face, edgecolor=edge, linestyle=line))
            if i == j:
                ax.add_patch(plt.Polygon([(j, -i - 0.06), (j + 0.94, -i - 0.06), (j + 0.94, -i - 1)], facecolor="white", edgecolor="none"))
                ax.plot([j, j + 0.94], [-i - 0.06, -i - 1], color=plot.MUTED, linewidth=1)
    ax.annotate("", (NOW + 0.35, -ROW - 0.53), (0.3, -ROW - 0.53), arrowprops={"arrowstyle": "->", "color": plot.INK, "linewidth": 1.6})
    plot.label(ax, T / 2, 0.35, "blocks of keys and values", ha="center")
    plot.label(ax, -0.35, -T / 2, "blocks of queries", ha="center", rotation=90)
    plot.label(ax, 3.47, -0.53, "never computed", ha="center", color=plot.MUTED, fontsize=9,
               bbox={"facecolor": "white", "edgecolor": "none"})
    plot.label(ax, 6.7, -0.5, "the state of this block of queries", weight="bold")
    for y, (name, what) in zip((-1.35, -2.15, -2.95), STATE):
        ax.add_patch(plt.Rectangle((6.7, y - 0.32), 1.65, 0.62, facecolor=plot.KEYS[1], alpha=0.35, edgecolor="none"))
        plot.label(ax, 7.52, y, name, ha="center", family="monospace", fontsize=9)
        plot.label(ax, 8.5, y, what, fontsize=9)
    ax.annotate("", (6.62, -3.1), (NOW + 0.97, -ROW - 0.45),
                arrowprops={"arrowstyle": "->", "color": plot.MUTED, "connectionstyle": "arc3,rad=0.12"})
    plot.label(ax, 6.7, -4.2, "alive: one tile, one state, the output", color="#8A5A00", weight="bold", fontsize=9)
    plot.label(ax, 6.7, -4.8, "folded and forgotten", color=plot.KEYS[0], fontsize=9)
    plot.label(ax, 6.7, -5.4, "still to come", color=plot.MUTED, fontsize=9)
    ax.set(xlim=(-0.8, 11.9), ylim=(-6.15, 0.7))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
