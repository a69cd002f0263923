"""Run the book under other CPU instruction sets and report every cell whose output differs: python tools/isa.py [11 32 ...]

A variant that changes no bit of a small computation on this machine is reported as "no effect" and skipped.  The last two touch
float32 in the libraries behind TensorFlow and PyTorch.  What the book stores was run without any of them.
"""
import sys
from concurrent.futures import ThreadPoolExecutor

import book
import setup

if __name__ == "__main__":
    book.chosen(sys.argv[1:])                                  # a wrong number is told before any set-up
setup.enter()
import subprocess  # noqa: E402

VARIANTS = [
    {"ATEN_CPU_CAPABILITY": "default"},
    {"ATEN_CPU_CAPABILITY": "avx2"},
    {"MKL_CBWR": "COMPATIBLE"},
    {"OPENBLAS_CORETYPE": "Prescott"},
    {"NPY_DISABLE_CPU_FEATURES": "X86_V4 X86_V3"},
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {"TF_ENABLE_ONEDNN_OPTS": "1"},
]

# Prints a fingerprint of every bit of some products, exponentials, convolutions and sums, in each library and precision.
PROBE = """
import hashlib, numpy as np, torch, tensorflow as tf
torch.set_num_threads(1)
h, rng = hashlib.sha256(), np.random.default_rng(0)
for kind in (np.float32, np.float64):
    a, b = (rng.standard_normal((67, 67)).astype(kind) for _ in "ab")
    h.update((a @ b).tobytes() + np.exp(a).tobytes() + np.tanh(a).tobytes() + a.sum(axis=1).tobytes())
    x, y = torch.tensor(a), torch.tensor(b)
    h.update((x @ y).numpy().tobytes() + x.exp().numpy().tobytes() + x.tanh().numpy().tobytes() + x.softmax(-1).numpy().tobytes())
    w = torch.nn.functional.conv2d(x[None, None], y[None, None, :5, :5])
    h.update(w.numpy().tobytes() + torch.nn.functional.linear(x, y).sum(1).numpy().tobytes())
    s, t = tf.constant(a), tf.constant(b)
    h.update(tf.matmul(s, t).numpy().tobytes() + tf.exp(s).numpy().tobytes() + tf.nn.softmax(s).numpy().tobytes())
    h.update(tf.nn.conv2d(s[None, :, :, None], t[:5, :5, None, None], 1, "SAME").numpy().tobytes() + tf.tanh(s).numpy().tobytes())
print(h.hexdigest())
"""


def fingerprint(variant):
    done = subprocess.run([sys.executable, "-c", PROBE], env=book.environment(**variant), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def red(path, variant):
    """The report of pytest on one notebook under a variant: its failed cells, or nothing."""
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--color", "no", str(path.relative_to(book.ROOT))]
    done = subprocess.run(command, cwd=book.ROOT, env=book.environment(**variant), capture_output=True, text=True)
    return done.stdout if done.returncode else ""


def main(numbers):
    notebooks, plain, failures = book.chosen(numbers), fingerprint({}), 0
    for variant in VARIANTS:
        name = " ".join(f'{key}="{value}"' for key, value in variant.items())
        if fingerprint(variant) == plain:
            print(f"{name}: no effect on this machine", flush=True)
            continue
        with ThreadPoolExecutor(2) as pool:
            reports = [r for r in pool.map(lambda path, v=variant: red(path, v), notebooks) if r]
        print(f"{name}: {len(notebooks)} notebooks, {'no cell differs' if not reports else f'{len(reports)} differ'}", flush=True)
        print(*reports, sep="\n", end="" if not reports else "\n", flush=True)
        failures += len(reports)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
