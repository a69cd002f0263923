"""The worksheet of notebook 23: one query forward and backward, with blanks; the chapter's tables fill it in."""
import importlib.util
from pathlib import Path

from attnlib import plot

spec = importlib.util.spec_from_file_location("worksheet", Path(__file__).with_name("22_worksheet.py"))
sheet = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sheet)
WORDS = ["park", "ball", "dog"]
KEYS = [["0", "1", "0", "0"], ["ln 2", "0", "1", "0"], ["ln 3", "0", "0", "1"]]
VALUES = [["6", "0"], ["0", "6"], ["6", "6"]]


def blank(columns, rows=3):
    return [[""] * columns for _ in range(rows)]


def draw():
    fig, ax = sheet.plt.subplots(figsize=(8.27, 11.69))
    fig.subplots_adjust(0.03, 0.02, 0.99, 0.99)
    grid, step = sheet.grid, sheet.step
    step(ax, 13.5, "Given: a query, keys, values, and the output that is wanted.  L = half its squared distance to o.")
    grid(ax, 0.7, 12.7, [["2", "0", "0", "0"]], "q", plot.QUERY, True, rows=["it"])
    grid(ax, 0.7, 11.8, KEYS, "k", plot.KEY, True, rows=WORDS)
    grid(ax, 4.4, 11.8, VALUES, "v", plot.VALUE, True, rows=WORDS)
    grid(ax, 7.0, 12.7, [["6", "6"]], "wanted t", plot.INK, True, rows=[""])
    for y, text in [(11.65, "ln a + ln b = ln ab"), (11.3, "exp(ln a) = a")]:
        ax.text(7.0, y, text, va="center", fontsize=9, color=plot.MUTED)
    step(ax, 10.0, "1  Forward.  s = q · k ÷ 2,  amount = exp(s),  w = amount ÷ total,  o = sum of w × v.")
    grid(ax, 0.7, 9.1, blank(3), "s, amount, w", plot.INK, rows=WORDS)
    grid(ax, 4.4, 9.1, blank(2, 1), "output o", plot.OUTPUT, rows=[""])
    grid(ax, 7.0, 9.1, blank(1, 1), "L", plot.INK, rows=[""])
    step(ax, 7.3, "2  Back through loss and sum.  g_o = o − t.  For each key: g_w = g_o · v,  g_v = w × g_o.")
    grid(ax, 0.7, 6.4, blank(2, 1), "g_o", plot.ALARM, rows=[""])
    grid(ax, 2.9, 6.4, blank(1), "g_w", plot.ALARM, rows=WORDS)
    grid(ax, 5.0, 6.4, blank(2), "g_v", plot.ALARM, rows=WORDS)
    grid(ax, 7.3, 6.4, blank(2, 1), "check: column sums", plot.MUTED, rows=[""])
    step(ax, 4.6, "3  Back through softmax.  r = weighted average of the g_w.  For each key: g_s = w × (g_w − r).")
    grid(ax, 0.7, 3.7, blank(1, 1), "r", plot.ALARM, rows=[""])
    grid(ax, 2.9, 3.7, blank(2), "g_w − r, g_s", plot.ALARM, rows=WORDS)
    grid(ax, 5.2, 3.7, blank(1, 1), "check: sum of g_s", plot.MUTED, rows=[""])
    grid(ax, 7.6, 3.7, blank(1, 1), "check: g_o · o", plot.MUTED, rows=[""])
    step(ax, 1.9, "4  Back through the scores.  g_q = sum of g_s × k ÷ 2.  For each key: g_k = g_s × q ÷ 2.  Keep logarithms.")
    grid(ax, 6.6, 1.0, blank(4), "g_k", plot.ALARM, rows=WORDS)
    sheet.WIDTH = 1.25                                          # the first entry holds two logarithms
    grid(ax, 0.7, 1.0, blank(4, 1), "g_q", plot.ALARM, rows=["it"])
    ax.set(xlim=(-0.05, 10.15), ylim=(-0.4, 13.9))
    ax.axis("off")
    return fig


if __name__ == "__main__":
    draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})
