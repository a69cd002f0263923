"""The ledger of the applications, notebooks/data/results.csv: one row a comparison, ties and losses included.

A chapter's script hands its rows to `record`, which puts them in place of that chapter's old ones.  `difference_low` and
`difference_high` bound attention minus baseline at 95 %, paired where the two answer the same items; the verdict follows from them.
"""
import csv
import math

import book

from attnlib.data import FILES

PATH = FILES / "results.csv"
COLUMNS = ("chapter", "task", "data", "measure", "baseline", "baseline_score", "attention", "attention_score",
           "difference_low", "difference_high", "interval", "map_measure", "map_score", "cpu_seconds", "verdict")


def verdict(low, high):
    """Which side the interval of attention minus baseline is on."""
    if not low <= high:
        raise ValueError(f"low <= high was wanted, {low} and {high} came")
    return "attention" if low > 0 else "baseline" if high < 0 else "tie"


def over_seeds(differences):
    """95 % interval of the mean of differences, one a seed, by Student's t."""
    from scipy.stats import t
    n, mean = len(differences), sum(differences) / len(differences)
    if n < 3:
        raise ValueError(f"differences: at least 3 seeds were wanted, {n} came")
    half = t.ppf(0.975, n - 1) * math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    return mean - half, mean + half


def rows():
    """The ledger as dictionaries of strings."""
    if not PATH.exists():
        return []
    with open(PATH, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def record(chapter, new):
    """Put `new`, dictionaries of every column but chapter and verdict, in place of the rows of `chapter`; scores get three decimals."""
    wanted = set(COLUMNS) - {"chapter", "verdict"}
    for row in new:
        if set(row) != wanted:
            raise ValueError(f"row: the columns {sorted(wanted)} were wanted, {sorted(row)} came")
    new = [{"chapter": chapter, **row, "verdict": verdict(row["difference_low"], row["difference_high"])} for row in new]
    new = [{k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()} for row in new]
    kept = [row for row in rows() if row["chapter"] != chapter]
    book.write_table(PATH, sorted(kept + new, key=lambda row: row["chapter"]), COLUMNS)
