"""Train every row of 73_decoding; write runs.csv and model.safetensors in the chapter's data.

python experiments/73_decoding.py                whole: about nine minutes on one core

Text, models, loss and measure are the chapter's own: their text is read out of the notebook.  Rates are chosen on the validation topics,
the Transformer's after a short training, since a whole one takes minutes; the GRU's after whole ones, since a rate that was best at
first can ruin it later.  The chosen rate meets the test topics.  The Transformer, its
twin and the GRU are trained from one seed; what is made of the Transformer by fewer key-value heads is trained on from its rounded,
shipped weights.

counts      no training: how long a stretch, how strong a blend
main        the model of the chapter; its weights are shipped
gru         one layer of a GRU with as many parameters, the same steps and batches; its weights are not shipped
added       a smaller twin, with places added to the characters in place of rotation; shipped
fewer       main with 4, 2, 1 key-value heads, before (0 steps) and after a short retraining
"""
import functools
import time

import common
import fair_play
from safetensors.torch import load, save
from torch import nn

from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("73", "TextModel", "text_loss", "bits", "counted", "count_bits", "converted", "text")
RATES = {"main": (0.004, 0.008, 0.016), "gru": (0.002, 0.004), "added": (0.008,)}
TUNING, STEPS, WARMUP = {"main": 200, "gru": 1200}, {"main": 1200, "gru": 1200, "added": 500}, 50
LENGTHS, STRENGTHS = (5, 6, 7), (20, 40, 80)
FEWER = ((4, "mean"), (2, "mean"), (1, "mean"), (1, "first"))
RETRAIN, RETRAIN_RATES, SEEDS = 60, (0.001, 0.002, 0.004), {"mean": 6, "first": 3}
COLUMNS = ("model", "kv_heads", "how", "length", "strength", "parameters", "rate", "steps", "seed", "cpu_seconds", "valid", "test")


class Recurrent(nn.Module):
    """Score every next character of rows (b, n) by the state of a GRU; table, norm and scores as in the chapter's model."""

    def __init__(self, dim=80, hidden=180):
        super().__init__()
        self.table = nn.Embedding(len(CHAPTER.CHARACTERS) + 1, dim)
        nn.init.normal_(self.table.weight, std=dim ** -0.5)
        self.gru, self.out = nn.GRU(dim, hidden, batch_first=True), nn.Linear(hidden, dim, bias=False)
        self.norm = nn.LayerNorm(dim)

    def forward(self, rows):
        states, _ = self.gru(self.table(rows) * self.table.embedding_dim ** 0.5)
        return self.norm(self.out(states)) @ self.table.weight[1:].T, None


MAKE = {"main": CHAPTER.TextModel, "gru": Recurrent, "added": lambda: CHAPTER.TextModel(dim=48, rotary=False)}


def weights_file():
    return data_path("73", "model.safetensors")


def keep(name, model):
    """Write a model's weights into the chapter's file, beside those of others."""
    path = weights_file()
    found = load(path.read_bytes()) if path.exists() else {}
    found |= {f"{name}.{key}": value.float().contiguous() for key, value in model.state_dict().items()}
    path.write_bytes(save(dict(sorted(found.items()))))


def shipped():
    """The main model with its weights as shipped, rounded to float32."""
    model = CHAPTER.TextModel()
    found = load(weights_file().read_bytes())
    model.load_state_dict({key[5:]: value.double() for key, value in found.items() if key.startswith("main.")})
    return model


def trained(model, seed, steps, rate):
    """CPU seconds of a training."""
    start = time.process_time()
    fit(model, CHAPTER.text_loss(model, seed), steps, rate, min(WARMUP, steps // 10))
    return f"{time.process_time() - start:.1f}"


@functools.cache
def from_the_start(name, rate, seed, steps):
    """A trained model and its CPU seconds, once for both splits."""
    reproducible(seed)
    model = MAKE[name]()
    return model, trained(model, seed, steps, rate)


@common.kept
def row(split, name, rate, seed, steps):
    """Train a model from the start; its weights are kept where the test is asked for, the GRU's excepted."""
    model, seconds = from_the_start(name, rate, seed, steps)
    if split == "test" and name != "gru":
        keep(name, model)
        model = shipped() if name == "main" else model
    return {"model": name, "parameters": parameters(model), "rate": rate, "steps": steps, "seed": seed, "cpu_seconds": seconds,
            split: f"{CHAPTER.bits(model, split):.4f}"}


@common.kept
def fewer_row(split, kv_heads, how, rate, seed, steps):
    """Convert the main model, and train it on for some steps."""
    reproducible(seed)
    model = CHAPTER.converted(shipped(), kv_heads, how)
    seconds = trained(model, seed, steps, rate) if steps else "0"
    return {"model": "fewer", "kv_heads": kv_heads, "how": how, "parameters": parameters(model), "rate": rate, "steps": steps, "seed": seed,
            "cpu_seconds": seconds, split: f"{CHAPTER.bits(model, split):.4f}"}


@common.kept
def count_row(split, length, strength):
    """Blend the counts of stretches up to a length."""
    start = time.process_time()
    tables = [CHAPTER.counted(CHAPTER.text("train"), n) for n in range(length + 1)]
    seconds = f"{time.process_time() - start:.1f}"
    return {"model": "counts", "length": length, "strength": strength, "cpu_seconds": seconds,
            split: f"{CHAPTER.count_bits(tables, strength, split):.4f}"}


def fewer_bits(rows):
    """The larger the better: minus the mean bits on the validation topics."""
    return -sum(float(r["valid"]) for r in rows) / len(rows)


def widened(run, rates):
    """The grid, with a neighbour more at the end where the best lies, at most twice."""
    for _ in range(2):
        tried = {rate: [run("valid", rate, 0)] for rate in sorted(rates)}
        best, (low, *_, high) = fair_play.chosen(tried, fewer_bits), sorted(rates)
        rates = (*rates, best * 2) if best == high else (*rates, best / 2) if best == low else rates
    return sorted(rates)


def whole_rows(name):
    """A training at each rate, short or whole, on the validation topics, then one whole training at the best."""
    def run(split, rate, seed):
        return row(split, name, rate, seed, TUNING[name] if split == "valid" else STEPS[name])
    if len(RATES[name]) == 1:
        return [run("test", RATES[name][0], 0)]
    tried, tested = fair_play.sweep(run, RATES[name], fewer_bits, (0,))
    return [*(r for rows in tried.values() for r in rows), *tested]


def count_rows():
    tried = [count_row("valid", length, strength) for length in LENGTHS for strength in STRENGTHS]
    best = max(tried, key=lambda r: fewer_bits([r]))
    return [*tried, count_row("test", best["length"], best["strength"])]


def converted_rows():
    """Each conversion before, and after retraining at one rate, that of MQA by averaging, chosen on the validation topics."""
    def run(split, rate, seed):
        return fewer_row(split, 1, "mean", rate, seed, RETRAIN)
    tried, tested = fair_play.sweep(run, widened(run, RETRAIN_RATES), fewer_bits, range(SEEDS["mean"]))
    rate = tested[0]["rate"]
    before = [fewer_row("test", kv_heads, how, 0, 0, 0) for kv_heads, how in FEWER]
    after = [fewer_row("test", kv_heads, how, rate, seed, RETRAIN) for kv_heads, how in FEWER for seed in range(SEEDS[how])]
    return [*(r for rows in tried.values() for r in rows), *before, *after]


def main():
    reproducible(0)
    rows = [*count_rows(), *whole_rows("main"), *whole_rows("gru"), *whole_rows("added"), *converted_rows()]
    common.write_table(data_path("73", "runs.csv"), rows, COLUMNS)


if __name__ == "__main__":
    main()
