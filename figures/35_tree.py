"""The readings of 10/11/12 as a tree of next words, with the ways that greedy search and two beams take."""
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

NODES = {"start": (0, 2.0), "empty": (2.2, 4.0), "12": (2.2, 2.6), "10": (2.2, 0.4), "12-10": (4.4, 3.2), "12-11": (4.4, 2.0),
         "10-11": (4.4, 0.4), "12-10-11": (6.6, 3.2), "12-11-10": (6.6, 2.0), "10-11-12": (6.6, 0.4)}
TEXT = {"start": "10/11/12", "empty": "end", "12": "2012", "10": "2010", "12-10": "10", "12-11": "11", "10-11": "11",
        "12-10-11": "11", "12-11-10": "10", "10-11-12": "12"}
EDGES = [("start", "empty", "7/21"), ("start", "12", "8/21"), ("start", "10", "6/21"), ("12", "12-10", "1/2"), ("12", "12-11", "1/2"),
         ("10", "10-11", "1"), ("12-10", "12-10-11", "1"), ("12-11", "12-11-10", "1"), ("10-11", "10-11-12", "1")]
ENDS = [("empty", "left empty: 7/21", "most probable", plot.KEYS[0]), ("12-10-11", "11 October 2012: 4/21", "greedy: one of", plot.ALARM),
        ("12-11-10", "10 November 2012: 4/21", "these two", plot.ALARM),
        ("10-11-12", "12 November 2010: 6/21", "most probable date", plot.KEYS[2])]


def draw():
    fig, ax = plt.subplots(figsize=(9.6, 3.3))
    for start, end, share in EDGES:
        (x, y), (u, v) = NODES[start], NODES[end]
        colour = {"empty": plot.KEYS[0]}.get(end, plot.KEYS[2] if end.startswith("10") else plot.MUTED)
        colour = plot.ALARM if end .startswith("12") else colour
        ax.plot([x + 0.55, u - 0.4], [y, v], color=colour, linewidth=1.8, zorder=1)
        ax.text((x + u + 0.15) / 2, (y + v) / 2, share, ha="center", va="center", fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
    for name, (x, y) in NODES.items():
        ax.text(x, y, TEXT[name], ha="center", va="center", weight="bold")
    for name, text, remark, colour in ENDS:
        x, y = NODES[name]
        ax.text(7.1 if name != "empty" else 2.75, y, text, ha="left", va="center", color=colour)
        if remark:
            ax.text(10.05 if name != "empty" else 4.75, y, remark, ha="left", va="center", color=colour, weight="bold")
    for x, text in ((2.2, "year"), (4.4, "month"), (6.6, "day")):
        ax.text(x, 4.7, text, ha="center", va="center", color=plot.MUTED)
    ax.set(xlim=(-0.7, 12.4), ylim=(0, 5.0))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    plot.style()
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
