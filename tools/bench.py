"""Print what each notebook costs, and the NumPy layer beside PyTorch's: python tools/bench.py [11 32 ...]

Wall and CPU seconds and peak memory of one run from a fresh kernel, start and imports included, beside what its head states.
A kernel that starts processes is measured with them on Linux; elsewhere the memory is that of the largest process.
The layer, 8 heads of 64 features and 512 tokens in float64 on one thread, is measured with the whole book and with 31.
"""
import contextlib
import os
import re
import sys
import threading
import time
from pathlib import Path
from timeit import timeit

import book
import setup

if __name__ == "__main__":
    book.chosen(sys.argv[1:])                                  # a wrong number is told before any set-up
setup.enter()
import multiprocessing as mp  # noqa: E402
import resource  # noqa: E402

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

HEAD = re.compile(r"reading and exercises, (\d+) s running · \*\*Memory\*\* ([\d.]+) GiB")


def held(root):
    """Bytes that a process' descendants hold together, a shared page counted once in all; 0 where the system has no such count."""
    parents, family, total = {}, {root}, 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):                      # it has ended meanwhile
            parents[int(stat.parent.name)] = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    for child in family - {root}:
        with contextlib.suppress(OSError):
            total += sum(map(int, re.findall(r"^Pss: +(\d+) kB", Path(f"/proc/{child}/smaps_rollup").read_text(encoding="utf-8"), re.M)))
    return total * 1024


def measure(path):
    """Run one notebook as this process' only child, so that the kernel's resources can be told from its parent's."""
    nb = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(nb, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(0.3):
            most.append(held(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        client.execute(env=book.environment(), **book.KERNEL_START)
    finally:
        done.set()
        watcher.join()
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return wall, used.ru_utime + used.ru_stime, max(largest, *most) / 2**30


def layer():
    """Print the least of several seconds, taken in turn, of our multi_head_attention and of torch.nn.MultiheadAttention."""
    os.environ.update(book.environment())
    import numpy as np
    import torch

    from attnlib import core
    torch.set_num_threads(1)
    x, *matrices = np.random.default_rng(0).standard_normal((5, 512, 512)) / 512**0.5
    theirs, tokens = torch.nn.MultiheadAttention(512, 8, bias=False, batch_first=True, dtype=torch.float64), torch.tensor(x)
    theirs.in_proj_weight.data, theirs.out_proj.weight.data = torch.tensor(np.hstack(matrices[:3]).T), torch.tensor(matrices[3].T)
    runs = [lambda: core.multi_head_attention(x, x, *matrices, 8)[0], lambda: theirs(tokens, tokens, tokens, need_weights=False)[0].numpy()]
    with torch.no_grad():
        np.testing.assert_allclose(runs[0](), runs[1](), atol=1e-12)
        ours, least = np.min([[timeit(run, number=1) for run in runs] for _ in range(9)], axis=0) * 1000
    print(f"multi_head_attention {ours:.0f} ms, torch.nn.MultiheadAttention {least:.0f} ms, ratio {ours / least:.1f}")


def main(numbers):
    print(f"{'notebook':28}{'wall s':>8}{'CPU s':>8}{'GiB':>7}   stated")
    total, wrong = [0.0, 0.0], []
    for path in book.chosen(numbers):
        with mp.Pool(1) as pool:                                # a fresh process for each; what it raises is raised here
            wall, cpu, memory = pool.apply(measure, (path,))
        seconds, gib = map(float, HEAD.search(path.read_text(encoding="utf-8")).groups())
        off = not (seconds / 2 <= max(cpu, 1) <= seconds * 2) or not memory / 2 <= max(gib, 0.1) <= memory * 2 or cpu > 60 or memory > 2
        wrong += [path.stem] * off
        total = [total[0] + wall, total[1] + cpu]
        remark = "   <- not within a factor of two" * off
        print(f"{path.stem:28}{wall:8.1f}{cpu:8.1f}{memory:7.2f}   {seconds:.0f} s, {gib} GiB{remark}", flush=True)
    print(f"{'sum':28}{total[0]:8.1f}{total[1]:8.1f}")
    if not numbers or "31" in numbers:
        layer()
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
