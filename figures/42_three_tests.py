"""Hide, delete, exchange: what each of the three tests takes from a reader that attends to the states of an LSTM."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

fig, ax = plt.subplots(figsize=(9.4, 3.3))


def box(x, y, text, colour, width):
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.2), width, 0.4, facecolor="white", edgecolor=colour, linewidth=1.6, zorder=3))
    plot.label(ax, x, y, text, ha="center", fontsize=8.5, zorder=4)


def arrow(start, end, colour=plot.MUTED, width=1.0, **kind):
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=look | kind)


TESTS = [("hide", "annoying", plot.ALARM), ("delete", None, None), ("exchange", "lovely", plot.KEYS[2])]
for panel, (name, last, message) in enumerate(TESTS):
    left = 4.7 * panel
    words = ["music", "turned", "out", last]
    xs = [left + 1.02 * i for i in range(4)]
    c = (left + 1.5, 2.75)
    for i, (x, word) in enumerate(zip(xs, words)):
        if word is None:
            ax.add_patch(plt.Rectangle((x - 0.46, 0.28), 0.92, 1.5, fill=False, edgecolor=plot.MUTED, linewidth=1.2, linestyle=":"))
            continue
        on = i == 3 and message
        box(x, 0.5, word, message if on else plot.INK, 0.9)
        box(x, 1.55, f"$h_{i + 1}$", plot.KEY, 0.5)
        arrow((x, 0.72), (x, 1.33), message if on else plot.MUTED, 2.4 if on else 1.0)
        if i and words[i - 1]:
            colour, width = (message, 2.4) if message and i > 1 else (plot.MUTED, 1.0)
            arrow((x - 0.27, 1.55), (xs[i - 1] + 0.27, 1.55), colour, width)
        cut = name == "hide" and i == 3
        if i == 1:
            arrow((x, 1.77), (c[0] - 0.08, c[1] - 0.22), message or plot.KEY, 3.4)
        else:
            arrow((x, 1.77), (c[0] + 0.07 * (i - 1), c[1] - 0.22), plot.KEY, 1.0, alpha=0.6, linestyle=":" if cut else "-")
        if cut:
            plot.label(ax, 0.5 * (x + c[0]) + 0.1, 0.5 * (1.77 + c[1] - 0.22), r"$\times$", ha="center", fontsize=17, color=plot.INK)
    box(*c, "$c$", plot.OUTPUT, 0.5)
    arrow((c[0], c[1] + 0.21), (c[0], 3.3))
    told = {"hide": "says: bad", "delete": "says: ?", "exchange": "says: good"}[name]
    plot.label(ax, c[0] + 0.15, 3.15, told, fontsize=9.5, color=message or plot.MUTED, weight="bold")
    what = "state" if name == "hide" else "word"
    plot.label(ax, left + 1.5, -0.05, f"{panel + 1}  {name} the {what}", ha="center", weight="bold", fontsize=10)
ax.set(xlim=(-0.6, 13.1), ylim=(-0.25, 3.4))
ax.axis("off")
fig.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
plt.close(fig)
