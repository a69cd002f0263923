"""Measure what 71_cost counts; write seconds.csv, memory.csv and room.csv in the chapter's data.

python experiments/71_cost.py        whole: about two minutes of one core

Layers, counts and the clock are the chapter's own: their text is read out of the notebook.  What is compared is measured in turn, on one
thread, in CPU time; a row holds the least, the middle and the largest of its rounds.  The figures are those of one core of one machine.

layers     attention, recurrences and a convolution, with their projections; forward, and forward with backward; four widths at two lengths
pieces     the parts of attention alone; the same products written into memory that was there before
roof       matrix products with 1 to 1,024 rows, copies of 1 to 256 MiB, in three precisions
memory     the most that a fresh process held, beyond what it held before the call
room       attention and a GRU in a fresh process, as it is and with memory that is never given back (settings of glibc, so on Linux)
"""
import multiprocessing as mp
import os
import resource
import sys

import common
import numpy as np
import torch

from attnlib.data import data_path
from attnlib.pytorch import split_heads
from attnlib.train import reproducible

CHAPTER = common.taught("71", "attention", "layer", "operations", "milliseconds", "MATRICES")
KINDS = list(CHAPTER.MATRICES)
LENGTHS = [2**i for i in range(5, 13)]
SETTINGS = [("float32", 1, 64), ("float32", 1, 256), ("float32", 16, 64), ("float32", 16, 256), ("float64", 1, 64)]
LARGEST = 2**26                                             # numbers in the tables of all heads and texts
DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
KEEP = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "600000000"}
ROUNDS, TEXTS = 6, (1024, 2048, 4096, 8192)


def spread(ms):
    """The least, the middle and the largest of some milliseconds."""
    return {"ms": f"{np.min(ms):.4f}", "middle_ms": f"{np.median(ms):.4f}", "largest_ms": f"{np.max(ms):.4f}"}


def tables(batch, d, n):
    return batch * max(1, d // 64) * n * n


@common.kept
def layers(dtype, batch, d, n, what):
    """All kinds on one input, in turn; `what` is forward, or train: forward and backward, the input's slopes included."""
    reproducible(0)
    x = torch.randn(batch, n, d, dtype=DTYPES[dtype], requires_grad=what == "train")
    kinds = [kind for kind in KINDS if kind != "attention" or tables(batch, d, n) <= LARGEST]
    made = [CHAPTER.layer(kind, d, DTYPES[dtype]) for kind in kinds]
    jobs = [(lambda f=f: f(x).sum().backward()) if what == "train" else (lambda f=f: f(x)) for f in made]
    with torch.set_grad_enabled(what == "train"):
        CHAPTER.milliseconds(*jobs, rounds=1, least=0)
        found = CHAPTER.milliseconds(*jobs, rounds=ROUNDS)
    times = 3 if what == "train" else 1
    return {"rows": [{"part": what, "kind": kind, "dtype": dtype, "batch": batch, "d": d, "n": n,
                      "operations": times * batch * CHAPTER.operations(kind, n, d)} | spread(ms) for kind, ms in zip(kinds, found.T)]}


@common.kept
def pieces(d, n):
    """The parts of one layer of attention, in float32; `into` writes into memory that was there before."""
    reproducible(0)
    heads, draw = max(1, d // 64), {"dtype": torch.float32}
    x, W = torch.randn(1, n, d, **draw), [torch.randn(d, d, **draw) / d**0.5 for _ in range(4)]
    q, k, v = (split_heads(x @ matrix, heads).contiguous() for matrix in W[:3])
    scores = q @ k.mT
    weights, room = scores.softmax(dim=-1), torch.empty_like(scores)
    jobs = {"projections": lambda: [x @ matrix for matrix in W], "scores": lambda: q @ k.mT, "softmax": lambda: scores.softmax(dim=-1),
            "averages": lambda: weights @ v, "scores, into": lambda: torch.matmul(q, k.mT, out=room),
            "softmax, into": lambda: torch.softmax(scores, dim=-1, out=room)}
    CHAPTER.milliseconds(*jobs.values(), rounds=1, least=0)
    found = CHAPTER.milliseconds(*jobs.values(), rounds=ROUNDS)
    pairs = 2 * n * n * d
    work = {"projections": 8 * n * d * d, "scores": pairs, "averages": pairs, "scores, into": pairs}
    return {"rows": [{"part": "pieces", "kind": kind, "dtype": "float32", "batch": 1, "d": d, "n": n,
                      "operations": work.get(kind, 5 * heads * n * n)} | spread(ms) for kind, ms in zip(jobs, found.T)]}


@common.kept
def product(dtype, rows):
    """x (rows, 1024) @ W (1024, 1024)."""
    reproducible(0)
    x, W = (torch.randn(size, 1024).to(DTYPES[dtype]) for size in (rows, 1024))
    CHAPTER.milliseconds(lambda: x @ W, rounds=1, least=0)
    return {"part": "product", "dtype": dtype, "n": rows, "d": 1024, "operations": 2 * rows * 1024**2,
            "bytes": x.element_size() * (2 * rows * 1024 + 1024**2)} | spread(CHAPTER.milliseconds(lambda: x @ W, rounds=ROUNDS))


@common.kept
def copy(mib):
    """A copy reads and writes: twice its bytes."""
    source = torch.zeros(mib * 2**18, dtype=torch.float32)
    room = torch.ones_like(source)
    return {"part": "copy", "dtype": "float32", "n": mib, "operations": 0, "bytes": 2 * mib * 2**20} | spread(
        CHAPTER.milliseconds(lambda: room.copy_(source), rounds=ROUNDS))


def held(kind, n):
    """In a process of its own: MiB that it held at most, beyond what it held before, while the layer ran once (d = 64, float32)."""
    reproducible(0)
    f = CHAPTER.layer(kind, 64, torch.float32)
    with torch.no_grad():
        f(torch.randn(1, 64, 64, dtype=torch.float32))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        f(torch.randn(1, n, 64, dtype=torch.float32))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024) / 2**20


@common.kept
def memory(kind, n):
    with mp.get_context("spawn").Pool(1) as pool:
        return {"kind": kind, "d": 64, "n": n, "dtype": "float32", "mib": f"{pool.apply(held, (kind, n)):.1f}"}


def timed(n):
    """In a process of its own: milliseconds of attention and of a GRU (d = 64, float32), in turn."""
    reproducible(0)
    made, x = [CHAPTER.layer(kind, 64, torch.float32) for kind in ("attention", "GRU")], torch.randn(1, n, 64, dtype=torch.float32)
    jobs = [lambda f=f: f(x) for f in made]
    with torch.no_grad():
        CHAPTER.milliseconds(*jobs, rounds=1, least=0)
        return [float(ms) for ms in CHAPTER.milliseconds(*jobs, rounds=ROUNDS).min(axis=0)]


@common.kept
def room(given_back, n):
    """What a process frees goes back to the system, as is usual, or stays with it for the next call."""
    before = dict(os.environ)
    try:
        os.environ.update({} if given_back else KEEP)
        with mp.get_context("spawn").Pool(1) as pool:
            found = pool.apply(timed, (n,))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {"n": n, "given_back": given_back, "attention": f"{found[0]:.4f}", "GRU": f"{found[1]:.4f}"}


def room_table():
    common.write_table(data_path("71", "room.csv"), [room(given_back, n) for n in LENGTHS[3:] for given_back in (True, False)])


def main():
    # memory first: a child's peak begins with that of its parent
    measured = [memory(kind, n) for kind in ("attention", "GRU", "convolution") for n in TEXTS]
    rows = [row for dtype, batch, d in SETTINGS for n in LENGTHS if batch * n <= 2**15
            for row in layers(dtype, batch, d, n, "forward")["rows"]]
    rows += [row for d in (128, 512) for n in (128, 1024) for row in layers("float32", 1, d, n, "forward")["rows"]]
    rows += [row for n in (128, 512, 1024) for row in layers("float64", 1, 64, n, "train")["rows"]]
    rows += [row for d in (64, 256) for n in LENGTHS for row in pieces(d, n)["rows"]]
    rows += [product(dtype, 2**i) for dtype in ("float64", "float32", "bfloat16") for i in range(11)]
    rows += [product("float16", 2**i) for i in (0, 5, 10)]
    rows += [copy(mib) for mib in (1, 4, 16, 64, 256)]
    room_table()
    common.write_table(data_path("71", "memory.csv"), measured)
    common.write_table(data_path("71", "seconds.csv"), rows, ["part", "kind", "dtype", "batch", "d", "n", "operations", "bytes", "ms",
                                                              "middle_ms", "largest_ms"])


if __name__ == "__main__":
    main()
