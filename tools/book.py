"""What the tools share: where things lie, the kernel's environment, and which notebooks are meant."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
VENV = ROOT / ".venv"

# One thread, quiet TensorFlow, fixed hashes: see "Numbers that reproduce" in CONTRIBUTING.md.
KERNEL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "",
          "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONUTF8": "1"}


def environment(**more):
    """The variables for a process that runs notebooks."""
    env = {**os.environ, **KERNEL, **more}
    return {name: value for name, value in env.items() if value != ""}


def chosen(numbers):
    """The notebooks whose names start with one of the numbers; all of them if there are no numbers."""
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    wrong = [n for n in numbers if not any(p.name.startswith(n) for p in paths)]
    if wrong:
        sys.exit(f"no notebook starts with {', '.join(wrong)}; there are {', '.join(p.stem for p in paths)}")
    return [p for p in paths if not numbers or any(p.name.startswith(n) for n in numbers)]


def run(*command, **more):
    """Run a command in the checkout with the kernel's environment; return its exit status."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=environment(**more)).returncode
