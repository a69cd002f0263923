"""Serve the book to a class with JupyterHub, on one Linux computer: sudo python3 tools/hub.py [options of jupyterhub]

What the hub takes beside the book's packages goes into .hub in this folder, in the versions of tools/hub/, once.  Its settings are
tools/hub/jupyterhub_config.py; what a teacher should know before the first call stands in TEACHING.md.
"""
import hashlib
import os
import shutil
import stat
import subprocess
import sys

import book
import setup

FILES = book.ROOT / "tools" / "hub"
CONFIG = FILES / "jupyterhub_config.py"
HUB = book.ROOT / ".hub"
PYTHON = HUB / "bin" / "python"
STATE = HUB / "state"                                                # who has logged in, and the secret that signs their cookies: root's
STAMP = HUB / "made-from.txt"
NPM = ["package.json", "package-lock.json"]


def closed(path):
    """The folders on the way to a path that only some of this computer's users can enter, outermost first."""
    return [folder for folder in reversed(path.parents) if not folder.stat().st_mode & stat.S_IXOTH]


def fingerprint():
    """Of the versions that are wanted."""
    return hashlib.sha256(b"".join(p.read_bytes() for p in [setup.CONSTRAINTS, FILES / "requirements.txt", FILES / NPM[1]])).hexdigest()


def fetch():
    """Let pip and npm bring what is missing; return what could not be had, in a sentence, or None."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint():
        return None
    if not (shutil.which("node") and shutil.which("npm")):
        return "the hub's proxy runs on Node.js, and node or npm is not here (Debian: apt install nodejs npm; elsewhere nodejs.org)"
    print("Adding JupyterHub and its proxy in .hub: about 40 MB to download and 200 MB on disk. It happens once.", flush=True)
    HUB.mkdir(exist_ok=True)
    for name in NPM:
        shutil.copy(FILES / name, HUB)
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for command in ([setup.PYTHON, "-m", "venv", HUB],
                    [*pip, "-c", setup.CONSTRAINTS, "-r", FILES / "requirements.txt"],
                    ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]):
        if subprocess.run(command, cwd=HUB).returncode:
            return f"{' '.join(map(str, command[:4]))} … failed; what went wrong stands above"
    STAMP.write_text(fingerprint(), encoding="utf-8")
    return None


def main(options):
    if not hasattr(os, "geteuid") or os.geteuid():
        sys.exit("The hub starts each student's server as that student, which only root of a Linux computer may: sudo python3 tools/hub.py")
    if setup.missing(setup.wanted(setup.FIRST)):
        setup.make(setup.wanted(setup.FIRST))
    for folder in closed(setup.PYTHON.resolve()) + closed(book.ROOT / "notebooks"):
        sys.exit(f"Students cannot enter {folder}. The book, and the Python that its .venv was made with, must lie where all can read.")
    lacking = fetch()
    if lacking:
        sys.exit(f"The hub cannot start: {lacking}.")
    STATE.mkdir(mode=0o700, exist_ok=True)
    return book.call([PYTHON, "-m", "jupyterhub", "--config", CONFIG, *options], cwd=STATE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
