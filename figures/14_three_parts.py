"""Draw where queries, keys and values come from: one sentence (self-attention) or two (cross-attention)."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

PARTS = [(1.0, "$W_q$", "Q asks", plot.QUERY), (3.0, "$W_k$", "K offers", plot.KEY), (5.0, "$W_v$", "V tells", plot.VALUE)]


def box(ax, x, y, text, colour, width=1.4, height=0.62, fill=True):
    ax.add_patch(plt.Rectangle((x - width / 2, y - height / 2), width, height, facecolor=colour if fill else "white", edgecolor=colour,
                               linewidth=1.5, alpha=0.9 if fill else 1))
    plot.label(ax, x, y, text, ha="center", color="white" if fill and colour != plot.OUTPUT else plot.INK, fontsize=10)


def arrow(ax, start, end, colour=plot.MUTED):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0})


def panel(ax, title, sources, rows):
    """Draw one panel; `sources` are (centre, width, text, parts fed), `rows` says how many rows come out."""
    plot.label(ax, 3.0, 7.95, title, ha="center", weight="bold", fontsize=11)
    for centre, width, text, fed in sources:
        box(ax, centre, 0.4, text, plot.INK, width=width, height=0.8, fill=False)
        for part in fed:
            x, *_ = PARTS[part]
            arrow(ax, (x, 0.8), (x, 1.5))
    for x, matrix, name, colour in PARTS:
        box(ax, x, 1.82, matrix, "#FFF3C4", width=0.95)
        plot.label(ax, x, 1.82, matrix, ha="center")
        arrow(ax, (x, 2.14), (x, 2.75))
        box(ax, x, 3.06, name, colour)
    arrow(ax, (1.0, 3.37), (1.75, 4.1), plot.QUERY)
    arrow(ax, (3.0, 3.37), (2.25, 4.1), plot.KEY)
    box(ax, 2.0, 4.42, "scores $QK^\\top/\\sqrt{d}$", plot.INK, width=2.6, fill=False)
    arrow(ax, (2.0, 4.73), (2.0, 5.3))
    box(ax, 2.0, 5.62, "weights", plot.INK, width=2.6, fill=False)
    plot.label(ax, 2.15, 5.02, "softmax of each row", fontsize=9, color=plot.MUTED)
    arrow(ax, (2.0, 5.93), (2.9, 6.7))
    arrow(ax, (5.0, 3.37), (3.9, 6.7), plot.VALUE)
    box(ax, 3.4, 7.02, "output", plot.OUTPUT)
    plot.label(ax, 4.25, 7.02, rows, fontsize=9, color=plot.MUTED)


def draw():
    fig, axes = plt.subplots(1, 2, figsize=(9.0, 4.9))
    panel(axes[0], "self-attention", [(3.0, 5.6, "one sentence $X$: park, ball, dog, it", (0, 1, 2))], "one row a word")
    two = [(0.75, 2.1, "$X_q$: where, who", (0,)), (4.0, 3.6, "$X_k$: park, ball, dog", (1, 2))]
    panel(axes[1], "cross-attention", two, "one row an asker")
    for ax in axes:
        ax.set(xlim=(-0.5, 6.6), ylim=(-0.1, 8.3))
        ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
