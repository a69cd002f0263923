"""Train every network of 53_segmentation; write runs.csv, model.safetensors and comparisons.csv in the chapter's data.

python experiments/53_segmentation.py            about eight minutes on one core

Sheets, backbone, contexts, networks, losses and measures are the chapter's own: their text is read out of the notebook.  Rates are chosen
on the validation sheets, or on the validation region of the tissue, with one seed; only the chosen one meets the test, with three
seeds.  A seed is one of the whole training, the backbone included.
"""
import time
from functools import cache

import common
import fair_play
import ledger
import numpy as np
import torch
from safetensors.torch import save_file

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("53", "CUES", "CONTEXTS", "Backbone", "Segmenter", "UNet", "sheets", "confusion", "iou", "naming_loss", "features",
                        "sheet_loss", "answers", "on_cue", "tissue", "REGIONS", "patch_loss", "painted", "BACKBONE_STEPS", "STEPS", "RATES",
                        "TISSUE_STEPS", "TISSUE_RATES")
SHEETS = {"train": (4000, 0), "valid": (300, 1), "test": (500, 2)}                  # how many, and the seed they are drawn from
TASKS, SEEDS, TISSUE_SEEDS, LONG = ("corner", "rows"), 3, 3, 4
LONGER = [("rows", "attention"), ("rows", "wide"), ("rows", "gated mean")]
COLUMNS = ("task", "arm", "parameters", "test", "paper", "same", "other", "rate", "steps", "seed", "cpu_seconds", "valid", "on_cue", "even",
           "moved", "moved_on_cue", "moved_on_left", "named", "gate_inside", "gate_outside")


@cache
def backbone(seed):
    """The backbone of a seed, trained to name digits, then left as it is; the share of validation digits that it names."""
    reproducible(seed)
    model = CHAPTER.Backbone()
    fit(model, CHAPTER.naming_loss(model, seed), CHAPTER.BACKBONE_STEPS, 0.01)
    images, labels = CHAPTER.digits("valid", 14)
    with torch.no_grad():
        said = model.names(torch.tensor(np.pad(images, ((0, 0), (1, 1), (1, 1))))).argmax(dim=1).numpy()
    return model.requires_grad_(False), float(np.mean(said == labels))


@cache
def sheets(part, task):
    return CHAPTER.sheets(part, *SHEETS[part], task)


@cache
def vectors(part, task, seed):
    return CHAPTER.features(backbone(seed)[0], sheets(part, task)[0])


def measured(model, part, task, seed):
    """IoU of paper, same and other, and the weights."""
    pictures, classes = sheets(part, task)
    said, weights = CHAPTER.answers(model, vectors(part, task, seed), pictures)
    return CHAPTER.iou(CHAPTER.confusion(said, classes)), weights


@cache
def trained(task, arm, rate, seed, steps):
    """A network trained on sheets, and the CPU seconds of that."""
    x, (pictures, classes) = vectors("train", task, seed), sheets("train", task)
    reproducible(seed)
    model, start = CHAPTER.Segmenter(arm), time.process_time()
    fit(model, CHAPTER.sheet_loss(model, x, pictures, classes, seed), steps, rate)
    return model, time.process_time() - start


@common.kept
def row(split, task, arm, rate, seed, steps):
    """Train once on sheets; measure on the validation sheets, and on the test sheets where `split` says so."""
    model, seconds = trained(task, arm, rate, seed, steps)
    result = {"task": task, "arm": arm, "parameters": parameters(model), "rate": rate, "steps": steps, "seed": seed,
              "cpu_seconds": f"{seconds:.1f}", "valid": f"{measured(model, 'valid', task, seed)[0].mean():.4f}"}
    return result | (tested(model, task, seed, steps) if split == "test" else {})


def tested(model, task, seed, steps):
    """The measures of a trained model on the test sheets, and on those whose cues lie at the right ends."""
    each, weights = measured(model, "test", task, seed)
    new = {"test": f"{each.mean():.4f}", **{name: f"{v:.4f}" for name, v in zip(("paper", "same", "other"), each)},
           "named": f"{backbone(seed)[1]:.4f}"}
    if weights is not None:
        new |= {"on_cue": f"{CHAPTER.on_cue(weights, CHAPTER.CUES[task]):.4f}", "even": f"{1 / 9:.4f}"}
    if task == "rows":
        each, weights = measured(model, "test", "right ends", seed)
        new["moved"] = f"{each.mean():.4f}"
        if weights is not None:
            asks = ~np.isin(CHAPTER.HOME, CHAPTER.CUES["right ends"])
            left = CHAPTER.HOME == CHAPTER.CUES["rows"][CHAPTER.HOME][:, None]
            new["moved_on_cue"] = f"{CHAPTER.on_cue(weights, CHAPTER.CUES['right ends']):.4f}"
            new["moved_on_left"] = f"{(weights * left).sum(axis=-1)[:, asks].mean():.4f}"
            if seed == 0 and steps == CHAPTER.STEPS:
                parts = {"backbone": backbone(seed)[0], "segmenter": model}
                save_file({f"{part}.{name}": value.float().contiguous() for part, whole in parts.items()
                           for name, value in whole.state_dict().items()}, data_path("53", "model.safetensors"))
    return new


@cache
def trained_on_tissue(arm, rate, seed, steps):
    """A U-Net trained on patches of the training region, and the CPU seconds of that."""
    reproducible(seed)
    model, start = CHAPTER.UNet(arm == "gated U-Net"), time.process_time()
    fit(model, CHAPTER.patch_loss(model, seed), steps, rate)
    return model, time.process_time() - start


@common.kept
def tissue_row(split, arm, rate, seed, steps):
    """Train a U-Net; measure on the validation region, and on the test region where `split` says so."""
    (grey, brown), (model, seconds) = CHAPTER.tissue(), trained_on_tissue(arm, rate, seed, steps)

    def score(region):
        said, maps = CHAPTER.painted(model, grey[CHAPTER.REGIONS[region]])
        return CHAPTER.iou(CHAPTER.confusion(1 * said, 1 * brown[CHAPTER.REGIONS[region]], 2))[1], maps
    result = {"task": "tissue", "arm": arm, "parameters": parameters(model), "rate": rate, "steps": steps, "seed": seed,
              "cpu_seconds": f"{seconds:.1f}", "valid": f"{score('valid')[0]:.4f}"}
    if split == "test":
        value, maps = score("test")
        result["test"] = f"{value:.4f}"
        if maps:
            inside = brown[CHAPTER.REGIONS["test"]]
            result |= {"gate_inside": f"{maps[-1][inside].mean():.4f}", "gate_outside": f"{maps[-1][~inside].mean():.4f}"}
    return result


def better(rows):
    return np.mean([float(r["valid"]) for r in rows])


def swept(run, rates, seeds):
    tried, tested_rows = fair_play.sweep(run, rates, better, seeds)
    best = tested_rows[0]["rate"]
    if best in (min(rates), max(rates)):                       # an end of the grid was best: one step beyond
        further = best / 2 if best == min(rates) else best * 2
        tried[further] = [run("valid", further, 0)]
        if better(tried[further]) > better(tried[best]):
            tested_rows = [run("test", further, seed) for seed in seeds]
            best = further
    return [r for rows in (tried | {best: tested_rows}).values() for r in rows]


def of(rows, task, arm):
    return sorted((r for r in rows if (r["task"], r["arm"]) == (task, arm) and r.get("test")), key=lambda r: r["seed"])


ASKED = {"corner": "digits equal to the one in the corner", "rows": "digits equal to the first of their row",
         "tissue": "brown stain, from the grey picture"}


def ledger_rows(rows):
    """Attention against the best network without it, chosen on the validation part."""
    for task, asked in ASKED.items():
        with_ = "attention" if task != "tissue" else "gated U-Net"
        others = {r["arm"] for r in rows if r["task"] == task and r.get("test") and "long" not in r["arm"]} - {with_}
        base = max(sorted(others), key=lambda arm: better(of(rows, task, arm)))
        pair = [of(rows, task, arm) for arm in (base, with_)]
        scores = [[float(r["test"]) for r in arm] for arm in pair]
        low, high = ledger.over_seeds([b - a for a, b in zip(*scores)])
        seeds = TISSUE_SEEDS if task == "tissue" else SEEDS
        yield {"task": asked, "data": "skimage's IHC picture, other region" if task == "tissue" else "made sheets of test digits, 500",
               "measure": "IoU of brown" if task == "tissue" else "mean IoU", "baseline": base, "attention": with_,
               "baseline_score": float(np.mean(scores[0])), "attention_score": float(np.mean(scores[1])), "difference_low": float(low),
               "difference_high": float(high), "interval": f"{seeds} seeds, Student's t",
               "note": "with more steps the wide convolution is ahead of attention" if task == "rows" else "",
               "map_measure": "" if task == "tissue" else "weight on the cue",
               "map_score": "" if task == "tissue" else float(np.mean([float(r["on_cue"]) for r in pair[1]])),
               "cpu_seconds": f"{np.mean([float(r['cpu_seconds']) for r in pair[1]]):.1f}"}


def main():
    rows = []
    for task in TASKS[::-1]:
        for arm in CHAPTER.CONTEXTS:
            rows += swept(lambda split, rate, seed, t=task, a=arm: row(split, t, a, rate, seed, CHAPTER.STEPS), CHAPTER.RATES, range(SEEDS))
    for arm in ("U-Net", "gated U-Net"):
        rows += swept(lambda split, rate, seed, a=arm: tissue_row(split, a, rate, seed, CHAPTER.TISSUE_STEPS), CHAPTER.TISSUE_RATES,
                      range(TISSUE_SEEDS))
    for task, arm in LONGER:
        rate = of(rows, task, arm)[0]["rate"]
        rows.append(row("test", task, arm, rate, 0, LONG * CHAPTER.STEPS) | {"arm": f"{arm}, long"})
    common.write_table(data_path("53", "runs.csv"), rows, COLUMNS)
    ledger.record("53_segmentation", list(ledger_rows(rows)))


if __name__ == "__main__":
    main()
