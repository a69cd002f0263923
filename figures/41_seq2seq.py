"""A translator with one summary for all words, and one that looks back at every word."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

SOURCE, TARGET = ["35", "Japanese", "yen", "<end>"], ["35", "yens", "japonais", "<end>"]
LOW, MIDDLE, HIGH = 0.9, 2.35, 3.8
WEIGHTS = [0.04, 0.08, 0.85, 0.03]


def box(ax, x, y, text, colour):
    ax.add_patch(plt.Rectangle((x - 0.42, y - 0.22), 0.84, 0.44, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4)


def arrow(ax, start, end, colour=plot.MUTED, width=1.3, style="-|>"):
    ax.annotate("", end, start, zorder=2, arrowprops={"arrowstyle": style, "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0})


def chains(ax):
    for i, (source, target) in enumerate(zip(SOURCE, TARGET)):
        x = 0.6 + 1.35 * i
        box(ax, x, LOW, f"$h_{i + 1}$", plot.KEY)
        box(ax, x, HIGH, f"$s_{i + 1}$", plot.QUERY)
        ax.text(x, LOW - 0.58, source, ha="center", va="center")
        ax.text(x, HIGH + 0.58, target, ha="center", va="center")
        if i < 3:
            arrow(ax, (x + 0.42, LOW), (x + 0.93, LOW), style="<|-|>")
            arrow(ax, (x + 0.42, HIGH), (x + 0.93, HIGH))


def draw():
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.0))
    for ax, name in zip(axes, ("without attention: one context for all words", "with attention: a context of its own for each word")):
        chains(ax)
        ax.text(2.62, 5.0, name, ha="center", va="center", weight="bold")
        ax.set(xlim=(0, 5.25), ylim=(0, 5.3))
        ax.axis("off")
    left, right = axes
    box(left, 2.62, MIDDLE, "c", plot.OUTPUT)
    for x in (0.6, 4.65):
        arrow(left, (x, LOW + 0.22), (2.62, MIDDLE - 0.22))
    for i in range(4):
        arrow(left, (2.62, MIDDLE + 0.22), (0.6 + 1.35 * i, HIGH - 0.22), plot.OUTPUT)
    left.text(3.2, MIDDLE, "the two last states", ha="left", va="center", color=plot.MUTED, fontsize=9)
    x = 0.6 + 1.35
    box(right, x, MIDDLE, "$c_2$", plot.OUTPUT)
    for i, weight in enumerate(WEIGHTS):
        arrow(right, (0.6 + 1.35 * i, LOW + 0.22), (x, MIDDLE - 0.22), plot.INK if weight > 0.5 else plot.MUTED, 0.6 + 4 * weight)
    arrow(right, (x, MIDDLE + 0.22), (x, HIGH - 0.22), plot.OUTPUT)
    right.text(2.55, MIDDLE, "weights: here yen gets most", ha="left", va="center", color=plot.MUTED, fontsize=9)
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
