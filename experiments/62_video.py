"""Train every way of 62_video; write runs.csv and comparisons.csv in the chapter's data.

python experiments/62_video.py                whole: about ten minutes on one core

Films, models, losses and measures are the chapter's own: their text is read out of the notebook.  Rates are chosen on films of the
validation digits, one seed; a rate at an end of its grid is followed until a neighbour is worse.  The chosen one meets the films of the
test digits with three seeds, with six where the two best lie close.

decisive    one whole digit among eleven torn ones: which digit is it?            (others = empty: among eleven empty frames)
order       two whole digits at two times: which came first?
camera      one camera, long films with one label each: does somebody come?  The map is scored frame by frame
scenes      patches in space and time: which digit stands in the ringed cell while the lamp is lit?
"""
import time

import common
import fair_play
import ledger
import numpy as np

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("62", "Film", "Watch", "Scene", "STEPS", "WARMUP", "LONG_FILM", "GAP", "film_loss", "film_scores", "watch_loss",
                        "watch_scores", "scene_loss", "scene_scores", "camera", "map_scores", "change", "background", "unusual")
SEEDS, LONGER = {"decisive": 6, "order": 3, "camera": 3, "scenes": 3}, 4
RATES = {"decisive": (0.003, 0.01, 0.03), "order": (0.003, 0.01, 0.03), "camera": (0.0025, 0.005, 0.01), "scenes": (0.0025, 0.005, 0.01)}
WAYS = {"decisive": ("last", "mean", "max", "GRU", "attention"),
        "order": ("max", "attention", "GRU", "max, places", "attention, places"),
        "camera": ("mean", "max", "attention"), "scenes": ("space", "time", "time+space", "joint")}
COLUMNS = ("task", "way", "others", "parameters", "test", "peak", "lamp", "auc", "ap", "test_long", "auc_long", "ap_long", "rate", "steps",
           "seed", "cpu_seconds", "valid")


def trained(task, way, others, rate, seed, steps):
    """-> the model, CPU seconds of its training."""
    reproducible(seed)
    model = {"camera": CHAPTER.Watch, "scenes": CHAPTER.Scene}.get(task, CHAPTER.Film)(way)
    if task in ("decisive", "order"):
        loss = CHAPTER.film_loss(model, seed, 1 + (task == "order"), others)
    else:
        loss = (CHAPTER.watch_loss if task == "camera" else CHAPTER.scene_loss)(model, seed)
    start = time.process_time()
    fit(model, loss, steps, rate, CHAPTER.WARMUP[task])
    return model, time.process_time() - start


def measured(model, task, others, split):
    """The figures of a model on the films of a split, by column."""
    if task == "camera":
        return dict(zip(("test", "auc", "ap"), CHAPTER.watch_scores(model, split)))
    if task == "scenes":
        return dict(zip(("test", "peak", "lamp"), CHAPTER.scene_scores(model, split)))
    return dict(zip(("test", "peak"), CHAPTER.film_scores(model, split, 1 + (task == "order"), others)))


@common.kept
def row(split, task, way, others, rate, seed, steps):
    """Train once and look at the films of the validation digits, and at those of the test digits where `split` says so."""
    model, seconds = trained(task, way, others, rate, seed, steps)
    found = {"valid": measured(model, task, others, "valid")["test"]}
    if split == "test":
        found |= measured(model, task, others, "test")
        if task == "camera":
            found |= dict(zip(("test_long", "auc_long", "ap_long"), CHAPTER.watch_scores(model, "test", CHAPTER.LONG_FILM)))
    return {"task": task, "way": way, "others": others, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
            "cpu_seconds": f"{seconds:.1f}"} | {k: f"{v:.4f}" for k, v in found.items() if v == v}


def accuracy(rows):
    """Mean share of the validation films that are right."""
    return np.mean([float(r["valid"]) for r in rows])


def widened(run, rates):
    """The grid, with a neighbour more at the end where the best lies, at most twice."""
    for _ in range(3):
        tried = {rate: [run("valid", rate, 0)] for rate in sorted(rates)}
        best, (low, *_, high) = fair_play.chosen(tried, accuracy), sorted(rates)
        if best not in (low, high) or len(rates) > 4:
            break
        rates = (*rates, float(f"{best * (2 if best == high else 0.5):.2g}"))
    return sorted(rates)


def swept(task, way, others="torn", steps=None):
    """The rows of a way: each rate on the validation films; those of the chosen one have the test too."""
    def run(split, rate, seed):
        return row(split, task, way, others, rate, seed, steps or CHAPTER.STEPS[task])
    tried, tested = fair_play.sweep(run, widened(run, RATES[task]), accuracy, range(SEEDS[task]))
    return [r for rows in (tried | {tested[0]["rate"]: tested}).values() for r in rows]


def tested(rows, task, way, others="torn"):
    """The rows of a way that met the test, one a seed, with the steps that all get."""
    return [r for r in rows if (r["task"], r["way"], r["others"]) == (task, way, others) and "test" in r and not r["way"].endswith(" long")]


def long_rows(rows):
    """Was it the budget?  Four times the steps at the chosen rate, one seed.

    Joint attention learnt at none of its rates, so that its choice among them says little: it chooses anew, and three seeds are tested.
    """
    for task, way in ((task, way) for task, ways in WAYS.items() for way in ways):
        steps = LONGER * CHAPTER.STEPS[task]
        rate = tested(rows, task, way)[0]["rate"]
        found = swept(task, way, steps=steps) if way == "joint" else [row("test", task, way, "torn", rate, 0, steps)]
        yield from (r | {"way": f"{way}, long"} for r in found)


def untrained_rows():
    """Marks of frames that rest on no training, on the same films."""
    ways = {"frame difference": CHAPTER.change, "background": CHAPTER.background,
            "attention, untrained": lambda film: CHAPTER.unusual(film, CHAPTER.GAP)[0]}
    for name, mark in ways.items():
        found = {"task": "camera", "way": name, "others": "torn", "parameters": 0}
        for end, frames in (("", 32), ("_long", CHAPTER.LONG_FILM)):
            x, _, there = CHAPTER.camera(np.random.default_rng(9), "test", 300, frames)
            for column, value in zip(("auc", "ap"), CHAPTER.map_scores([mark(film) for film in x], there)):
                found[column + end] = f"{value:.4f}"
        yield found


def ledger_rows(rows):
    """Attention against the best way without it, both chosen on the validation films."""
    for task, asked, measure, with_, others in (
            ("decisive", "the digit of the one decisive frame", "test", ("attention",), ("last", "mean", "max", "GRU")),
            ("order", "which of two digits came first", "test", ("attention", "attention, places"), ("max", "max, places", "GRU")),
            ("camera", "does somebody come, films five times as long", "test_long", ("attention",), ("mean", "max"))):
        base, best = (max(ways, key=lambda way: accuracy(tested(rows, task, way))) for ways in (others, with_))
        scores = [[float(r[measure]) for r in tested(rows, task, way)] for way in (base, best)]
        low, high = ledger.over_seeds([b - a for a, b in zip(*scores)])
        mapped = "auc_long" if task == "camera" else "peak"
        yield {"task": f"video: {asked}", "data": "made films of MNIST digits", "measure": "accuracy", "baseline": base, "attention": best,
               "baseline_score": float(np.mean(scores[0])), "attention_score": float(np.mean(scores[1])), "difference_low": float(low),
               "difference_high": float(high), "interval": f"{len(scores[0])} seeds, Student's t",
               "map_measure": "AUC of the visitor's frames" if task == "camera" else "largest weight on the decisive frame",
               "map_score": float(np.mean([float(r[mapped]) for r in tested(rows, task, best)])),
               "cpu_seconds": f"{np.mean([float(r['cpu_seconds']) for r in tested(rows, task, best)]):.1f}"}


def main():
    """Train and test all ways."""
    reproducible(0)
    rows = [r for task, ways in WAYS.items() for way in ways for r in swept(task, way)]
    for way in ("mean", "max", "GRU", "attention"):                  # the torn digits taken away, at the rate chosen with them
        rate = tested(rows, "decisive", way)[0]["rate"]
        rows += [row("test", "decisive", way, "empty", rate, seed, CHAPTER.STEPS["decisive"]) for seed in range(SEEDS["decisive"])]
    longer = list(long_rows(rows))
    lines = list(ledger_rows(rows))
    common.write_table(data_path("62", "runs.csv"), rows + longer + list(untrained_rows()), COLUMNS)
    ledger.record("62_video", lines)


if __name__ == "__main__":
    main()
