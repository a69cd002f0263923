"""Train every arm of 41_translation and write notebooks/data/translation.csv: python tools/translation.py

First the learning rate of each arm and language is chosen on the validation split (rows `valid`, one seed each), then three
seeds are trained with it and the test split is looked at (rows `test`).  The same again gives the French arm without
attention twice the width and four times the steps (`large`), to see whether it was starved.  About twenty minutes on one core.
"""
import csv
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np  # noqa: E402
import torch  # noqa: E402
from sacrebleu.metrics import CHRF  # noqa: E402

from attnlib import pytorch  # noqa: E402
from attnlib.data import FILES, Vocabulary, alignment, held_out_lists, join, training_lists  # noqa: E402
from attnlib.train import fit, parameters, reproducible  # noqa: E402

ARMS = {"none": pytorch.SummaryDecoder, "luong": pytorch.LuongDecoder, "bahdanau": pytorch.BahdanauDecoder,
        "large": pytorch.SummaryDecoder}
RATES = (0.005, 0.01, 0.02, 0.04)
STEPS, BATCH, TESTED = 350, 40, 200


def tensors(lists, *vocabularies):
    return [torch.tensor(v.encode(lists)) for v in vocabularies]


def train(language, arm, rate, seed, hidden, steps):
    """-> model, both vocabularies, CPU seconds of the training."""
    reproducible(seed)
    english, other = Vocabulary("en"), Vocabulary(language)
    lists = training_lists(steps * BATCH, seed)
    batches = [tensors(lists[i:i + BATCH], english, other) for i in range(0, len(lists), BATCH)]
    model = pytorch.Translator(ARMS[arm], len(english.words), len(other.words), hidden_dim=hidden)
    start = time.process_time()
    fit(model, lambda step: pytorch.translation_loss(model, *batches[step]), steps, rate)
    return model, english, other, time.process_time() - start


def exact_and_chrf(model, english, other, lists):
    """Share of lists that are right to the last token, and chrF of their text."""
    source, target = tensors(lists, english, other)
    written = [other.decode(row) for row in pytorch.greedy(model, source, target.shape[1] + 5)]
    wanted = [other.decode(row) for row in target]
    texts = [[join(tokens, other.language) for tokens in side] for side in (written, wanted)]
    return np.mean([a == b for a, b in zip(written, wanted)]), CHRF().corpus_score(texts[0], [texts[1]]).score


def hits(model, english, other, lists, parts):
    """Share of target tokens of an item whose largest weight lies on the same item, or part, of the source."""
    source, target = tensors(lists, english, other)
    with torch.no_grad():
        weights = model(source, target)[1].numpy()
    found = []
    for items, rows in zip(lists, weights):
        right = alignment(items, other.language, parts)
        right = np.pad(right, ((0, 0), (0, rows.shape[1] - right.shape[1])))
        found += [r[k] for r, k in zip(right, rows.argmax(axis=1)) if r.any()]
    return np.mean(found)


def row(split, language, arm, rate, seed):
    hidden, steps = (96, 4 * STEPS) if arm == "large" else (48, STEPS)
    model, english, other, seconds = train(language, arm, rate, seed, hidden, steps)
    result = {"split": split, "language": language, "arm": arm, "rate": rate, "hidden": hidden, "steps": steps, "seed": seed,
              "parameters": parameters(model), "cpu_seconds": f"{seconds:.0f}"}
    for n in range(1, 9):
        exact, chrf = exact_and_chrf(model, english, other, held_out_lists(split, n, TESTED))
        result |= {f"exact_{n}": f"{exact:.3f}", f"chrf_{n}": f"{chrf:.1f}"}
    for n in range(2, 6):
        result[f"old_items_{n}"] = f"{exact_and_chrf(model, english, other, held_out_lists('train', n, TESTED))[0]:.3f}"
    if ARMS[arm] is not pytorch.SummaryDecoder:
        for name, parts in (("item_hits", False), ("part_hits", True)):
            result[name] = f"{hits(model, english, other, held_out_lists(split, 5, TESTED), parts):.3f}"
    print(*result.values(), file=sys.stderr, flush=True)
    return result


def chosen(rows, language, arm):
    """The rate whose exact matches, over one to five items of the validation split, are the most."""
    mine = [r for r in rows if (r["split"], r["language"], r["arm"]) == ("valid", language, arm)]
    return max(mine, key=lambda r: sum(float(r[f"exact_{n}"]) for n in range(1, 6)))["rate"]


def main():
    rows = []
    for language, arm in [("fr", "none"), ("fr", "luong"), ("fr", "bahdanau"), ("zh", "bahdanau"), ("zh", "luong"), ("zh", "none"), ("fr", "large")]:
        rows += [row("valid", language, arm, rate, seed=0) for rate in (RATES[:3] if arm == "large" else RATES)]
        rows += [row("test", language, arm, chosen(rows, language, arm), seed) for seed in ((0,) if arm == "large" else (0, 1, 2))]
    with open(FILES / "translation.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=max(rows, key=len), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
