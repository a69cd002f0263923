"""One step of an LSTM: three gates, a candidate, and the line that carries the memory."""
import importlib
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

importlib.import_module("01_networks")                      # its style


def box(ax, x, y, text, colour, width=1.15):
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.29), width, 0.58, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4, fontsize=9.5)


def dot(ax, x, y, sign):
    ax.add_patch(plt.Circle((x, y), 0.24, facecolor="white", edgecolor=plot.INK, linewidth=1.4, zorder=3))
    ax.text(x, y - 0.01, sign, ha="center", va="center", zorder=4, fontsize=11)


def way(ax, *points, colour=plot.MUTED, width=1.3):
    """A line through the points, with an arrow head at its last."""
    ax.plot(*zip(*points[:-1]), color=colour, linewidth=width, zorder=1, solid_capstyle="butt")
    ax.annotate("", points[-1], points[-2], zorder=2,
                arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0})


def name(ax, x, y, text, **kind):
    ax.text(x, y, text, **({"ha": "center", "va": "center"} | kind))


def draw():
    fig, ax = plt.subplots(figsize=(8.6, 3.9))
    way(ax, (0.6, 3.9), (2.36, 3.9), colour=plot.ALARM, width=3)
    way(ax, (2.84, 3.9), (5.0, 3.9), colour=plot.ALARM, width=3)
    way(ax, (5.5, 3.9), (9.6, 3.9), colour=plot.ALARM, width=3)
    name(ax, 0.45, 3.9, "$c_{t-1}$", ha="right")
    name(ax, 9.75, 3.9, "$c_t$", ha="left")
    for x, text in [(2.6, "f  forget"), (4.1, "i  input"), (5.6, "g  new"), (7.1, "o  output")]:
        box(ax, x, 1.4, text, plot.VALUE if "new" in text else plot.QUERY, 1.3)
        way(ax, (x, 0.45), (x, 1.11))
    way(ax, (2.6, 1.69), (2.6, 3.66))
    way(ax, (4.1, 1.69), (4.1, 2.7), (5.01, 2.7))
    way(ax, (5.6, 1.69), (5.6, 2.2), (5.25, 2.2), (5.25, 2.46))
    way(ax, (5.25, 2.94), (5.25, 3.66))
    way(ax, (8.3, 3.9), (8.3, 3.39), colour=plot.ALARM)
    box(ax, 8.3, 3.1, "tanh", plot.VALUE, 0.9)
    way(ax, (8.3, 2.81), (8.3, 2.34))
    way(ax, (7.1, 1.69), (7.1, 2.1), (8.06, 2.1))
    way(ax, (8.54, 2.1), (9.6, 2.1), colour=plot.OUTPUT, width=2.2)
    name(ax, 9.75, 2.1, "$h_t$", ha="left")
    for x, y, sign in [(2.6, 3.9, "×"), (5.25, 3.9, "+"), (5.25, 2.7, "×"), (8.3, 2.1, "×")]:
        dot(ax, x, y, sign)
    ax.plot([0.6, 7.1], [0.45, 0.45], color=plot.MUTED, linewidth=1.3)
    name(ax, 0.45, 0.45, "$x_t,\\ h_{t-1}$", ha="right")
    name(ax, 3.75, 4.25, "the carried memory", color=plot.ALARM, fontsize=9.5)
    ax.set(xlim=(-0.9, 10.4), ylim=(0.1, 4.5), aspect="equal")
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
