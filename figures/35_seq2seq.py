"""A decoder with one summary for all words, and one that looks back at every word of the source, here at its second step."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

SOURCE, TARGET = ["10.", "März", "2012", "<end>"], ["2012", "3", "10", "<end>"]
LOW, SHARES, MIDDLE, HIGH, TOP = 0.9, 1.9, 3.0, 4.15, 4.95
WEIGHTS = [0.04, 0.85, 0.08, 0.03]


def across(i):
    return 0.6 + 1.35 * i


def box(ax, x, y, text, colour):
    ax.add_patch(plt.Rectangle((x - 0.42, y - 0.22), 0.84, 0.44, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4)


def arrow(ax, start, end, colour=plot.MUTED, width=1.3, style="-|>"):
    ax.annotate("", end, start, zorder=2, arrowprops={"arrowstyle": style, "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0})


def chains(ax):
    for i, (source, target) in enumerate(zip(SOURCE, TARGET)):
        x = across(i)
        box(ax, x, LOW, f"$h_{i + 1}$", plot.KEY)
        box(ax, x, HIGH, f"$s_{i + 1}$", plot.QUERY)
        ax.text(x, LOW - 0.5, source, ha="center", va="center")
        ax.text(x, TOP + 0.02, target, ha="center", va="center")
        arrow(ax, (x, HIGH + 0.22), (x, TOP - 0.13))
        arrow(ax, (x - 1.05 if i else x - 0.78, TOP - 0.13), (x - 0.36, HIGH + 0.22), plot.VALUE)      # the word written last
        if i < 3:
            arrow(ax, (x + 0.42, LOW), (x + 0.93, LOW), style="<|-|>")
            arrow(ax, (x + 0.42, HIGH), (x + 0.93, HIGH))
    ax.text(across(0) - 0.9, TOP + 0.02, "<begin>", ha="center", va="center")


def summarised(ax):
    box(ax, 2.62, 2.4, "c", plot.OUTPUT)
    for i in (0, 3):
        arrow(ax, (across(i), LOW + 0.22), (2.62, 2.18))
    for i in range(4):
        arrow(ax, (2.62, 2.62), (across(i), HIGH - 0.22), plot.OUTPUT)
    ax.text(3.2, 2.4, "the two last states", ha="left", va="center", color=plot.MUTED, fontsize=9)


def looked_up(ax):
    ax.add_patch(plt.Rectangle((0.08, SHARES - 0.28), 5.09, 0.56, facecolor="none", edgecolor=plot.QUERY, linewidth=1.4, zorder=3))
    for i, weight in enumerate(WEIGHTS):
        x = across(i)
        ax.add_patch(plt.Rectangle((x - 0.42, SHARES - 0.18), 0.84, 0.36, facecolor="white", edgecolor=plot.MUTED, linewidth=1.2, zorder=3))
        ax.text(x, SHARES, f"{weight:.2f}", ha="center", va="center", fontsize=9, zorder=4)
        arrow(ax, (x, LOW + 0.22), (x, SHARES - 0.18), plot.KEY)
        arrow(ax, (x, SHARES + 0.18), (across(1), MIDDLE - 0.22), plot.INK if weight > 0.5 else plot.MUTED, 0.6 + 4 * weight)
    arrow(ax, (across(0), HIGH - 0.22), (across(0), SHARES + 0.28), plot.QUERY, 1.6)
    ax.text(across(0) - 0.1, 2.95, "query", ha="right", va="center", color=plot.QUERY, fontsize=9)
    ax.text(across(3) + 0.62, SHARES, "weights", ha="left", va="center", color=plot.MUTED, fontsize=9)
    ax.text(across(3) + 0.62, LOW, "keys,\nvalues", ha="left", va="center", color=plot.KEY, fontsize=9)
    box(ax, across(1), MIDDLE, "$c_2$", plot.OUTPUT)
    arrow(ax, (across(1), MIDDLE + 0.22), (across(1), HIGH - 0.22), plot.OUTPUT)
    ax.text(across(1) + 0.55, MIDDLE, "weighted sum of the states", ha="left", va="center", color=plot.MUTED, fontsize=9)


def draw():
    fig, axes = plt.subplots(1, 2, figsize=(10.6, 4.0), width_ratios=(6.0, 6.6))
    names = "without attention: one context for all words", "with attention: a context of its own, here for the second word"
    for ax, name in zip(axes, names):
        chains(ax)
        ax.text(2.3, 5.55, name, ha="center", va="center", weight="bold")
        ax.set(xlim=(-0.85, 5.25), ylim=(0.15, 5.8))
        ax.axis("off")
    axes[1].set_xlim(-0.85, 5.95)
    summarised(axes[0])
    looked_up(axes[1])
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
