"""The map of the book: notebooks that are there (filled) and planned (outline), what each needs, and the core route."""
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from attnlib import plot

plot.style()

THERE = set("00 01 02 11 12 13 14 15 16 21 22 23 31 32 33 34 35 36 37 41 42 43 44".split())
PARTS = [("0 Background", 8, [("00", 0, "start here"), ("01", 1, "background"), ("02", 2, "core idea")]),
         ("1 Formulas", 7, [("11", 2, "scores"), ("12", 3, "softmax"), ("13", 4, "masks"), ("14", 5, "query, key,\nvalue"),
                            ("15", 6, "multi-head"), ("16", 7, "position")]),
         ("2 By hand", 6, [("21", 3, "one query\nby hand"), ("22", 5, "self-attention\nby hand"), ("23", 6, "gradients\nby hand")]),
         ("3 Code", 5, [("31", 2, "NumPy"), ("32", 3, "PyTorch"), ("33", 4, "TensorFlow"), ("34", 5, "one answer"),
                        ("35", 6, "seq2seq"), ("36", 7, "LSTM\nclassifier"), ("37", 8, "transformer")]),
         ("4 Language", 4, [("41", 3, "translation"), ("42", 6, "sentiment"), ("43", 7, "summa-\nrization"),
                            ("44", 8, "question\nanswering")]),
         ("5 Vision", 3, [("51", 0, "image\nclassification"), ("52", 1, "object\ndetection"), ("53", 2, "segmentation")]),
         ("6 Sound and several senses", 3, [("61", 4, "speech"), ("62", 5, "video"), ("63", 6, "visual\nquestions")]),
         ("7 Challenges", 2, [(f"7{i + 1}", i, name) for i, name in enumerate(
             ["cost", "efficient\nattention", "decoding", "interpret-\nability", "pretrained\nencoder", "generali-\nzation", "training",
              "privacy", "many\nprocesses"])]),
         ("8 Reference", 1, [("81", 0, "questions"), ("82", 1, "bug zoo"), ("83", 2, "source\naudit"), ("84", 3, "resources")])]
NEEDS = ["00 01", "12 13", "13 14", "14 15", "15 16", "21 22", "22 23", "21 31", "31 34", "32 34", "33 34", "34 35", "35 36",
         "16 37", "36 42", "37 43", "37 44"]
ROUTE = ["00 02", "02 11", "11 12", "12 21", "21 32", "21 33", "32 41"]
WIDTH, HEIGHT = 0.84, 0.56
HEAD = {"arrowstyle": "-|>,head_width=0.25,head_length=0.4", "shrinkA": 0}
PLACES = {number: (x, y) for _, y, boxes in PARTS for number, x, _ in boxes}
BENDS = {"00 02": -0.32, "31 34": 0.13, "32 34": 0.13}


def arrow(ax, pair, colour, width, order):
    (x0, y0), (x1, y1) = (PLACES[number] for number in pair.split())
    if y0 == y1:
        bend = BENDS.get(pair, 0)
        dy = -bend / abs(bend) * HEIGHT / 2 if bend else 0
        start, end = ((x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1)) if not bend else ((x0 + 0.2, y0 + dy), (x1 - 0.2, y1 + dy))
    else:
        start, end, bend = (x0 + 0.25 * (x1 - x0), y0 - HEIGHT / 2), (x1 - 0.25 * (x1 - x0), y1 + HEIGHT / 2), 0
    ax.annotate("", end, start, zorder=order, arrowprops=HEAD | {"color": colour, "linewidth": width, "shrinkB": 1,
                                                                 "connectionstyle": f"arc3,rad={bend}"})


def draw():
    fig, ax = plt.subplots(figsize=(10, 8.6))
    for name, y, boxes in PARTS:
        first, last = boxes[0][1], 4 if name == "5 Vision" else boxes[-1][1]     # 5 and 6 share a band
        ax.add_patch(plt.Rectangle((first - 0.5, y - 0.37), last - first + 1, 0.74, facecolor="#F3F3F3", edgecolor="none", zorder=0))
        if 1 < y < 8 and y not in (2, 3):
            ax.text(first - 0.6, y, name, ha="right", va="center", fontsize=9.5, color=plot.MUTED)
        else:
            ax.text(first - 0.5, y + 0.4, name, ha="left", va="bottom", fontsize=9.5, color=plot.MUTED)
        for number, x, title in boxes:
            there = number in THERE
            ax.add_patch(plt.Rectangle((x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, facecolor=plot.KEY if there else "white",
                                       edgecolor=plot.KEY if there else plot.MUTED, linewidth=1,
                                       linestyle="-" if there else "--", zorder=3))
            colour, lines = "white" if there else plot.INK, title.count("\n")
            ax.text(x, y + 0.15 + 0.02 * lines, number, ha="center", va="center", weight="bold", fontsize=8.5, color=colour, zorder=4)
            ax.text(x, y - 0.09, title, ha="center", va="center", fontsize=7.5, color=colour, linespacing=0.95, zorder=4)
    for pair in NEEDS:
        arrow(ax, pair, plot.MUTED, 1.1, 2)
    for pair in ROUTE:
        arrow(ax, pair, plot.ALARM, 2.6, 5)
    right = PLACES["37"][0] + 0.66
    ax.plot([right - 0.24, right, right], [5, 5, 1], color=plot.MUTED, linewidth=1.1, zorder=1)
    for y, x in ((3, 6.5), (2, 8.5), (1, 3.5)):
        ax.annotate("", (x, y), (right, y), arrowprops=HEAD | {"color": plot.MUTED, "linewidth": 1.1, "shrinkB": 0})
    legend(ax)
    ax.set(xlim=(-0.55, 8.8), ylim=(0.55, 8.8))
    ax.axis("off")
    return fig


def legend(ax):
    for y, style, text in [(8.3, "there", "a notebook that is there"), (7.95, "planned", "planned"), (7.6, "needs", "what you need first"),
                           (7.25, "route", "core route")]:
        if style in ("there", "planned"):
            ax.add_patch(plt.Rectangle((4.05, y + 0.27), 0.3, 0.2, facecolor=plot.KEY if style == "there" else "white",
                                       edgecolor=plot.KEY if style == "there" else plot.MUTED, linestyle="-" if style == "there" else "--"))
        else:
            colour, width = (plot.ALARM, 2.6) if style == "route" else (plot.MUTED, 1.1)
            ax.annotate("", (4.38, y + 0.37), (4.02, y + 0.37), arrowprops=HEAD | {"color": colour, "linewidth": width, "shrinkB": 0})
        ax.text(4.5, y + 0.37, text, va="center", fontsize=9)


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
