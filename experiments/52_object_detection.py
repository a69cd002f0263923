"""Train every head of 52_object_detection; write runs.csv, comparisons.csv and model.safetensors in the chapter's data.

python experiments/52_object_detection.py                  about fifteen minutes on one core

Scenes come from attnlib/tasks/detection.py; models, losses and measures are the chapter's own: their text is read out of the notebook.
Each seed has its own backbone, trained on the labels of cells; the heads of a seed stand over the same one, which is not changed.  Rates
are chosen on the validation scenes with one seed; only the chosen one meets the test, with three.
"""
import time
from functools import cache

import common
import fair_play
import ledger
import numpy as np
import torch

from attnlib.data import data_path
from attnlib.tasks import detection
from attnlib.tasks.pictures import digits
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("52", "QueryHead", "FlatHead", "CellHead", "train_backbone", "train_head", "claims", "tally", "map_score",
                        "cell_labels", "detection_loss", "matched", "own_cell", "coin_windows", "Backbone", "STEPS", "FEW", "MANY")
SEEDS = 3
LONG = {"queries": (2, 2), "queries, no talk": (2, 2), "cells": (3, 1), "flat": (6, 1)}      # times the steps, seeds
HEADS = {"queries": CHAPTER.QueryHead, "queries, no talk": lambda: CHAPTER.QueryHead(talk=False), "cells": CHAPTER.CellHead,
         "flat": CHAPTER.FlatHead, "flat, small": lambda: CHAPTER.FlatHead(narrow=4, hidden=80)}
RATES = {"queries": (0.002, 0.004, 0.008, 0.016), "cells": (0.005, 0.01, 0.02, 0.04), "flat": (0.0003, 0.001, 0.003, 0.01, 0.03),
         "flat, small": (0.0003, 0.001, 0.003, 0.01, 0.03)}
SCRATCH = {"queries": ((0.001, 600), (0.003, 600), (0.003, 2200)), "cells": ((0.003, 600), (0.003, 2200))}
COLUMNS = ("arm", "parameters", "test", "test_nms", "strict", "found", "again", "nowhere", "peak", "weight", "chance", "few", "many",
           "before", "rate", "steps", "seed", "cpu_seconds", "valid", "cells_right")


@cache
def scenes(split):
    return detection.scenes(split, {"train": 2400, "valid": 300, "test": 400}[split], digits)


@cache
def crowd(name):
    """Small digits of the test split, few or many in a scene."""
    return detection.scenes("test", 150, digits, **{"few": CHAPTER.FEW, "many": CHAPTER.MANY}[name])


@cache
def backbone(seed):
    """The backbone of a seed, as it is shipped: trained, and kept, in single precision."""
    reproducible(seed)
    model = CHAPTER.train_backbone(*scenes("train"), seed)
    return model.double().requires_grad_(False)


@torch.no_grad()
def read(model, pictures):
    """The cells of many pictures, 200 at a time."""
    return torch.cat([model(part) for part in pictures.split(200)])


@cache
def cells(split, seed):
    return read(backbone(seed), (scenes(split) if split in ("train", "valid", "test") else crowd(split))[0])


def suppressed(arm):
    """Cells name a digit many times, and their usual last step is to drop what overlaps; no other head has that step."""
    return arm.startswith("cells")


def f(x):
    return f"{x:.4f}"


@torch.no_grad()
def precision(head, these, truth, suppress):
    """AP50 and AP of a head's last answers."""
    return detection.average_precision(CHAPTER.claims(*head(these)[-1][:2], suppress), *truth[1:])


def rights(seed):
    """Share of the validation cells on a digit whose digit the backbone names."""
    with torch.no_grad():
        said, true = backbone(seed).label(cells("valid", seed)).argmax(-1), CHAPTER.cell_labels(*scenes("valid")[1:])
    return (said == true)[true != detection.NOTHING].double().mean().item()


def keep(arm, seed):
    """Where a tested head waits for the coins and for `ship`."""
    return data_path("52", f"unfinished_{arm}_{seed}.pt")


@common.kept
def row(split, arm, rate, seed, steps):
    """Train a head over the backbone of its seed and look at the validation scenes, and at the test where `split` says so."""
    start = time.process_time()
    reproducible(seed)
    head = HEADS[arm]()
    CHAPTER.train_head(head, cells("train", seed), *scenes("train")[1:], seed, steps, rate)
    result = {"arm": arm, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(head),
              "cpu_seconds": f"{time.process_time() - start:.1f}",
              "valid": f(precision(head, cells("valid", seed), scenes("valid"), suppressed(arm))[0])}
    if split == "test":
        result |= tested(head, arm, seed) | {"cells_right": f(rights(seed))}
        if steps == CHAPTER.STEPS:
            torch.save(head.state_dict(), keep(arm, seed))
    return result


@torch.no_grad()
def tested(head, arm, seed):
    these, truth = cells("test", seed), scenes("test")
    answer = head(these)[-1]
    plain, without = (detection.average_precision(CHAPTER.claims(*answer[:2], s), *truth[1:]) for s in (False, True))
    found = CHAPTER.tally(CHAPTER.claims(*answer[:2], suppressed(arm)), *truth[1:])
    result = {"test": f(plain[0]), "test_nms": f(without[0]), "strict": f(without[1] if suppressed(arm) else plain[1])}
    result |= {name: f(x) for name, x in zip(("found", "again", "nowhere"), found)}
    result |= {name: f(precision(head, cells(name, seed), crowd(name), suppressed(arm))[0]) for name in ("few", "many")}
    if answer[2] is not None:
        result |= {name: f(x) for name, x in zip(("peak", "weight", "chance"), CHAPTER.map_score(answer, *truth[1:]))}
    return result


class Whole(torch.nn.Module):
    """A backbone and a head in one."""

    def __init__(self, seed, arm, trained):
        super().__init__()
        self.head, self.backbone = HEADS[arm](), CHAPTER.Backbone()
        if trained:
            self.backbone.load_state_dict(backbone(seed).state_dict())

    def forward(self, pictures):
        return self.head(self.backbone(pictures))


def train_whole(model, data, steps, rate, seed):
    """Backbone and head together, in single precision."""
    model, draw = model.float(), torch.Generator().manual_seed(seed)
    pair = CHAPTER.own_cell if isinstance(model.head, CHAPTER.CellHead) else CHAPTER.matched

    def loss(_):
        i = torch.randint(len(data[0]), (32,), generator=draw)
        return CHAPTER.detection_loss(model(data[0][i].float()), data[1][i], data[2][i].float(), pair)
    fit(model, loss, steps, rate, warmup=50)
    return model.double()


@common.kept
def scratch_row(split, arm, rate, seed, steps):
    """Backbone and head learn together, and from the boxes alone."""
    start = time.process_time()
    reproducible(seed)
    model = train_whole(Whole(seed, arm, trained=False), scenes("train"), steps, rate, seed)
    result = {"arm": f"{arm}, from scratch", "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{time.process_time() - start:.1f}",
              "valid": f(precision(model, scenes("valid")[0], scenes("valid"), suppressed(arm))[0])}
    if split == "test":
        plain, without = (precision(model, scenes("test")[0], scenes("test"), s) for s in (False, True))
        result |= {"test": f(plain[0]), "test_nms": f(without[0]), "strict": f(without[1] if suppressed(arm) else plain[1])}
    return result


@common.kept
def coin_row(arm, seed, steps, rate):
    """From digits to coins: backbone and head go on with parts of the photograph's left half; the right half is the test."""
    reproducible(seed)
    model = Whole(seed, arm, trained=True)
    model.head.load_state_dict(torch.load(keep(arm, seed)))
    test, start = CHAPTER.coin_windows("right"), time.process_time()
    with torch.no_grad():
        before = CHAPTER.tally(CHAPTER.claims(*model(test[0])[-1][:2], suppressed(arm)), *test[1:])
    train_whole(model, CHAPTER.coin_windows("left"), steps, rate, seed)
    with torch.no_grad():
        answer = model(test[0])[-1][:2]
    plain, without = (detection.average_precision(CHAPTER.claims(*answer, s), *test[1:]) for s in (False, True))
    after = CHAPTER.tally(CHAPTER.claims(*answer, suppressed(arm)), *test[1:])
    return {"arm": f"{arm}, coins", "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
            "cpu_seconds": f"{time.process_time() - start:.1f}", "test": f(plain[0]), "test_nms": f(without[0]),
            "strict": f(without[1] if suppressed(arm) else plain[1]), "found": f(after[0]), "again": f(after[1]), "nowhere": f(after[2]),
            "before": f(before[0])}


def accuracy(rows):
    return np.mean([float(r["valid"]) for r in rows])


def swept(arm, rates):
    """Every rate on the validation scenes with one seed, then the chosen one with all seeds."""
    tried, test = fair_play.sweep(lambda split, rate, seed: row(split, arm, rate, seed, CHAPTER.STEPS), rates, accuracy, range(SEEDS))
    return [r for rows in (*tried.values(), test) for r in rows]


def of(rows, arm):
    return sorted((r for r in rows if r["arm"] == arm and r.get("test")), key=lambda r: r["seed"])


def score(r):
    """AP50 as the arm is used: cells drop overlapping claims."""
    return float(r["test_nms" if suppressed(r["arm"]) else "test"])


def alone(rows):
    """The rows, without their seconds where the seed's backbone was trained in the same call, which takes longer than a head."""
    least = {}
    for r in rows:
        key = r["arm"], r["steps"]
        least[key] = min(float(r["cpu_seconds"]), least.get(key, np.inf))
    return [r | {"cpu_seconds": r["cpu_seconds"] if float(r["cpu_seconds"]) < 1.5 * least[r["arm"], r["steps"]] else ""} for r in rows]


def ledger_rows(rows):
    """Queries against the best head without attention, and against the flat one; and against queries that do not see each other."""
    with_ = [score(r) for r in of(rows, "queries")]
    for base in ("cells", "flat", "queries, no talk"):
        plain = [score(r) for r in of(rows, base)]
        low, high = ledger.over_seeds([b - a for a, b in zip(plain, with_)])
        yield {"task": "digits in made scenes", "data": "MNIST digits, 2,400 scenes, cells labelled first", "measure": "AP50",
               "baseline": {"queries, no talk": "queries without self-attention"}.get(base, f"{base} head"),
               "baseline_score": float(np.mean(plain)), "attention": "object queries", "attention_score": float(np.mean(with_)),
               "difference_low": float(low), "difference_high": float(high), "interval": f"{SEEDS} seeds, Student's t",
               "map_measure": "weight on the digit found", "map_score": float(np.mean([float(r["weight"]) for r in of(rows, "queries")])),
               "cpu_seconds": f"{np.mean([float(r['cpu_seconds']) for r in of(rows, 'queries') if r['cpu_seconds']]):.1f}"}


def ship():
    """The backbone of seed 0 in single precision, as it was used, and two of its heads in half, for the reader's own pictures."""
    from safetensors.torch import save_file
    parts = {f"backbone.{k}": v.float() for k, v in backbone(0).state_dict().items()}
    for arm in ("queries", "cells"):
        parts |= {f"{arm}.{k}": v.half() for k, v in torch.load(keep(arm, 0)).items()}
    save_file({k: v.contiguous() for k, v in parts.items()}, data_path("52", "model.safetensors"))


def main():
    rows = [r for arm, rates in RATES.items() for r in swept(arm, rates)]
    rate = of(rows, "queries")[0]["rate"]
    rows += [row("test", "queries, no talk", rate, seed, CHAPTER.STEPS) for seed in range(SEEDS)]
    for arm, tried in SCRATCH.items():
        rows += [coin_row(arm, seed, 200, 0.002) for seed in range(SEEDS)]
        rows += [scratch_row("test", arm, rate, 0, steps) for rate, steps in tried]
    for arm, (times, seeds) in LONG.items():
        rows += [row("test", arm, of(rows, arm)[0]["rate"], seed, times * CHAPTER.STEPS) | {"arm": f"{arm}, long"}
                 for seed in range(seeds)]
    ship()
    rows = alone(rows)
    common.write_table(data_path("52", "runs.csv"), rows, COLUMNS)
    ledger.record("52_object_detection", list(ledger_rows(rows)))
    for path in data_path("52", "runs.csv").parent.glob("unfinished_*.pt"):
        path.unlink()


if __name__ == "__main__":
    main()
