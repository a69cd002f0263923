"""Train every arm of 35_seq2seq and write notebooks/data/seq2seq.csv: python tools/seq2seq.py

The notebook is the one place where data, models and measures are defined: this script takes the definitions that it
needs from its cells and runs none of its other lines.
The learning rate of each arm is chosen by the validation rows (`valid`, seed 0); the test rows are looked at with three seeds
(`test`).  Ten to fourteen minutes on one core.
"""
import os
import sys

import book

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np  # noqa: E402

from attnlib.data import FILES  # noqa: E402
from attnlib.train import parameters  # noqa: E402

RATES, SEEDS = (0.01, 0.02, 0.04), (0, 1, 2)


def measured(chapter, model, split):
    """Every number of one row of the table that depends on the model."""
    rows = {n: chapter.held_out(split, n) for n in range(1, 6)}
    result = {f"exact_{n}": f"{chapter.exact(model, rows[n]):.2f}" for n in rows}
    known = [row for n in (1, 2, 3) for row in rows[n]]
    result |= {name: f"{x:.3f}" for name, x in zip(("slip", "late_forced", "late_free"), chapter.exposure(model, known))}
    if hasattr(model.decoder, "attention"):
        result |= {name: f"{x:.3f}" for name, x in zip(("date_hits", "part_hits"), chapter.hits(model, known))}
    return result


def main():
    chapter, rows = book.taught("35", "ARMS", "exact", "exposure", "held_out", "hits", "train"), []
    for arm in chapter.ARMS:
        trained = {}

        def row(split, rate, seed, arm=arm, trained=trained):
            if (rate, seed) not in trained:
                trained[rate, seed] = chapter.train(arm, rate, seed)
            model, losses, seconds = trained[rate, seed]
            head = {"split": split, "arm": arm, "rate": rate, "seed": seed, "parameters": parameters(model),
                    "cpu_seconds": f"{seconds:.0f}", "loss": f"{np.mean(losses[-20:]):.3f}"}
            rows.append(head | measured(chapter, model, split))
            print(*rows[-1].values(), file=sys.stderr, flush=True)

        for rate in RATES:
            row("valid", rate, SEEDS[0])
        best = max(rows[-len(RATES):], key=lambda r: sum(float(r[f"exact_{n}"]) for n in (1, 2, 3)))["rate"]
        for seed in SEEDS:
            row("test", best, seed)
    book.write_table(FILES / "seq2seq.csv", rows)


if __name__ == "__main__":
    main()
