"""The map of the book, drawn from notebooks/chapters.toml: the chapters, what each needs
directly, and the core route: arrows as far as part 4; a box of the later parts, far from what it needs, names it.  Only the places of the
boxes and the way of a few arrows are chosen here."""
import textwrap
import tomllib
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import attnlib
from attnlib import plot

plot.style()

CHAPTERS = tomllib.loads((Path(attnlib.__file__).parents[1] / "notebooks" / "chapters.toml").read_text(encoding="utf-8"))
SPELT = {"numpy": "NumPy", "pytorch": "PyTorch", "tensorflow": "TensorFlow", "lstm": "LSTM", "multi head": "multi-head",
         "self attention": "self-attention"}


def title(name):
    words = name[3:].replace("_", " ")
    for slug, spelt in SPELT.items():
        words = words.replace(slug, spelt)
    return textwrap.wrap(words, 16)


CHAPTERS = {name[:2]: entry | {"title": title(name)} for name, entry in CHAPTERS.items()}
PARTS = [("0 Background", 9, "00 01 02 03"), ("1 Formulas", 8, ". . 11 12 13 14 15 16"), ("2 By hand", 7, ". . . . 21 22 23"),
         ("3 Code", 6, ". . . 31 32 33 34"), ("", 5.1, ". . . . 35 36 . 37"), ("4 Language", 4.1, ". . . 44 41 42 43"),
         ("5 Vision", 2.95, "51 52 53"), ("6 Sound and several senses", 2.95, ". . . . 61 62 63"),
         ("7 Challenges", 1.95, "71 72 73 74 75 76 77 78 79"), ("8 Reference", 0.95, "81 82 83 84")]
PLACES = {number: (x, y) for _, y, row in PARTS for x, number in enumerate(row.split()) if number != "."}
BENDS = {"00 02": -0.35, "31 34": 0.19, "32 34": -0.3, "35 37": 0.2, "41 43": 0.22}               # arrows along a row that step over a box
ROADS = {"15 31": [(5.8, 7.71), (5.8, 7.5), (3, 7.5), (3, 6.6)],                                  # arrows with corners, from box to box
         "32 44": [(3.62, 5.71), (3.62, 5.5), (3.3, 5.5), (3.3, 4.6)]}
LATE = "5678"                                                # parts whose boxes name what they need
WIDTH, HEIGHT = 0.86, 0.58


def everything(number):
    """A chapter's needs with all that they need."""
    direct = {name[:2] for name in CHAPTERS[number].get("needs", [])}
    return direct.union(*map(everything, direct))


def direct(number):
    """The needs of a chapter that no other need of it holds already."""
    needs = {name[:2] for name in CHAPTERS[number].get("needs", [])}
    return [need for need in sorted(needs) if not any(need in everything(other) for other in needs - {need})]


def arrow(ax, need, number):
    route = all(CHAPTERS[n].get("route") for n in (need, number))
    (x0, y0), (x1, y1) = PLACES[need], PLACES[number]
    head = {"arrowstyle": "-|>,head_width=0.25,head_length=0.4", "color": plot.ALARM if route else plot.MUTED,
            "linewidth": 2.6 if route else 1.1, "shrinkA": 0, "shrinkB": 1}
    bend = BENDS.get(f"{need} {number}", 0)
    if f"{need} {number}" in ROADS:
        corners = ROADS[f"{need} {number}"]
        ax.plot(*zip(*corners), color=plot.MUTED, linewidth=1.1, zorder=1)
        start, end = corners[-1], (corners[-1][0], y1 + HEIGHT / 2) if corners[-1][1] > y1 else (x1 - WIDTH / 2, y1)
    elif bend:
        side = HEIGHT / 2 * (1 if bend < 0 else -1)
        start, end = (x0 + 0.25, y0 + side), (x1 - 0.25, y1 + side)
    elif y0 == y1:
        start, end = (x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1)
    else:
        start, end = (x0 + 0.25 * (x1 - x0), y0 - HEIGHT / 2), (x1 - 0.25 * (x1 - x0), y1 + HEIGHT / 2)
    ax.annotate("", end, start, zorder=5 if route else 2, arrowprops=head | {"connectionstyle": f"arc3,rad={bend}"})


def box(ax, number):
    (x, y), names = PLACES[number], number[0] in LATE
    ax.add_patch(plt.Rectangle((x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, facecolor=plot.KEY, edgecolor="none", zorder=3))
    ax.text(x - 0.38, y + 0.18, number, va="center", weight="bold", fontsize=8.5, color="white", zorder=4)
    ax.text(x, y - 0.02 if names else y - 0.08, "\n".join(CHAPTERS[number]["title"]), ha="center", va="center", fontsize=7.3, color="white",
            linespacing=0.95, zorder=4)
    if names:
        ax.text(x, y - 0.21, f"after {', '.join(direct(number))}", ha="center", va="center", fontsize=6.3, color="white", zorder=4)


def draw():
    assert set(PLACES) == set(CHAPTERS), set(PLACES) ^ set(CHAPTERS)
    fig, ax = plt.subplots(figsize=(10, 9.6))
    for name, y, row in PARTS:
        xs = [PLACES[number][0] for number in row.split() if number != "."]
        ax.add_patch(plt.Rectangle((min(xs) - 0.5, y - 0.39), max(xs) - min(xs) + 1, 0.78, facecolor="#F3F3F3", edgecolor="none", zorder=0))
        above = min(xs) == 0 or y < 4                                             # else there is room at the left
        ax.text(min(xs) - 0.5 if above else -0.5, y + 0.42 if above else y, name, va="bottom" if above else "center", fontsize=9.5,
                color=plot.MUTED)
    for number in CHAPTERS:
        box(ax, number)
    for number in CHAPTERS:
        for need in direct(number) if number[0] not in LATE else []:
            arrow(ax, need, number)
    legend(ax)
    ax.set(xlim=(-0.55, 8.6), ylim=(0.5, 9.75))
    ax.axis("off")
    return fig


def legend(ax):
    for y, colour, width, text in [(8.85, plot.MUTED, 1.1, "is needed by"), (8.55, plot.ALARM, 2.6, "core route")]:
        ax.annotate("", (5.93, y), (5.57, y), arrowprops={"arrowstyle": "-|>,head_width=0.25,head_length=0.4", "shrinkA": 0, "shrinkB": 0,
                                                          "color": colour, "linewidth": width})
        ax.text(6.05, y, text, va="center", fontsize=9)


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
