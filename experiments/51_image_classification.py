"""Train every arm of 51_image_classification; write runs.csv, comparisons.csv and model.safetensors in the chapter's data.

python experiments/51_image_classification.py        whole: about ten minutes on one core

Sheets, models, batches and maps are the chapter's own: their text is read out of the notebook.  Rates are chosen on the validation
split (one seed); only the chosen one meets the test split, with six seeds on the sheets and three elsewhere.

sheets    one whole digit among cells with pieces of digits: mean, max and attention pooling; gates on channels and on places
patches   a vision Transformer beside a CNN: 300 and 3,000 digits; the patches in their order, or all pictures shuffled alike
faces     200 patches, faces or not; five folds, three ways to split; nothing is chosen on them
"""
import hashlib
import sys
import time
from functools import cache

import common
import fair_play
import ledger
import numpy as np
import torch
from safetensors.torch import save

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("51", "sheets", "sheet_eye", "Reader", "STEPS", "batch_loss", "answers", "SqueezeExcite", "BlockAttention", "cut",
                        "shifted", "PatchTransformer", "patch_rival", "patches_of_people", "folds", "FACE_STEPS", "face_reader", "mosaics",
                        "face_evidence", "cell_of_place")
SHEETS = {"train": (6000, 1), "valid": (1000, 2), "test": (2000, 3), "large": (1000, 4)}               # how many, their seed
ARMS = {"mean": ("mean", 32, torch.nn.Identity), "mean, wider": ("mean", 34, torch.nn.Identity), "max": ("max", 32, torch.nn.Identity),
        "attention": ("attention", 32, torch.nn.Identity), "mean, squeeze-excite": ("mean", 32, CHAPTER.SqueezeExcite),
        "mean, block attention": ("mean", 32, CHAPTER.BlockAttention),
        "mean, block attention, open": ("mean", 32, lambda channels: CHAPTER.BlockAttention(channels, start=3.0))}
LONGER = ("mean", "max", "attention", "mean, block attention")
RATES = {"sheets": (0.003, 0.01, 0.03), "patches": (0.001, 0.003, 0.01)}
BEYOND = {("sheets", "attention"): 0.001, ("sheets", "mean, block attention"): 0.001, ("patches", "CNN, 300, given"): 0.03,
          ("patches", "CNN, 3000, given"): 0.03, ("patches", "CNN, 3000, shuffled"): 0.03}           # where an end was best
PATCH_ARMS = [(name, n, order) for n, order in ((300, "given"), (3000, "given"), (3000, "shuffled")) for name in ("CNN", "Transformer")]
PATCH_STEPS, LONG, SEEDS, FACE_RATE = 500, 4, range(3), 0.01
SHEET_SEEDS = range(6)
COLUMNS = ("task", "arm", "parameters", "test", "evidence_peak", "weight_peak", "weight", "large", "large_peak", "untrained_peak", "rate",
           "steps", "seed", "fold", "cpu_seconds", "valid")


@cache
def made(split):
    """The sheets of a split: pixels, digits as tensors, and the cell of the whole digit."""
    n, seed = SHEETS[split]
    x, y, cell = CHAPTER.sheets("test" if split == "large" else split, n, seed, side=5 if split == "large" else 3)
    return torch.tensor(x), torch.tensor(y), cell


@cache
def moved(split, n, shuffled):
    return CHAPTER.shifted(split, n, 5 if split == "train" else 6, shuffled)


def share(ok):
    return f"{np.mean(ok):.4f}"


def right(model, x, y):
    """Share of the pictures that are named rightly; of the logits alone."""
    with torch.no_grad():
        return share(torch.cat([model(some)[0].argmax(-1) for some in x.split(250)]).numpy() == y.numpy())


def trained(model, x, y, seed, steps, rate):
    """-> CPU seconds; the model is trained in place."""
    start = time.process_time()
    fit(model, CHAPTER.batch_loss(model, x, y, seed), steps, rate)
    return f"{time.process_time() - start:.1f}"


def sheet_reader(arm, seed):
    pool, width, block = ARMS[arm]
    reproducible(seed)
    return CHAPTER.Reader(CHAPTER.sheet_eye(width, block), pool, width, 10)


def map_scores(model):
    """How often the largest evidence, and the largest weight, is on the digit's cell, and the weight there; before training too."""
    x, y, cell = made("test")
    named, shares, evidence = CHAPTER.answers(model, x)
    result = {"test": share(named == y.numpy()), "evidence_peak": share(evidence.argmax(1) == cell)}
    if model.pool == "attention":
        weights = shares[..., 0]
        result |= {"weight_peak": share(weights.argmax(1) == cell), "weight": share(weights[np.arange(len(cell)), cell])}
    return result


@common.kept
def sheet_row(split, arm, rate, seed, steps):
    """Train once on the sheets; the test sheets, and larger ones, where `split` says so."""
    model = sheet_reader(arm, seed)
    result = {"task": "sheets", "arm": arm, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model)}
    if split == "test":
        before = map_scores(model)
        result["untrained_peak"] = before.get("weight_peak", before["evidence_peak"])
    result["cpu_seconds"] = trained(model, *made("train")[:2], seed, steps, rate)
    result["valid"] = right(model, *made("valid")[:2])
    if split == "test":
        x, y, cell = made("large")
        named, shares, evidence = CHAPTER.answers(model, x)
        result |= map_scores(model) | {"large": share(named == y.numpy()), "large_peak": share(evidence.argmax(1) == cell)}
        if (arm, seed, steps) == ("attention", 0, CHAPTER.STEPS):
            content = save({k: v.float().contiguous() for k, v in model.state_dict().items()})
            data_path("51", "model.safetensors").write_bytes(content)
            print("model.safetensors", hashlib.sha256(content).hexdigest(), file=sys.stderr)
    return result


@common.kept
def patch_row(split, arm, n, order, rate, seed, steps):
    """Train once on single digits; the test digits where `split` says so."""
    reproducible(seed)
    model = CHAPTER.patch_rival() if arm == "CNN" else CHAPTER.PatchTransformer()
    result = {"task": "patches", "arm": f"{arm}, {n}, {order}", "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model)}
    result["cpu_seconds"] = trained(model, *moved("train", n, order == "shuffled"), seed, steps, rate)
    result["valid"] = right(model, *moved("valid", 750, order == "shuffled"))
    return result | ({"test": right(model, *moved("test", 1250, order == "shuffled"))} if split == "test" else {})


@common.kept
def face_row(pool, seed, fold):
    """Train once on four fifths of the patches; the fifth, and mosaics of it, are the test."""
    x, face, group = CHAPTER.patches_of_people()
    out = CHAPTER.folds(face, group, seed) == fold
    result = {"task": "faces", "arm": pool, "seed": seed, "fold": fold}
    if pool == "nearest mean":
        means = [x[~out & (face == kind)].mean(axis=0) for kind in (False, True)]
        far = [((x[out] - m) ** 2).sum(axis=(1, 2)) for m in means]
        return result | {"parameters": 0, "test": share((far[1] < far[0]) == face[out])}
    reproducible(seed)
    model = CHAPTER.face_reader(pool)
    tensors = torch.tensor(x[~out]), torch.tensor(face[~out]).long()
    result |= {"rate": FACE_RATE, "steps": CHAPTER.FACE_STEPS, "parameters": parameters(model)}
    result["cpu_seconds"] = trained(model, *tensors, seed, CHAPTER.FACE_STEPS, FACE_RATE)
    result["test"] = right(model, torch.tensor(x[out]), torch.tensor(face[out]).long())
    pixels, cell = CHAPTER.mosaics(x[out], face[out], 200, seed)
    pixels = torch.tensor(pixels)
    peak = CHAPTER.cell_of_place(CHAPTER.face_evidence(model, pixels).argmax(axis=1))
    result["evidence_peak"] = share(peak == cell)
    if pool == "attention":
        weights = CHAPTER.answers(model, pixels)[1][..., 0]
        result["weight_peak"] = share(CHAPTER.cell_of_place(weights.argmax(axis=1)) == cell)
    return result


def valid(rows):
    return np.mean([float(r["valid"]) for r in rows])


def swept(run, rates, seeds):
    """All rows of an arm: each rate on the validation split, the chosen one's on the test split too."""
    tried, tested = fair_play.sweep(run, rates, valid, seeds)
    return [r for rows in (tried | {tested[0]["rate"]: tested}).values() for r in rows]


def grid(task, arm):
    return (*RATES[task], BEYOND[task, arm]) if (task, arm) in BEYOND else RATES[task]


def sheet_rows(arm):
    rows = swept(lambda split, rate, seed: sheet_row(split, arm, rate, seed, CHAPTER.STEPS), grid("sheets", arm),
                 SHEET_SEEDS)
    if arm == "mean, block attention, open":                                        # beside the gates that begin half closed, at their rate
        rows += [sheet_row("valid", arm, 0.003, seed, CHAPTER.STEPS) for seed in SHEET_SEEDS[1:]]
    if arm not in LONGER:
        return rows
    return rows + [sheet_row("test", arm, chosen(rows)[0]["rate"], 0, LONG * CHAPTER.STEPS) | {"arm": f"{arm}, long"}]


def patch_rows(arm, n, order):
    rates = grid("patches", f"{arm}, {n}, {order}")
    rows = swept(lambda split, rate, seed: patch_row(split, arm, n, order, rate, seed, PATCH_STEPS), rates, SEEDS)
    if (n, order) == (3000, "given"):
        rows += [patch_row("test", arm, n, order, chosen(rows)[0]["rate"], 0, LONG * PATCH_STEPS)
                 | {"arm": f"{arm}, {n}, {order}, long"}]
    return rows


def chosen(rows):
    """The rows that met the test, by seed."""
    return sorted((r for r in rows if r.get("test")), key=lambda r: r["seed"])


def tested(rows, task, arm, column="test"):
    return np.array([float(r[column]) for r in chosen([r for r in rows if (r["task"], r["arm"]) == (task, arm)])])


def compared(rows, task, data, baseline, attention, map_measure, map_score, note="", label=None):
    """A row of the ledger: attention minus baseline over the seeds."""
    a, b = tested(rows, task, attention), tested(rows, task, baseline)
    if task == "faces":                                                                   # the folds of a seed are one measurement
        a, b = (x.reshape(len(SEEDS), -1).mean(axis=1) for x in (a, b))
    low, high = ledger.over_seeds(list(a - b))
    seconds = np.mean([float(r["cpu_seconds"]) for r in chosen([r for r in rows if (r["task"], r["arm"]) == (task, attention)])])
    return {"task": label, "data": data, "measure": "accuracy", "baseline": baseline, "baseline_score": float(b.mean()),
            "attention": attention, "attention_score": float(a.mean()), "difference_low": low, "difference_high": high,
            "interval": f"95 %, Student's t over {'six' if len(a) == 6 else 'three'} seeds", "map_measure": map_measure,
            "map_score": map_score, "cpu_seconds": f"{seconds:.1f}", "note": note}


def ledger_rows(rows):
    bare = [a for a in ARMS if a in ("mean", "mean, wider", "max")]
    best = max(bare, key=lambda arm: tested(rows, "sheets", arm, "valid").mean())
    sheet, peak = "made sheets of MNIST digits, 2,000", "largest weight on the digit's cell"
    pooled, note = float(tested(rows, "sheets", "attention", "weight_peak").mean()), "the evidence of the mean is a map too"
    return [
        compared(rows, "sheets", sheet, best, "attention", peak, pooled, note, "digit among pieces, pooling"),
        compared(rows, "sheets", sheet, "mean", "mean, squeeze-excite", "", "", "", "digit among pieces, gates on channels"),
        compared(rows, "sheets", sheet, "mean", "mean, block attention", "", "", "", "digit among pieces, gates on channels and places"),
        compared(rows, "patches", "MNIST digits, 300 for training", "CNN, 300, given", "Transformer, 300, given", "", "", "",
                 "single digits, little data"),
        compared(rows, "patches", "MNIST digits, 3,000 for training", "CNN, 3000, given", "Transformer, 3000, given", "", "",
                 "", "single digits, more data"),
        compared(rows, "faces", "200 patches of LFW, five folds", "mean", "attention", "largest weight on the face's patch",
                 float(tested(rows, "faces", "attention", "weight_peak").mean()), "three splits of the same 200 patches", "face or not"),
    ]


def main():
    rows = [r for arm in ARMS for r in sheet_rows(arm)]
    rows += [r for each in PATCH_ARMS for r in patch_rows(*each)]
    rows += [face_row(pool, seed, fold) for pool in ("nearest mean", "mean", "max", "attention") for seed in SEEDS for fold in range(5)]
    common.write_table(data_path("51", "runs.csv"), rows, COLUMNS)
    ledger.record("51_image_classification", ledger_rows(rows))


if __name__ == "__main__":
    main()
