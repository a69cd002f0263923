"""Draw the five steps of attention with the numbers of notebook 21: query 0.5, keys and values 1 to 5."""
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot

STEPS = [(5.0, "1  encode"), (3.95, "2  score"), (2.35, "3  normalise"), (0.95, "4  sum"), (-0.25, "5  decode")]


def box(ax, x, y, text, colour, pad=0.35):
    """A word on its colour; white is readable on the blue of the keys alone."""
    ax.text(x, y, text, ha="center", va="center", color="white" if colour == plot.KEY else plot.INK, weight="bold",
            bbox={"boxstyle": f"round,pad={pad}", "facecolor": colour, "edgecolor": "none"})


def arrow(ax, x, top, bottom, text, colour):
    ax.annotate("", (x, bottom), (x, top), arrowprops={"arrowstyle": "->", "color": colour})
    if text:
        plot.label(ax, x + 0.09, (top + bottom) / 2, text, color=colour, fontsize=9)


def draw():
    keys = np.arange(1, 6)
    scores = keys / 2
    amounts = np.exp(scores)
    weights = amounts / amounts.sum()
    fig, ax = plt.subplots(figsize=(7.8, 5.8))
    (encode, _), (score, _), (normalise, _), (add, _), (decode, _) = STEPS
    for y, name in STEPS:
        plot.label(ax, -1.9, y, name, weight="bold")
    box(ax, 0.02, score, "q 0.5", plot.QUERY)
    rail = score + 0.47                                                        # the query runs along it to every score
    ax.plot([0.02, 0.02, 5 * 1.35 - 0.24], [score + 0.24, rail, rail], color=plot.QUERY, linewidth=1.6)
    centre = 4.55
    for i, s, a, w in zip(keys, scores, amounts, weights):
        x = 1.35 * i
        box(ax, x - 0.12, encode, f"k {i}", plot.KEY)
        box(ax, x + 0.4, encode, f"v {i}", plot.VALUE)
        arrow(ax, x - 0.12, encode - 0.27, score + 0.2, "", plot.KEY)
        arrow(ax, x - 0.24, rail, score + 0.2, "", plot.QUERY)
        plot.label(ax, x - 0.12, score, f"0.5 · {i} = {s:.1f}", ha="center", fontsize=9)
        arrow(ax, x - 0.12, score - 0.18, normalise + 0.92, "exp", plot.MUTED)
        plot.label(ax, x - 0.12, normalise + 0.75, f"{a:.4f}", ha="center", fontsize=9)
        ax.add_patch(plt.Rectangle((x - 0.37, normalise - 0.42), 0.5, 2 * w, facecolor=plot.INK, alpha=0.75))
        plot.label(ax, x - 0.12, normalise - 0.58, f"{w:.4f}", ha="center", weight="bold", fontsize=9)
        ax.plot([x + 0.4] * 2, [encode - 0.24, score + 0.2], color=plot.VALUE, linewidth=1.2)
        ax.plot([x + 0.4] * 2, [score - 0.2, add + 0.17], color=plot.VALUE, linewidth=1.2)
        arrow(ax, x - 0.12, normalise - 0.75, add + 0.17, "", plot.MUTED)
        plot.label(ax, x + 0.08, add, f"{w:.4f} · {i}", ha="center", fontsize=9)
        ax.plot([x + 0.08, centre], [add - 0.18, decode + 0.33], color=plot.OUTPUT, linewidth=0.8 + 14 * w, solid_capstyle="round")
    plot.label(ax, 7.35, normalise + 0.75, f"total {amounts.sum():.4f}", fontsize=9)
    plot.label(ax, 7.35, normalise - 0.58, "total 1", weight="bold", fontsize=9)
    box(ax, centre, decode, f"output {weights @ keys:.4f}", plot.OUTPUT, 0.5)
    ax.annotate("", (6.6, decode), (5.5, decode), arrowprops={"arrowstyle": "->", "color": plot.OUTPUT})
    plot.label(ax, 6.7, decode, "decoder")
    ax.set(xlim=(-2, 8.6), ylim=(-0.6, 5.35))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
