"""Three ways to put attention between the states of an LSTM and one answer: who asks?"""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

fig, ax = plt.subplots(figsize=(8.2, 3.5))


def box(x, y, text, colour, width=0.56):
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.24), width, 0.48, facecolor="white", edgecolor=colour, linewidth=1.8, zorder=3))
    plot.label(ax, x, y, text, ha="center", zorder=4)


def arrow(start, end, colour=plot.MUTED, **kind):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.3, **kind})


for column, who in enumerate(("the last state asks", "a learned query asks", "every state asks")):
    left = 4.1 * column
    places = [left + 0.85 * i for i in range(4)]
    for i, x in enumerate(places):
        box(x, 0.9, f"$h_{i + 1}$", plot.KEY)
        if i:
            arrow((places[i - 1] + 0.28, 0.9), (x - 0.28, 0.9))
    middle = sum(places) / 4
    if column < 2:
        query = (places[3] + 0.2, 2.0) if column == 0 else (left, 2.0)
        box(*query, "$q=h_4$" if column == 0 else "$u$", plot.QUERY, width=0.85 if column == 0 else 0.56)
        if column == 0:
            arrow((places[3] + 0.1, 1.14), (places[3] + 0.18, 1.76), plot.QUERY)
        for x in places:
            arrow((x, 1.14), (middle, 1.98), plot.KEY, alpha=0.55)
        side = 1 if column == 0 else -1                                 # the query stands to the right or to the left of c
        arrow((query[0] - side * (0.43 if column == 0 else 0.28), 2.12), (middle + side * 0.3, 2.2), plot.QUERY)
    else:
        for x in places:
            for other in places:
                arrow((other, 1.14), (x, 1.66), plot.KEY, alpha=0.3)
            box(x, 1.88, "$o$", plot.OUTPUT, width=0.4)
            arrow((x, 2.12), (middle, 2.62), plot.OUTPUT, alpha=0.7)
        plot.label(ax, middle + 1.0, 2.52, "mean", fontsize=9, color=plot.MUTED)
    top = 2.2 if column < 2 else 2.84
    box(middle, top, "$c$", plot.OUTPUT)
    arrow((middle, top + 0.24), (middle, 3.28))
    plot.label(ax, middle, 3.45, r"dense, sigmoid $\rightarrow p$", ha="center", fontsize=9)
    plot.label(ax, middle, 0.3, who, ha="center", weight="bold", fontsize=10)
ax.set(xlim=(-0.5, 11.4), ylim=(0.05, 3.65))
ax.axis("off")
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
plt.close(fig)
