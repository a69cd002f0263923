"""One look for every picture: colour-blind-safe colours (Okabe and Ito), no box, no title."""
import matplotlib.pyplot as plt
import numpy as np

KEYS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]      # first, second, third, fourth key
QUERY, KEY, VALUE, OUTPUT = "#CC79A7", "#0072B2", "#009E73", "#E69F00"     # what a thing is for
INK, MUTED, ALARM = "#222222", "#767676", "#D55E00"
WORDS = {QUERY: "#A26085", VALUE: "#008661", OUTPUT: "#9B6B00", ALARM: "#C15500"}      # the same colours where they write


def style():
    """Set the book's look for every picture that follows."""
    plt.rcParams.update({
        "figure.dpi": 100, "savefig.dpi": 100, "figure.constrained_layout.use": True, "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": INK,
        "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
        "lines.linewidth": 2, "legend.frameon": False, "text.color": INK, "svg.hashsalt": "attention"})        # the salt: the same bytes


def label(ax, x, y, text, **kind):
    """Write a word beside a curve, which spares the reader the walk to a legend; a colour of the book is darkened to 4.5 (WCAG 2.2)."""
    ax.text(x, y, text, **{"va": "center", "ha": "left"} | kind | {"color": WORDS.get(kind.get("color"), kind.get("color", INK))})


def signed(value):
    """Two decimals, a real minus sign, and no minus before zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def numbers(ax, image):
    """Write each entry of a heat map in its cell, in ink, white or, between the two, black: a contrast of at least 4.5 (WCAG 2.2)."""
    for (i, j), value in np.ndenumerate(image.get_array()):
        lit = np.array(image.cmap(image.norm(value))[:3]) ** 2.2 @ [0.2126, 0.7152, 0.0722]
        ax.text(j, i, signed(value), ha="center", va="center", fontsize=9, color=INK if lit > 0.251 else "black" if lit > 0.18 else "white")


def heatmap(ax, weights, queries, keys):
    """Draw weights (m, n) on the fixed scale 0 to 1, queries down, keys across; return the image, for `numbers` or a colour bar."""
    image = ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.set(xlabel="keys", ylabel="queries", xticks=range(len(keys)), xticklabels=keys,
           yticks=range(len(queries)), yticklabels=queries)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return image
