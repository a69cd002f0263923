"""Draw what a zero and what minus infinity do in the place that holds no word: score, amount, weight."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

NAMES = ["park", "ball", "dog", "filler"]
COLOURS = [*plot.KEYS[:3], plot.MUTED]
ROWS = [("zeros, no mask", ["0", "ln 2", "ln 3", "0"], [1, 2, 3, 1], ["1/7", "2/7", "3/7", "1/7"]),
        ("masked", ["0", "ln 2", "ln 3", "−∞"], [1, 2, 3, 0], ["1/6", "1/3", "1/2", "0"])]


def draw():
    fig, ax = plt.subplots(figsize=(7.8, 3.1))
    for x, text in [(0, "score"), (5.0, "amount"), (9.75, "weight")]:
        plot.label(ax, x + 1.35, 3.95, text, ha="center", weight="bold")
    for y, (name, scores, amounts, weights) in zip((2.2, 0.2), ROWS):
        plot.label(ax, -0.55, y + 0.55, name, ha="right", weight="bold")
        for i, (key, colour) in enumerate(zip(NAMES, COLOURS)):
            x, alarm = 0.9 * i, plot.ALARM if i == 3 else plot.INK
            plot.label(ax, x, y + 0.75, scores[i], ha="center", color=alarm, weight="bold" if i == 3 else "normal")
            plot.label(ax, x, y + 0.3, key, ha="center", color=colour, fontsize=9)
            for coin in range(amounts[i]):
                ax.add_patch(plt.Rectangle((4.7 + x, y + 0.15 + 0.36 * coin), 0.6, 0.3, facecolor=colour, edgecolor="none"))
            plot.label(ax, 9.75 + x, y + 0.55, weights[i], ha="center", color=alarm, weight="bold" if i == 3 else "normal")
        for x, text in ((3.35, "exp"), (8.25, "share")):
            ax.annotate("", (x + 0.75, y + 0.5), (x, y + 0.5), arrowprops={"arrowstyle": "->", "color": plot.MUTED})
            plot.label(ax, x + 0.35, y + 0.78, text, ha="center", fontsize=9, color=plot.MUTED)
        ax.plot([4.6, 8.1], [y + 0.12] * 2, color=plot.MUTED, linewidth=1)
    ax.set(xlim=(-2.9, 12.9), ylim=(0, 4.2))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
