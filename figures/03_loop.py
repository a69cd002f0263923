"""The loop of learning: a batch into the model, prediction, loss, slopes, step, and round again."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()
BOXES = [(0.6, 1.6, "batch", "examples, drawn by lot", plot.MUTED), (2.6, 1.6, "model", "w, b: the parameters", plot.KEY),
         (4.6, 1.6, "prediction", "w x + b", plot.KEY), (6.6, 1.6, "loss", "one number: how wrong", plot.ALARM),
         (5.6, 0.4, "slopes", ".grad, one a parameter", plot.VALUE), (3.6, 0.4, "step", "rate × slope, downhill", plot.OUTPUT)]
WIDTH, HEIGHT = 1.5, 0.62


def arrow(ax, start, end, text="", at=None, **kind):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>,head_width=0.22,head_length=0.4", "color": plot.INK,
                                            "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0})
    if text:
        ax.text(*at, text, fontsize=9, family="monospace", color=plot.INK, **({"ha": "center", "va": "center"} | kind))


def draw():
    fig, ax = plt.subplots(figsize=(8.4, 2.9))
    for x, y, name, what, colour in BOXES:
        ax.add_patch(plt.Rectangle((x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, facecolor="white", edgecolor=colour, linewidth=2))
        ax.text(x, y + 0.11, name, ha="center", va="center", weight="bold", fontsize=10.5)
        ax.text(x, y - 0.14, what, ha="center", va="center", fontsize=8, color=plot.MUTED)
    for left in (0.6, 2.6, 4.6):
        arrow(ax, (left + WIDTH / 2, 1.6), (left + 2 - WIDTH / 2, 1.6))
    ax.text(3.6, 2.03, "model(x)", ha="center", fontsize=9, family="monospace")
    arrow(ax, (6.6, 1.29), (6.0, 0.71), "loss.backward()", (6.46, 0.94), ha="left")
    arrow(ax, (5.6 - WIDTH / 2, 0.4), (3.6 + WIDTH / 2, 0.4))
    arrow(ax, (3.2, 0.71), (2.6, 1.29), "optimiser.step()", (2.72, 0.94), ha="right")
    arrow(ax, (6.6, 2.25), (6.6, 1.91))
    ax.text(6.5, 2.1, "wanted y", ha="right", fontsize=8.5, color=plot.MUTED)
    ax.set(xlim=(-0.3, 8.1), ylim=(0, 2.3))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
