"""Train the models of 14_query_key_value and write notebooks/data/14_query_key_value/runs.csv: python experiments/14_query_key_value.py

Tasks, models, training and tests are the notebook's own cells, read from there.  For each model and number of steps the learning
rate is chosen on examples that serve for nothing else (rows `valid`; by one seed, or by the mean of three where seeds differ much),
and further seeds are trained with it and tested (rows `test`): readers of six persons (`people`, measure `right`), and a convolution
of 4, 6 or 16 channels or one head of attention on three tokens (`choose`, mean squared errors; `leak` is the entry of W_k that reads
the value, as a share of the one that reads what the token is).  About seven minutes on one core.
"""
import common
import fair_play

from attnlib.data import data_path
from attnlib.train import parameters

CHAPTER = common.taught("14", "trained", "choose", "Attention", "Convolution", "chosen", "tested")
RATES = {"people": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), "choose": (0.01, 0.03, 0.1, 0.3, 1.0)}
CHOICE = {"people": (1000,), "choose": (1000, 1001, 1002)}   # the seeds by which a rate is chosen
PEOPLE = [(kind, steps, seeds) for steps, seeds in ((150, 10), (1500, 5)) for kind in ("raw", "raw + network", "tied", "three")]
CHOOSE = [("Convolution 4", 400, 10), ("Convolution 6", 400, 10), ("Convolution 16", 400, 10), ("Attention", 400, 40),
          ("Convolution 4", 2000, 5), ("Convolution 6", 2000, 5), ("Attention", 2000, 20)]




def people(name, steps, rate, seed, test):
    model, right = CHAPTER.trained(name, seed, rate, steps, test)
    return model, {"right": right}


def choose(name, steps, rate, seed, test):
    kind, *channels = name.split()
    model = CHAPTER.chosen(lambda: getattr(CHAPTER, kind)(*map(int, channels)), seed, rate, steps)
    errors = dict(zip(("error", "error_wide", "error_moved"), CHAPTER.tested(model, test)))
    return model, errors | ({"leak": abs(model.W[1, 2, 0] / model.W[1, 1, 0]).item()} if kind == "Attention" else {})


TASKS = {"people": people, "choose": choose}


@common.kept
def row(split, task, name, steps, rate, seed):
    model, found = TASKS[task](name, steps, rate, seed, 200 if split == "valid" else 100)
    return {"task": task, "model": name, "steps": steps, "split": split, "rate": rate, "seed": seed, "numbers": parameters(model)} | found


def good(rows):
    return sum(r.get("right", -r.get("error", 0)) for r in rows)


def rounded(row):
    """A row with four digits of each measure."""
    return {k: f"{v:.4f}" if isinstance(v, float) and k != "rate" else v for k, v in row.items()}


def main():
    table = []
    for task, models in (("people", PEOPLE), ("choose", CHOOSE)):
        for name, steps, seeds in models:
            def run(split, rate, seed, arm=(task, name, steps)):
                return row(split, *arm, rate, seed)
            tried, tested = fair_play.sweep(run, RATES[task], good, range(seeds), CHOICE[task])
            table += [*(r for rows in tried.values() for r in rows), *tested]
    common.write_table(data_path("14", "runs.csv"), [rounded(r) for r in table])


if __name__ == "__main__":
    main()
