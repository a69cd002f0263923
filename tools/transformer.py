"""Train every run of 37_transformer and write notebooks/data/transformer.csv: python tools/transformer.py [zh]

Rows `copy`: the copy task in both orders of the norm, with and without warm-up, at two rates, three seeds each.  Rows `valid`
choose the rate of the translator on the validation lists of 41 (seed 0), rows `test` train it with three seeds and look
at the test lists, and again with `tied` tables and `unscaled` (no root of the width); `smoothed` (labels, 0.1) and `wide`
(twice the batch) have one seed.  Rows `zh_valid` and `zh` do the same for Chinese and are shown in 41_translation; with the word `zh`
they alone are trained and all other rows stay.  Data and measures are those of tools/translation.py, what belongs to the copy task is
taken from the notebook's cells.  About ten minutes on one core.
"""
import csv
import os
import sys
import time
from unittest import mock

import book

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np  # noqa: E402
import translation  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

from attnlib import pytorch  # noqa: E402
from attnlib.data import FILES, PAD, Vocabulary, held_out_lists, training_lists  # noqa: E402
from attnlib.train import fit, parameters, reproducible  # noqa: E402

RATES, SEEDS = (0.005, 0.007, 0.01, 0.02), (0, 1, 2)
STEPS, BATCH = 350, 20
KINDS = {"wide": (STEPS, 2 * BATCH)}


def unscaled(table, words, placed=pytorch.placed):
    """Word vectors without the root of the width."""
    return placed(table, words) - (table.embedding_dim ** 0.5 - 1) * table(words)


def copy_row(chapter, pre_norm, warmup, rate, seed):
    """Six layers with Glorot's first weights, 150 steps."""
    reproducible(seed)
    model = chapter.glorot(pytorch.Transformer(13, 13, layers=6, pre_norm=pre_norm))
    start = time.process_time()
    losses = chapter.train_copier(model, 150, rate, seed, batch=16, warmup=warmup)
    return {"run": "copy", "pre_norm": int(pre_norm), "warmup": warmup, "rate": rate, "seed": seed, "layers": 6, "steps": 150, "batch": 16,
            "parameters": parameters(model), "cpu_seconds": f"{time.process_time() - start:.0f}", "loss": f"{np.mean(losses[-20:]):.3f}",
            "copied": f"{chapter.copied(model, 200):.3f}"}


def train(rate, seed, steps=STEPS, batch=BATCH, tied=False, smoothing=0.0, language="fr"):
    """-> translator from English, both vocabularies, losses, CPU seconds of the training."""
    reproducible(seed)
    english, other = Vocabulary("en"), Vocabulary(language)
    lists = training_lists(steps * batch, seed)
    batches = [translation.tensors(lists[i:i + batch], english, other) for i in range(0, len(lists), batch)]
    model = pytorch.Transformer(len(english.words), len(other.words), tied=tied)

    def loss(step):
        source, target = batches[step]
        scores, _ = model(source, target)
        return cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=PAD, label_smoothing=smoothing)

    start = time.process_time()
    losses = fit(model, loss, steps, rate)
    return model, english, other, losses, time.process_time() - start


def translation_row(run, rate, seed):
    steps, batch = KINDS.get(run, (STEPS, BATCH))
    with mock.patch.object(pytorch, "placed", unscaled if run == "unscaled" else pytorch.placed):
        return measured(run, rate, seed, steps, batch)


def measured(run, rate, seed, steps, batch):
    model, english, other, losses, seconds = train(rate, seed, steps, batch, run == "tied", 0.1 if run == "smoothed" else 0.0,
                                                   "zh" if run.startswith("zh") else "fr")
    row = {"run": run, "pre_norm": 1, "warmup": 0, "rate": rate, "seed": seed, "layers": 2, "steps": steps, "batch": batch,
           "parameters": parameters(model), "cpu_seconds": f"{seconds:.0f}", "loss": f"{np.mean(losses[-20:]):.3f}"}
    split = "valid" if run.endswith("valid") else "test"
    for n in range(1, 9):
        row[f"exact_{n}"] = f"{translation.exact_and_chrf(model, english, other, held_out_lists(split, n, 200))[0]:.3f}"
    row["item_hits"] = f"{translation.hits(model, english, other, held_out_lists(split, 5, 200), False):.3f}"
    return row


def chosen(rows, run="valid"):
    """The rate whose exact matches over one to five items of the validation lists are the most."""
    return max((r for r in rows if r["run"] == run), key=lambda r: sum(float(r[f"exact_{n}"]) for n in range(1, 6)))["rate"]


def main(chinese_only=False):
    rows = []
    if chinese_only:
        with open(FILES / "transformer.csv", newline="", encoding="utf-8") as file:
            rows = [r for r in csv.DictReader(file) if not r["run"].startswith("zh")]

    def add(row):
        rows.append(row)
        print(*row.values(), file=sys.stderr, flush=True)

    if not chinese_only:
        for rate in RATES:
            add(translation_row("valid", rate, 0))
        for run in ("test", "tied", "unscaled"):
            for seed in SEEDS:
                add(translation_row(run, chosen(rows), seed))
        for run in ("smoothed", "wide"):
            add(translation_row(run, chosen(rows), 0))
        chapter = book.taught("37", "copied", "glorot", "train_copier")
        for pre_norm in (True, False):
            for warmup in (0, 50):
                for rate in (0.003, 0.01):
                    for seed in SEEDS:
                        add(copy_row(chapter, pre_norm, warmup, rate, seed))
    for rate in RATES:
        add(translation_row("zh_valid", rate, 0))
    for seed in SEEDS:
        add(translation_row("zh", chosen(rows, "zh_valid"), seed))
    book.write_table(FILES / "transformer.csv", rows)


if __name__ == "__main__":
    main(sys.argv[1:] == ["zh"])
