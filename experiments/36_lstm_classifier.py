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
keeps the weights, which the notebook loads: notebooks/data/36_lstm_classifier/model.npz.
"""
import sys
import time

import common
import numpy as np

from attnlib import train
from attnlib.data import data_path

POOLINGS = ("last state", "mean", "max", "learned query", "last state as query", "self-attention, mean")
WAYS = ("zero", "carry forward", "zero and indicator", "zero, attention ignores", "skip")
RATES, BEYOND, SEEDS, LOST, SWEEP = (0.01, 0.02, 0.04), 0.08, (0, 1, 2), 0.5, (0, 0.25, 0.75)
QUERY = "learned query"

CHAPTER = common.taught("36", "Classifier", "accuracy", "collect", "fit", "gaps", "in_mark", "mend", "split", "weights_of")
LETTERS = CHAPTER.split(list(CHAPTER.collect()))


def whole(letters):
    """Examples: points, the places that attention may see, the answer."""
    return [(x.points, np.ones(len(x.points), bool), x.marked) for x in letters]


def shortened(letters, end, points=24):
    part = slice(points) if end == "first" else slice(-points, None)
    return [(x.points[part], np.ones(len(x.points[part]), bool), x.marked) for x in letters]


def gappy(letters, way, lost):
    return [(*CHAPTER.mend(way, x.points, gone), x.marked) for x, gone in zip(letters, CHAPTER.gaps(letters, lost))]


def map_score(model):
    """Mean weight on the mark and share of the points that are the mark's, over the marked test letters taken apart."""
    taken = [(x, CHAPTER.in_mark(x)) for x in LETTERS["test"] if x.marked]
    found = [(CHAPTER.weights_of(model, x.points)[mark].sum(), mark.mean()) for x, mark in taken if mark is not None]
    return np.mean(found, axis=0)


def row(experiment, examples, pooling, rate, seed, hidden=32, steps=300, **setting):
    """Train once; `examples` maps a part's name to its examples."""
    train.reproducible(seed)
    model = CHAPTER.Classifier(pooling, examples("train")[0][0].shape[1], hidden)
    start = time.process_time()
    CHAPTER.fit(model, examples("train"), rate, seed, steps)
    seconds = time.process_time() - start
    result = {"experiment": experiment, "pooling": pooling, **setting, "hidden": hidden, "rate": rate, "seed": seed,
              "parameters": train.parameters(model), "valid": f"{CHAPTER.accuracy(model, examples('valid')):.4f}",
              "test": "", "cpu_seconds": f"{seconds:.1f}"}
    print("\r", *result.values(), " " * 40, file=sys.stderr, flush=True)
    return result, model


def finish(result, model, examples):
    """Look at the test letters."""
    result["test"] = f"{CHAPTER.accuracy(model, examples('test')):.4f}"
    if result["pooling"] in (QUERY, "last state as query") and result["experiment"] == "pooling":
        score(result, model)


def score(result, model):
    result["weight_on_mark"], result["points_in_mark"] = (f"{x:.4f}" for x in map_score(model))


def chosen(tried):
    """The trainings, one for each seed, of the rate whose mean validation accuracy is highest; `tried` maps rates to trainings."""
    return max(tried.values(), key=lambda seeds: np.mean([float(r["valid"]) for r, _ in seeds]))


def rule():
    """Least squares on the highest and lowest point, the number of strokes and of points."""
    def features(letters):
        return np.array([[x.points[:, 1].max(), x.points[:, 1].min(), x.points[:, 2].sum(), len(x.points), 1] for x in letters])
    answers = {part: np.array([x.marked for x in letters]) for part, letters in LETTERS.items()}
    slopes = np.linalg.lstsq(features(LETTERS["train"]), 2.0 * answers["train"] - 1)[0]
    scores = {part: np.mean((features(LETTERS[part]) @ slopes > 0) == answers[part]) for part in ("valid", "test")}
    return {"experiment": "rule", "pooling": "four features", "parameters": 5, **{part: f"{x:.4f}" for part, x in scores.items()}}


def whole_letters(part):
    return whole(LETTERS[part])


def keep(model):
    """Write the weights of a model, in full precision, so that every processor gets the same answers from them."""
    np.savez_compressed(data_path("36", "model.npz"), **{name: value.numpy() for name, value in model.state_dict().items()})


def pooling():
    for way in POOLINGS:
        tried = {rate: [row("pooling", whole_letters, way, rate, seed) for seed in SEEDS] for rate in RATES}
        for pair in chosen(tried):
            finish(*pair, whole_letters)
        if way == QUERY:
            keep(chosen(tried)[0][1])
        tried[BEYOND] = [row("pooling", whole_letters, way, BEYOND, seed) for seed in SEEDS]
        yield from (r for seeds in tried.values() for r, _ in seeds)


def search():
    found = [row("search", whole_letters, score, rate, 0, hidden)
             for hidden in (8, 16, 32) for score in (QUERY, "learned query, additive") for rate in RATES[1:]]
    top = max(found, key=lambda pair: float(pair[0]["valid"]))
    more = [row("search", whole_letters, top[0]["pooling"], top[0]["rate"], seed, top[0]["hidden"]) for seed in SEEDS[1:]]
    for pair in (top, *more):
        finish(*pair, whole_letters)
    yield from (r for r, _ in (*found, *more))


def cut():
    for end in ("first", "last"):
        def examples(part, end=end):
            return shortened(LETTERS[part], end)
        for seed in SEEDS:
            pair = row("cut", examples, QUERY, RATES[2], seed, cut=f"{end} 24")
            finish(*pair, examples)
            yield pair[0]


def lost():
    for way in WAYS:
        def examples(part, share=LOST, way=way):
            return gappy(LETTERS[part], way, share)
        tried = {rate: [row("lost", examples, QUERY, rate, seed, fill=way) for seed in SEEDS] for rate in RATES[1:]}
        for result, model in chosen(tried):
            finish(result, model, examples)
            for share in SWEEP:
                result[f"test_lost_{share}"] = f"{CHAPTER.accuracy(model, examples('test', share)):.4f}"
        yield from (r for seeds in tried.values() for r, _ in seeds)


def short():
    result, model = row("short", whole_letters, QUERY, RATES[2], 0, steps=200)
    score(result, model)
    yield result


def main():
    rows = [rule()]
    for part in (short, pooling, lost, cut, search):
        rows += part()
        write(rows)


def write(rows):
    columns = ["experiment", "pooling", "fill", "cut", "hidden", "rate", "seed", "parameters", "valid", "test",
               *(f"test_lost_{share}" for share in SWEEP), "weight_on_mark", "points_in_mark", "cpu_seconds"]
    common.write_table(data_path("36", "runs.csv"), rows, columns)


if __name__ == "__main__":
    if sys.argv[1:] == ["model"]:
        keep(row("pooling", whole_letters, QUERY, RATES[2], SEEDS[0])[1])
    else:
        main()
