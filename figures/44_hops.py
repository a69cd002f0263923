"""Draw a memory that is asked three times: each hop weighs the facts, and what it finds is added to the query."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

FACTS = ["the basket is taken by Leo", "Mia goes to the harbour", "the letter is put into the basket", "Leo goes to the market"]
LOOKS = [2, 0, 3]
WORDS = ["letter", "+ basket", "+ Leo", "+ market"]
TOP, LEFT, STEP = 5.3, 4.1, 2.3


def arrow(ax, start, end, colour):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0})


def draw():
    fig, ax = plt.subplots(figsize=(8.4, 4.4))
    for i, fact in enumerate(FACTS):
        plot.label(ax, LEFT - 0.75, 2.65 - 0.7 * i, fact, ha="right")
    for h, look in enumerate(LOOKS):
        x = LEFT + STEP * h
        for i in range(len(FACTS)):
            shade = "#08519C" if i == look else "#DEEBF7"
            ax.add_patch(plt.Rectangle((x - 0.4, 2.3 - 0.7 * i), 0.8, 0.7, facecolor=shade, edgecolor="white"))
        plot.label(ax, x, -0.15, f"hop {h + 1}", ha="center")
        arrow(ax, (x - 0.75, TOP - 1.0), (x - 0.2, 3.1), plot.QUERY)
        arrow(ax, (x + 0.2, 3.1), (x + 0.75, TOP - 1.0), plot.VALUE)
    for h in range(len(WORDS)):
        text = "\n".join([f"$u^{{({h + 1})}}$", *WORDS[:h + 1]])
        x = LEFT + STEP * (h - 0.5)
        ax.add_patch(plt.Rectangle((x - 0.65, TOP - 0.95), 1.3, 1.9, facecolor="white", edgecolor=plot.QUERY, linewidth=1.5))
        plot.label(ax, x, TOP, text, ha="center", fontsize=9.5, linespacing=1.25)
        if h:
            arrow(ax, (x - STEP + 0.65, TOP), (x - 0.65, TOP), plot.MUTED)
    plot.label(ax, LEFT - 0.62, 3.62, "asks the keys", ha="right", color=plot.QUERY, fontsize=9)
    plot.label(ax, LEFT + 2 * STEP + 0.62, 3.62, "values are added", color=plot.VALUE, fontsize=9)
    arrow(ax, (LEFT + 2.5 * STEP + 0.65, TOP), (LEFT + 2.5 * STEP + 1.15, TOP), plot.MUTED)
    plot.label(ax, LEFT + 2.5 * STEP + 1.25, TOP, "market", weight="bold", color="#8A5A00")
    ax.set(xlim=(-0.2, 12.6), ylim=(-0.5, 6.4))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
