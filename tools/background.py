"""Train every arm of 01_background and write notebooks/data/background.csv: python tools/background.py

The tasks, the model, its loss and its score are the notebook's own cells, read from there.  For each arm the learning rate is
chosen on lists that serve for nothing else (rows `valid`, one seed), then three seeds are trained with it and tested on further lists
(rows `test`).  The twelve arms of the chapter (two tasks, three cells, with and without attention) get the same rates and the same 500
steps.  Five more ask why copying fails without attention: an LSTM whose forget gate starts open (`open`), a GRU that is half or twice
as wide (`narrow`, `wide`) or trained four times as long (`long`), and the opened LSTM trained four times as long (`open long`), the
last two at three of the rates.  About ten minutes on one core.
"""
import os
import sys
import time

import book

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np  # noqa: E402
import torch  # noqa: E402

from attnlib.data import FILES  # noqa: E402
from attnlib.train import fit, parameters, reproducible  # noqa: E402

RATES, SEEDS, LENGTHS = (0.003, 0.01, 0.03, 0.1), (0, 1, 2), range(2, 21, 2)
ARMS = [*((task, cell, attention, "") for task in ("copy", "reverse") for cell in ("RNN", "LSTM", "GRU") for attention in (False, True)),
        ("copy", "LSTM", False, "open"), *(("copy", "GRU", False, variant) for variant in ("narrow", "wide", "long")),
        ("copy", "LSTM", False, "open long")]
OPEN = 4.0                                                  # added to the forget gate's bias: sigmoid(4) is 0.98


def row(chapter, split, arm, rate, seed):
    task, cell, attention, variant = arm
    width, steps = {"narrow": 24, "wide": 96}.get(variant, 48), 2000 if "long" in variant else 500
    reproducible(seed)
    model = chapter.Copier(cell, attention, width)
    if "open" in variant:
        with torch.no_grad():
            for layer in (model.encoder, model.decoder):
                layer.bias_hh_l0[width:2 * width] += OPEN
    rng, start = np.random.default_rng(seed), time.process_time()
    fit(model, lambda step: chapter.surprise(model, task, rng), steps, rate)
    result = {"split": split, "task": task, "cell": cell, "attention": "yes" if attention else "no", "variant": variant, "rate": rate,
              "width": width, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{time.process_time() - start:.1f}"}
    scores = {n: chapter.score(model, task, n, split) for n in LENGTHS}
    for i, name in enumerate(("symbols", "lists")):
        result |= {f"{name}_{n}": f"{scores[n][i]:.3f}" for n in LENGTHS}
    print(*result.values(), file=sys.stderr, flush=True)
    return result


def main():
    chapter = book.taught("01", "Copier", "surprise", "score")
    rows = []
    for arm in ARMS:
        valid = [row(chapter, "valid", arm, rate, seed=0) for rate in (RATES[1:] if "long" in arm[-1] else RATES)]
        best = max(valid, key=lambda r: sum(float(r[f"symbols_{n}"]) for n in LENGTHS if n <= 10))
        rows += valid + [row(chapter, "test", arm, best["rate"], seed) for seed in SEEDS]
    book.write_table(FILES / "background.csv", rows)


if __name__ == "__main__":
    main()
