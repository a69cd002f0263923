"""Mark what a class has handed in: python tools/marks.py FOLDER

FOLDER holds one folder for each student, named after them, with notebooks of the book, a progress.json, or both. Each exercise cell
of a notebook is run again, in a process of its own; student, exercise, verdict, tries and what `check` said go into FOLDER/marks.csv.
Tries, and the verdict where no notebook has the exercise, are those of progress.json, which its owner can edit.

The notebooks' code is strangers' code. Each cell gets a minute, an empty folder, few of this computer's environment variables, and,
where the system can do that (Linux), 8 GiB of memory and no network. It runs as you: it can read your files, and whoever sets out to
forge a verdict can. For strangers from the open internet use a container or another user's account, and read the cells of verdicts
that surprise you.
"""
import ast
import csv
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import book
import setup

SECONDS = 60
COLUMNS = ["student", "exercise", "verdict", "tries", "said"]
ONE = Path(__file__).with_name("mark_one.py")


def parsed(source):
    """The statements of a cell, its magics left out; none where it is no Python."""
    try:
        return ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.M)).body
    except (SyntaxError, ValueError):
        return []


def asked(source):
    """The exercises that a cell answers: the names in its calls of check, also where the cell is no Python."""
    return re.findall(r"""^check\(\s*["'](\d\d\.\d+)["']""", source, re.M)


def cells(path):
    """The sources of a notebook's code cells; ValueError where the file is no notebook."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected a notebook, found something else ({type(error).__name__})") from None


def rests_on(source, before):
    """The statements of the cells before that bind what a cell mentions, and what these rest on, as text."""
    sys.path.insert(0, str(book.ROOT / "experiments"))
    import common
    nodes = [node for other in before if not asked(other) for node in parsed(other)]
    own = {name for node in parsed(source) for name in common.bound(node)}
    left, known = {name for node in parsed(source) for name in common.free_names(node)} - own, set()
    while left:
        known |= left
        left = {name for node in nodes if common.bound(node) & left for name in common.free_names(node)} - known
    return "\n".join(ast.unparse(node) for node in nodes if common.bound(node) & known)


def without_network():
    """The command that runs another one without network, where this system has one."""
    command = ["unshare", "--user", "--map-root-user", "--net"]
    works = shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if works else []


def run(name, source, before, prefix):
    """(verdict, what check said) of one exercise cell."""
    token = secrets.token_hex()
    task = {"name": name, "token": token, "before": rests_on(source, before), "cell": source}
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
        env = {**kept, **book.KERNEL, "MPLBACKEND": "Agg", "HOME": folder, "ATTNLIB_WORK": folder, "PYTHONPATH": str(book.ROOT)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [*prefix, sys.executable, str(ONE)]
        with subprocess.Popen(command, cwd=folder, env=env, start_new_session=os.name != "nt", **pipes) as process:
            try:
                out, _ = process.communicate(json.dumps(task).encode(), timeout=SECONDS)
            except subprocess.TimeoutExpired:
                if os.name == "nt":
                    process.kill()
                else:
                    os.killpg(process.pid, 9)
                return "stopped", f"no answer within {SECONDS} seconds"
    lines = [line for line in out.decode(errors="replace").splitlines() if line.startswith(token)]
    if not lines:
        return "ended", f"the process ended with status {process.returncode} and no answer"
    return json.loads(lines[-1].removeprefix(token))


def handed_in(folder):
    """[(student, exercise, cell, the cells before)] of all notebooks, {student: progress}, and sentences about what could not be read."""
    work, tried, troubles = [], {}, []
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(home.rglob("*.ipynb")):
            try:
                sources = cells(path)
            except ValueError as error:
                troubles.append(str(error))
                continue
            work += [(home.name, name, source, sources[:i]) for i, source in enumerate(sources) for name in asked(source)]
        for path in sorted(home.rglob("*progress.json")):
            try:
                table = json.loads(path.read_text(encoding="utf-8-sig"))
                tried.setdefault(home.name, {}).update({name: (int(x["tries"]), bool(x["right"])) for name, x in table.items()})
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                troubles.append(f"{path}: expected the table that check keeps, found something else ({type(error).__name__})")
    return work, tried, troubles


def marks(folder):
    """The table's rows, sorted, and the sentences about what could not be read."""
    work, tried, troubles = handed_in(folder)
    prefix = without_network()
    if not prefix:
        troubles.append("the network could not be taken from the cells: this system does not allow it")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda one: run(one[1], one[2], one[3], prefix), work))
    rows = {}
    for (student, name, *_), (verdict, said) in zip(work, found):
        if rows.get((student, name), ("",))[0] != "right":               # an exercise that was handed in twice: the better one
            rows[student, name] = verdict, said
    for student, table in tried.items():
        for name, (_, right) in table.items():
            rows.setdefault((student, name), ("right" if right else "not yet", "as progress.json says; no notebook has it"))
    tries = {(student, name): count for student, table in tried.items() for name, (count, _) in table.items()}
    return [[*key, verdict, tries.get(key, ""), said] for key, (verdict, said) in sorted(rows.items())], troubles


def main(arguments):
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.exit(f"expected a folder, got {' '.join(arguments) or 'nothing'}\n\n{__doc__.strip()}")
    setup.enter()
    folder = Path(arguments[0])
    rows, troubles = marks(folder)
    with open(folder / "marks.csv", "w", encoding="utf-8-sig", newline="") as file:     # with a mark that spreadsheets know UTF-8 by
        csv.writer(file).writerows([COLUMNS, *rows])
    for student in sorted({row[0] for row in rows}):
        own = [row[2] for row in rows if row[0] == student]
        print(f"{student}: {own.count('right')} right of {len(own)}")
    print(*troubles, f"{len(rows)} exercises in {folder / 'marks.csv'}", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
