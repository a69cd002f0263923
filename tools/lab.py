"""Open JupyterLab on your own copies of the notebooks, in work/: python tools/lab.py [options of jupyter lab]

A copy is made when it is missing.  When the book's notebook has changed since, a copy in which you changed nothing is replaced by
the new edition.  One that you did change becomes the new edition with what you wrote in its place, so that links lead to a
chapter that fits the book's code and holds your answers; as it was it lies beside it, "(yours until ...)" in its name.
"""
import datetime
import hashlib
import json
import os
import subprocess
import sys

import book
import setup

CONFIG = book.ROOT / "tools" / "jupyter"                       # settings beneath the learner's own: no news, wide output not broken
FIRST = "00_start_here.ipynb"


# ---- the learner's copies ----------------------------------------------------------------------------------------

def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def piece(cell):
    return digest(cell["cell_type"] + "".join(cell["source"]))


def pieces(path):
    """What tells one edition of a file from another, {cell id: digest}: what its cells say, not what they printed when they ran.

    A page that is no notebook is one piece.  A notebook that cannot be read as one has none, nor has one of whose cells two share an id.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".ipynb":
            return {"page": digest(text)}
        cells = json.loads(text)["cells"]
        found = {c["id"]: piece(c) for c in cells}
        return found if len(found) == len(cells) else {}
    except (ValueError, KeyError, TypeError):
        return {}


def carry(mine, new, base):
    """The cells of the new edition, and among them those that the learner changed or added since the edition `base`, {id: digest}.

    Where the learner and the book have both changed a cell, both stand there, the learner's first.
    """
    yours, known = {c["id"]: c for c in mine}, {c["id"] for c in new}
    own, last = {}, None                                        # the learner's own cells, by the cell of the book that they follow
    for cell in mine:
        if cell["id"] in known:
            last = cell["id"]
        elif base.get(cell["id"]) != piece(cell):
            own.setdefault(last, []).append(cell)
    cells = own.get(None, [])
    for cell in new:
        kept, was = yours.get(cell["id"]), base.get(cell["id"])
        if kept is None:
            cells += [cell] if was != piece(cell) else []       # deleted by the learner: it is back only if the book rewrote it
        elif was == piece(cell) != piece(kept):
            cells.append(kept)
        else:
            name = f"yours-{digest(cell['id'] + piece(kept))}"
            both = piece(kept) not in (was, piece(cell)) and name not in yours
            cells += [dict(kept, id=name)] * both + [cell]
        cells += own.get(cell["id"], [])
    return cells


def replace(target, content):
    """Write a file so that a crash or a full disk leaves the old one whole and no half of the new one."""
    half = target.with_name(f".{target.name}.half")
    try:
        half.write_bytes(content)
        os.replace(str(half), str(target))
    finally:
        if half.exists():
            half.unlink()


def lay(path, target, version, cells=None):
    """Put a file of the book into work/.  A notebook gets what JupyterLab adds under Python `version`: opening it then changes nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        nb = json.loads(text)
        nb["cells"] = cells or nb["cells"]
        nb["metadata"] = {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
                              "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3", "version": version}}
        text = json.dumps(nb, indent=1, ensure_ascii=False) + "\n"
    replace(target, text.encode("utf-8"))


def name_beside(target):
    """The first free name beside a learner's file for what it was until today."""
    today = datetime.date.today().isoformat()
    names = [target.with_name(f"{target.stem} (yours until {today}{n}){target.suffix}") for n in ["", *(f", {i}" for i in range(2, 100))]]
    return next(name for name in names if not name.exists())


def renew(path, target, base, version):
    """Put a new edition in the place of a copy that the learner changed, and return the sentence that says so."""
    beside, cells = name_beside(target), None
    replace(beside, target.read_bytes())
    if path.suffix == ".ipynb" and pieces(target):              # a notebook that cannot be read has nothing to carry over
        cells = carry(*(json.loads(p.read_text(encoding="utf-8"))["cells"] for p in (target, path)), base)
    try:
        lay(path, target, version, cells)
    except OSError:
        beside.unlink()                                         # nothing was renewed, so nothing need be kept
        raise
    with_it = ", with what you wrote in it" if cells else ""
    return f"{target.name} is the book's new edition{with_it}; your copy as it was lies beside it: {beside.name}"


def records(file):
    """The editions from which the copies were made, {file: {"file": digest, "cells": {id: digest}}}; what cannot be read is lost."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: base for name, base in found.items() if isinstance(base["cells"], dict) and isinstance(base["file"], str)}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def some(names):
    """Names for a sentence, and how many more."""
    return ", ".join(names[:6]) + f" and {len(names) - 6} more" * (len(names) > 6)


def same(one, other):
    return list(one.items()) == list(other.items())             # the order counts: a moved cell is the learner's work


def update(notebooks, work, version):
    """Bring work/ up to the book without losing anything of the learner's; return a line for each thing to know."""
    lines, renewed, replaced, unknown, failed = [], [], [], [], {}
    record = work / ".editions.json"
    editions = records(record)
    before = json.dumps(editions)
    for path in [*sorted(notebooks.glob("[0-9]*.ipynb")), *(p for p in (notebooks / "formulas.md", notebooks / "words.md") if p.exists())]:
        name, target, base = path.name, work / path.name, editions.get(path.name)
        try:
            work.mkdir(exist_ok=True)
            edition = {"file": digest(path.read_text(encoding="utf-8")), "cells": pieces(path)}
            mine = pieces(target) if target.exists() else None
            if mine is None:
                lay(path, target, version)
            elif base is None:
                unknown += [name] * (not same(mine, edition["cells"]))
            elif base["file"] == edition["file"]:
                continue
            elif same(mine, base["cells"]) or same(mine, edition["cells"]):
                lay(path, target, version)
                replaced.append(name)
            elif not same(base["cells"], edition["cells"]):
                lines.append(renew(path, target, base["cells"], version))
                renewed.append(name)
            editions[name] = edition
        except (OSError, ValueError) as error:
            failed.setdefault(getattr(error, "strerror", None) or str(error), []).append(name)
    try:
        if json.dumps(editions) != before:
            replace(record, json.dumps(editions, indent=1).encode("utf-8"))
    except OSError as error:
        failed.setdefault(error.strerror, []).append(record.name)
    if len(lines) > 3:
        lines = [f"New editions, with what you wrote in them: {some(renewed)}. Your copies as they were lie beside them, "
                 "\"(yours until …)\" in their names."]
    if replaced:
        lines.append(f"New editions of what you had not changed: {some(replaced)}")
    if unknown:
        lines.append(f"From which edition these were made is not known any more, so they stay as they are: {some(unknown)}. "
                     "Rename one to get the book's.")
    return lines + [f"{work.name}/ could not be brought up to date ({why}): {some(names)}. What lies there is as it was."
                    for why, names in failed.items()]


# ---- JupyterLab --------------------------------------------------------------------------------------------------

SETTINGS = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",      # no network
            "--KernelManager.transport_encryption=auto",         # else each kernel warns of eavesdroppers; on a shared machine it is right
            "--LabApp.custom_css=True", f"--ServerApp.tornado_settings={ {'static_custom_path': [str(CONFIG / 'custom')]} }"]


def arguments(work, options):
    """What JupyterLab is called with."""
    there = work / FIRST if os.access(str(work / FIRST), os.R_OK) else book.NOTEBOOKS / FIRST
    return [f"--ServerApp.root_dir={book.ROOT}", f"--LabApp.default_url=/lab/tree/{there.relative_to(book.ROOT).as_posix()}",
            *SETTINGS, *options]


def main(options):
    python = str(setup.python(setup.FIRST))
    version = subprocess.run([python, "-c", "import platform; print(platform.python_version())"], stdout=subprocess.PIPE).stdout.decode()
    work = book.ROOT / "work"
    for line in update(book.NOTEBOOKS, work, version.strip()):
        print(line)
    if not book.can_write(work):
        print("work/ cannot be written: what you change will not be saved there.")
    if not os.access(str(work / FIRST), os.R_OK):
        print("JupyterLab opens on the book's own notebooks.")
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options:
        print("You are root here (in a container?): JupyterLab is started with --allow-root.")
        options = ["--allow-root", *options]
    print("JupyterLab opens in your browser; Ctrl-C here, twice, ends it.", flush=True)
    paths = [path for path in (os.environ.get("JUPYTER_CONFIG_PATH"), str(CONFIG)) if path]
    return book.run(python, "-m", "jupyterlab", *arguments(work, options), JUPYTER_CONFIG_PATH=os.pathsep.join(paths))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
