"""Train every run of 77_training and write notebooks/data/77_training/runs.csv: python experiments/77_training.py

About eight CPU minutes.  All models, tasks and the loop are the notebook's cells.  A row is one training; `curve` holds the mean losses of
ten equal stretches of its steps.

norms: four-layer readers of digits in both orders of the norm, with a ramp and without, four rates, six seeds.

data: attention, GRU and a linear layer on two tasks with 50 (look-ups: 200) to 3,000 examples.  Each rate is chosen on the validation
split by seed 0 (rows `rates`), on a grid that is widened as long as its end is the best; six seeds on the test split, each with examples
of its own.  more steps: the same with three times the steps, four seeds.  other rates:
3,000 look-ups at two more rates, six seeds, since one seed had chosen.  order: what the places and the order of the rows are worth, four
seeds.  question first: look-ups for a GRU that reads the tag asked for before the pictures, four seeds.

batch: batches of 128 in the place of 32, at an equal number of examples, with a rate of its own, six seeds.
"""
import common
import fair_play
import numpy as np

from attnlib.data import data_path
from attnlib.train import parameters, reproducible

CHAPTER = common.taught("77", "rows", "lookups", "Stack", "Reader", "Recurrent", "train", "batches", "judged", "glorot", "deep", "reader")
SEEDS, SOME = range(6), range(4)
NORM_RATES, NORM_STEPS, RAMP = (0.001, 0.003, 0.01, 0.03), 120, 30
SIZES, STEPS, RATES = {"rows": (50, 200, 3000), "lookups": (200, 800, 3000)}, 240, (0.01, 0.02, 0.04)
COLUMNS = ("run", "split", "task", "model", "pre_norm", "ramp", "rate", "seed", "examples", "batch", "steps", "parameters",
           "cpu_seconds", "train_loss", "loss", "error", "curve")
READ = {}


def data(task, split, n=None, seed=0):
    """All of a split, or n examples of it, those of a seed."""
    key = task, split, n, seed
    if key not in READ:
        if task == "rows":
            x, y = CHAPTER.rows(split)
            some = np.random.default_rng([7, seed]).permutation(len(y))[:n]
            READ[key] = (x[some], y[some]) if n else (x, y)
        else:
            at = {"train": 100 + seed, "valid": 1, "test": 2}[split]
            READ[key] = CHAPTER.lookups(split, n or 1250, at)
    return READ[key]


def measured(model, examples, split, steps, rate, seed, ramp=20, batch=32, task="rows", given=None, said=None):
    """Train a model, judge it on a split; -> its row."""
    losses, seconds = CHAPTER.train(model, CHAPTER.batches(model, examples, seed, batch), steps, rate, ramp)
    loss, error = CHAPTER.judged(model, given or data(task, split))
    return {"split": split, "task": task, "rate": rate, "seed": seed, "examples": len(examples[1]), "batch": batch, "steps": steps,
            "parameters": parameters(model), "cpu_seconds": f"{seconds[-1]:.2f}",
            "train_loss": f"{losses[-steps // 6:].mean():.4f}", "loss": f"{loss:.4f}", "error": f"{error:.4f}",
            "curve": " ".join(f"{part.mean():.3f}" for part in np.array_split(losses, 10)),
            "ramp": ramp if isinstance(ramp, int) else ""} | said


@common.kept
def norm_row(pre_norm, ramp, rate, seed, steps, run):
    model = CHAPTER.deep(bool(pre_norm), seed)
    return measured(model, data("rows", "train"), "valid", steps, rate, seed, ramp, 16,
                    said={"run": run, "model": "deep", "pre_norm": pre_norm})


@common.kept
def data_row(task, kind, n, split, rate, seed, steps, run):
    model = CHAPTER.reader(kind, task, seed)
    return measured(model, data(task, "train", n, seed), split, steps, rate, seed, task=task, said={"run": run, "model": kind})


class Unplaced(CHAPTER.Reader):
    """No places are added."""

    def forward(self, x):
        return self.out(self.body(self.enter(x)).mean(dim=-2))


@common.kept
def order_row(what, kind, n, rate, seed):
    """Rows in another order, the same for all digits, or no places."""
    model = CHAPTER.reader(kind, "rows", seed)
    if what == "no places":
        reproducible(seed)
        body = CHAPTER.Stack(24) if kind == "attention" else CHAPTER.Recurrent(24, 30)
        model = Unplaced(body, 14, 24, 24 if kind == "attention" else 30)
    mixed = np.random.default_rng(5).permutation(14) if what == "rows mixed" else np.arange(14)
    (x, y), (test_x, test_y) = data("rows", "train", n, seed), data("rows", "test")
    return measured(model, (x[:, mixed], y), "test", STEPS, rate, seed, given=(test_x[:, mixed], test_y),
                    said={"run": "order", "model": f"{kind}, {what}"})


@common.kept
def first_row(n, rate, seed):
    """Look-ups for a GRU, the place that asks in front of the pictures."""
    model = CHAPTER.reader("GRU", "lookups", seed)
    (x, y), (test_x, test_y) = data("lookups", "train", n, seed), data("lookups", "test")
    return measured(model, (x.roll(1, 1), y), "test", STEPS, rate, seed, task="lookups", given=(test_x.roll(1, 1), test_y),
                    said={"run": "question first", "model": "GRU"})


@common.kept
def batch_row(batch, split, rate, seed):
    model = CHAPTER.reader("attention", "rows", seed)
    steps = STEPS * 32 // batch
    return measured(model, data("rows", "train"), split, steps, rate, seed, 640 // batch, batch,
                    said={"run": "batch", "model": "attention"})


def better(rows):
    return -np.mean([float(r["error"]) + 1e-6 * float(r["loss"]) for r in rows])


def widened(run, rates):
    """The rows of one seed for a grid of rates that grows as long as its end is the best."""
    tried = {rate: [run(rate)] for rate in rates}
    while True:
        best, low, high = fair_play.chosen(tried, better), min(tried), max(tried)
        if best not in (low, high) or len(tried) > 7:
            return best, [row for rows in tried.values() for row in rows]
        tried[best / 2 if best == low else best * 2] = [run(best / 2 if best == low else best * 2)]


def main():
    rows, rates = [], {}
    for task, sizes in SIZES.items():
        for n in sizes:
            for kind in ("attention", "GRU", "linear"):
                best, tried = widened(
                    lambda rate, task=task, kind=kind, n=n: data_row(task, kind, n, "valid", rate, 0, STEPS, "rates"), RATES)
                rates[task, kind, n] = best
                rows += tried + [data_row(task, kind, n, "test", best, seed, STEPS, "data") for seed in SEEDS]
    rows += [data_row(task, kind, 3000, "test", rates[task, kind, 3000], seed, 3 * STEPS, "more steps")
             for task in ("rows", "lookups") for kind in ("attention", "GRU") for seed in SOME]
    rows += [data_row("lookups", kind, 3000, "test", rate, seed, STEPS, "other rates")
             for kind in ("attention", "GRU") for rate in RATES[:2] for seed in SEEDS]
    rows += [order_row(what, kind, 200, rates["rows", kind, 200], seed) for what, kind in (
        ("rows mixed", "attention"), ("rows mixed", "GRU"), ("no places", "attention")) for seed in SOME]
    rows += [first_row(n, rates["lookups", "GRU", n], seed) for n in (800, 3000) for seed in SOME]
    best, tried = widened(lambda rate: batch_row(128, "valid", rate, 0), RATES)
    rows += tried + [batch_row(128, "test", best, seed) for seed in SEEDS]
    rows += [norm_row(p, ramp, rate, seed, NORM_STEPS, "norms") for rate in NORM_RATES for p in (1, 0) for ramp in (0, RAMP)
             for seed in SEEDS]
    common.write_table(data_path("77", "runs.csv"), rows, COLUMNS)


if __name__ == "__main__":
    main()
