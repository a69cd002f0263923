"""Train every row of 76_generalization; write five tables and the weights of some networks in the chapter's data.

python experiments/76_generalization.py        whole: about ten minutes on one core

texts     the letter behind the mark, six ways to tell places and a GRU: trained on 4 to 16 tokens, tested on up to 128
squeezed  positions interpolated, with and without a short training on longer texts, beside the same training without interpolation
lists     the translators of 41, with attention and without, on shifted lists; rates as 41 chose them
sheets    the networks of 51, with attention and without, on shifted sheets, and one that saw noise in training; rates as 51 chose them
blocks    layers trained on one task, frozen, reused in another, beside random ones, full training and a linear model

Rates of texts, squeezed and blocks are chosen on validation draws or the validation split, one seed; then six seeds meet the test.
"""
import hashlib
import time
from functools import cache

import common
import fair_play
import numpy as np
import pandas as pd
import torch
from safetensors.torch import save
from torch.nn import functional as F

from attnlib.data import data_path
from attnlib.seq2seq import LuongDecoder, SummaryDecoder
from attnlib.tasks import cldr
from attnlib.train import fit, parameters, reproducible

BOOK = common.taught("76", "WAYS", "LENGTHS", "draw", "train", "right", "text_loss", "read_on", "LONGER", "by_layer", "hurt",
                     "shifted_lists", "arrive",
                     "LIST_SHIFTS", "SHEET_SHIFTS", "turned", "read_pictures", "reuse", "REUSED")
LISTS = common.taught("41", "BATCH", "STEPS", "in_batches", "tensors", "train")
SHEETS = common.taught("51", "sheets", "sheet_eye", "Reader", "STEPS", "batch_loss", "answers", "BATCH")
SEEDS, RATES = range(6), (0.003, 0.01, 0.03)
FEWER = range(3)                                                                # the applications
WIDER = {"relative": (0.1,), "GRU": (0.1,)}                                     # where the highest rate was best


def figure(x):
    return f"{x:.4f}"


def seconds_of(run, *arguments):
    start = time.process_time()
    return run(*arguments), f"{time.process_time() - start:.1f}"


@torch.no_grad()
def surprise(model, lengths):
    """Mean loss at the last place of validation texts of some lengths."""
    drawn = [BOOK.draw(n, 400, 5) for n in lengths]
    return np.mean([F.cross_entropy(model(tokens)[:, -1], answers).item() for tokens, answers, _ in drawn])


# ---- texts

@cache
def reader(way, rate, seed):
    return seconds_of(BOOK.train, way, rate, seed)


@common.kept
def text_row(split, way, rate, seed):
    model, seconds = reader(way, rate, seed)
    row = {"split": split, "way": way, "rate": rate, "seed": seed, "parameters": parameters(model), "cpu_seconds": seconds,
           "valid": f"{surprise(model, (8, 16)):.6f}"}
    if split == "test":
        row |= {f"n_{n}": figure(BOOK.right(model, n).mean()) for n in BOOK.LENGTHS}
        for factor, n in ((1.5, 64),):
            for layer in getattr(model, "layers", ()):
                layer.sharp = factor                                            # log 64 / log 16
            row["sharp_64"] = figure(BOOK.right(model, n).mean()) if way != "GRU" else ""
            for layer in getattr(model, "layers", ()):
                layer.sharp = 1.0
    return row


def keep_weights(name, models):
    content = save({f"{way}.{k}": v.float().contiguous() for way, model in models.items() for k, v in model.state_dict().items()})
    data_path("76", name).write_bytes(content)
    print(name, hashlib.sha256(content).hexdigest(), flush=True)


def texts():
    rows, chosen = [], {}
    for way in (*BOOK.WAYS, "GRU"):
        tried, tested = fair_play.sweep(lambda split, rate, seed, way=way: text_row(split, way, rate, seed),
                                        (*RATES, *WIDER.get(way, ())), lambda rows: -float(rows[0]["valid"]), SEEDS)
        rows += [*(r for one in tried.values() for r in one), *tested]
        chosen[way] = tested[0]["rate"]
    keep_weights("texts.safetensors", {way: reader(way, rate, 0)[0] for way, rate in chosen.items()})
    return rows, chosen


# ---- squeezed

@common.kept
def squeezed_row(split, way, kind, first_rate, rate, seed):
    """Read on with texts of up to 64 tokens, places squeezed to a quarter or as they are."""
    model = reader(way, first_rate, seed)[0]
    state = {k: v.clone() for k, v in model.state_dict().items()}
    row = {"split": split, "way": way, "kind": kind, "rate": rate, "seed": seed}
    model.step = 0.25 if kind == "squeezed" else 1.0
    if split == "test":
        row |= {f"before_{n}": figure(BOOK.right(model, n).mean()) for n in (16, 64)}
        if kind == "squeezed":
            for layer, steps in (("first", (0.25, 1.0)), ("second", (1.0, 0.25))):
                row |= {f"{layer}_{n}": figure(BOOK.by_layer(model, n, *steps)) for n in (16, 64)}
    _, row["cpu_seconds"] = seconds_of(BOOK.read_on, model, rate, seed)
    row["valid"] = f"{surprise(model, (64,)):.6f}"
    if split == "test":
        row |= {f"after_{n}": figure(BOOK.right(model, n).mean()) for n in (16, 64)}
    model.load_state_dict(state)
    model.step = 1.0
    return row


def squeezed(chosen):
    rows = []
    for way in ("rope",):
        for kind in ("squeezed", "as they are"):
            tried, tested = fair_play.sweep(lambda split, rate, seed, way=way, kind=kind:
                                            squeezed_row(split, way, kind, chosen[way], rate, seed),
                                            RATES, lambda rows: -float(rows[0]["valid"]), SEEDS)
            rows += [*(r for one in tried.values() for r in one), *tested]
    return rows


# ---- lists

@common.kept
def list_row(arm, seed):
    decoder, rate = {"none": (SummaryDecoder, 0.02), "Luong": (LuongDecoder, 0.007)}[arm]
    languages = cldr.Vocabulary("en"), cldr.Vocabulary("fr")
    batches = LISTS.in_batches(cldr.training_lists(LISTS.STEPS * LISTS.BATCH, seed))
    model, seconds, _ = LISTS.train(decoder, languages, batches, rate, seed)
    row = {"arm": arm, "rate": rate, "seed": seed, "parameters": parameters(model), "cpu_seconds": f"{seconds:.1f}"}
    if seed == 0:
        keep_weights(f"lists_{arm}.safetensors", {arm: model})
    return row | {name: figure(BOOK.arrive(model, name).mean()) for name in BOOK.LIST_SHIFTS}


# ---- sheets

@cache
def made(split, n, seed, side=3):
    x, y, cell = SHEETS.sheets(split, n, seed, side)
    return torch.tensor(x), torch.tensor(y), cell


def noisy_loss(model, x, y, seed):
    """51's batches, with noise of another strength in each."""
    rng, chance = np.random.default_rng(seed), torch.Generator().manual_seed(seed)

    def loss(step):
        i, strength = rng.integers(len(x), size=SHEETS.BATCH), 0.4 * rng.random()
        noise = strength * torch.randn(x[i].shape, generator=chance)
        return F.cross_entropy(model((x[i] + noise).clamp(0, 1))[0], y[i])
    return loss


@common.kept
def sheet_row(arm, seed):
    pool, rate = arm.split(",")[0], {"mean": 0.01, "attention": 0.003}[arm.split(",")[0]]
    reproducible(seed)
    model = SHEETS.Reader(SHEETS.sheet_eye(), pool, 32, 10)
    x, y, _ = made("train", 6000, 1)
    loss = noisy_loss if "noise" in arm else SHEETS.batch_loss
    _, seconds = seconds_of(fit, model, loss(model, x, y, seed), SHEETS.STEPS, rate)
    row = {"arm": arm, "rate": rate, "seed": seed, "parameters": parameters(model), "cpu_seconds": seconds}
    row["training"] = figure(np.mean(SHEETS.answers(model, x[:800])[0] == y[:800].numpy()))
    x, y, cell = (part[:800] for part in made("test", 2000, 3))
    for name, shift in BOOK.SHEET_SHIFTS.items():
        named, _, evidence = SHEETS.answers(model, shift(x))
        row |= {name: figure(np.mean(named == y.numpy())), f"map, {name}": figure(np.mean(evidence.argmax(1) == cell))}
    return row


def sheets():
    rates = pd.read_csv(data_path("51", "runs.csv"))
    for pool, rate in (("mean", 0.01), ("attention", 0.003)):
        of_51 = rates[(rates["task"] == "sheets") & (rates["arm"] == pool) & rates["test"].notna()]["rate"].iloc[0]
        assert of_51 == rate, (pool, of_51)
    rows = [sheet_row(arm, seed) for arm in ("mean", "attention", "attention, noise in training") for seed in FEWER]
    x, _, _ = made("test", 2000, 3)
    np.savez_compressed(data_path("76", "sheets.npz"), sheets=(255 * x[:4]).round().numpy().astype(np.uint8))
    return rows


# ---- blocks

@cache
def block_of(kind, rate, seed):
    """The layers of a reader of letters: of the same question, or of the letter before the mark."""
    step = 1 if kind == "same" else -1
    model = reader("relative", rate, seed)[0] if kind == "same" else BOOK.train("relative", rate, seed, step)
    tokens, answers, _ = BOOK.draw(16, 400, 7, step)
    with torch.no_grad():
        return model.layers.state_dict(), figure((model(tokens)[:, -1].argmax(-1) == answers).double().mean().item())


@common.kept
def block_row(split, way, first_rate, rate, seed):
    kind, _ = BOOK.REUSED[way]
    block, source = block_of(kind, first_rate, seed) if kind in ("same", "other") else (None, "")
    model, seconds = seconds_of(BOOK.reuse, way, block, rate, seed)
    row = {"split": split, "way": way, "rate": rate, "seed": seed, "source": source, "parameters": parameters(model),
           "cpu_seconds": seconds, "valid": figure(BOOK.read_pictures(model, 16, "valid", 9).mean())}
    return row | ({f"n_{n}": figure(BOOK.read_pictures(model, n).mean()) for n in (16, 64)} if split == "test" else {})


def blocks(chosen):
    rows = []
    for way in BOOK.REUSED:
        tried, tested = fair_play.sweep(lambda split, rate, seed, way=way: block_row(split, way, chosen["relative"], rate, seed),
                                        RATES[1:], lambda rows: float(rows[0]["valid"]), SEEDS)
        rows += [*(r for one in tried.values() for r in one), *tested]
    return rows


def main():
    made_texts, chosen = texts()
    tables = {"texts": made_texts, "squeezed": squeezed(chosen),
              "blocks": blocks(chosen), "lists": [list_row(arm, seed) for arm in ("none", "Luong") for seed in FEWER],
              "sheets": sheets()}
    for name, rows in tables.items():
        common.write_table(data_path("76", f"{name}.csv"), rows)


if __name__ == "__main__":
    main()
