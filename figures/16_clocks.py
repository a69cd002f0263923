"""Draw places as clocks with a fast and a slow hand, and a query and a key that are turned by their places."""
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from attnlib import plot


def dial(ax, x, y, hands, radius=0.42):
    """One clock face; `hands` holds an angle, counted from the top clockwise, and a colour for each."""
    ax.add_patch(plt.Circle((x, y), radius, facecolor="white", edgecolor=plot.MUTED, linewidth=1))
    for angle, colour in hands:
        tip = x + 0.9 * radius * np.sin(angle), y + 0.9 * radius * np.cos(angle)
        ax.plot([x, tip[0]], [y, tip[1]], color=colour, linewidth=2.4, solid_capstyle="round")
    ax.plot([x], [y], "o", color=plot.INK, markersize=3)


def turned(ax, x, key, query):
    """A key and a query of one direction, turned by 60 degrees for each place, and the arc between them."""
    a, b = key * np.pi / 3, query * np.pi / 3
    dial(ax, x, 0.85, [(a, plot.KEY), (b, plot.QUERY)], radius=0.85)
    arc = np.linspace(a, b, 40)
    ax.plot(x + 0.4 * np.sin(arc), 0.85 + 0.4 * np.cos(arc), color=plot.INK, linewidth=1)
    middle = (a + b) / 2
    plot.label(ax, x + 0.58 * np.sin(middle), 0.85 + 0.58 * np.cos(middle), "120°", ha="center", fontsize=8)
    plot.label(ax, x, -0.3, f"key at {key}", ha="right", color=plot.KEY, fontsize=9)
    plot.label(ax, x + 0.12, -0.3, f"query at {query}", ha="left", color=plot.QUERY, fontsize=9)


def draw():
    fig, ax = plt.subplots(figsize=(9.6, 2.9))
    for place in range(6):
        plot.label(ax, place, 2.35, str(place), ha="center", weight="bold")
        dial(ax, place, 1.6, [(place * np.pi / 3, plot.KEYS[0])])
        dial(ax, place, 0.45, [(place * np.pi / 12, plot.KEYS[1])])
    for y, text, colour in [(2.35, "place", plot.INK), (1.6, "fast hand\n60° a place", plot.KEYS[0]),
                            (0.45, "slow hand\n15° a place", plot.KEYS[1])]:
        plot.label(ax, -0.75, y, text, ha="right", color=colour, fontsize=9)
    ax.plot([5.95, 5.95], [-0.4, 2.5], color="#DDDDDD", linewidth=1)
    for x, key, query in [(7.25, 0, 2), (9.75, 3, 5)]:
        turned(ax, x, key, query)
    plot.label(ax, 8.5, 2.35, "turned by their places: the angle between stays", ha="center", weight="bold", fontsize=9)
    ax.set(xlim=(-2.0, 11.0), ylim=(-0.55, 2.6), aspect="equal")
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
