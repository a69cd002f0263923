"""Train every listener of 61_speech; write runs.csv, comparisons.csv and model.safetensors in the chapter's data.

python experiments/61_speech.py           whole: about twelve minutes on one core

The recordings of people must be there: python experiments/61_recordings.py.  Frames, models, losses and measures are the chapter's
own: their text is read out of the notebook.  Rates are chosen on the validation takes of the six people (seed 0) and used everywhere.

real      the six people, takes that no training met; three seeds
out       one of the six left out of training, and of its validation; one seed, each of the six in turn
made      espeak-ng's voices, three of which are left out; one seed
longer    four times the steps for the listener without attention
noise     training strings in noise from -5 to 40 dB
both      made and real voices, without theo: the weights that the book ships
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
from attnlib.seq2seq import BahdanauDecoder, SummaryDecoder
from attnlib.tasks import speech
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("61", "Labeller", "Listener", "LocationDecoder", "STEPS", "error_rate", "inside", "label", "labelling_loss",
                        "map_scores", "prepared", "spelling_loss", "write")
ARMS = {"no attention": SummaryDecoder, "attention": BahdanauDecoder, "location": CHAPTER.LocationDecoder, "CTC": None}
RATES, SEEDS = (0.003, 0.006, 0.012, 0.024), (0, 1, 2)
DECIBELS, LOUD, EVERY = (30, 20, 10, 5, 0, -5), (20, 40), (-5, 40)
SHIPPED_WITHOUT = "theo"
COLUMNS = ("task", "arm", "left_out", "rate", "steps", "seed", "parameters", "cpu_seconds", "valid", "test", "unseen", "connected", "long",
           "long_told", *(f"at_{d}_db" for d in DECIBELS), "weight", "peak", "forward", "even", "paces", "unseen_peak", "digits_at_20_db",
           "digits_at_0_db")


def people(left_out):
    return [voice for voice in speech.voices(speech.recorded()) if voice != left_out]


@cache
def strings(task, left_out, part):
    """The strings of a part, and their clips; `part` is train, valid, test, unseen, connected, long or a number of decibels."""
    if task == "both":
        made, real = (strings(t, left_out if t == "out" else "", part) for t in ("made", "out"))
        half = len(made[0]) // 2 if part == "train" else None
        return [*made[0][:half], *real[0][:half]], [*made[1][:half], *real[1][:half]]
    kind = "made" if task == "made" else "real"
    words = speech.made() if kind == "made" else speech.recorded()
    out = speech.UNHEARD if kind == "made" else (left_out,)
    who = [voice for voice in speech.voices(words) if voice not in out]
    takes = speech.TAKES[kind]["test" if part not in ("train", "valid") else part]
    if part == "connected":
        found = [s for s in speech.connected() if s.voice in who]
    elif part == "unseen":
        found = speech.strings(words, out, takes, 200, 2)
    elif part == "long":
        found = speech.strings(words, who, takes, 60, 3, lengths=(8, 10))
    elif part in ("train", "valid", "test"):
        found = speech.strings(words, who, takes, {"train": 2400, "valid": 150, "test": 200}[part], ("train", "test", "valid").index(part),
                               noise=EVERY if task == "noise" and part == "train" else LOUD)
    else:
        found = speech.strings(words, who, takes, 60, 4, noise=(part, part))
    return found, CHAPTER.prepared(found)


def answers(model, clips, told=0):
    """Digits and maps, fifty clips at a time."""
    digits, maps = [], []
    for i in range(0, len(clips), 50):
        some = clips[i:i + 50]
        new = CHAPTER.label(model, some) if isinstance(model, CHAPTER.Labeller) else CHAPTER.write(model, some, told=told)
        digits, maps = digits + new[0], maps + new[1]
    return digits, maps


def error(model, found, clips):
    return f"{CHAPTER.error_rate([s.digits for s in found], answers(model, clips)[0]):.4f}"


def told_error(model, found, clips):
    """Error rate where the writer is told how many digits there are: it may not stop before, and is cut there."""
    digits = [answers(model, [clip], len(s.digits))[0][0][:len(s.digits)] for s, clip in zip(found, clips)]
    return f"{CHAPTER.error_rate([s.digits for s in found], digits):.4f}"


def maps_of(model, task, left_out, part):
    """The scores of the maps of a part's strings."""
    found, clips = strings(task, left_out, part)
    return {name: f"{value:.4f}" for name, value in CHAPTER.map_scores(found, *answers(model, clips)).items()}


def on_digits(model, found, clips):
    """Mean weight on any digit, against the pauses and the silence at the ends, over what is written."""
    maps = answers(model, clips)[1]
    return f"{np.mean([row @ CHAPTER.inside(s, w.shape[1]).any(axis=0) for s, w in zip(found, maps) for row in w]):.4f}"


@cache
def trained(task, left_out, arm, rate, steps, seed):
    clips = strings(task, left_out, "train")[1]
    reproducible(seed)
    model = CHAPTER.Labeller() if arm == "CTC" else CHAPTER.Listener(ARMS[arm])
    start = time.process_time()
    fit(model, (CHAPTER.labelling_loss if arm == "CTC" else CHAPTER.spelling_loss)(model, clips, seed), steps, rate)
    return model, time.process_time() - start


@common.kept
def row(task, left_out, arm, rate, steps, seed):
    """Train once, and measure everything; `run` shows of it what a choice may rest on."""
    (model, seconds), results = trained(task, left_out, arm, rate, steps, seed), {}
    for part in ("valid", "test"):
        results[part] = error(model, *strings(task, left_out, part))
    if task in ("made", "out", "both"):
        results["unseen"] = error(model, *strings(task, left_out, "unseen"))
    if task in ("real", "noise", "longer"):
        long = strings("real", left_out, "long")
        results["long"] = error(model, *long)
        results["long_told"] = "" if arm == "CTC" else told_error(model, *long)
        results |= {f"at_{d}_db": error(model, *strings("real", left_out, d)) for d in DECIBELS}
    if task in ("made", "both"):
        results["connected"] = error(model, *strings("made", "", "connected"))
    if arm != "no attention":
        results |= maps_of(model, task, left_out, "test")
        if task in ("made", "out"):
            results["unseen_peak"] = maps_of(model, task, left_out, "unseen")["peak"]
        if task in ("real", "noise") and arm != "CTC":
            results |= {f"digits_at_{d}_db": on_digits(model, *strings("real", left_out, d)) for d in (20, 0)}
    return {"task": task, "arm": arm, "left_out": left_out, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
            "cpu_seconds": f"{seconds:.1f}"} | results


def run(task, left_out, arm, rate, seed, split="test", steps=CHAPTER.STEPS):
    found = row(task, left_out, arm, rate, steps, seed)
    return found if split == "test" else {k: v for k, v in found.items() if COLUMNS.index(k) <= COLUMNS.index("valid")}


def tuned(arm):
    """-> the rows of the rates, and the three test rows of the chosen one."""
    return fair_play.sweep(lambda split, rate, seed: run("real", "", arm, rate, seed, split), RATES, lambda rows: -float(rows[0]["valid"]),
                           SEEDS)


def main():
    rows, rate = [], {}
    for arm in ARMS:
        tried, tested = tuned(arm)
        rate[arm] = tested[0]["rate"]
        rows += [r for rate_, tries in tried.items() if rate_ != rate[arm] for r in tries] + tested
    best = better_attention(rows)
    rows += [run("both", SHIPPED_WITHOUT, "location", rate["location"], 0, steps=2 * CHAPTER.STEPS)]
    rows += [run("out", voice, arm, rate[arm], 0) for voice in people("") for arm in ("no attention", best, "CTC")]
    rows += [run("made", "", arm, rate[arm], 0) for arm in ("no attention", best, "CTC")]
    rows += [run("longer", "", "no attention", rate["no attention"], 0, steps=4 * CHAPTER.STEPS)]
    rows += [run("noise", "", arm, rate[arm], 0) for arm in ("no attention", best)]
    model, _ = trained("both", SHIPPED_WITHOUT, "location", rate["location"], 2 * CHAPTER.STEPS, 0)
    save_file({k: v.to(torch.float32) for k, v in model.state_dict().items()}, data_path("61", "model.safetensors"))
    common.write_table(data_path("61", "runs.csv"), rows, COLUMNS)
    ledger.record("61_speech", list(ledger_rows(rows)))


def of(rows, task, arm):
    """The rows of an arm that were tested, in `real` those of the chosen rate."""
    found = [r for r in rows if r["task"] == task and r["arm"] == arm and r.get("test")]
    return [r for r in found if r["rate"] == found[-1]["rate"]]


def better_attention(rows):
    """The one of the two listeners that attend with fewer errors on the validation takes."""
    return min(("attention", "location"), key=lambda arm: sum(float(r["valid"]) for r in of(rows, "real", arm)))


def ledger_rows(rows):
    """Attention against the same listener without it and against CTC; a score is the share of digits right, 1 - digit error rate."""
    names = {"real": "Free Spoken Digit Dataset", "out": "Free Spoken Digit Dataset, a voice left out"}
    for task, column, interval in (("real", "test", "3 seeds"), ("out", "unseen", "6 voices left out")):
        arm = better_attention(rows)
        for baseline in ("no attention", "CTC"):
            a, b = (np.array([1 - float(r[column]) for r in of(rows, task, name)]) for name in (arm, baseline))
            low, high = ledger.over_seeds((a - b).tolist())
            maps, seconds = (np.mean([float(r[name]) for r in of(rows, task, arm)]) for name in ("peak", "cpu_seconds"))
            yield {"task": "speech", "data": names[task], "measure": "digits right", "baseline": baseline,
                   "baseline_score": float(b.mean()), "attention": arm, "attention_score": float(a.mean()),
                   "difference_low": float(low), "difference_high": float(high), "interval": interval, "map_measure": "peaks on the digit",
                   "map_score": float(maps), "cpu_seconds": f"{seconds:.1f}"}


if __name__ == "__main__":
    main()
