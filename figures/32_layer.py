"""Draw the way of a batch through MultiHeadAttention with its shapes, and the boxes in which PyTorch's layer keeps the same numbers."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

LANES = [(4.0, "q", plot.QUERY), (2.6, "k", plot.KEY), (1.2, "v", plot.VALUE)]


def box(ax, x, y, text, colour, width=1.0, height=0.7):
    ax.add_patch(plt.Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4)


def arrow(ax, start, end, shape="", below=True):
    line = {"arrowstyle": "-|>", "color": plot.MUTED, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, zorder=2, arrowprops=line)
    ax.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + (-0.3 if below else 0.3), shape, ha="center", va="center", fontsize=8.5)


def draw():
    fig, ax = plt.subplots(figsize=(10.4, 3.9))
    for y, name, colour in LANES:
        places = "m" if name == "q" else "n"
        ax.text(0.15, y, name, ha="right", va="center", weight="bold", color=colour, fontsize=12)
        arrow(ax, (0.3, y), (1.4, y), f"b {places} d")
        box(ax, 1.85, y, f"W$_{name}$", colour, 0.9)
        arrow(ax, (2.3, y), (3.4, y), f"b {places} d")
        box(ax, 4.0, y, "split", plot.MUTED, 1.2)
    arrow(ax, (4.6, 4.0), (5.95, 3.55), "b H m d/H", below=False)
    arrow(ax, (4.6, 2.6), (5.95, 3.05), "b H n d/H")
    box(ax, 6.55, 3.3, "q kᵀ\n÷√(d/H)", plot.INK, 1.2, 0.9)
    arrow(ax, (7.15, 3.3), (8.2, 3.3), "b H m n")
    box(ax, 8.95, 3.3, "mask and\nsoftmax", plot.INK, 1.5, 0.9)
    ax.annotate("mask  b 1 m n", (8.95, 3.75), (8.95, 4.55), ha="center", va="center", fontsize=8.5, color=plot.ALARM,
                arrowprops={"arrowstyle": "-|>", "color": plot.ALARM, "linewidth": 1.3})
    arrow(ax, (9.7, 3.3), (10.75, 2.62))
    ax.text(10.5, 3.3, "weights\nb H m n", ha="center", va="center", fontsize=8.5)
    arrow(ax, (4.6, 1.2), (10.6, 2.0))
    ax.text(7.6, 1.25, "b H n d/H", ha="center", va="center", fontsize=8.5)
    box(ax, 11.15, 2.25, "average", plot.OUTPUT, 1.2)
    arrow(ax, (11.75, 2.25), (12.95, 2.25), "b H m d/H")
    box(ax, 13.45, 2.25, "join", plot.MUTED, 1.0)
    arrow(ax, (13.95, 2.25), (14.85, 2.25), "b m d")
    box(ax, 15.3, 2.25, "W$_o$", plot.OUTPUT, 0.9)
    arrow(ax, (15.75, 2.25), (16.7, 2.25), "b m d")
    ax.add_patch(plt.Rectangle((1.25, 0.7), 1.2, 3.8, fill=False, edgecolor=plot.INK, linestyle=":", zorder=1))
    ax.text(1.85, 0.4, "nn.MultiheadAttention:\nin_proj_weight (3d, d)", ha="center", va="top", fontsize=8.5)
    ax.add_patch(plt.Rectangle((14.78, 1.8), 1.04, 0.9, fill=False, edgecolor=plot.INK, linestyle=":", zorder=1))
    ax.text(15.3, 1.6, "out_proj", ha="center", va="top", fontsize=8.5)
    ax.text(11.15, 0.4, "b batch   H heads   m queries   n keys   d features", ha="center", va="top", fontsize=8.5, color=plot.MUTED)
    ax.set(xlim=(-0.2, 16.8), ylim=(-0.3, 4.8))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
