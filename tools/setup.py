"""Make the book's Python environment: python tools/setup.py

The packages go into .venv in this folder, in the versions of requirements.txt and constraints.txt.  Where they are all
installed already (a conda environment, say), that environment is used as it is.  The second call returns at once.
What runs before the environment exists runs on every Python 3.6 or newer, so that an unfitting one is told what would fit.
"""
import ast
import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import book

VERSIONS = [(3, 11), (3, 12), (3, 13)]
PINS = [book.ROOT / "requirements.txt", book.ROOT / "constraints.txt"]
STAMP = book.VENV / "made-from.txt"
PYTHON = book.VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SIZE = "about 800 MB to download and 3.4 GB on disk; 2 minutes and the time of the download"
AGAIN = "Calling it again goes on from there."
WAYS = """If you have one that fits, name it:   make lab PYTHON=python3.12   (without make: python3.12 tools/lab.py)
Else conda brings one:                conda env create -f environment.yml, conda activate attention, python tools/lab.py
or uv:                                uv venv --seed --python 3.12 .venv, then make lab again"""
LARGE = """PyTorch's own index, which has a small build without GPU packages, cannot be reached from here; pip would take the large one:
about 3.3 GB to download and 7 GB on disk in all.  The book runs on it just as well.  Behind a proxy, set HTTPS_PROXY and call again."""


# ---- what is wanted ----------------------------------------------------------------------------------------------

def system():
    """What the markers of requirements.txt ask about this computer."""
    return {"sys_platform": sys.platform, "platform_machine": platform.machine()}


def holds(marker, facts):
    """Whether a marker, such as `platform_machine == "x86_64" or sys_platform != "linux"`, is true where `facts` are."""
    def value(node):
        if isinstance(node, ast.BoolOp):
            return (all if isinstance(node.op, ast.And) else any)([value(part) for part in node.values])
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            left, right = (facts[x.id] if isinstance(x, ast.Name) else ast.literal_eval(x) for x in (node.left, node.comparators[0]))
            return (left == right) == isinstance(node.ops[0], ast.Eq)
        raise ValueError(f"marker: comparisons with == and !=, joined by and, or, were expected, got {marker}")
    return value(ast.parse(marker.strip(), mode="eval").body)


def pins(facts=None):
    """The versions that requirements.txt wants on this system, or where `facts` are, {name: version}."""
    lines = re.findall(r"^([\w.-]+)==([^;\s]+)[ \t]*(?:;(.+))?$", PINS[0].read_text(encoding="utf-8"), re.M)
    return {name: version for name, version, marker in lines if not marker or holds(marker, facts or system())}


def unfit_computer():
    """Why the book cannot be installed on this computer; nothing where it can."""
    if (sys.platform, platform.machine()) == ("darwin", "x86_64"):
        return ("PyTorch has left Intel Macs: its last build for them is 2.2.2, and the book needs a newer one.\n"
                "On Apple silicon this is said of a Python that is translated for Intel: take one for arm64.\n"
                "On an Intel Mac read the notebooks as they are, or run them on another computer or on Binder (README).")
    return None


def unfit_python():
    """Why the running Python cannot make the environment, and what to do; nothing where it can."""
    if sys.version_info[:2] not in VERSIONS:
        new = sys.version_info[:2] > VERSIONS[-1]
        why = " TensorFlow has no build for it yet." if new else ""
        return f"Python 3.11, 3.12 or 3.13 is needed, and {sys.executable} is {platform.python_version()}.{why}\n{WAYS}"
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (f"This Python ({sys.executable}) cannot make environments: Debian and Ubuntu keep that in a package of its own.\n"
                f"    sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv\nThen call it again.  Without root:\n{WAYS}")
    return None


# ---- what is there -----------------------------------------------------------------------------------------------

def complete():
    """Whether the running Python has every pinned package and attnlib from this checkout."""
    if sys.version_info[:2] not in VERSIONS:
        return False
    import importlib.util
    from importlib import metadata
    try:
        versions = {name: metadata.version(name).split("+")[0] for name in pins()}
    except metadata.PackageNotFoundError:
        return False
    found = importlib.util.find_spec("attnlib")
    return versions == pins() and bool(found and found.origin) and Path(found.origin).resolve().parents[1] == book.ROOT


def fingerprint():
    """Of the pins and of where the checkout lies: the environment knows attnlib by its place."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in PINS) + str(book.ROOT).encode()).hexdigest()


def ready():
    """Whether .venv was made to its end, from these pins."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint()


def sound():
    """Whether .venv has a fitting Python with the whole of pip; an interrupt may have left less."""
    code = ("import csv, sys; from importlib import metadata; print(*sys.version_info[:2]); pip = metadata.distribution('pip'); "
            "files = [row[0] for row in csv.reader(pip.read_text('RECORD').splitlines())]; "       # pip.files would leave out what is gone
            "sys.exit(not all(f.endswith('.pyc') or pip.locate_file(f).exists() for f in files))")
    try:
        done = subprocess.run([str(PYTHON), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0 and tuple(map(int, done.stdout.split())) in VERSIONS


def installed():
    """How many packages .venv holds."""
    return sum(len(list(book.VENV.glob(f"{folder}/site-packages/*.dist-info"))) for folder in ("lib/python*", "Lib"))


# ---- making it ---------------------------------------------------------------------------------------------------

def small_torch():
    """pip's options for PyTorch's CPU build on Linux, from the address that README names; the default build brings GBs of GPU packages."""
    if not sys.platform.startswith("linux"):
        return []
    address = re.search(r"PIP_EXTRA_INDEX_URL=([^\s`]+)", (book.ROOT / "README.md").read_text(encoding="utf-8"))[1]
    for options in ([], ["--extra-index-url", address]):              # pip itself asks, with its proxies, mirrors and folders
        command = [PYTHON, "-m", "pip", "index", "versions", "torch", "--retries", "0", "--timeout", "10", *options]
        said = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        if re.search(rf"\b{re.escape(pins()['torch'])}\+cpu\b", said):
            return options
    print(LARGE, flush=True)
    if not sys.stdin or not sys.stdin.isatty():
        print("Ctrl-C stops it.", flush=True)                         # nobody to ask: a container, CI
    elif input("Go on with the large build? [y/N] ").strip().lower() not in ("y", "yes"):
        sys.exit("Stopped before the download.")
    return []


def install(options):
    """Let pip install; while it unpacks, which takes minutes and which it does in silence, say how far it is.  Return its exit status."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt", *options]
    of, before, start = len(PINS[1].read_text(encoding="utf-8").splitlines()), installed(), time.time()
    process = subprocess.Popen([str(part) for part in command], cwd=str(book.ROOT))
    try:
        while True:
            try:
                return process.wait(5)
            except subprocess.TimeoutExpired:
                if installed() != before:
                    print(f"  {installed()} of about {of} packages are in place after {time.time() - start:.0f} s", flush=True)
    except KeyboardInterrupt:
        process.wait()                                                # pip was interrupted too, and puts its things in order
        raise


def build():
    """Create .venv, or bring it up to the pins."""
    there = sound()
    reason = unfit_computer() or (None if there else unfit_python())
    if reason:
        sys.exit(reason)
    print(f"Setting up the book in {book.VENV.name}: {SIZE}. It happens once.", flush=True)
    start = time.time()
    if not there:
        import venv
        again = " anew: an earlier set-up was interrupted, or its Python is gone" if book.VENV.exists() else ""
        print(f"Making {book.VENV.name}{again} (some seconds) …", flush=True)
        venv.create(str(book.VENV), clear=True, symlinks=os.name != "nt", with_pip=True)
    if install(small_torch()):
        sys.exit(f"The set-up stopped before its end; what went wrong stands above. {AGAIN}")
    subprocess.run([str(PYTHON), "-c", "import matplotlib.font_manager"], env=book.environment())     # its list of fonts: once, here
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"Set up in {time.time() - start:.0f} s.", flush=True)


def make():
    """Build .venv; what stops it is told in a sentence."""
    try:
        build()
    except KeyboardInterrupt:
        print(f"\nStopped. {AGAIN}", file=sys.stderr)
        sys.exit(130)
    except (OSError, subprocess.CalledProcessError) as error:         # a full or read-only disk; ensurepip that fails
        sys.exit(f"The set-up stopped before its end: {error}. {AGAIN}")


def python():
    """The interpreter that has the book's packages; it is made first if there is none."""
    if complete():
        return sys.executable
    if not ready():
        make()
    return PYTHON


def enter():
    """Go on in the book's environment: a tool that needs its packages calls this before it imports them."""
    wanted = str(python())
    if wanted != sys.executable:
        sys.exit(book.call([wanted, *sys.argv]))


if __name__ == "__main__":
    print(f"Ready: {python()}")
