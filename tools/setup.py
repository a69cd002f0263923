"""Make the book's Python environment: python tools/setup.py

The packages go into .venv in this folder, in the versions of requirements.txt and constraints.txt.  Where they are all
installed already (a conda environment, say), that environment is used as it is.  The second call returns at once.
"""
import hashlib
import importlib.metadata
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import venv

import book

PINS = [book.ROOT / "requirements.txt", book.ROOT / "constraints.txt"]
STAMP = book.VENV / "made-from.txt"
PYTHON = book.VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SIZE = "about 800 MB to download and 3.3 GB on disk; 2 minutes and the time of the download"


def pins():
    """The versions that requirements.txt wants on this system, {name: version}."""
    wanted = {}
    for line in PINS[0].read_text(encoding="utf-8").splitlines():
        found = re.match(r"([\w-]+)==([^;\s]+)(?:; sys_platform (==|!=) \"(\w+)\")?$", line)
        if found and (found[3] is None or (sys.platform == found[4]) == (found[3] == "==")):
            wanted[found[1]] = found[2]
    return wanted


def complete():
    """Whether the running Python has every pinned package and attnlib from this checkout."""
    try:
        versions = {name: importlib.metadata.version(name).split("+")[0] for name in pins()}
        importlib.metadata.version("attnlib")
    except importlib.metadata.PackageNotFoundError:
        return False
    return versions == pins()


def fingerprint():
    return hashlib.sha256(b"".join(path.read_bytes() for path in PINS)).hexdigest()


def small_torch():
    """pip's option for PyTorch's CPU build on Linux, whose address the README names; the default build brings GBs of GPU packages."""
    if not sys.platform.startswith("linux"):
        return []
    address = re.search(r"PIP_EXTRA_INDEX_URL=(\S+)", (book.ROOT / "README.md").read_text(encoding="utf-8"))[1]
    try:
        socket.create_connection((urllib.parse.urlsplit(address).hostname, 443), timeout=5).close()
    except OSError:
        print("PyTorch's own index is out of reach; its CPU build is taken from wherever pip finds it.", flush=True)
        return []
    return ["--extra-index-url", address]


def make():
    """Create .venv, or bring it up to the pins."""
    print(f"Setting up the book in {book.VENV.name}: {SIZE}. It happens once.", flush=True)
    start = time.time()
    if not PYTHON.exists():
        venv.create(book.VENV, with_pip=True)
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt", *small_torch()]
    if subprocess.run([str(part) for part in command], cwd=book.ROOT).returncode:
        sys.exit("The set-up stopped before its end; what went wrong stands above. Calling it again goes on from there.")
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"Set up in {time.time() - start:.0f} s.", flush=True)


def python():
    """The interpreter that has the book's packages; it is made first if there is none."""
    if not (3, 11) <= sys.version_info < (3, 14):
        sys.exit(f"Python 3.11, 3.12 or 3.13 was wanted, {sys.version.split()[0]} came (TensorFlow has no newer build).")
    if complete():
        return sys.executable
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != fingerprint():
        make()
    return PYTHON


def enter():
    """Go on in the book's environment: a tool that needs its packages calls this before it imports them."""
    wanted = str(python())
    if wanted != sys.executable:
        sys.exit(subprocess.run([wanted, *sys.argv]).returncode)


if __name__ == "__main__":
    print(f"Ready: {python()}")
