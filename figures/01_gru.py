"""One step of a GRU: two gates, a candidate, and a state that is memory and output at once."""
import importlib
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

lstm = importlib.import_module("01_lstm")
box, dot, way, name = lstm.box, lstm.dot, lstm.way, lstm.name


def draw():
    fig, ax = plt.subplots(figsize=(8.6, 3.9))
    way(ax, (0.6, 3.9), (5.36, 3.9), colour=plot.ALARM, width=3)
    way(ax, (5.84, 3.9), (7.86, 3.9), colour=plot.ALARM, width=3)
    way(ax, (8.34, 3.9), (9.6, 3.9), colour=plot.ALARM, width=3)
    name(ax, 0.45, 3.9, "$h_{t-1}$", ha="right")
    name(ax, 9.75, 3.9, "$h_t$", ha="left")
    box(ax, 2.2, 1.4, "r  reset", plot.QUERY, 1.3)
    box(ax, 5.6, 1.4, "z  update", plot.QUERY, 1.3)
    box(ax, 3.9, 2.5, "n  new", plot.VALUE, 1.3)
    way(ax, (2.2, 0.45), (2.2, 1.11))
    way(ax, (5.6, 0.45), (5.6, 1.11))
    way(ax, (3.9, 0.45), (3.9, 2.21))
    name(ax, 3.98, 0.95, "$x_t$ alone", ha="left", fontsize=9)
    way(ax, (1.2, 3.9), (1.2, 2.5), (1.96, 2.5), colour=plot.ALARM)
    way(ax, (2.2, 1.69), (2.2, 2.26))
    way(ax, (2.44, 2.5), (3.25, 2.5))
    way(ax, (5.6, 1.69), (5.6, 3.66))
    way(ax, (5.6, 1.95), (8.1, 1.95), (8.1, 2.26))
    name(ax, 6.9, 2.1, "$1-z$", fontsize=9)
    way(ax, (4.55, 2.5), (5.45, 2.5), (7.86, 2.5))
    way(ax, (8.1, 2.74), (8.1, 3.66))
    for x, y, sign in [(5.6, 3.9, "×"), (8.1, 3.9, "+"), (2.2, 2.5, "×"), (8.1, 2.5, "×")]:
        dot(ax, x, y, sign)
    ax.plot([0.6, 5.6], [0.45, 0.45], color=plot.MUTED, linewidth=1.3)
    name(ax, 0.45, 0.45, "$x_t,\\ h_{t-1}$", ha="right")
    name(ax, 3.3, 4.25, "the state: memory and output", color=plot.ALARM, fontsize=9.5)
    ax.set(xlim=(-0.9, 10.4), ylim=(0.1, 4.5), aspect="equal")
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
