"""Train every arm of 35_seq2seq and write notebooks/data/35_seq2seq/runs.csv: python experiments/35_seq2seq.py [more]

The notebook is the one place where data, models and measures are defined: this script takes the definitions that it
needs from its cells and runs none of its other lines.
The learning rate of each arm is chosen by the validation rows (`valid`, seed 0); the test rows are looked at with three seeds
(`test`).  Then the arms whose best rate was the lowest of the grid try a lower one (`lower`), and the arm without attention gets
ten times the steps, its rate chosen anew among four (`long_valid`), and three seeds (`long_test`).  About half an hour on one
core; with the word `more` only what follows after "Then" is trained, and all other rows stay.
"""
import csv
import sys

import common
import numpy as np

from attnlib.data import data_path
from attnlib.train import parameters

RATES, LOWER, LONG_RATES, SEEDS = (0.01, 0.02, 0.04), 0.005, (0.0025, 0.005, 0.01, 0.02), (0, 1, 2)


def measured(chapter, model, split):
    """Every number of one row of the table that depends on the model."""
    rows = {n: chapter.held_out(split, n) for n in range(1, 6)}
    result = {f"exact_{n}": f"{chapter.exact(model, rows[n]):.2f}" for n in rows}
    known = [row for n in (1, 2, 3) for row in rows[n]]
    result |= {name: f"{x:.3f}" for name, x in zip(("slip", "late_forced", "late_free"), chapter.exposure(model, known))}
    if hasattr(model.decoder, "attention"):
        result |= {name: f"{x:.3f}" for name, x in zip(("date_hits", "part_hits"), chapter.hits(model, known))}
    return result


def row(chapter, trained, pool, prefix, arm, rate, seed, steps):
    """One row of the table: a training, kept in `trained`, measured on the days of `pool`."""
    if (rate, seed) not in trained:
        trained[rate, seed] = chapter.train((chapter.ARMS | chapter.LOCAL)[arm], rate, seed, steps)
    model, losses, seconds = trained[rate, seed]
    result = {"split": prefix + pool, "arm": arm, "rate": rate, "seed": seed, "steps": steps, "parameters": parameters(model),
              "cpu_seconds": f"{seconds:.0f}", "loss": f"{np.mean(losses[-20:]):.3f}"} | measured(chapter, model, pool)
    print(*result.values(), file=sys.stderr, flush=True)
    return result


def chosen(rows):
    """The rate of the row with the most exact rows of one to three dates."""
    return max(rows, key=lambda r: sum(float(r[f"exact_{n}"]) for n in (1, 2, 3)))["rate"]


def searched(chapter, arm, prefix, rates, steps):
    """The rows of an arm: each rate on the validation rows, the best with each seed on the test rows."""
    trained = {}
    tried = [row(chapter, trained, "valid", prefix, arm, rate, SEEDS[0], steps) for rate in rates]
    return tried + [row(chapter, trained, "test", prefix, arm, chosen(tried), seed, steps) for seed in SEEDS]


def table():
    with open(data_path("35", "runs.csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main(more):
    chapter = common.taught("35", "ARMS", "LOCAL", "STEPS", "exact", "exposure", "held_out", "hits", "train")
    if more:
        rows = [r for r in table() if r["split"] in ("valid", "test")]
    else:
        rows = [r for arm in chapter.ARMS | chapter.LOCAL for r in searched(chapter, arm, "", RATES, chapter.STEPS)]
    for arm in chapter.ARMS | chapter.LOCAL:
        if float(chosen([r for r in rows if (r["split"], r["arm"]) == ("valid", arm)])) == RATES[0]:
            rows.append(row(chapter, {}, "valid", "", arm, LOWER, SEEDS[0], chapter.STEPS) | {"split": "lower"})
    rows += searched(chapter, "none", "long_", LONG_RATES, 10 * chapter.STEPS)
    common.write_table(data_path("35", "runs.csv"), rows)


if __name__ == "__main__":
    main(sys.argv[1:] == ["more"])
