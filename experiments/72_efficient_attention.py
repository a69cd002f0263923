"""Measure exact attention at 16,384 tokens, and train the look-up; write bench.csv and runs.csv in the chapter's data.

python experiments/72_efficient_attention.py            about eight minutes on one core; Linux, and a C++ compiler for one row

The attention in tiles and the readers are the chapter's own: their text is read out of the notebook.  Each peak of memory is that of a
child process, which forgets its peak so far (/proc/self/clear_refs) when its inputs are there and the method has run once on few tokens.
Processor seconds are the least of several turns that the methods take one after another, in one process, on one thread.
"""
import os
import subprocess
import sys
import tempfile
import time

import common
import fair_play
import numpy as np
import torch

from attnlib import pytorch
from attnlib.data import data_path
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("72", "tiled_attention", "READERS", "Reader", "answer_loss", "accuracy", "STEPS", "RATES", "BATCH", "PAIRS")
TOKENS, WIDTH, NEAR, FREE = 16384, 64, 256, 8 * 2**30            # FREE bytes before the plain table is made
SEEDS, LONG = 6, 4
EXACT = [("float64", "forward"), ("float64", "both"), ("float32", "forward")]
WINDOW = [("float64", f"window {NEAR}"), ("float32", f"window {NEAR}")]
METHODS = {"forward": ["plain", "library, two axes", "library", "tiled"], "both": ["library", "tiled"],
           f"window {NEAR}": ["library, mask", "tiled", "flex, compiled"]}


def near(b, h, i, j):
    return (i - j).abs() <= NEAR


def method(name, part, dtype):
    """A function of q, k, v (n, d): -> output, or for both passes output and three gradients."""
    sdpa = torch.nn.functional.scaled_dot_product_attention

    def four(q, k, v, **options):
        return sdpa(q[None, None], k[None, None], v[None, None], **options)[0, 0]
    if part == f"window {NEAR}":
        if name == "tiled":
            return lambda q, k, v: CHAPTER.tiled_attention(q, k, v, 256, NEAR, NEAR)
        if name == "flex, compiled":
            return flex()

        def masked(q, k, v):
            i = torch.arange(len(q))
            return four(q, k, v, attn_mask=(i[:, None] - i).abs() <= NEAR)
        return masked
    run = {"plain": lambda q, k, v: pytorch.attend(q, k, v)[0], "library, two axes": sdpa, "library": four,
           "tiled": CHAPTER.tiled_attention}[name]
    if part == "forward":
        return run

    def both(q, k, v):
        free = [x.detach().requires_grad_() for x in (q, k, v)]
        output = run(*free)
        output.backward(v)
        return output.detach(), *(x.grad for x in free)
    return both


def flex():
    """flex_attention compiled for this processor."""
    from torch.nn.attention import flex_attention as module
    compiled, masks = torch.compile(module.flex_attention), {}

    def run(q, k, v):
        if len(q) not in masks:
            masks[len(q)] = module.create_block_mask(near, None, None, len(q), len(q), "cpu", _compile=False)
        with torch.no_grad():
            return compiled(q[None, None], k[None, None], v[None, None], block_mask=masks[len(q)])[0, 0]
    return run


def inputs(tokens, dtype):
    """q, k and v (tokens, WIDTH), the same numbers in both dtypes."""
    torch.manual_seed(0)
    return [x.to(getattr(torch, dtype)) for x in torch.randn(3, tokens, WIDTH, dtype=torch.float64)]


def status(entry):
    """A line of this process's memory, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(entry))


def peak(name, part, dtype):
    """In a child process: MiB that a method takes at its peak, beyond its inputs."""
    run, (q, k, v) = method(name, part, dtype), inputs(TOKENS, dtype)
    run(*(x[:1024] for x in (q, k, v)))
    if name == "flex, compiled":
        run(q, k, v)                                             # a second shape is compiled anew; compiling is not attention
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    before = status("VmRSS")
    result = run(q, k, v)
    high = status("VmHWM")
    assert all(x.isfinite().all() for x in (result if part == "both" else [result]))
    return (high - before) / 2**20


@common.kept
def mib(name, part, dtype):
    """The peak of a method, by a child process."""
    words = [sys.executable, sys.argv[0], "peak", name, part, dtype]
    return {"mib": float(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1])}


@common.kept
def seconds(part, dtype, names, turns):
    """Least processor seconds of each method, and its largest difference from the exact output on 512 rows."""
    runs, (q, k, v) = {name: method(name, part, dtype) for name in names}, inputs(TOKENS, dtype)
    rows, least, off = torch.randperm(TOKENS)[:512], {}, {}
    wide = [x.double() for x in inputs(TOKENS, "float64")]
    mask = near(0, 0, rows[:, None], torch.arange(TOKENS)) if part == f"window {NEAR}" else None
    wanted = pytorch.attend(wide[0][rows], *wide[1:], mask)[0]
    for turn in range(turns):
        for name, run in runs.items():
            if turn == 0:
                run(*(x[:1024] for x in (q, k, v)))
                if name == "flex, compiled":
                    run(q, k, v)
            start = time.process_time()
            result = run(q, k, v)
            least[name] = min(time.process_time() - start, least.get(name, np.inf))
            output = result[0] if part == "both" else result
            off[name] = (output[rows] - wanted).abs().max().item()
            del result, output
    return {"seconds": least, "error": off}


def benchmark():
    """The rows of bench.csv."""
    for dtype, part in EXACT + WINDOW:
        names = [name for name in METHODS[part] if not (name == "flex, compiled" and dtype == "float64")]
        if available() < FREE:
            names = [name for name in names if name not in ("plain", "library, two axes")]
        found = seconds(part, dtype, names, 3 if dtype == "float64" and part != WINDOW[0][1] else 2)
        base = found["seconds"].get("library", found["seconds"].get("library, mask"))
        for name in names:
            yield {"tokens": TOKENS, "dtype": dtype, "pass": part, "method": name, "seconds": f"{found['seconds'][name]:.3f}",
                   "speed": f"{base / found['seconds'][name]:.3f}", "mib": f"{mib(name, part, dtype)['mib']:.1f}",
                   "error": f"{found['error'][name]:.1e}"}


def available():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))


@common.kept
def row(split, way, rate, seed, steps):
    """Train a reader once; measure on validation or test questions."""
    reproducible(seed)
    model, start = CHAPTER.Reader(way), time.process_time()
    fit(model, CHAPTER.answer_loss(model, seed + 1), steps, rate)
    taken = time.process_time() - start
    return {"split": split, "way": way, "rate": rate, "seed": seed, "steps": steps, "parameters": parameters(model),
            "accuracy": f"{CHAPTER.accuracy(model, {'valid': 10000, 'test': 20000}[split]):.4f}", "cpu_seconds": f"{taken:.1f}"}


def better(rows):
    return np.mean([float(r["accuracy"]) for r in rows])


def swept(way):
    """Every rate on validation questions, further where the best lay at an end; then the chosen one with every seed on test questions."""
    def run(split, rate, seed):
        return row(split, way, rate, seed, CHAPTER.STEPS)
    tried = {rate: [run("valid", rate, 0)] for rate in CHAPTER.RATES}
    best = fair_play.chosen(tried, better)
    while best in (min(tried), max(tried)) and len(tried) < 9:
        further = best / 3 if best == min(tried) else best * 3
        tried[further] = [run("valid", further, 0)]
        best = fair_play.chosen(tried, better)
    rows = [run("test", best, seed) for seed in range(SEEDS)]
    long = row("test", way, best, 0, LONG * CHAPTER.STEPS)
    return [*(r for rows_ in tried.values() for r in rows_), *rows, long]


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:                 # of the compiler
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
        bench = list(benchmark())
    rows = [r for way in CHAPTER.READERS for r in swept(way)]
    common.write_table(data_path("72", "bench.csv"), bench)
    common.write_table(data_path("72", "runs.csv"), rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        torch.set_num_threads(1)
        print(peak(*sys.argv[2:]))
    else:
        main()
