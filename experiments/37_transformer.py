"""Train every run of 37_transformer and write notebooks/data/37_transformer/runs.csv: python experiments/37_transformer.py [PART ...]

The parts are `rates`, `lists`, `root`, `copies`, `longer`, `norms` and `ship`; named parts are trained alone, all other
rows stay.  About fifteen minutes on one core.

rates: the Transformer's rate is chosen among four on the validation lists, seed 0 (rows `valid`).  Those of the GRU translators are what
experiments/41_translation.py chose among five on the same lists.

lists: French translators at equal text, 350 batches of 40, three seeds, on the test lists: the Transformer (rows `test`) and
two GRU translators (`gru`).  The three are trained in float32 as well, for their seconds (`float32`; the column `model` tells them apart),
all six of a seed one after the other.  The Transformer again, three seeds each: with half of the text (`half`, batches of 20), tied
tables (`tied`), no root of the width (`unscaled`), labels smoothed by 0.1 (`smoothed`).

root: what the missing root changes, one thing at a time (rows `root`, models `long places` and `all short`), and the model without it
with four times the steps, and at other rates (`no root`); one seed.

copies: the copiers with one part left out (rows `broken`).  longer: some of these with more steps, and with one layer (rows `longer`);
the one without paths also with one seed for 3,000 steps.
norms: copiers in both orders of the norm, with and without warm-up, at two rates (rows `copy`).  Three seeds each, all taken from the
notebook's cells.

ship: the Transformer of the first row `test`, trained again; its weights, rounded to float32, become model.safetensors.

Data and measures of the translators are those of 41_translation, taken from that notebook's cells.
"""
import hashlib
import sys
import time

import common
import fair_play
import numpy as np
import torch
from safetensors.torch import save
from torch.nn.functional import cross_entropy

from attnlib.data import data_path
from attnlib.seq2seq import PAD, BahdanauDecoder, LuongDecoder, Transformer, Translator, translation_loss
from attnlib.tasks.cldr import Vocabulary, held_out_lists, training_lists
from attnlib.train import fit, parameters, reproducible

COPIERS = common.taught("37", "BROKEN", "broken_copier", "copied", "glorot", "train_copier", "Transformer")
MEASURES = common.taught("41", "exact", "hits", "tensors", "weights_of", "write")
RATES, SEEDS = (0.005, 0.007, 0.01, 0.02), (0, 1, 2)
LONGER = ("no feed-forward", 2, 350, 0.01), ("no residual path", 2, 1000, 0.003), ("no residual path", 1, 1000, 0.003)
LONGEST = "no residual path", 2, 3000, 0.001
OTHER_RATES = 0.005, 0.02, 0.04                                               # for the model without the root
STEPS, BATCH = 350, 40
GRUS = {"Luong": LuongDecoder, "Bahdanau": BahdanauDecoder}
COLUMNS = ("run", "model", "dtype", "pre_norm", "warmup", "rate", "seed", "layers", "steps", "batch", "parameters", "cpu_seconds", "loss",
           *(f"exact_{n}" for n in range(1, 9)), "item_hits", "copied")
PARTS = {"rates": ("valid",), "lists": ("test", "gru", "float32", "half", "tied", "unscaled", "smoothed"),
         "root": ("root",), "copies": ("broken",), "longer": ("longer",), "norms": ("copy",), "ship": ()}


class Unscaled(Transformer):
    """Word vectors without the root of the width."""

    def enter(self, table, words):
        return super().enter(table, words) - (table.embedding_dim ** 0.5 - 1) * table(words)


class LongPlaces(Transformer):
    """Places as many times the words' length as without the root, words as long as with it."""

    def enter(self, table, words):
        root = table.embedding_dim ** 0.5
        return root * super().enter(table, words) - (root - 1) * root * table(words)


class AllShort(Transformer):
    """Words and places in the right proportion, both divided by the root."""

    def enter(self, table, words):
        return super().enter(table, words) / table.embedding_dim ** 0.5


ROOT = {"no root": Unscaled, "long places": LongPlaces, "all short": AllShort}


def built(run, name, source_words, target_words):
    if name in GRUS:
        return Translator(GRUS[name], source_words, target_words)
    if run == "root":
        return ROOT[name](source_words, target_words)
    return (Unscaled if run == "unscaled" else Transformer)(source_words, target_words, tied=run == "tied")


def batches_of(seed, steps, batch):
    """-> the vocabularies, and the batches of English and French lists that a seed draws."""
    english, other = Vocabulary("en"), Vocabulary("fr")
    drawn = training_lists(steps * batch, seed)
    return (english, other), [MEASURES.tensors(drawn[i:i + batch], english, other) for i in range(0, len(drawn), batch)]


def ship(add, rows):
    rate, seed = chosen_rate([r for r in rows if r["run"] == "valid"]), SEEDS[0]
    reproducible(seed)
    (english, french), batches = batches_of(seed, STEPS, BATCH)
    model = Transformer(len(english.words), len(french.words))
    fit(model, lambda step: translation_loss(model, *batches[step]), STEPS, rate)
    content = save({name: value.float().contiguous() for name, value in model.state_dict().items()})
    data_path("37", "model.safetensors").write_bytes(content)
    print("model.safetensors", hashlib.sha256(content).hexdigest(), file=sys.stderr)


@common.kept
def translation_row(run, name, rate, seed, steps=STEPS):
    reproducible(seed)
    dtype = "float32" if run == "float32" else "float64"
    torch.set_default_dtype(getattr(torch, dtype))
    batch, smoothing = BATCH // 2 if run == "half" else BATCH, 0.1 if run == "smoothed" else 0.0
    (english, other), batches = batches_of(seed, steps, batch)
    model = built(run, name, len(english.words), len(other.words))

    def loss(step):
        source, target = batches[step]
        scores, _ = model(source, target)
        return cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=PAD, label_smoothing=smoothing)

    start = time.process_time()
    losses = fit(model, loss, steps, rate)
    seconds = time.process_time() - start
    row = {"run": run, "model": name, "dtype": dtype, "rate": rate, "seed": seed, "steps": steps, "batch": batch,
           "parameters": parameters(model), "cpu_seconds": f"{seconds:.1f}", "loss": f"{np.mean(losses[-20:]):.3f}"}
    if name not in GRUS:
        row |= {"pre_norm": 1, "warmup": 0, "layers": 2}
    if dtype == "float32":                                                   # trained for its seconds
        return row
    split = "valid" if run == "valid" else "test"
    for n in range(1, 9):
        row[f"exact_{n}"] = f"{MEASURES.exact(*MEASURES.write(model, (english, other), held_out_lists(split, n, 200))):.3f}"
    five = held_out_lists(split, 5, 200)
    row["item_hits"] = f"{MEASURES.hits(MEASURES.weights_of(model, (english, other), five), five, 'fr'):.3f}"
    return row


def root(add, rows):
    best = chosen_rate([r for r in rows if r["run"] == "valid"])
    for name, steps in (("long places", STEPS), ("all short", STEPS), ("no root", 4 * STEPS)):
        add(translation_row("root", name, best, SEEDS[0], steps))
    for rate in OTHER_RATES:
        add(translation_row("root", "no root", rate, SEEDS[0]))


def exact_lists(rows):
    """Exact matches over one to five items."""
    return sum(float(r[f"exact_{n}"]) for r in rows for n in range(1, 6))


def chosen_rate(rows):
    return fair_play.chosen({float(r["rate"]): [r] for r in rows}, exact_lists)


def rates_of_41():
    """The rates that 41 chose for its GRU translators into French."""
    tried = [r for r in common.read_table(data_path("41", "runs.csv")) if (r["split"], r["language"]) == ("valid", "fr")]
    return {name: chosen_rate([r for r in tried if r["arm"] == name.lower()]) for name in GRUS}


def rates(add, rows):
    for rate in RATES:
        add(translation_row("valid", "Transformer", rate, 0))


def lists(add, rows):
    best = rates_of_41() | {"Transformer": chosen_rate([r for r in rows if r["run"] == "valid"])}
    for seed in SEEDS:
        for name, rate in best.items():
            add(translation_row("gru" if name in GRUS else "test", name, rate, seed))
            add(translation_row("float32", name, rate, seed))
    for run in ("half", "tied", "unscaled", "smoothed"):
        for seed in SEEDS:
            add(translation_row(run, "Transformer", best["Transformer"], seed))


@common.kept
def broken_row(name, seed):
    start = time.process_time()
    model, loss, share = COPIERS.broken_copier(name, seed)
    return {"run": "broken", "model": name, "dtype": "float64", "pre_norm": 1, "warmup": 0, "rate": 0.01, "seed": seed, "layers": 2,
            "steps": 120, "batch": 20, "parameters": parameters(model), "cpu_seconds": f"{time.process_time() - start:.1f}",
            "loss": f"{loss:.3f}", "copied": f"{share:.3f}"}


def copies(add, rows):
    for name in COPIERS.BROKEN:
        for seed in SEEDS:
            add(broken_row(name, seed))


def copier_row(run, name, model, losses, start, lists, **setting):
    return {"run": run, "model": name, "dtype": "float64", **setting, "parameters": parameters(model),
            "cpu_seconds": f"{time.process_time() - start:.1f}", "loss": f"{np.mean(losses[-20:]):.3f}",
            "copied": f"{COPIERS.copied(model, lists):.3f}"}


@common.kept
def longer_row(name, layers, steps, rate, seed):
    reproducible(seed)
    model = COPIERS.BROKEN[name](13, 13, 32, 2, layers)
    start = time.process_time()
    losses = COPIERS.train_copier(model, steps, rate, seed)
    return copier_row("longer", name, model, losses, start, 1000, pre_norm=1, warmup=0, rate=rate, seed=seed, layers=layers, steps=steps,
                      batch=20)


def longer(add, rows):
    for setting in LONGER:
        for seed in SEEDS:
            add(longer_row(*setting, seed))
    add(longer_row(*LONGEST, SEEDS[0]))


@common.kept
def norm_row(pre_norm, warmup, rate, seed):
    reproducible(seed)
    model = COPIERS.glorot(COPIERS.Transformer(13, 13, layers=6, pre_norm=bool(pre_norm)))
    start = time.process_time()
    losses = COPIERS.train_copier(model, 150, rate, seed, batch=16, warmup=warmup)
    return copier_row("copy", "Transformer", model, losses, start, 200, pre_norm=pre_norm, warmup=warmup, rate=rate, seed=seed, layers=6,
                      steps=150, batch=16)


def norms(add, rows):
    for setting in ((p, w, r, s) for p in (1, 0) for w in (0, 50) for r in (0.003, 0.01) for s in SEEDS):
        add(norm_row(*setting))


def main(parts):
    rows, path = [], data_path("37", "runs.csv")
    if parts:
        rows = [r for r in common.read_table(path) if not any(r["run"] in PARTS[part] for part in parts)]
    for part in (rates, lists, root, copies, longer, norms, ship):
        if not parts or part.__name__ in parts:
            part(rows.append, rows)
    order = [run for runs in PARTS.values() for run in runs]
    common.write_table(path, sorted(rows, key=lambda r: order.index(r["run"])), COLUMNS)


if __name__ == "__main__":
    main(sys.argv[1:])
