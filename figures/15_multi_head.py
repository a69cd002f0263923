"""Draw how one row of weights answers two questions with one blend, and how two rows answer each by itself."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

NAMES = ["park", "ball", "dog"]
COLOURS = plot.KEYS[:3]


def row(ax, x, y, name, weights):
    """One row of weights as three bars on a line, with the head's name before it."""
    plot.label(ax, x - 0.45, y + 0.4, name, ha="right", weight="bold")
    ax.plot([x - 0.35, x + 2.45], [y, y], color=plot.MUTED, linewidth=1)
    for i, weight in enumerate(weights):
        ax.add_patch(plt.Rectangle((x + 0.85 * i - 0.05, y), 0.5, 0.9 * weight, facecolor=COLOURS[i], edgecolor="none"))
        plot.label(ax, x + 0.85 * i + 0.2, y - 0.22, NAMES[i], ha="center", fontsize=9, color=COLOURS[i])


def answer(ax, x, y, question, parts):
    """One line of the answer sheet: the question and, below it, a bar that holds what was read."""
    plot.label(ax, x, y + 0.62, question, fontsize=9)
    left = x
    for i, share in parts:
        ax.add_patch(plt.Rectangle((left, y), 1.9 * share, 0.4, facecolor=COLOURS[i], edgecolor="white"))
        plot.label(ax, left + 0.95 * share, y + 0.18, NAMES[i], ha="center", fontsize=9, color="white", weight="bold")
        left += 1.9 * share


def arrow(ax, start, end):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": plot.MUTED})


def draw():
    fig, ax = plt.subplots(figsize=(9.0, 3.2))
    row(ax, 1.4, 1.0, "one head", [0.5, 0, 0.5])
    for y, question in ((2.0, "who was tired?"), (0.4, "where was it?")):
        answer(ax, 4.9, y, question, [(2, 0.5), (0, 0.5)])
        arrow(ax, (4.0, 1.45), (4.75, y + 0.3))
    row(ax, 9.0, 2.0, "head 1", [0, 0, 1])
    row(ax, 9.0, 0.4, "head 2", [1, 0, 0])
    for y, question, part in ((2.0, "who was tired?", 2), (0.4, "where was it?", 0)):
        answer(ax, 12.5, y, question, [(part, 1)])
        arrow(ax, (11.6, y + 0.3), (12.35, y + 0.3))
    ax.plot([7.35, 7.35], [0, 3.1], color=plot.MUTED, linewidth=1, linestyle=":")
    ax.set(xlim=(-0.2, 14.6), ylim=(-0.1, 3.3))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
