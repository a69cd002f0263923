"""An encoder and a decoder joined by one vector, and the same two with attention."""
import importlib
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

networks = importlib.import_module("01_networks")
node, arrow = networks.node, networks.arrow
SYMBOLS, WEIGHTS = "3715", [0.04, 0.84, 0.08, 0.04]


def draw():
    fig, axes = plt.subplots(2, 1, figsize=(8.6, 6.0))
    for ax, attention in zip(axes, (False, True)):
        for i, symbol in enumerate(SYMBOLS):
            x, y = 1 + i, 6.6 + i
            node(ax, x, 1.3, f"$h_{i + 1}$", plot.KEY)
            node(ax, y, 1.3, f"$s_{i + 1}$", plot.QUERY)
            ax.text(x, 0.1, symbol, ha="center", va="center")
            ax.text(y, 2.5, symbol, ha="center", va="center")
            ax.text(y, 0.1, "begin" if i == 0 else SYMBOLS[i - 1], ha="center", va="center", color=plot.MUTED, fontsize=9)
            for place, low, high in ((x, 0.3, 0.97), (y, 0.3, 0.97), (y, 1.63, 2.3)):
                arrow(ax, (place, low), (place, high), room=0)
            if i:
                arrow(ax, (x - 1, 1.3), (x, 1.3))
                arrow(ax, (y - 1, 1.3), (y, 1.3))
        arrow(ax, (4, 1.3), (6.6, 1.3), plot.ALARM if not attention else plot.MUTED, 3.2 if not attention else 1.1)
        if attention:
            node(ax, 5.3, 3.0, "$c_2$", plot.OUTPUT)
            for i, weight in enumerate(WEIGHTS):
                arrow(ax, (1 + i, 1.3), (5.3, 3.0), plot.INK if weight > 0.5 else plot.MUTED, 0.6 + 3.5 * weight)
            arrow(ax, (5.3, 3.0), (7.6, 2.5), plot.OUTPUT, 1.6, room=0.34)
        else:
            ax.text(5.3, 1.62, "one vector", ha="center", va="bottom", color=plot.ALARM, weight="bold", fontsize=9.5)
        ax.text(2.5, -0.5, "encoder reads", ha="center", va="center", fontsize=9.5)
        ax.text(8.1, -0.5, "decoder writes; each symbol written is read as the next input", ha="center", va="center", fontsize=9.5)
        ax.text(0.5, 3.0, "with attention" if attention else "the summary alone", ha="left", va="center", weight="bold")
        ax.set(xlim=(0.3, 11.3), ylim=(-0.75, 3.45), aspect="equal")
        ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
