"""Train every arm of 01_background and write notebooks/data/01_background/runs.csv: python experiments/01_background.py

The tasks, the model, its loss and its score are the notebook's own cells, read from there.  For each arm the learning rate is
chosen on lists that serve for nothing else (rows `valid`, one seed), then three seeds are trained with it and tested on further lists
(rows `test`).  The twelve arms of the chapter (two tasks, three cells, with and without attention) get the same rates and the same 500
steps.  The others change one thing or two: the words of `variant` say what.

    open         an LSTM's forget gate starts at 0.98
    orthogonal   a plain RNN's recurrent matrix starts orthogonal
    narrow wide  24 or 96 units in place of 48
    long         2,000 steps, at three of the rates
    longer       8,000 steps, at the rate that was chosen for 2,000
    14           training lists of up to 14 symbols in place of 10

About twenty minutes on one core.
"""
import time

import common
import fair_play
import numpy as np
import torch

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("01", "Copier", "surprise", "score")
RATES, SEEDS, LENGTHS = (0.003, 0.01, 0.03, 0.1), (0, 1, 2), range(2, 21, 2)
ARMS = [*((task, cell, attention, "") for task in ("copy", "reverse") for cell in ("RNN", "LSTM", "GRU") for attention in (False, True)),
        *(("copy", "LSTM", False, variant) for variant in ("open", "long", "open long", "open 14", "open 14 long", "open 14 longer")),
        *(("copy", "GRU", False, variant) for variant in ("narrow", "wide", "long", "wide long")),
        ("copy", "RNN", False, "orthogonal"), ("copy", "RNN", True, "14")]
STEPS = {"long": 2000, "longer": 8000}
OPEN = 4.0                                                  # added to the gate's bias: sigmoid(4) is 0.98


def longest(variant):
    """Symbols of the longest training list."""
    return 14 if "14" in variant.split() else 10


@common.kept
def row(split, task, cell, attention, variant, rate, seed):
    words = variant.split()
    width, steps = next((w for name, w in (("narrow", 24), ("wide", 96)) if name in words), 48), STEPS.get(variant.split(" ")[-1], 500)
    reproducible(seed)
    model = CHAPTER.Copier(cell, attention, width)
    with torch.no_grad():
        for layer in (model.encoder, model.decoder):
            if "open" in words:
                layer.bias_hh_l0[width:2 * width] += OPEN   # the second of four blocks is the forget gate
            if "orthogonal" in words:
                torch.nn.init.orthogonal_(layer.weight_hh_l0)
    rng, start = np.random.default_rng(seed), time.process_time()
    fit(model, lambda step: CHAPTER.surprise(model, task, rng, longest(variant)), steps, rate)
    result = {"split": split, "task": task, "cell": cell, "attention": "yes" if attention else "no", "variant": variant, "rate": rate,
              "width": width, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{time.process_time() - start:.1f}"}
    scores = {n: CHAPTER.score(model, task, n, split) for n in LENGTHS}
    for i, name in enumerate(("symbols", "lists")):
        result |= {f"{name}_{n}": f"{scores[n][i]:.3f}" for n in LENGTHS}
    return result


def symbols_right(rows):
    """Symbols right over the lengths that occur in training."""
    return sum(float(r[f"symbols_{n}"]) for r in rows for n in LENGTHS if n <= longest(r["variant"]))


def main():
    rows, best = [], {}
    for arm in ARMS:
        def run(split, rate, seed, arm=arm):
            return row(split, *arm, rate, seed)
        if arm[-1].endswith("longer"):
            rows += [run("test", best[*arm[:-1], arm[-1].replace("longer", "long")], seed) for seed in SEEDS]
        else:
            tried, tested = fair_play.sweep(run, RATES[1:] if arm[-1].endswith("long") else RATES, symbols_right, SEEDS)
            rows += [*(r for one in tried.values() for r in one), *tested]
            best[arm] = tested[0]["rate"]
    common.write_table(data_path("01", "runs.csv"), rows)


if __name__ == "__main__":
    main()
