"""Draw how each of the five scores makes one number of a query and a key; what is learned stands in a box of its own colour."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

LEFT, MIDDLE, RIGHT = 0.0, 0.75, 1.5
# name, what stands on q's way, what stands on k's way, where they meet, what follows on the way to the score
PANELS = [("dot", "", "", "dot", []),
          ("scaled dot", "", "", "dot", ["÷ √d"]),
          ("cosine", "÷ |q|", "÷ |k|", "dot", []),
          ("multiplicative", "W", "", "dot", []),
          ("additive", "W$_q$", "W$_k$", "+", ["tanh", "dot v"])]
LEARNED = {"W", "W$_q$", "W$_k$", "dot v"}


def node(ax, x, y, text, colour):
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold",
            bbox={"boxstyle": "circle,pad=0.35", "facecolor": colour, "edgecolor": "none"})


def step(ax, x, y, text):
    learned = text in LEARNED
    ax.text(x, y, text, ha="center", va="center", fontsize=10, color=plot.INK,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": "#FBE3B5" if learned else "white",
                  "edgecolor": plot.OUTPUT if learned else plot.MUTED})


def arrow(ax, start, end):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": plot.MUTED, "shrinkA": 11, "shrinkB": 11})


def panel(ax, name, q_step, k_step, meet, after):
    """From the vectors below to the score above."""
    tops = []
    for x, letter, text, colour in [(LEFT, "q", q_step, plot.QUERY), (RIGHT, "k", k_step, plot.KEY)]:
        node(ax, x, 0, letter, colour)
        if text:
            step(ax, x, 0.9, text)
            arrow(ax, (x, 0), (x, 0.9))
        tops.append((x, 0.9 if text else 0))
    for top in tops:
        arrow(ax, top, (MIDDLE, 1.7))
    step(ax, MIDDLE, 1.7, meet)
    heights = [1.7, *(2.4 + 0.7 * i for i in range(len(after)))]
    for y, text in zip(heights[1:], after):
        step(ax, MIDDLE, y, text)
    for a, b in zip(heights, [*heights[1:], 3.9]):
        arrow(ax, (MIDDLE, a), (MIDDLE, b))
    plot.label(ax, MIDDLE, 3.98, "score", ha="center")
    plot.label(ax, MIDDLE, -0.75, name, ha="center", weight="bold")
    ax.set(xlim=(-0.5, 2.0), ylim=(-1.0, 4.2))
    ax.axis("off")


def draw():
    fig, axes = plt.subplots(1, 5, figsize=(8.6, 3.9))
    for ax, arguments in zip(axes, PANELS):
        panel(ax, *arguments)
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
