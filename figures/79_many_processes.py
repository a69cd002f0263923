"""Four workers, three ways to cut attention: whose is which cell, and what each sends to its neighbour."""
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

plot.style()

PANELS = [("by sequences", "tokens", "sequences", lambda i, j: i, "gradients of the weights,\nadded up"),
          ("by heads", "tokens", "heads", lambda i, j: i, "terms of the output,\nadded up"),
          ("by tokens", "tokens", "heads", lambda i, j: j, "keys and values,\npassed on")]
RING = [(-0.62, 0.62), (0.62, 0.62), (0.62, -0.62), (-0.62, -0.62)]        # ranks 0, 1, 2, 3, clockwise


def grid(ax, x, owner, across, down):
    """Four by four cells, each in the colour of the worker that owns it."""
    for i in range(4):
        for j in range(4):
            worker = owner(i, j)
            ax.add_patch(plt.Rectangle((x + j, 7 - i), 0.94, 0.94, facecolor=plot.KEYS[worker], edgecolor="none"))
            plot.label(ax, x + j + 0.47, 7.45 - i, str(worker), ha="center", color="white", fontsize=9)
    plot.label(ax, x + 2, 3.6, across, ha="center", color=plot.MUTED, fontsize=9)
    plot.label(ax, x - 0.3, 6, down, ha="center", rotation=90, color=plot.MUTED, fontsize=9)


def ring(ax, x, y, what):
    """The four workers, an arrow from each to the next, and what travels along the arrows."""
    for worker, place in enumerate(RING):
        start, end = np.array(place), np.array(RING[(worker + 1) % 4])
        way = (end - start) / np.linalg.norm(end - start)
        ax.annotate("", (x, y) + end - 0.36 * way, (x, y) + start + 0.36 * way, arrowprops={"arrowstyle": "-|>", "color": plot.MUTED})
        ax.add_patch(plt.Circle((x + place[0], y + place[1]), 0.3, facecolor=plot.KEYS[worker], edgecolor="none"))
        plot.label(ax, x + place[0], y + place[1] - 0.03, str(worker), ha="center", color="white", fontsize=9)
    plot.label(ax, x + 1.35, y, what, fontsize=9)


fig, ax = plt.subplots(figsize=(8.6, 4.2))
for n, (name, across, down, owner, what) in enumerate(PANELS):
    left = 6.4 * n
    plot.label(ax, left + 2, 8.6, name, ha="center", weight="bold")
    grid(ax, left, owner, across, down)
    ring(ax, left + 0.6, 1.9, what)
ax.set(xlim=(-0.8, 18.3), ylim=(0.6, 9), aspect="equal")
ax.axis("off")
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
plt.close(fig)
