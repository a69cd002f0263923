"""Train every setting of 36_lstm_classifier and write notebooks/data/36_lstm_classifier/runs.csv: python experiments/36_lstm_classifier.py

Data, model and training are the chapter's own: their text is read out of the notebook.  Each row is one training; `test` is filled
in for the settings that the validation letters have chosen, and for nothing else.  About ten minutes on one core.

rule      a straight line through four features of the outline, no training loop
short     the run that the notebook repeats: 200 steps, which other processors repeat to six digits, where 300 differ by letters
pooling   six ways to make one vector of the states, three rates, three seeds each; the rate of the best mean is chosen,
          then a fourth rate beyond them is tried on the validation letters only
lost      learned query, half of the points lost, five ways to treat them, two rates, three seeds each; then other shares lost in use
cut       learned query with its chosen rate, outlines cut to their first or last 24 points, three seeds
search    hidden size, score and rate with seed 0, then two more seeds of the chosen setting

`python experiments/36_lstm_classifier.py model` trains one row of `pooling`, the learned query with seed 0 and its chosen rate, and
keeps the weights, which the notebook loads: notebooks/data/36_lstm_classifier/model.safetensors.

`python experiments/36_lstm_classifier.py trials` writes trials.csv beside it, about five minutes: what the chapter's reasons rest on.

seeds     seven more seeds for each of the six ways, with the rate that the first three chose
longer    three of the ways for three times the steps, with the seed in which the last state was best and the one in which it was worst
scaled    learned query with its scores divided by the root of their width, three rates, three seeds
unsorted  learned query, batches as they are drawn instead of sorted by length, three seeds
cut       the outlines cut to 24 points once more, with two lower rates, validation letters
filled    three quarters of the points lost in use, half in training: filled with the next known point, or with one drawn at random
"""
import functools
import sys
import time

import common
import fair_play
import numpy as np
import torch
from safetensors.torch import save_file

from attnlib import train
from attnlib.data import data_path
from attnlib.pytorch import masked_softmax

POOLINGS = ("last state", "mean", "max", "learned query", "last state as query", "self-attention, mean")
WAYS = ("zero", "carry forward", "zero and indicator", "zero, attention ignores", "skip")
RATES, BEYOND, SEEDS, LOST, SWEEP = (0.01, 0.02, 0.04), 0.08, (0, 1, 2), 0.5, (0, 0.25, 0.75)
QUERY = "learned query"

CHAPTER = common.taught("36", "AttentionPooling", "Classifier", "accuracy", "collate", "collect", "fill", "fit", "gaps", "in_mark", "split",
                        "weights_of")
LETTERS = CHAPTER.split(list(CHAPTER.collect()))


def whole(letters):
    """Examples: points, the places that attention may see, the answer."""
    return [(x.points, np.ones(len(x.points), bool), x.marked) for x in letters]


def shortened(letters, end, points=24):
    part = slice(points) if end == "first" else slice(-points, None)
    return [(x.points[part], np.ones(len(x.points[part]), bool), x.marked) for x in letters]


def gappy(letters, way, lost):
    return [(*CHAPTER.fill(way, x.points, gone), x.marked) for x, gone in zip(letters, CHAPTER.gaps(letters, lost))]


def map_score(model):
    """Mean weight on the mark and share of the points that are the mark's, over the marked test letters taken apart."""
    taken = [(x, CHAPTER.in_mark(x)) for x in LETTERS["test"] if x.marked]
    found = [(CHAPTER.weights_of(model, x.points)[mark].sum(), mark.mean()) for x, mark in taken if mark is not None]
    return np.mean(found, axis=0)


def examples(part, fill, cut, share=LOST):
    """The examples of a part: whole letters, or with points lost and treated in one way, or the first or last points alone."""
    letters = LETTERS[part]
    return gappy(letters, fill, share) if fill else shortened(letters, cut.split()[0]) if cut else whole(letters)


def trained(pooling, rate, seed, hidden=32, steps=300, fill="", cut=""):
    """A trained classifier, and the CPU seconds that it took."""
    found = examples("train", fill, cut)
    train.reproducible(seed)
    model = CHAPTER.Classifier(pooling, found[0][0].shape[1], hidden)
    start = time.process_time()
    CHAPTER.fit(model, found, rate, seed, steps)
    return model, time.process_time() - start


@common.kept
def row(split, experiment, pooling, rate, seed, hidden=32, steps=300, fill="", cut=""):
    """Train once and look at the validation letters, and at the test letters where `split` says so."""
    model, seconds = trained(pooling, rate, seed, hidden, steps, fill, cut)

    def right(part, share=LOST):
        return f"{CHAPTER.accuracy(model, examples(part, fill, cut, share)):.4f}"
    result = {"experiment": experiment, "pooling": pooling, "fill": fill, "cut": cut, "hidden": hidden, "rate": rate, "seed": seed,
              "parameters": train.parameters(model), "valid": right("valid"), "test": "", "cpu_seconds": f"{seconds:.1f}"}
    if split == "test":
        result["test"] = right("test")
        if fill:
            result |= {f"test_lost_{share}": right("test", share) for share in SWEEP}
    if experiment == "short" or split == "test" and experiment == "pooling" and pooling in (QUERY, "last state as query"):
        result["weight_on_mark"], result["points_in_mark"] = (f"{x:.4f}" for x in map_score(model))
    return result


def accuracy(rows):
    """Mean share of the validation letters that are right."""
    return np.mean([float(r["valid"]) for r in rows])


def swept(run, rates):
    """Each rate with each seed on the validation letters; the best one's rows have the test letters too."""
    tried, tested = fair_play.sweep(run, rates, accuracy, SEEDS, SEEDS)
    return tried | {tested[0]["rate"]: tested}


def rule():
    """Least squares on the highest and lowest point, the number of strokes and of points."""
    def features(letters):
        return np.array([[x.points[:, 1].max(), x.points[:, 1].min(), x.points[:, 2].sum(), len(x.points), 1] for x in letters])
    answers = {part: np.array([x.marked for x in letters]) for part, letters in LETTERS.items()}
    slopes = np.linalg.lstsq(features(LETTERS["train"]), 2.0 * answers["train"] - 1)[0]
    scores = {part: np.mean((features(LETTERS[part]) @ slopes > 0) == answers[part]) for part in ("valid", "test")}
    return {"experiment": "rule", "pooling": "four features", "parameters": 5, **{part: f"{x:.4f}" for part, x in scores.items()}}


def pooling():
    for way in POOLINGS:
        def run(split, rate, seed, way=way):
            return row(split, "pooling", way, rate, seed)
        tried = swept(run, RATES)
        tried[BEYOND] = [run("valid", BEYOND, seed) for seed in SEEDS]
        yield from (r for rows in tried.values() for r in rows)


def search():
    settings = [(score, rate, hidden) for hidden in (8, 16, 32) for score in (QUERY, "learned query, additive") for rate in RATES[1:]]

    def run(split, setting, seed):
        score, rate, hidden = setting
        return row(split, "search", score, rate, seed, hidden)
    tried, tested = fair_play.sweep(run, settings, accuracy, SEEDS)
    first = (tested[0]["pooling"], tested[0]["rate"], tested[0]["hidden"])
    yield from (tested[0] if setting == first else r for setting, (r,) in tried.items())
    yield from tested[1:]


def cut():
    for end in ("first", "last"):
        yield from (row("test", "cut", QUERY, RATES[2], seed, 32, 300, "", f"{end} 24") for seed in SEEDS)


def lost():
    for way in WAYS:
        def run(split, rate, seed, way=way):
            return row(split, "lost", QUERY, rate, seed, 32, 300, way)
        yield from (r for rows in swept(run, RATES[1:]).values() for r in rows)


def short():
    yield row("valid", "short", QUERY, RATES[2], 0, 32, 200)


def keep():
    """Train the learned query of `pooling` with seed 0 and write its weights, unrounded, so that every processor gets the same answers."""
    model, _ = trained(QUERY, RATES[2], SEEDS[0])
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, data_path("36", "model.safetensors"))


def scored(experiment, way, model, found, rate, seed, test=None, fit=CHAPTER.fit):
    """Train a model and look at the validation letters, and at others where they are given."""
    start = time.process_time()
    fit(model, found, rate, seed)
    seconds = time.process_time() - start
    right = [f"{CHAPTER.accuracy(model, part):.4f}" if part else "" for part in (examples("valid", "", ""), test)]
    return {"experiment": experiment, "way": way, "rate": rate, "seed": seed, "valid": right[0], "test": right[1],
            "cpu_seconds": f"{seconds:.1f}"}


class Scaled(CHAPTER.AttentionPooling):
    """Attention pooling whose scores are divided by the root of their width."""

    def forward(self, x, mask=None):
        weights = masked_softmax(self.query @ x.mT / x.shape[-1] ** 0.5, None if mask is None else mask.unsqueeze(-2))
        return (weights @ x).squeeze(-2), weights.squeeze(-2)


@common.kept
def scaled(rate, seed):
    train.reproducible(seed)
    model = CHAPTER.Classifier(QUERY)
    model.attention = Scaled(32)
    return scored("scaled", QUERY, model, examples("train", "", ""), rate, seed)


def fit_unsorted(model, found, rate, seed, steps=300):
    """The chapter's training with batches as they are drawn."""
    drawn = np.random.default_rng(seed).integers(0, len(found), (steps, 32))

    def loss(step):
        points, allowed, answers = zip(*(found[i] for i in drawn[step]))
        logits, _ = model(*CHAPTER.collate(points, allowed))
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(answers).to(logits))
    train.fit(model, loss, steps, rate)


@common.kept
def in_batches(way, seed):
    train.reproducible(seed)
    fit = fit_unsorted if way == "unsorted" else CHAPTER.fit
    return scored("unsorted", way, CHAPTER.Classifier(QUERY), examples("train", "", ""), RATES[2], seed, fit=fit)


@common.kept
def shorter(way, rate, seed):
    train.reproducible(seed)
    model = CHAPTER.Classifier(QUERY)
    CHAPTER.fit(model, examples("train", "", way), rate, seed)
    return {"experiment": "cut", "way": way, "rate": rate, "seed": seed,
            "valid": f"{CHAPTER.accuracy(model, examples('valid', '', way)):.4f}"}


def filled_points(way, points, lost, rng):
    """Lost places take those of the next known point, or of a known point drawn at random."""
    x, known = points.copy(), np.flatnonzero(~lost)
    for i in np.flatnonzero(lost):
        later = known[known > i]
        x[i, :2] = points[later[0], :2] if way == "next" and len(later) else 0 if way == "next" else points[rng.choice(known), :2]
    return x, np.ones(len(x), bool)


@common.kept
def filled(way, seed):
    def part(name, share):
        rng, letters = np.random.default_rng(0), LETTERS[name]
        return [(*filled_points(way, x.points, gone, rng), x.marked) for x, gone in zip(letters, CHAPTER.gaps(letters, share))]
    train.reproducible(seed)
    return scored("filled", way, CHAPTER.Classifier(QUERY), part("train", LOST), RATES[2], seed, part("test", 0.75))


@common.kept
def longer(way, rate, seed):
    train.reproducible(seed)
    fit = functools.partial(CHAPTER.fit, steps=900)
    found, test = examples("train", "", ""), examples("test", "", "")
    return scored("longer", way, CHAPTER.Classifier(way), found, rate, seed, test, fit)


@common.kept
def one_more_seed(way, rate, seed):
    train.reproducible(seed)
    found, test = examples("train", "", ""), examples("test", "", "")
    return scored("seeds", way, CHAPTER.Classifier(way), found, rate, seed, test)


def trials():
    """The table of the chapter's reasons."""
    chosen = {r["pooling"]: float(r["rate"]) for r in common.read_table(data_path("36", "runs.csv"))
              if r["experiment"] == "pooling" and r["test"]}
    rows = [scaled(rate, seed) for rate in (*RATES[1:], BEYOND) for seed in SEEDS]
    rows += [in_batches(way, seed) for way in ("sorted", "unsorted") for seed in SEEDS]
    rows += [shorter(f"{end} 24", rate, seed) for end in ("first", "last") for rate in RATES for seed in SEEDS]
    rows += [filled(way, seed) for way in ("next", "at random") for seed in SEEDS]
    rows += [one_more_seed(way, rate, seed) for way, rate in chosen.items() for seed in range(3, 10)]
    rows += [longer(way, chosen[way], seed) for way in ("last state", "mean", QUERY) for seed in (0, 4)]
    common.write_table(data_path("36", "trials.csv"), rows)


def main():
    rows = [rule(), *(r for part in (short, pooling, lost, cut, search) for r in part())]
    columns = ["experiment", "pooling", "fill", "cut", "hidden", "rate", "seed", "parameters", "valid", "test",
               *(f"test_lost_{share}" for share in SWEEP), "weight_on_mark", "points_in_mark", "cpu_seconds"]
    common.write_table(data_path("36", "runs.csv"), rows, columns)
    keep()
    trials()


if __name__ == "__main__":
    {"model": keep, "trials": trials}.get("".join(sys.argv[1:]), main)()
