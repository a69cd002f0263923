"""Attack readers, read maps and gradients, train with noise: runs.csv and curves.csv in the data of 78_privacy.

python experiments/78_privacy.py                whole: about seven minutes of one core

Models, trainings and attacks are the chapter's own: their text is read out of the notebook.

setting     the regularised, private and federated readers: what is chosen by the validation split
member      sixteen readers of each kind on halves of the pool; each attacked by loss and by likelihood ratio
map         words read off exact and rounded maps
sent        words and pictures read off a gradient, off a client's update, off a clipped gradient with noise
private     digits with and without attention: clipping, share, steps and rates by the validation split, five budgets, five seeds
"""
import time
from functools import cache

import common
import fair_play
import numpy as np
import torch

from attnlib.data import data_path
from attnlib.train import reproducible

reproducible(0)
C = common.taught("78", "train_reader", "halves", "right_side", "accuracy", "likelihood_ratio", "area", "caught", "words_read", "part",
                  "Reader", "loss_of", "gradient",
                  "used_rows", "read_gradient", "RowReader", "Plain", "pictures", "read_picture", "train_private",
                  "train_open", "right", "federated", "noise_for", "each_gradient", "clipped_sum", "name_loss")
MODELS, CLIENTS, TRIALS = 16, 5, 2
INSIDE = C.halves(MODELS)
GRID = (0.0, *np.geomspace(1 / 300, 1, 30).round(5).tolist())
OPEN = [(dropout, decay, steps) for dropout in (0.0, 0.6, 0.8) for decay in (0.0, 1.0, 3.0) for steps in (40, 60, 100)]
READER_STEPS, READER_SHARE, READER_DELTA = 40, 0.5, 1e-3
DELTA, BUDGETS, SEEDS, RATES = 1e-4, (0.5, 1.0, 3.0, 8.0), range(5), (0.5, 1.0, 2.0, 4.0)
SCHEDULES, NORMS = ((20, 1.0), (80, 0.25)), (0.3, 3.0)
SENTENCES, PICTURES, ROUNDED = range(0, 600, 30), range(0, 1250, 25), (6, 5, 4, 3, 2)
NETWORKS = {"attention": lambda: C.RowReader(), "without": lambda: C.RowReader(attention=False), "one hidden layer": lambda: C.Plain()}


def chosen_half(k):
    return np.flatnonzero(INSIDE[k])


def clients(k):
    ids, good = C.part("pool")
    return [(ids[torch.as_tensor(own)], good[torch.as_tensor(own)]) for own in np.array_split(chosen_half(k), CLIENTS)]


@cache
def reader(kind, k, setting):
    """The reader `k` of a kind; `setting` says how it is trained."""
    if kind in ("overfitted", "regularised"):
        dropout, decay, steps = setting
        return C.train_reader(chosen_half(k), k, int(steps), dropout, decay)
    torch.manual_seed(k)
    if kind == "federated":
        return C.federated(clients(k), C.Reader(), C.loss_of, 10, 5, setting)
    noise = C.noise_for(float(kind.split()[-1]), READER_DELTA, READER_SHARE, READER_STEPS)
    ids, good = (x[torch.as_tensor(chosen_half(k))] for x in C.part("pool"))
    return C.train_private(C.Reader(), C.loss_of, ids, good, READER_STEPS, READER_SHARE, setting, 1.0, noise, k)


@common.kept
def tried(kind, setting):
    """What a few readers reach on the validation split: minus the mean loss, or, where noise makes that huge, the share that is right."""
    ids, good = C.part("valid")
    setting = tuple(setting) if isinstance(setting, list) else setting
    models = [reader(kind, k, setting) for k in range(TRIALS)]
    reached = [C.accuracy(m, "valid") if kind.startswith("private") else -C.loss_of(m(ids), good).item() for m in models]
    return {"part": "setting", "kind": kind, "setting": str(setting), "valid": f"{np.mean(reached):.4f}"}


def best(kind, settings):
    rows = [tried(kind, list(s) if isinstance(s, tuple) else s) for s in settings]
    return settings[max(range(len(rows)), key=lambda i: float(rows[i]["valid"]))], rows


@common.kept
def attacked(kind, setting):
    """Sixteen readers, each attacked in turn: a row for each, and mean curves."""
    setting = tuple(setting) if isinstance(setting, list) else setting
    start = time.process_time()
    scores = np.array([C.right_side(reader(kind, k, setting), *C.part("pool")) for k in range(MODELS)])
    seconds = (time.process_time() - start) / MODELS
    rows, curves = [], {"loss": [], "ratio": []}
    for k, member in enumerate(INSIDE):
        found = {"loss": scores[k], "ratio": C.likelihood_ratio(scores, INSIDE, k)}
        row = {"part": "member", "kind": kind, "setting": str(setting), "seed": k, "cpu_seconds": f"{seconds:.2f}",
               "train": f"{(scores[k] > 0)[member].mean():.4f}", "test": f"{C.accuracy(reader(kind, k, setting), 'test'):.4f}"}
        for name, score in found.items():
            row |= {f"area_{name}": f"{C.area(score, member):.4f}", f"caught_{name}": f"{C.caught(score, member):.4f}"}
            curves[name].append([C.caught(score, member, most) for most in GRID])
        rows.append(row)
    drawn = [{"kind": kind, "attack": name, "false": most, "true": f"{true:.4f}"}
             for name, each in curves.items() for most, true in zip(GRID, np.mean(each, axis=0))]
    return {"kind": kind, "rows": rows, "curves": drawn}


@common.kept
def from_map(kind, setting, decimals):
    setting = tuple(setting) if isinstance(setting, list) else setting
    words, whole = C.words_read(reader(kind, 0, setting), C.part("pool")[0][list(SENTENCES)], decimals)
    return {"part": "map", "kind": kind, "decimals": decimals, "words": f"{words:.4f}", "whole": f"{whole:.4f}"}


def noisy(gradients, noise, rng):
    """One record's gradient, cut to length 1, with noise."""
    total = C.clipped_sum(gradients, 1.0)
    return {k: g + noise * torch.randn(g.shape, generator=rng) for k, g in total.items()}


@common.kept
def sent_words(kind, setting, way):
    """Which words, and which sentences in order, does what is sent show?  Words: the rows that are not zero, or the longest ones."""
    setting = tuple(setting) if isinstance(setting, list) else setting
    model, (ids, good), rng = reader(kind, 0, setting), C.part("pool"), torch.Generator().manual_seed(0)
    words, whole = [], []
    for i in SENTENCES:
        x, y = ids[i:i + 1], good[i:i + 1]
        true = set(x[x > 0].tolist())
        if way == "gradient":
            sent = C.gradient(model, C.loss_of, x, y)
            found, order = set(C.used_rows(sent["words.weight"])), C.read_gradient(sent)
            whole.append(order == x[x > 0].tolist())
        elif way == "gradient of 30":
            x, y = ids[i:i + 30], good[i:i + 30]
            true, found = set(x[x > 0].tolist()), set(C.used_rows(C.gradient(model, C.loss_of, x, y)["words.weight"]))
        else:
            noise = C.noise_for(float(way.split()[-1]), READER_DELTA, 1.0, 1)
            rows = noisy(C.each_gradient(model, C.loss_of, x, y), noise, rng)["words.weight"].norm(dim=1)
            found = set(rows.topk(len(true)).indices.tolist())
        words.append(len(found & true) / len(found | true))
    row = {"part": "sent", "kind": kind, "way": way, "words": f"{np.mean(words):.4f}"}
    return row | ({"whole": f"{np.mean(whole):.4f}"} if whole else {})


@common.kept
def sent_update(setting):
    """What a federated client's update shows: its words, and none of its sentences in order."""
    torch.manual_seed(0)
    model, (x, y) = C.Reader(), clients(0)[0]
    start = model.words.weight.detach().clone()
    after = C.federated([(x, y)], model, C.loss_of, 1, 5, setting).words.weight.detach()
    true, found = set(x[x > 0].tolist()), set(C.used_rows(after - start))
    return {"part": "sent", "kind": "federated", "way": "update of 60", "words": f"{len(found & true) / len(found | true):.4f}"}


@cache
def namer(kind, setting):
    """A reader of digits for the attack on pictures."""
    torch.manual_seed(0)
    if kind == "private 8":
        steps, share, rate, most = setting
        return C.train_private(C.RowReader(), C.name_loss, *C.pictures("train"), steps, share, rate / most, most,
                               C.noise_for(8.0, DELTA, share, steps), 0)
    return C.train_open(C.RowReader(), 0, rate=0.01, decay=3.0 if kind == "regularised" else 0.0)


@common.kept
def sent_pictures(kind, way, setting):
    """The share of pictures read off what is sent with no pixel further off than 0.01, and the mean miss."""
    setting = tuple(setting) if setting else None
    model, (x, y), rng = namer(kind, setting), C.pictures("test"), torch.Generator().manual_seed(0)
    misses = []
    for i in PICTURES:
        if way == "gradient":
            sent = C.gradient(model, C.name_loss, x[i:i + 1], y[i:i + 1])
        elif way == "gradient of 30":
            sent = C.gradient(model, C.name_loss, x[i:i + 30], y[i:i + 30])
        elif way == "update of 60":
            start = {k: v.detach().clone() for k, v in model.state_dict().items()}
            after = C.federated([(x[i:i + 60], y[i:i + 60])], model, C.name_loss, 1, 5, 0.01).state_dict()
            sent = {k: start[k] - after[k] for k in start}
            model.load_state_dict(start)
        else:
            sent = noisy(C.each_gradient(model, C.name_loss, x[i:i + 1], y[i:i + 1]), C.noise_for(8.0, DELTA, 1.0, 1), rng)
        misses.append((C.read_picture(sent) - x[i]).abs().detach())
    return {"part": "picture", "kind": kind, "way": way, "whole": f"{np.mean([m.max().item() < 0.01 for m in misses]):.4f}",
            "miss": f"{np.median([m.mean().item() for m in misses]):.4f}"}


@common.kept
def private(split, network, budget, steps, share, most, rate, seed):
    """One private training on the digits; `rate` is that of a gradient of length `most`, divided by it for the optimiser."""
    start = time.process_time()
    torch.manual_seed(seed)
    noise = C.noise_for(budget, DELTA, share, steps)
    model = C.train_private(NETWORKS[network](), C.name_loss, *C.pictures("train"), steps, share, rate / most, most, noise, seed)
    return {"part": "private", "kind": network, "split": split, "budget": budget, "steps": steps, "share": share, "norm": most,
            "rate": rate, "seed": seed, "noise": f"{noise:.3f}", "cpu_seconds": f"{time.process_time() - start:.1f}",
            split: f"{C.right(model, split):.4f}"}


@common.kept
def without_noise(split, network, rate, seed):
    start = time.process_time()
    torch.manual_seed(seed)
    model = C.train_open(NETWORKS[network](), seed, rate=rate)
    return {"part": "open", "kind": network, "split": split, "rate": rate, "seed": seed,
            "cpu_seconds": f"{time.process_time() - start:.1f}", split: f"{C.right(model, split):.4f}"}


def highest(rows):
    return max(rows, key=lambda row: float(row["valid"]))


def climb(run, rate):
    """The rate where validation is best: from `rate` on to both sides, until the best one has a worse neighbour on each."""
    rows = {}
    while True:
        for r in (rate / 2, rate, rate * 2):
            if r not in rows:
                rows[r] = run(r)
        better = fair_play.chosen(rows, lambda row: (float(row["valid"]), row is rows[rate]))  # noqa: B023
        if better == rate:
            return rate, list(rows.values())
        rate = better


def private_rows():
    settings = {}
    for network in NETWORKS:
        rows = [private("valid", network, 3.0, steps, share, 1.0, rate, 0) for steps, share in SCHEDULES for rate in RATES]
        top = highest(rows)
        rows += [private("valid", network, 3.0, top["steps"], top["share"], most, top["rate"], 0) for most in NORMS]
        top = highest(rows)
        yield from rows
        fixed = top["steps"], top["share"], top["norm"]
        for budget in BUDGETS:
            rate, rows = climb(lambda r: private("valid", network, budget, *fixed, r, 0), top["rate"])  # noqa: B023
            yield from rows
            yield from (private("test", network, budget, *fixed, rate, seed) for seed in SEEDS)
        if network == "attention":
            settings["private 8"] = (*fixed[:2], rate, fixed[2])
        rate, rows = climb(lambda r: without_noise("valid", network, r, 0), 0.01)  # noqa: B023
        yield from rows
        yield from (without_noise("test", network, rate, seed) for seed in SEEDS)
    yield settings


COLUMNS = ("part", "kind", "way", "split", "setting", "budget", "steps", "share", "norm", "rate", "noise", "seed", "decimals",
           "cpu_seconds", "valid", "train", "test", "area_loss", "caught_loss", "area_ratio", "caught_ratio", "words", "whole", "miss")


def main():
    rows, curves, settings = [], [], {"overfitted": (0.0, 0.0, 100)}
    for kind, options in (("regularised", OPEN), ("private 8", (0.1, 0.3, 1.0, 3.0)), ("private 50", (0.1, 0.3, 1.0, 3.0)),
                          ("federated", (0.003, 0.01, 0.03, 0.1))):
        settings[kind], found = best(kind, options)
        rows += found
    for kind, setting in settings.items():
        setting = list(setting) if isinstance(setting, tuple) else setting
        found = attacked(kind, setting)
        rows += found["rows"]
        curves += found["curves"]
        rows += [from_map(kind, setting, d) for d in (None, *(ROUNDED if kind in ("overfitted", "regularised") else ()))]
        rows += [sent_words(kind, setting, way) for way in ("gradient", "gradient of 30")]
    plain = list(settings["overfitted"])
    rows += [sent_words("overfitted", plain, f"noise {budget}") for budget in (8, 50)] + [sent_update(settings["federated"])]
    *found, networks = private_rows()
    rows += found
    for kind, way in (("plain", "gradient"), ("regularised", "gradient"), ("private 8", "gradient"), ("plain", "gradient of 30"),
                      ("plain", "update of 60"), ("plain", "noise 8")):
        rows.append(sent_pictures(kind, way, list(networks.get(kind, ()))))
    rows = list({tuple(row.items()): row for row in rows}.values())
    common.write_table(data_path("78", "runs.csv"), rows, COLUMNS)
    common.write_table(data_path("78", "curves.csv"), curves)


if __name__ == "__main__":
    main()
