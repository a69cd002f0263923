"""Draw four einsums of a layer of several heads as rows of lettered axes: what is kept has its colour, what is summed a dashed frame."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

COLOURS = {"b": plot.MUTED, "h": plot.INK, "i": plot.QUERY, "j": plot.KEY, "e": plot.VALUE, "g": plot.OUTPUT}
STEPS = [("one head:", "ic", "q (m, d)", "jc", "k (n, d)", "ij", "scores (m, n)"),
         ("scores:", "bihc", "q (b, m, h, d)", "bjhc", "k (b, n, h, d)", "bhij", "scores (b, h, m, n)"),
         ("average:", "bhij", "weights (b, h, m, n)", "bjhe", "v (b, n, h, e)", "bihe", "heads (b, m, h, e)"),
         ("join:", "bihe", "heads (b, m, h, e)", "heg", "W_o (h, e, g)", "big", "output (b, m, g)")]


def letters(ax, x, y, axes, name, kept):
    """A row of boxes around x, one for each axis of an array, and the array's name and shape below."""
    for i, axis in enumerate(axes):
        left = x + 0.8 * (i - len(axes) / 2)
        frame = {"facecolor": COLOURS[axis], "edgecolor": COLOURS[axis]} if axis in kept else {
            "facecolor": "white", "edgecolor": plot.ALARM, "linestyle": "--"}
        ax.add_patch(plt.Rectangle((left, y), 0.7, 0.7, linewidth=1.5, **frame))
        plot.label(ax, left + 0.35, y + 0.33, axis, ha="center", weight="bold",
                   color="white" if axis in kept and axis in "bhj" else plot.INK)
    plot.label(ax, x, y - 0.36, name, ha="center", fontsize=9)


def draw():
    fig, ax = plt.subplots(figsize=(9.2, 4.9))
    for row, (step, left, left_name, right, right_name, result, name) in enumerate(STEPS):
        y = -1.9 * row
        plot.label(ax, 0, y + 0.35, step)
        for x, axes, below in [(4.2, left, left_name), (8.6, right, right_name), (16.4, result, name)]:
            letters(ax, x, y, axes, below, result)
        plot.label(ax, 6.4, y + 0.25, ",", ha="center", fontsize=14)
        summed = " and ".join(axis for axis in left if axis not in result)
        ax.annotate("", (14.6, y + 0.35), (10.6, y + 0.35), arrowprops={"arrowstyle": "->", "color": plot.INK})
        plot.label(ax, 12.6, y + 0.72, f"sum over {summed}", ha="center", fontsize=9)
    ax.set(xlim=(-0.1, 18.7), ylim=(-6.4, 1.1))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
