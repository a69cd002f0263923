"""Train every arm of 16_position and write notebooks/data/16_position/runs.csv and trials.csv: python experiments/16_position.py [ARM ...]

Three tasks; six ways to tell one layer where a token stands; two layers that are not told, and two that are, in three of the
ways.  The learning rate of each arm is chosen on validation sequences of the trained length (rows `valid`, one seed each), then three
seeds are trained with it and the test sequences, twice as long, are looked at (rows `test`).  About ten minutes on one core.
Named arms are trained alone, all other rows stay.  `trials.csv` tries the reasons that the chapter gives: five times the
steps, a rate beyond the grid, and six more seeds where three are close; `trials` in place of arms writes it alone.
"""
import sys
import time

import common
import fair_play
import torch
from torch import nn

from attnlib.core import alibi_bias, sinusoidal_positions
from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

TASKS = ("place 3", "two back", "nearest")
ARMS = ("none", "sinusoidal", "learned", "relative", "rope", "alibi",
        "none, 2 layers", "sinusoidal, 2 layers", "rope, 2 layers", "alibi, 2 layers")
RATES, SEEDS = (0.003, 0.01, 0.03), (0, 1, 2)
N, LETTERS, STEPS, BATCH, TESTED = 16, 8, 300, 64, 500
DIM, HEADS, FARTHEST = 32, 4, 8
CLOSE = [("two back", "alibi"), ("place 3", "rope"), ("place 3", "relative"), ("place 3", "alibi")]      # right now and then, rate 0.03
TRIALS = [*((task, arm, 0.03, 5 * STEPS, 0) for task, arm in CLOSE), ("two back", "sinusoidal", 0.01, 5 * STEPS, 0),
          *((task, arm, 0.1, STEPS, 0) for task, arm in CLOSE),
          *(("nearest", arm, rate, STEPS, seed)
            for arm, rate in (("relative", 0.03), ("rope", 0.003), ("alibi", 0.03)) for seed in range(3, 9))]


def draw(task, count, n, seed):
    """-> tokens (count, n), answers (count, n), which of them count; 0 begins a sequence, 1 is a blank, 2 to 9 are letters."""
    chance, place = torch.Generator().manual_seed(seed), torch.arange(n).expand(count, n)
    tokens = torch.randint(2, 2 + LETTERS, (count, n), generator=chance)
    if task == "nearest":
        tokens[torch.rand(count, n, generator=chance) < 0.8] = 1
    tokens[:, 0] = 0
    latest = torch.where(tokens > 1, place, 0).cummax(dim=-1).values
    source = {"place 3": torch.full_like(place, 3), "two back": (place - 2).clamp(min=0), "nearest": latest}[task]
    asked = (place > 3) & (source > 0) & ((tokens == 1) | (task != "nearest"))
    return tokens, tokens.gather(1, source) - 2, asked


def turn(x, place):
    """`rotate` of attnlib.core, for tensors; x (..., n, d), place (n,)."""
    angles = place[:, None] * 10000.0 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()], dim=-1).flatten(-2)


class Layer(nn.Module):
    """Causal self-attention, then a small network at every place; `position` says how the scores learn of the places, if they do."""

    def __init__(self, position):
        super().__init__()
        self.position, self.step = position, 1.0                                 # step: how far apart RoPE puts two neighbours
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(DIM, DIM) for _ in range(4))
        self.mix = nn.Sequential(nn.Linear(DIM, 2 * DIM), nn.ReLU(), nn.Linear(2 * DIM, DIM))
        if position == "relative":
            self.bias = nn.Parameter(torch.zeros(HEADS, FARTHEST + 1))           # one number a head and distance

    def forward(self, x):
        q, k, v = (W(x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        place = torch.arange(x.shape[1])
        distance = place[:, None] - place                                        # (n, n), negative ahead
        if self.position == "rope":
            q, k = turn(q, self.step * place), turn(k, self.step * place)
        scores = q @ k.mT / q.shape[-1] ** 0.5                                   # (b, heads, n, n)
        if self.position == "relative":
            scores = scores + self.bias[:, distance.clamp(0, FARTHEST)]
        if self.position == "alibi":
            scores = scores + torch.tensor(alibi_bias(len(place), HEADS))
        weights = scores.masked_fill(distance < 0, -torch.inf).softmax(dim=-1)
        self.weights = weights.detach()                                          # kept to be looked at
        x = x + self.W_o((weights @ v).transpose(1, 2).flatten(2))
        return x + self.mix(x)


class Reader(nn.Module):
    """Token numbers (b, n) -> scores of the letters (b, n, 8): embed, add a place or do not, attend, read off."""

    def __init__(self, position, layers=1):
        super().__init__()
        self.embed, self.out = nn.Embedding(2 + LETTERS, DIM), nn.Linear(DIM, LETTERS)
        self.layers = nn.Sequential(*(Layer(position) for _ in range(layers)))
        self.places = nn.Embedding(2 * N, DIM) if position == "learned" else None
        self.position, self.kept = position, torch.eye(DIM)                      # kept: what of the sines is added, all of them

    def forward(self, tokens):
        x, n = self.embed(tokens), tokens.shape[1]
        if self.position == "sinusoidal":
            x = x + torch.tensor(sinusoidal_positions(n, DIM)) @ self.kept
        if self.position == "learned":
            x = x + self.places.weight[:n]
        return self.out(self.layers(x))


def train(task, arm, rate, seed, steps=STEPS):
    """A trained reader, and the CPU seconds that it took."""
    reproducible(seed)
    model = Reader(arm.split(",")[0], layers=2 if "2" in arm else 1)

    def batch_loss(step):
        tokens, answers, asked = draw(task, BATCH, N, 10_000 * (seed + 1) + step)
        return nn.functional.cross_entropy(model(tokens)[asked], answers[asked])
    start = time.process_time()
    fit(model, batch_loss, steps, rate)
    return model, time.process_time() - start


@torch.no_grad()
def score(model, task, n, seed):
    """Share of right answers in every stretch of four places, from 4 to 7, 8 to 11, ... to n - 1."""
    tokens, answers, asked = draw(task, TESTED, n, seed)
    right = model(tokens).argmax(dim=-1) == answers
    return [right[:, i:i + 4][asked[:, i:i + 4]].double().mean().item() for i in range(4, n, 4)]


@common.kept
def row(split, task, arm, rate, seed):
    model, seconds = train(task, arm, rate, seed)
    shares = score(model, task, N if split == "valid" else 2 * N, seed=1 if split == "valid" else 2)
    return {"split": split, "task": task, "arm": arm, "rate": rate, "steps": STEPS, "seed": seed, "parameters": parameters(model),
            "cpu_seconds": f"{seconds:.0f}"} | {f"from_{4 * i + 4}": f"{share:.3f}" for i, share in enumerate(shares)}


@common.kept
def trial(task, arm, rate, steps, seed):
    model, _ = train(task, arm, rate, seed, steps)
    shares = score(model, task, 2 * N, seed=2)
    found = {f"from_{4 * i + 4}": f"{share:.3f}" for i, share in enumerate(shares)}
    return {"task": task, "arm": arm, "rate": rate, "steps": steps, "seed": seed} | found


def right(rows):
    """Mean share of right answers over all stretches of the trained length."""
    return sum(float(r[f"from_{i}"]) for r in rows for i in range(4, N, 4))


def trials():
    common.write_table(data_path("16", "runs.csv").with_name("trials.csv"), [trial(*one) for one in TRIALS])


def main(arms):
    if arms == ["trials"]:
        return trials()
    rows, path = [], data_path("16", "runs.csv")
    if arms:
        rows = [r for r in common.read_table(path) if r["arm"] not in arms]
    for task in TASKS:
        for arm in arms or ARMS:
            def run(split, rate, seed, task=task, arm=arm):
                return row(split, task, arm, rate, seed)
            tried, tested = fair_play.sweep(run, RATES, right, SEEDS)
            rows += [*(r for one in tried.values() for r in one), *tested]
    rows.sort(key=lambda r: (TASKS.index(r["task"]), ARMS.index(r["arm"])))
    common.write_table(path, rows)
    trials()


if __name__ == "__main__":
    main(sys.argv[1:])
