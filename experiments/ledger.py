"""The ledger of the applications: one row a comparison, ties and losses included.

A chapter's script hands its rows to `record`, which writes them into comparisons.csv in the chapter's data folder, and all
chapters' together into notebooks/data/results.csv.  `difference_low` and
`difference_high` bound attention minus baseline at 95 %, paired where the two answer the same items; the verdict follows from them:
`attention` if the system in that column is ahead by more than the interval, `baseline` if the other is, else `tie`.
`cpu_seconds` is what one training of the system in the column `attention` takes, the mean over its seeds, or one reading of its texts
where nothing is trained.

`note` holds the chapter's own words where it has a reservation.  Where it calls the comparison unfair the verdict is `void`: the
interval is kept and does not count.
"""
import math

import common

from attnlib.data import FILES

COLUMNS = ("chapter", "task", "data", "measure", "baseline", "baseline_score", "attention", "attention_score",
           "difference_low", "difference_high", "interval", "map_measure", "map_score", "cpu_seconds", "verdict", "note")


def verdict(low, high):
    """Which side the interval of attention minus baseline is on."""
    if not low <= high:
        raise ValueError(f"low, high: expected low <= high, got {low} and {high}")
    return "attention" if low > 0 else "baseline" if high < 0 else "tie"


def over_seeds(differences):
    """95 % interval of the mean of differences, one a seed, by Student's t."""
    from scipy.stats import t
    n, mean = len(differences), sum(differences) / len(differences)
    if n < 3:
        raise ValueError(f"differences: expected at least 3 seeds, got {n}")
    half = t.ppf(0.975, n - 1) * math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    return mean - half, mean + half


def rows():
    """The ledger as dictionaries of strings."""
    return [row for path in sorted(FILES.glob("*/comparisons.csv")) for row in common.read_table(path)]


def record(chapter, new):
    """Write `new`, the rows of `chapter`; scores get three decimals.

    A row is a dictionary of every column but chapter and verdict; `note` may be left out, and `void` may be True if there is one.
    """
    wanted, done = set(COLUMNS) - {"chapter", "verdict", "note"}, []
    for row in new:
        row = {"chapter": chapter, "note": "", **row}
        void = row.pop("void", False)
        if set(row) - {"chapter", "note"} != wanted:
            raise ValueError(f"row: expected the columns {sorted(wanted)}, got {sorted(row)}")
        if void and not row["note"]:
            raise ValueError("row: expected a note, since the verdict is void, got none")
        follows = verdict(row["difference_low"], row["difference_high"])
        done.append({k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()} | {"verdict": "void" if void else follows})
    (FILES / chapter).mkdir(exist_ok=True)
    common.write_table(FILES / chapter / "comparisons.csv", done, COLUMNS)
    common.write_table(FILES / "results.csv", rows(), COLUMNS)


def as_recorded(row):
    """A row of the ledger in the form that `record` takes."""
    bounds = {name: float(row[name]) for name in ("difference_low", "difference_high")}
    return {k: v for k, v in row.items() if k not in ("chapter", "verdict")} | bounds | {"void": row["verdict"] == "void"}
