"""The four moments of a Keras layer, and the lane on which a padding mask travels."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

fig, ax = plt.subplots(figsize=(7.6, 3.3))
MOMENTS = [("__init__", "settings", "hidden_dim = 6", plot.MUTED), ("build", "shapes → weights", "once, at the first input", plot.KEY),
           ("call", "q, k, v → output, weights", "at every use", plot.OUTPUT), ("get_config", "settings again", "for the file", plot.MUTED)]
for i, (name, what, when, colour) in enumerate(MOMENTS):
    x = 2.5 * i
    ax.add_patch(plt.Rectangle((x, 1.75), 2.0, 1.1, facecolor="white", edgecolor=colour, linewidth=2))
    plot.label(ax, x + 1.0, 2.58, name, ha="center", weight="bold", family="monospace", color=colour)
    plot.label(ax, x + 1.0, 2.27, what, ha="center", fontsize=8)
    plot.label(ax, x + 1.0, 1.98, when, ha="center", fontsize=8, color=plot.MUTED)
    if i < 3:
        ax.annotate("", (x + 2.48, 2.3), (x + 2.02, 2.3), arrowprops={"arrowstyle": "->", "color": plot.INK})
ax.add_patch(plt.Rectangle((0.0, 0.1), 3.1, 0.8, facecolor="white", edgecolor=plot.QUERY, linewidth=2))
plot.label(ax, 1.55, 0.65, "Embedding(mask_zero=True)", ha="center", fontsize=8, family="monospace", color=plot.QUERY)
plot.label(ax, 1.55, 0.32, "tokens 4 7 0 0 → keep 1 1 0 0", ha="center", fontsize=8)
ax.annotate("", (5.5, 1.72), (3.12, 0.5), arrowprops={"arrowstyle": "->", "color": plot.QUERY, "linewidth": 1.8,
                                                     "connectionstyle": "angle,angleA=0,angleB=90,rad=6"})
plot.label(ax, 3.3, 0.68, "travels on the tensor k", fontsize=8, color=plot.QUERY)
plot.label(ax, 5.65, 1.25, "k_mask", fontsize=9, family="monospace", weight="bold", color=plot.QUERY)
plot.label(ax, 6.65, 1.25, "(name of the tensor + _mask)", fontsize=8, color=plot.QUERY)
ax.set(xlim=(-0.1, 9.7), ylim=(0, 3.0))
ax.axis("off")
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
plt.close(fig)
