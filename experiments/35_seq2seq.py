"""Train every arm of 35_seq2seq and write notebooks/data/35_seq2seq/runs.csv: python experiments/35_seq2seq.py [more]

The notebook is the one place where data, models and measures are defined: this script takes the definitions that it
needs from its cells and runs none of its other lines.
The learning rate of each arm is chosen by the validation rows (`valid`, seed 0); the test rows are looked at with three seeds
(`test`).  Then the arms whose best rate was the lowest of the grid try a lower one (`lower`), and the arm without attention gets
ten times the steps, its rate chosen anew among four (`long_valid`), and three seeds (`long_test`).  About half an hour on one
core; with the word `more` only what follows after "Then" is trained, and all other rows stay.
"""
import sys

import common
import fair_play
import numpy as np

from attnlib.data import data_path
from attnlib.tasks.dates import held_out
from attnlib.train import parameters

CHAPTER = common.taught("35", "ARMS", "LOCAL", "STEPS", "exact", "exposure", "hits", "train")
ARMS, STEPS = CHAPTER.ARMS | CHAPTER.LOCAL, CHAPTER.STEPS
RATES, LOWER, LONG_RATES, SEEDS = (0.01, 0.02, 0.04), 0.005, (0.0025, 0.005, 0.01, 0.02), (0, 1, 2)


def measured(model, split):
    """Every number of one row of the table that depends on the model."""
    rows = {n: held_out(split, n) for n in range(1, 6)}
    result = {f"exact_{n}": f"{CHAPTER.exact(model, rows[n]):.2f}" for n in rows}
    known = [row for n in (1, 2, 3) for row in rows[n]]
    result |= {name: f"{x:.3f}" for name, x in zip(("slip", "late_forced", "late_free"), CHAPTER.exposure(model, known))}
    if hasattr(model.decoder, "attention"):
        result |= {name: f"{x:.3f}" for name, x in zip(("date_hits", "part_hits"), CHAPTER.hits(model, known))}
    return result


@common.kept
def row(split, arm, rate, seed, steps=STEPS):
    """One training, measured on the validation or the test days."""
    model, losses, seconds = CHAPTER.train(ARMS[arm], rate, seed, steps)
    return {"split": split, "arm": arm, "rate": rate, "seed": seed, "steps": steps, "parameters": parameters(model),
            "cpu_seconds": f"{seconds:.0f}", "loss": f"{np.mean(losses[-20:]):.3f}"} | measured(model, split)


def exact_rows(rows):
    """Exact rows of one to three dates."""
    return sum(float(r[f"exact_{n}"]) for r in rows for n in (1, 2, 3))


def searched(arm, rates, steps=STEPS):
    """The rows of an arm: each rate on the validation rows, the best with each seed on the test rows."""
    tried, tested = fair_play.sweep(lambda split, rate, seed: row(split, arm, rate, seed, steps), rates, exact_rows, SEEDS)
    return [*(r for rows in tried.values() for r in rows), *tested]


def main(more):
    if more:
        rows = [r for r in common.read_table(data_path("35", "runs.csv")) if r["split"] in ("valid", "test")]
    else:
        rows = [r for arm in ARMS for r in searched(arm, RATES)]
    for arm in ARMS:
        if float(next(r["rate"] for r in rows if (r["split"], r["arm"]) == ("test", arm))) == RATES[0]:
            rows.append(row("valid", arm, LOWER, SEEDS[0]) | {"split": "lower"})
    rows += [r | {"split": f"long_{r['split']}"} for r in searched("none", LONG_RATES, 10 * STEPS)]
    common.write_table(data_path("35", "runs.csv"), rows)


if __name__ == "__main__":
    main(sys.argv[1:] == ["more"])
