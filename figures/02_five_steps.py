"""Five steps of attention, with the numbers of the running sentence."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

STEPS = [(1.25, "1 encode", "words become numbers"), (4.0, "2 score", "query × key"), (5.9, "3 normalise", "amounts $e^{s}$ share 1"),
         (8.25, "4 sum", "weight × value, added"), (11.0, "5 decode", "used by what follows")]
ROWS = [("park", "0", "0", "1", "1/6", 1 / 6, "(0, 0)", "(0, 0)"), ("ball", "ln 2", "ln 2", "2", "1/3", 1 / 3, "(0, 0)", "(0, 0)"),
        ("dog", "ln 3", "ln 3", "3", "1/2", 1 / 2, "(1, 4)", "(1/2, 2)")]


def box(ax, x, y, text, colour, width=1.1, height=0.46):
    ax.add_patch(plt.Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white" if colour == plot.KEY else plot.INK, weight="bold", zorder=4)


def arrow(ax, start, end, colour=plot.MUTED, bend=0.0):
    ax.annotate("", end, start, zorder=2, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0,
                                                      "connectionstyle": f"arc3,rad={bend}"})


def draw():
    fig, ax = plt.subplots(figsize=(9.6, 4.5))
    for x, name, under in STEPS:
        ax.text(x, 5.15, name, ha="center", va="center", weight="bold", fontsize=11)
        ax.text(x, 4.8, under, ha="center", va="center", color=plot.MUTED, fontsize=9)
    for x in (3.1, 4.85, 6.95, 9.85):
        ax.plot([x, x], [-0.3, 5.35], color="#DDDDDD", linewidth=1, zorder=0)
    ax.text(0.35, 4.15, "it", ha="center", va="center", weight="bold")
    arrow(ax, (0.6, 4.15), (1.7, 4.15))
    box(ax, 2.3, 4.15, "query 1", plot.QUERY)
    ax.plot([2.85, 4.0], [4.15, 4.15], color=plot.QUERY, linewidth=1.6, zorder=1)
    ax.plot([4.0, 4.0], [4.15, 0.85], color=plot.QUERY, linewidth=1.6, zorder=1)
    for i, (word, key, score, amount, weight, share, value, part) in enumerate(ROWS):
        top = 3.25 - 1.2 * i
        low = top - 0.56
        ax.text(0.35, top - 0.28, word, ha="center", va="center", weight="bold")
        arrow(ax, (0.75, top - 0.18), (1.7, top))
        arrow(ax, (0.75, top - 0.38), (1.6, low))
        box(ax, 2.3, top, f"key {key}", plot.KEY, 1.15)
        box(ax, 2.3, low, f"value {value}", plot.VALUE, 1.35)
        arrow(ax, (2.9, top), (3.62, top))
        ax.text(4.0, top, score, ha="center", va="center", zorder=4,
                bbox={"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": plot.QUERY, "linewidth": 1.3})
        arrow(ax, (4.4, top), (5.1, top))
        ax.text(5.25, top, amount, ha="center", va="center")
        ax.add_patch(plt.Rectangle((5.5, top - 0.17), 0.9 * share / 0.5, 0.34, facecolor=plot.MUTED, zorder=3))
        ax.text(6.5, top, weight, ha="left", va="center", weight="bold")
        arrow(ax, (2.98, low), (7.6, low), plot.VALUE)
        arrow(ax, (6.88, top), (7.6, low + 0.12))
        ax.text(8.05, low, part, ha="center", va="center")
        arrow(ax, (8.5, low), (8.78, 1.59 + 0.3 * (1 - i)), bend=0.0)
    box(ax, 9.3, 1.59, "output\n(1/2, 2)", plot.OUTPUT, 0.96, 0.95)
    arrow(ax, (9.78, 1.59), (10.2, 1.59))
    ax.text(11.0, 1.59, "alive: 1/2\nlegs: 2\n\n“tired” fits better\nthan with equal\nshares (alive: 1/3)", ha="center", va="center")
    ax.text(5.25, -0.1, "sum 6", ha="center", va="center", color=plot.MUTED, fontsize=9)
    ax.text(6.62, -0.1, "sum 1", ha="center", va="center", color=plot.MUTED, fontsize=9)
    ax.set(xlim=(-0.05, 12.0), ylim=(-0.4, 5.45))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
