"""From kernel regression to the Transformer and after: one line for each of three strands; the years are in order, not to scale."""
import importlib
from pathlib import Path

import matplotlib.pyplot as plt

from attnlib import plot

importlib.import_module("01_networks")                      # its style
EARLY = [(0, 1964, "Nadaraya; Watson\nkernel regression", "weigh"), (1.5, 1980, "Posner\nattention without\neye movements", "look"),
         (2.6, 1989, "LeCun et al.\nconvolution", "layers"), (3.75, 1990, "Elman\nrecurrence", "layers"),
         (4.9, 1992, "Schmidhuber\nfast weights", "weigh"), (5.4, 1994, "Bengio et al.\nvanishing gradients", "layers"),
         (7.2, 1997, "Hochreiter, Schmidhuber\nLSTM", "layers"), (8.4, 1998, "Itti et al.\nsaliency map", "look"),
         (10.1, 2010, "Larochelle, Hinton\nlearned glimpses", "look"), (11.6, 2013, "Graves\nsoft window", "weigh")]
LATE = [(0, "2014 Jun", "Cho et al.\ngated unit,\nencoder–decoder", "layers"), (0.9, "2014 Jun", "Mnih et al.\nglimpses", "look"),
        (1.9, "2014 Sep", "Bahdanau et al.\nsoft alignment", "weigh"),
        (2.3, "2014 Sep", "Sutskever et al.\nsequence to sequence", "layers"),
        (3.4, "2014 Oct", "Graves et al.\nneural\nTuring machine", "weigh"), (4.4, "2015 Feb", "Xu et al.\ncaptions", "look"),
        (4.9, "2015 Mar", "Sukhbaatar et al.\nend-to-end memory", "weigh"), (6.4, "2015 Aug", "Luong et al.\ndot, general", "weigh"),
        (7.8, "2016 Sep", "Wu et al.\nGoogle's system", "weigh"), (9.2, "2017 Jun", "Vaswani et al.\nTransformer", "weigh"),
        (10.5, "2018 Oct", "Devlin et al.\nBERT", "weigh"), (11.6, "2020 Oct", "Dosovitskiy et al.\nViT", "look")]
ROW = {"layers": 2.0, "weigh": 1.0, "look": 0.0}
COLOUR = {"layers": plot.KEY, "weigh": plot.ALARM, "look": plot.VALUE}
MEANING = {"layers": "layers for\nsequences, images", "weigh": "weighted\naverages", "look": "looking at\nimages"}


def draw():
    fig, axes = plt.subplots(2, 1, figsize=(12.4, 6.2))
    for ax, events in zip(axes, (EARLY, LATE)):
        for strand, y in ROW.items():
            ax.plot([-0.6, 12.4], [y, y], color=COLOUR[strand], linewidth=1, alpha=0.35, zorder=1)
            ax.text(-0.75, y, MEANING[strand], ha="right", va="center", color=COLOUR[strand], weight="bold")
        for x, year, text, strand in events:
            y = ROW[strand]
            ax.plot(x, y, "o", color=COLOUR[strand], markersize=8, zorder=3)
            ax.text(x, y + 0.13, str(year), ha="center", va="bottom", fontsize=9, weight="bold")
            ax.text(x, y - 0.13, text, ha="center", va="top", fontsize=8.5)
        ax.set(xlim=(-2.5, 12.6), ylim=(-0.75, 2.45))
        ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
