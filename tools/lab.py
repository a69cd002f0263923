"""Open JupyterLab on your own copies of the notebooks, in work/: python tools/lab.py [options of jupyter lab]

A copy is made when it is missing and never overwritten.  When the book's notebook has changed since the copy was made, you keep
yours and the new one is laid beside it, with "(new)" in its name.
"""
import hashlib
import json
import os
import shutil
import sys

import book
import setup


def fingerprint(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy(source, target):
    """Copy a file so that a crash leaves none or the whole of it."""
    half = target.with_name(f".{target.name}.half")
    shutil.copyfile(source, half)
    os.replace(half, target)


def name_beside(work, source):
    """The first free name for a new edition beside the learner's copy."""
    for n in range(1, 1000):
        target = work / f"{source.stem} (new{'' if n == 1 else f' {n}'}){source.suffix}"
        if not target.exists():
            return target
    raise FileExistsError(f"there are 999 new editions of {source.name} in {work}")


def update(notebooks, work):
    """Bring work/ up to the book without touching anything of the learner's; return a line for each thing to know."""
    work.mkdir(exist_ok=True)
    record = work / ".editions.json"
    try:
        editions = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        editions = {}
    lines = []
    for source in sorted(notebooks.glob("[0-9]*.ipynb")):
        target, edition = work / source.name, fingerprint(source)
        if not target.exists():
            copy(source, target)
        elif fingerprint(target) != edition and editions.get(source.name) != edition:
            beside = name_beside(work, source)
            copy(source, beside)
            lines.append(f"{source.name} has changed in the book. Your copy is as you left it; the new one lies beside it as {beside.name}")
        editions[source.name] = edition
    half = work / ".editions.half"
    half.write_text(json.dumps(editions, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(half, record)
    return lines


def main(options):
    python = setup.python()
    work = book.ROOT / "work"
    for line in update(book.NOTEBOOKS, work):
        print(line)
    print("JupyterLab opens in your browser; Ctrl-C here, twice, ends it.", flush=True)
    quiet = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]    # no network
    start = "--LabApp.default_url=/lab/tree/work/00_start_here.ipynb"
    return book.run(python, "-m", "jupyterlab", f"--ServerApp.root_dir={book.ROOT}", start, *quiet, *options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
