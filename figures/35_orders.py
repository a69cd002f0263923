"""Three ways to join a step of the decoder and a look at the memory: attend before, after, and after with feeding."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

NAMES = ["attend before the step\n(Bahdanau)", "attend after the step\n(Luong)", "after, with input feeding\n(Luong)"]


def box(ax, x, y, text, colour, width=1.25):
    ax.add_patch(plt.Rectangle((x - width / 2, y - 0.3), width, 0.6, facecolor=colour, edgecolor="none", zorder=3))
    ax.text(x, y, text, ha="center", va="center", color="white", weight="bold", zorder=4)


def arrow(ax, start, end, colour=plot.MUTED, bend=0.0):
    ax.annotate("", end, start, zorder=2, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0,
                                                      "connectionstyle": f"arc3,rad={bend}"})


def panel(ax, kind):
    ax.text(2.6, 6.2, NAMES[kind], ha="center", va="center", weight="bold")
    box(ax, 0.9, 2.6, "$s_{t-1}$", plot.QUERY)
    box(ax, 4.3, 2.6, "$s_t$", plot.QUERY)
    box(ax, 4.3, 5.0, r"$\tilde h_t$", plot.INK)
    box(ax, 2.6, 3.8, "context $c_t$", plot.OUTPUT, 1.8)
    box(ax, 2.6, 0.55, "memory $h_1 \\ldots h_n$", plot.KEY, 3.4)
    arrow(ax, (1.53, 2.6), (3.67, 2.6))
    arrow(ax, (4.3, 2.9), (4.3, 4.7))
    arrow(ax, (3.3, 4.1), (3.8, 4.7), plot.OUTPUT)
    arrow(ax, (2.6, 0.85), (2.6, 3.5), plot.KEY)
    ax.text(4.3, 1.52, "$y_{t-1}$", ha="center", va="center")
    arrow(ax, (4.3, 1.75), (4.3, 2.3))
    if kind == 0:
        arrow(ax, (0.9, 2.9), (1.7, 3.65), plot.QUERY)
        arrow(ax, (3.3, 3.5), (3.85, 2.9), plot.OUTPUT)
    else:
        arrow(ax, (3.95, 2.9), (3.3, 3.5), plot.QUERY)
    if kind == 2:
        box(ax, 0.9, 5.0, r"$\tilde h_{t-1}$", plot.INK)
        ax.plot([0.15, 0.0, 0.0, 3.45], [5.0, 5.0, 1.52, 1.52], color=plot.ALARM, linewidth=1.6, zorder=1, solid_capstyle="butt")
        arrow(ax, (3.45, 1.52), (3.9, 2.28), plot.ALARM)
        ax.plot([0.0, 0.28], [5.0, 5.0], color=plot.ALARM, linewidth=1.6)
    ax.set(xlim=(-0.15, 5.35), ylim=(0, 6.7))
    ax.axis("off")


def draw():
    fig, axes = plt.subplots(1, 3, figsize=(10.2, 3.9))
    for kind, ax in enumerate(axes):
        panel(ax, kind)
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
