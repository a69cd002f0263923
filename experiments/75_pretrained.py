"""Take heads away, tune the last layer, train copiers: runs.csv and model.safetensors in the data of 75_pretrained.

python experiments/75_pretrained.py                whole: about seven minutes on one core

Encoder, tasks, models, losses and measures are the chapter's own: their text is read out of the notebook.

head        each of the 72 heads alone: how far does its absence move the mean vectors of 15 pairs of the validation part?
prune       heads taken away in five steps, in three orders: how many of 80 summaries find the first sentence of their own body?
tune        people's ratings of words: a ridge line on frozen vectors, with and without the last layer; it tuned, a fresh one tuned
induction   copiers of one and two layers, six seeds; one layer with four times the steps, once
"""
import time
from functools import cache

import common
import fair_play
import numpy as np
import torch
from safetensors.torch import save_file

from attnlib.data import data_path
from attnlib.train import fit, reproducible

reproducible(0)
CHAPTER = common.taught("75", "encoder", "tokenizer", "pairs", "matched", "vectors", "without_heads", "rated", "inputs", "before_last",
                        "rater", "moved_without", "Copier", "copier_loss", "copied", "COPY_STEPS", "customers", "natural")
SEEDS, LONGER = range(6), 4
HEADS = [(layer, head) for layer in range(6) for head in range(12)]
REMOVED, PAIRS, PROBE = (12, 24, 36, 48, 60), 80, 15
PENALTIES, RATES, COPY_RATES = (0.3, 1.0, 3.0, 10.0), (0.0003, 0.001, 0.003, 0.01), (0.003, 0.01, 0.03)


@common.kept
def alone(layer, head):
    """How far the mean vectors of the probe move without one head; 1 - cosine."""
    moved = CHAPTER.moved_without([(layer, head)], sum(CHAPTER.pairs("valid", PROBE), []))
    return {"part": "head", "way": f"L{layer}H{head}", "moved": f"{moved:.5f}"}


@common.kept
def pruned(way, seed, heads):
    """The share of summaries that find their body without some heads."""
    with CHAPTER.without_heads(heads):
        found = CHAPTER.matched(*map(CHAPTER.vectors, CHAPTER.pairs("test", PAIRS)))
    return {"part": "prune", "way": way, "seed": seed, "removed": len(heads), "matched": f"{found:.4f}"}


def prune_rows(singles):
    moved = {head: float(row["moved"]) for head, row in zip(HEADS, singles)}
    orders = [("least first", 0, sorted(HEADS, key=moved.get)), ("most first", 0, sorted(HEADS, key=moved.get, reverse=True))]
    orders += [("random", seed, [HEADS[i] for i in np.random.default_rng(seed).permutation(72)]) for seed in range(2)]
    yield pruned("whole", 0, [])
    yield pruned("none", 0, [list(head) for head in HEADS])
    for way, seed, order in orders:
        for n in REMOVED:
            yield pruned(way, seed, [list(map(int, head)) for head in order[:n]])


def correlation(model, split):
    """Pearson's r of what the model says with what people say, over words of a split."""
    x, mask, means = CHAPTER.inputs(split)
    with torch.no_grad():
        return np.corrcoef(model(x, mask).numpy(), means.numpy())[0, 1]


@cache
def before_last(name):
    """What enters the last layer, of the customers' sentences and of both sides of the pairs, twenty texts at a time."""
    texts = CHAPTER.customers if name == "customers" else CHAPTER.pairs("test", PAIRS)[name == "bodies"]
    return [CHAPTER.before_last(texts[i:i + 20]) for i in range(0, len(texts), 20)]


def ordered(model):
    """The share of pairs of a good and a bad sentence by customers in which the good one is rated higher."""
    good = (CHAPTER.natural.loc[CHAPTER.natural["source"] == "customer", "label_a"] == "positive").to_numpy()
    with torch.no_grad():
        said = torch.cat([model(*part) for part in before_last("customers")]).numpy()
    return (said[good][:, None] > said[~good]).mean()


def still_finds(model):
    """The search of the extra on pruning, with the tuned last layer."""
    with torch.no_grad():
        return CHAPTER.matched(*(torch.cat([model.vectors(*part) for part in before_last(name)]) for name in ("summaries", "bodies")))


@common.kept
def tuned(split, way, penalty, rate, seed):
    start = time.process_time()
    model = CHAPTER.rater(seed, rate, way, penalty)
    row = {"part": "tune", "way": way, "penalty": penalty, "rate": rate, "seed": seed, "split": split,
           "cpu_seconds": f"{time.process_time() - start:.1f}", "valid": f"{correlation(model, 'valid'):.4f}"}
    if split == "test":
        row |= {"test": f"{correlation(model, 'test'):.4f}", "customers": f"{ordered(model):.4f}", "matched": f"{still_finds(model):.4f}"}
    return row


def tune_rows():
    """The penalty is chosen for the line alone, the rates by one seed."""
    def better(rows):
        return np.mean([float(r["valid"]) for r in rows])
    for way in ("frozen", "left out", "fine-tuned", "fresh layer"):
        if way in ("frozen", "left out"):
            tried = {p: [tuned("valid", way, p, 0.0, 0)] for p in PENALTIES}
            penalty = fair_play.chosen(tried, better)
            yield from (r for rows in tried.values() for r in rows)
            if way == "frozen":
                line = penalty
        penalty, rates = (penalty, (0.0,)) if way in ("frozen", "left out") else (line, RATES)
        tried, tested = fair_play.sweep(lambda split, rate, seed: tuned(split, way, penalty, rate, seed),  # noqa: B023 (called here)
                                        rates, better, SEEDS)
        yield from (r for rows in tried.values() for r in rows)
        yield from tested


def trained(layers, rate, seed, steps):
    reproducible(seed)
    model = CHAPTER.Copier(layers)
    fit(model, CHAPTER.copier_loss(model, seed), steps, rate)
    return model


@common.kept
def copier(split, layers, rate, seed, steps):
    start = time.process_time()
    model = trained(layers, rate, seed, steps)
    seconds = time.process_time() - start
    right, previous, follows = CHAPTER.copied(model, 1000 if split == "valid" else 2000)
    way = f"{layers} layer{'s' * (layers > 1)}{', long' * (steps > CHAPTER.COPY_STEPS)}"
    if (split, layers, seed) == ("test", 2, 0):
        weights = {name: w.float().contiguous() for name, w in model.state_dict().items()}
        save_file(weights, data_path("75", "model.safetensors"))
    return {"part": "induction", "way": way, "rate": rate, "steps": steps, "seed": seed, "split": split, "cpu_seconds": f"{seconds:.1f}",
            "right": f"{right:.4f}", "previous": f"{previous:.4f}", "follows": f"{follows:.4f}"}


def induction_rows():
    def better(rows):
        return np.mean([float(r["right"]) for r in rows])
    for layers in (1, 2):
        tried, tested = fair_play.sweep(lambda split, rate, seed: copier(split, layers, rate, seed, CHAPTER.COPY_STEPS),  # noqa: B023
                                        COPY_RATES, better, SEEDS)
        yield from (r for rows in (*tried.values(), tested) for r in rows)
        if layers == 1:
            yield copier("test", 1, tested[0]["rate"], 0, LONGER * CHAPTER.COPY_STEPS)


COLUMNS = ("part", "way", "split", "seed", "removed", "moved", "matched", "penalty", "rate", "steps", "cpu_seconds", "valid", "test",
           "customers", "right", "previous", "follows")

if __name__ == "__main__":
    rows = [*induction_rows(), *tune_rows()]
    with torch.no_grad():
        singles = [alone(*head) for head in HEADS]
        rows += [*singles, *prune_rows(singles)]
    rows = list({tuple(row.items()): row for row in rows}.values())      # a penalty's row is the rate's as well
    common.write_table(data_path("75", "runs.csv"), rows, COLUMNS)
