"""What the tools share: where things lie, the kernel's environment and which notebooks are meant."""
import atexit
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
VENV = ROOT / ".venv"

# One thread, quiet TensorFlow, fixed hashes: see "Numbers that reproduce" in CONTRIBUTING.md.
KERNEL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "",
          "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONUTF8": "1"}

KERNEL_START = {"transport_encryption": "auto"}               # without it each kernel warns of eavesdroppers


def environment(**more):
    """The variables for a process that runs notebooks."""
    env = {**os.environ, **KERNEL, **elsewhere(), **more}
    return {name: value for name, value in env.items() if value != ""}


def can_write(folder):
    """Whether a folder is there and can be written, or could be made."""
    there = next(p for p in [folder, *folder.parents] if os.path.exists(str(p)))
    return there.is_dir() and os.access(str(there), os.W_OK)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (older Pythons come here to be told what they lack)
def elsewhere():
    """Variables that send Matplotlib's, Jupyter's and IPython's own files to a passing folder where the home folder cannot be written.

    Matplotlib would complain in the first cell that draws, and JupyterLab would not start.
    """
    home = Path(os.path.expanduser("~")).absolute()
    usual = [home / ".matplotlib"]
    if sys.platform.startswith("linux"):
        usual = [Path(os.environ.get(name) or home / own) / "matplotlib"
                 for name, own in [("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache")]]
    moved = [] if all(map(can_write, usual)) else ["MPLCONFIGDIR"]
    moved += [] if can_write(home) else ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
    moved = [name for name in moved if not os.environ.get(name)]
    if not moved:
        return {}
    folder = Path(tempfile.mkdtemp(prefix="attention-"))
    atexit.register(shutil.rmtree, str(folder), ignore_errors=True)
    for name in moved:
        (folder / name).mkdir()
    return {name: str(folder / name) for name in moved}


def renew(path, text):
    """Write a page that a tool makes, where its text is another than before, and say whether it was."""
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    if changed:
        path.write_bytes(text.encode("utf-8"))                       # the same line ends on every system
    print(f"{path.name}: {'changed' if changed else 'unchanged'}")
    sys.stdout.flush()


def chosen(numbers):
    """The notebooks whose names start with one of the numbers; all of them if there are no numbers."""
    paths = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    wrong = [n for n in numbers if not any(p.name.startswith(n) for p in paths)]
    if wrong:
        sys.exit(f"no notebook starts with {', '.join(wrong)}; there are {', '.join(p.name.split('_')[0] for p in paths)}")
    return [p for p in paths if not numbers or any(p.name.startswith(n) for n in numbers)]


def call(command, **options):
    """Run a command to its end and return its exit status; Ctrl-C is the command's affair, and this process waits for what it does."""
    before = signal.signal(signal.SIGINT, lambda *_: None)     # not SIG_IGN: the command and the kernels that it starts would inherit it
    try:
        return subprocess.Popen([str(part) for part in command], **options).wait()
    finally:
        signal.signal(signal.SIGINT, before)


def run(*command, **more):
    """Run a command in the checkout with the kernel's environment; return its exit status."""
    return call(command, cwd=str(ROOT), env=environment(**more))
