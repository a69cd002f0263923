"""Make the book's Python environment: python tools/setup.py [tensorflow language ...]

The packages go into .venv in this folder, in the versions of requirements/ and constraints.txt: all of them, or with the names of
groups those, beside what is there and what every chapter takes (base and torch).  Where they are all installed already (a conda
environment, say), that environment is used as it is.  The second call returns at once.
What runs before the environment exists runs on every Python 3.6 or newer, so that an unfitting one is told what would fit.
"""
import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import book
import groups
import node
from groups import FIRST, GROUPS, pins

VERSIONS = [(3, 11), (3, 12), (3, 13)]
CONSTRAINTS = book.ROOT / "constraints.txt"
STAMP = book.VENV / "made-from.txt"
PYTHON = book.VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
COSTS = {                                     # of each group: MB to download, MB on disk, packages, seconds beyond the download
    "base": (140, 630, 107, 42),
    "torch": (200, 880, 7, 20),
    "tensorflow": (320, 1460, 22, 25),
    "language": (130, 360, 33, 30),
    "senses": (80, 220, 17, 10),
    "challenges": (2, 10, 2, 5),
    "site": (36, 104, 25, 10),
    "dev": (84, 208, 33, 16)}
AGAIN = "Calling it again goes on from there."
KERNELS = """# Written by tools/setup.py: a kernel says in one line to which group of the book a package belongs that is not installed.
from pathlib import Path

FILE = {!r}
if Path(FILE).exists():
    line = f"__import__('runpy').run_path({{FILE!r}})['listen'](get_ipython())"
    get_config().InteractiveShellApp.exec_lines.append(line)
"""
WAYS = """If you have one that fits, name it:   make lab PYTHON=python3.12   (without make: python3.12 tools/lab.py)
Else conda brings one:                conda env create -f environment.yml, conda activate attention, python tools/lab.py
or uv:                                uv venv --seed --python 3.12 .venv, then make lab again"""
LARGE = """PyTorch's own index, which has a small build without GPU packages, cannot be reached from here; pip would take the large one:
about 2.5 GB more to download and 3.6 GB more on disk.  The book runs on it just as well.
Behind a proxy, set HTTPS_PROXY and call again."""


# ---- what is wanted ----------------------------------------------------------------------------------------------

def wanted(asked):
    """The groups that the environment is to have: what every chapter takes, what is asked for, and what it was made for before."""
    return [group for group in GROUPS if group in [*FIRST, *asked, *made()]]


def cost(names):
    """What some groups cost, for a sentence."""
    download, disk, _, seconds = (sum(numbers) for numbers in zip(*(COSTS[name] for name in names)))
    minutes = max(1, round(seconds / 60))
    return (f"about {round(download, -1) or 1} MB to download and {max(disk / 1000, 0.1):.1f} GB on disk; "
            f"{minutes} minute{'s' * (minutes > 1)} and the time of the download")


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
        from ensurepip import bootstrap  # noqa: F401
        from venv import create  # noqa: F401
    except ImportError:
        return (f"This Python ({sys.executable}) cannot make environments: Debian and Ubuntu keep that in a package of its own.\n"
                f"    sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv\nThen call it again.  Without root:\n{WAYS}")
    return None


# ---- what is there -----------------------------------------------------------------------------------------------

def complete(names=GROUPS):
    """Whether the running Python has every pinned package of some groups, and attnlib from this checkout."""
    if sys.version_info[:2] not in VERSIONS:
        return False
    import importlib.util
    from importlib import metadata
    try:
        versions = {name: metadata.version(name).split("+")[0] for name in pins(names)}
    except metadata.PackageNotFoundError:
        return False
    found = importlib.util.find_spec("attnlib")
    return versions == pins(names) and bool(found and found.origin) and Path(found.origin).resolve().parents[1] == book.ROOT


def fingerprint(group):
    """Of a group's pins and of where the checkout lies: the environment knows attnlib by its place."""
    parts = [path.read_bytes() for path in (groups.FOLDER / f"{group}.txt", CONSTRAINTS)]
    return hashlib.sha256(b"".join(parts) + str(book.ROOT).encode()).hexdigest()


def made():
    """The groups for which .venv was made to its end, {name: fingerprint then}."""
    lines = [line.split() for line in STAMP.read_text(encoding="utf-8").splitlines()] if STAMP.exists() else []
    if [len(line) for line in lines] == [1]:                          # before there were groups it was made for all, which one line said
        return dict.fromkeys(GROUPS, "")
    return {line[0]: line[1] for line in lines if len(line) == 2}


def missing(names):
    """The groups among some for which .venv was not made to its end, from these pins."""
    there = made() if PYTHON.exists() else {}
    return [name for name in names if there.get(name) != fingerprint(name)]


def sound():
    """Whether .venv has a fitting Python with the whole of pip; an interrupt may have left less.

    Without its pyvenv.cfg that Python is the reader's own, and pip would install into that.
    """
    code = ("import csv, os, sys; from importlib import metadata; print(*sys.version_info[:2]); pip = metadata.distribution('pip'); "
            f"os.path.samefile(sys.prefix, {str(book.VENV)!r}) or sys.exit(1); "
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


def install(arguments, of):
    """Let pip install; while it unpacks, which takes minutes and which it does in silence, say how far it is.  Return its exit status."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    before, start = installed(), time.time()
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


def arguments(names):
    """What pip is called with for some groups; for all of them it is what requirements.txt says."""
    files = [part for name in names for part in ("-r", f"requirements/{name}.txt")]
    return ["-c", CONSTRAINTS.name, *(["-e", "."] if "base" in names else []), *files]


def tell_kernels():
    """Let each kernel of .venv load groups.py, which says in one line what to do where a package's group is missing."""
    folder = book.VENV / "etc" / "ipython"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ipython_kernel_config.py").write_text(KERNELS.format(str(Path(groups.__file__).resolve())), encoding="utf-8")


def build(names):
    """Create .venv for some groups, or bring it up to them and to the pins."""
    there = sound()
    reason = unfit_computer() or (None if there else unfit_python())
    if reason:
        sys.exit(reason)
    lacking = missing(names) if there else names
    if "base" in lacking:
        print(f"Setting up the book in {book.VENV.name}: {cost(lacking)}. It happens once.", flush=True)
    else:
        print(f"Adding {', '.join(lacking)} to {book.VENV.name}: {cost(lacking)}. It happens once.", flush=True)
    start = time.time()
    if not there:
        import venv
        again = " anew: an earlier set-up was interrupted, or its Python is gone" if book.VENV.exists() else ""
        print(f"Making {book.VENV.name}{again} (some seconds) …", flush=True)
        if STAMP.exists():
            STAMP.unlink()                                            # before anything else goes: clearing may be interrupted too
        venv.create(str(book.VENV), clear=True, symlinks=os.name != "nt", with_pip=True)
    options = small_torch() if "torch" in lacking else []
    if install([*arguments(lacking), *options], sum(COSTS[name][2] for name in names)):
        sys.exit(f"The set-up stopped before its end; what went wrong stands above. {AGAIN}")
    if "base" in lacking:
        subprocess.run([str(PYTHON), "-c", "import matplotlib.font_manager"], env=book.environment())     # its list of fonts: once, here
    tell_kernels()
    if "site" in lacking and node.SITE.exists():
        print(node.fetch() or "What the site takes from npm is here.", flush=True)
    STAMP.write_text("".join(f"{name} {fingerprint(name)}\n" for name in names), encoding="utf-8")
    print(f"Set up in {time.time() - start:.0f} s.", flush=True)


def make(names):
    """Build .venv; what stops it is told in a sentence."""
    try:
        build(names)
    except KeyboardInterrupt:
        print(f"\nStopped. {AGAIN}", file=sys.stderr)
        sys.exit(130)
    except (OSError, subprocess.CalledProcessError) as error:         # a full or read-only disk; ensurepip that fails
        sys.exit(f"The set-up stopped before its end: {str(error).rstrip('.')}. {AGAIN}")


def python(asked=GROUPS):
    """The interpreter that has the packages of some groups, and of those that were installed before; it is made first if there is none."""
    names = wanted(asked)
    if complete(names):
        return sys.executable
    if missing(names):
        make(names)
    return PYTHON


def enter():
    """Go on in the book's environment: a tool that needs its packages calls this before it imports them."""
    interpreter = str(python())
    if interpreter != sys.executable:
        sys.exit(book.call([interpreter, *sys.argv]))


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in GROUPS]
    if unknown:
        sys.exit(f"no group of packages is called {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    print(f"Ready: {python(sys.argv[1:] or GROUPS)}")
