"""Train every way of 63_visual_question_answering; write runs.csv, comparisons.csv and model.safetensors in the chapter's data.

python experiments/63_visual_question_answering.py        whole: about eight minutes on one core

Pictures, questions, models and measures are the chapter's own: their text is read out of the notebook.  A seed has its own eye, its own
pictures and its own readers.  Rates are chosen on pictures of the validation digits, seed 0; a rate at an end of its grid is followed
until a neighbour is worse.  The chosen one meets the pictures of the test digits.

4 digits     what is left of the 7?  four digits in nine cells: all ways, six seeds; the blind ones, three
             FiLM also with each of its two helps (features normed; a learned pooling), six seeds with both, three with one
9 digits     the same with every cell full; two steps: what is left of what is above the 7?  Attention and FiLM, three seeds, rates as above
long         four times the steps, one seed: was it the budget?
senses       the digit is named by a voice: joined early, late, by FiLM (at the core's rate), or by attention; early longer as well
"""
import hashlib
import sys
import time
from functools import cache

import common
import fair_play
import ledger
import numpy as np
from safetensors.torch import save

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("63", "eye", "eye_loss", "EYE_STEPS", "EYE_RATE", "seen_by", "program", "sheets", "reader", "reader_loss", "scores",
                        "STEPS", "WARMUP", "PICTURES", "Senses", "with_sound", "senses_loss", "senses_scores")
WAYS = ("mean", "flat", "FiLM", "attention, last word", "attention, every word")
FILMS = ("FiLM, normed and pooled", "FiLM, normed", "FiLM, pooled")
BLIND, TWO, SENSES = ("question", "picture"), (FILMS[0], "attention, last word"), ("early", "late", "attention")
RATES = (0.005, 0.01, 0.02)
TASKS = {"4 digits": {}, "9 digits": {"objects": 9}, "two steps": {"hops": 2}}
SEEDS, LONGER = 6, 4
COLUMNS = ("task", "way", "parameters", "test", "nothing", "peak", "named", "weight", "rate", "steps", "seed", "cpu_seconds", "valid")


@cache
def eye(seed):
    """The eye of a seed, trained on single digits."""
    reproducible(seed)
    model = CHAPTER.eye()
    fit(model, CHAPTER.eye_loss(model, seed), CHAPTER.EYE_STEPS, CHAPTER.EYE_RATE)
    return model


@cache
def seen(seed, split):
    return CHAPTER.seen_by(eye(seed), split)


@cache
def made(task, seed, split):
    """The pictures of a task: those of training have the reader's seed, the others are the same for all."""
    make = CHAPTER.with_sound if task == "senses" else CHAPTER.sheets
    kind, n = ([seed, 1], CHAPTER.PICTURES) if split == "train" else (9, 2000)
    return make(kind, split, n, **TASKS.get(task, {}))


@common.kept
def row(split, task, way, rate, seed, steps):
    """Train once and look at the validation pictures, and at those of the test where `split` says so."""
    train = seen(seed, "train"), made(task, seed, "train")
    reproducible(seed)
    model = CHAPTER.Senses(way) if task == "senses" else CHAPTER.reader(way, 2 if task == "two steps" else 1)
    make_loss, score = (CHAPTER.senses_loss, CHAPTER.senses_scores) if task == "senses" else (CHAPTER.reader_loss, CHAPTER.scores)
    loss, start = make_loss(model, *train, seed), time.process_time()
    fit(model, loss, steps, rate, CHAPTER.WARMUP)
    result = {"task": task, "way": way, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{time.process_time() - start:.1f}"}
    result["valid"] = f"{score(model, seen(seed, 'valid'), made(task, 0, 'valid'))['right']:.4f}"
    if split == "test":
        found = score(model, seen(seed, "test"), made(task, 0, "test"))
        result |= {"test" if k == "right" else k: f"{v:.4f}" for k, v in found.items()}
    if (split, task, way, seed, steps) == ("test", "4 digits", "attention, every word", 0, CHAPTER.STEPS):
        numbers = {f"eye.{k}": v for k, v in eye(0).state_dict().items()} | {f"reader.{k}": v for k, v in model.state_dict().items()}
        content = save({k: v.float().contiguous() for k, v in numbers.items()})
        data_path("63", "model.safetensors").write_bytes(content)
        print("model.safetensors", hashlib.sha256(content).hexdigest(), file=sys.stderr)
    return result


@common.kept
def program_row(task, seed):
    """The program that reads every cell with the same eye and follows the words."""
    cells, words, answer, path = made(task, 0, "test")
    right = np.array(list(CHAPTER.program(eye(seed), cells, words, "test"))) == answer.numpy()
    return {"task": task, "way": "program", "seed": seed, "parameters": 0, "test": f"{right.mean():.4f}",
            "nothing": f"{right[path[:, 0] < 0].mean():.4f}"}


def accuracy(rows):
    """Mean share of the validation pictures that are answered rightly."""
    return np.mean([float(r["valid"]) for r in rows])


def swept(task, way, rates=RATES, seeds=SEEDS):
    """The rows of a way: each rate on the validation pictures; those of the chosen one have the test too."""
    def run(split, rate, seed):
        return row(split, task, way, rate, seed, CHAPTER.STEPS)
    for _ in range(3):                                                # a neighbour more where the best lies at an end
        tried = {rate: [run("valid", rate, 0)] for rate in sorted(rates)}
        best, (low, *_, high) = fair_play.chosen(tried, accuracy), sorted(rates)
        if best not in (low, high) or len(rates) > 4:
            break
        rates = (*rates, float(f"{best * (2 if best == high else 0.5):.2g}"))
    tried, tested = fair_play.sweep(run, sorted(rates), accuracy, range(seeds))
    return [r for rows in (tried | {tested[0]["rate"]: tested}).values() for r in rows]


def tested(rows, task, way):
    """The rows of a way that met the test, one a seed."""
    return [r for r in rows if (r["task"], r["way"]) == (task, way) and "test" in r]


def compared(rows, task, base, best, asked, note=""):
    """A row of the ledger: attention against a way without."""
    scores = [[float(r["test"]) for r in tested(rows, task, way)] for way in (base, best)]
    low, high = ledger.over_seeds([b - a for a, b in zip(*scores)])
    theirs = tested(rows, task, best)
    return {"task": f"pictures: {asked}", "data": "made pictures of MNIST digits", "measure": "accuracy",
            "baseline": base, "attention": best, "baseline_score": float(np.mean(scores[0])),
            "attention_score": float(np.mean(scores[1])), "difference_low": float(low),
            "difference_high": float(high), "interval": f"{len(scores[0])} seeds, Student's t",
            "map_measure": "largest weight on the answer", "map_score": float(np.mean([float(r["peak"]) for r in theirs])),
            "cpu_seconds": f"{np.mean([float(r['cpu_seconds']) for r in theirs]):.1f}", "note": note}


def main():
    """Train and test all ways."""
    rows = [r for way in (*WAYS, TWO[0]) for r in swept("4 digits", way)]
    rates = {way: tested(rows, "4 digits", way)[0]["rate"] for way in (*WAYS, TWO[0])}
    rows += [r for way in FILMS[1:] for r in swept("4 digits", way, seeds=3)]
    rows += [row("test", "4 digits", way, 0.01, seed, CHAPTER.STEPS) for way in BLIND for seed in range(3)]
    rows += [row("test", task, way, rates[way], seed, CHAPTER.STEPS)
             for task in ("9 digits", "two steps") for way in TWO for seed in range(3)]
    rows += [r for way in SENSES for r in swept("senses", way, seeds=3)]
    rows += [program_row(task, seed) for task in TASKS for seed in range(SEEDS)]
    longer = [row("test", "4 digits", way, rates[way], 0, LONGER * CHAPTER.STEPS) | {"task": "long"} for way in (*WAYS[:4], TWO[0])]
    rows += [row("test", "senses", "FiLM", rates[TWO[0]], seed, CHAPTER.STEPS) for seed in range(3)]
    early = tested(rows, "senses", "early")[0]["rate"]
    longer.append(row("test", "senses", "early", early, 0, LONGER * CHAPTER.STEPS) | {"task": "senses long"})
    common.write_table(data_path("63", "runs.csv"), rows + longer, COLUMNS)
    ledger.record("63_visual_question_answering", [
        compared(rows, "4 digits", TWO[0], TWO[1], "what is left of the 7?",
                 "With four times the steps the best FiLM ties with attention"),
        compared(rows, "4 digits", "flat", "attention, last word", "what is left of the 7?"),
        compared(rows, "9 digits", TWO[0], TWO[1], "what is left of the 7, nine digits"),
        compared(rows, "two steps", TWO[0], TWO[1], "what is left of what is above the 7?"),
        compared(rows, "senses", "FiLM", "attention", "the digit named by a voice")])


if __name__ == "__main__":
    main()
