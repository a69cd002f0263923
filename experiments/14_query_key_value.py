"""Train the models of 14_query_key_value and write notebooks/data/14_query_key_value/runs.csv: python experiments/14_query_key_value.py

Tasks, models, training and tests are the notebook's own cells, read from there.  For each model and number of steps the learning
rate is chosen on examples that serve for nothing else (rows `valid`; by one seed, or by the mean of three where seeds differ much),
and further seeds are trained with it and tested (rows `test`): readers of six persons (`people`, measure `right`), and a convolution
of 4, 6 or 16 channels or one head of attention on three tokens (`choose`, mean squared errors; `leak` is the entry of W_k that reads
the value, as a share of the one that reads what the token is).  About seven minutes on one core.
"""
import sys

import common

from attnlib.data import data_path
from attnlib.train import parameters

RATES = {"people": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), "choose": (0.01, 0.03, 0.1, 0.3, 1.0)}
CHOICE = {"people": (1000,), "choose": (1000, 1001, 1002)}   # the seeds by which a rate is chosen
PEOPLE = [(kind, steps, seeds) for steps, seeds in ((150, 10), (1500, 5)) for kind in ("raw", "raw + network", "tied", "three")]
CHOOSE = [("Convolution 4", 400, 10), ("Convolution 6", 400, 10), ("Convolution 16", 400, 10), ("Attention", 400, 40),
          ("Convolution 4", 2000, 5), ("Convolution 6", 2000, 5), ("Attention", 2000, 20)]


def people(chapter, name, steps, rate, seed, test):
    model, right = chapter.trained(name, seed, rate, steps, test)
    return model, {"right": right}


def choose(chapter, name, steps, rate, seed, test):
    kind, *channels = name.split()
    model = chapter.chosen(lambda: getattr(chapter, kind)(*map(int, channels)), seed, rate, steps)
    errors = dict(zip(("error", "error_wide", "error_moved"), chapter.tested(model, test)))
    return model, errors | ({"leak": abs(model.W[1, 2, 0] / model.W[1, 1, 0]).item()} if kind == "Attention" else {})


def rows(chapter, task, name, steps, seeds):
    """The rows of one model and number of steps."""
    def row(split, rate, seed, test):
        model, found = task(chapter, name, steps, rate, seed, test)
        new = {"task": task.__name__, "model": name, "steps": steps, "split": split, "rate": rate, "seed": seed,
               "numbers": parameters(model), **{key: f"{value:.4f}" for key, value in found.items()}}
        print(*new.values(), file=sys.stderr, flush=True)
        return new, found

    valid = {rate: [row("valid", rate, seed, test=200) for seed in CHOICE[task.__name__]] for rate in RATES[task.__name__]}
    best = min(valid, key=lambda rate: sum(found.get("error", -found.get("right", 0)) for _, found in valid[rate]))
    return [new for tried in valid.values() for new, _ in tried] + [row("test", best, seed, test=100)[0] for seed in range(seeds)]


def main():
    chapter = common.taught("14", "trained", "choose", "Attention", "Convolution", "chosen", "tested")
    table = [row for task, models in ((people, PEOPLE), (choose, CHOOSE)) for model in models for row in rows(chapter, task, *model)]
    common.write_table(data_path("14", "runs.csv"), table)


if __name__ == "__main__":
    main()
