"""The whole Transformer, encoder left and decoder right, each part with the chapter that taught it."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot


def box(ax, x, y, text, colour, chapter="", width=3.0):
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.34), width, 0.68, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", fontsize=10, zorder=4)
    if chapter:
        ax.text(x + width / 2 + 0.12, y, chapter, ha="left", va="center", color=plot.INK, fontsize=9, zorder=4)


def arrow(ax, *points, colour=plot.MUTED):
    xs, ys = zip(*points)
    ax.plot(xs[:-1], ys[:-1], color=colour, linewidth=1.6, zorder=2, solid_capstyle="butt")
    ax.annotate("", points[-1], points[-2], zorder=2,
                arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0})


def plus(ax, x, y):
    ax.add_patch(plt.Circle((x, y), 0.2, facecolor="white", edgecolor=plot.INK, linewidth=1.4, zorder=5))
    ax.text(x, y - 0.01, "+", ha="center", va="center", zorder=6)


def part(ax, x, y, name, colour, chapter):
    """A norm, a part and the sum with what passes by; y is where the residual line branches off."""
    box(ax, x, y + 0.75, "norm", plot.MUTED, width=1.5)
    box(ax, x, y + 1.65, name, colour, chapter)
    plus(ax, x, y + 2.45)
    arrow(ax, (x, y), (x, y + 0.41))
    arrow(ax, (x, y + 1.09), (x, y + 1.31))
    arrow(ax, (x, y + 1.99), (x, y + 2.25))
    arrow(ax, (x, y + 0.1), (x - 1.85, y + 0.1), (x - 1.85, y + 2.45), (x - 0.2, y + 2.45), colour=plot.INK)


def stack(ax, x, parts, source):
    """Word vectors, positions, a layer of several parts and the last norm; -> the height of that norm."""
    box(ax, x, 0.7, "word vectors" + r" $\times\sqrt{d}$", plot.VALUE, "35, 37")
    box(ax, x, 1.7, "+ positions", plot.VALUE, "16")
    ax.text(x, -0.12, source, ha="center", va="center")
    arrow(ax, (x, 0.08), (x, 0.36))
    arrow(ax, (x, 1.04), (x, 1.36))
    y = 2.3
    top = y + 2.75 * len(parts)
    ax.add_patch(plt.Rectangle((x - 2.1, y), 4.7, top - y, facecolor="#F2F2F2", edgecolor="none", zorder=0))
    arrow(ax, (x, 2.04), (x, 2.3))
    for i, (name, colour, chapter) in enumerate(parts):
        part(ax, x, y + 2.75 * i + 0.05, name, colour, chapter)
    ax.text(x + 2.5, top - 0.25, "× L", ha="right", va="center", weight="bold")
    box(ax, x, top + 0.75, "norm", plot.MUTED, width=1.5)
    arrow(ax, (x, top - 0.05), (x, top + 0.41))
    return top + 0.75


def draw():
    fig, ax = plt.subplots(figsize=(8.4, 8.6))
    attention, network = ("self-attention", plot.QUERY, "32"), ("feed-forward", plot.OUTPUT, "37")
    left = stack(ax, 2.2, [attention, network], "source")
    right = stack(ax, 9.0, [("self-attention, causal", plot.QUERY, "13, 32"), ("attention to memory", plot.KEY, "14, 32"), network],
                  "target, moved one place to the right")
    box(ax, 9.0, right + 1.05, "scores of the next word", plot.INK, "35")
    arrow(ax, (9.0, right + 0.34), (9.0, right + 0.71))
    arrow(ax, (2.95, left), (5.85, left), (5.85, 6.75), (7.5, 6.75), colour=plot.KEY)
    ax.text(3.1, left + 0.12, "memory: keys and values", ha="left", va="bottom", color=plot.KEY, weight="bold")
    ax.set(xlim=(-0.1, 11.9), ylim=(-0.4, right + 1.5))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
