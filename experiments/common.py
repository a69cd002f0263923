"""What the experiments share: one thread, the definitions of a notebook's cells, tables, and the runs of a table that is not whole yet."""
import ast
import csv
import functools
import hashlib
import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


UNFINISHED = "unfinished.jsonl"                             # beside a chapter's tables while they are made; git does not see it


def write_table(path, rows, columns=None):
    """Write rows, dictionaries, as CSV, whole or not at all; the columns are those of the rows in the order in which they first occur."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns or list(dict.fromkeys(c for row in rows for c in row)), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    path.with_name(UNFINISHED).unlink(missing_ok=True)


def read_table(path):
    """The rows of a table as dictionaries of strings."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def kept(run):
    """A script's function whose results outlive a crash: what was run once, by the same code, is not run again until the table is written.

    Arguments and result, a dictionary, are such as JSON holds.  Each result is printed, and kept as a line of a file beside the chapter's
    tables, with the arguments and a fingerprint of all code that the script reaches; `write_table` removes the file.
    """
    name = Path(run.__code__.co_filename).stem
    path = NOTEBOOKS / "data" / name / UNFINISHED

    @functools.cache
    def code():
        import made_from
        return hashlib.sha256(json.dumps(made_from.reached(name)).encode()).hexdigest()[:16]

    @functools.wraps(run)
    def once(*arguments):
        key = json.dumps([code(), run.__name__, *arguments])
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            result, _, known = line.rpartition("\t")             # the key comes last: a line that a crash cut has none
            if known == key:
                return json.loads(result)
        text = json.dumps(run(*arguments))
        with open(path, "a", encoding="utf-8", newline="") as file:
            file.write(f"\n{text}\t{key}")
        result = json.loads(text)
        print(*(x for x in result.values() if not isinstance(x, list)), file=sys.stderr, flush=True)
        return result
    return once


def bound(node):
    """The names that a statement binds: imports, functions, classes, variables."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign)) else getattr(node, "targets", [])
    indices = {x for target in targets for part in ast.walk(target) if isinstance(part, ast.Subscript) for x in ast.walk(part.slice)}
    return {x.id for target in targets for x in ast.walk(target) if isinstance(x, ast.Name) and x not in indices}


@functools.cache
def statements(path):
    """The statements of a notebook's code cells, or of a module."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return ast.parse(text).body
    return [node for c in json.loads(text)["cells"] if c["cell_type"] == "code" for node in ast.parse("".join(c["source"])).body]


def free_names(node):
    """The names that a statement mentions and does not bind itself."""
    mentioned = [x for x in ast.walk(node) if isinstance(x, ast.Name)]
    own = {x.id for x in mentioned if isinstance(x.ctx, ast.Store)} | {x.arg for x in ast.walk(node) if isinstance(x, ast.arg)}
    return {x.id for x in mentioned if x.id not in own}


def closure(nodes, names, home):
    """{name: its statements} for `names` among `nodes`, the statements of `home`, and for all that they rest on there.

    A definition rests on the imports, functions, classes and constants in capitals that it mentions; a variable in small letters
    comes when it is asked for.
    """
    homes = {}
    for node in nodes:
        for name in bound(node):
            if not isinstance(node, ast.Assign) or name.isupper() or name in names:
                homes.setdefault(name, []).append(node)
    missing = set(names) - set(homes)
    if missing:
        raise ValueError(f"names: expected definitions in {home}, got {sorted(missing)}")
    found, left = {}, list(names)
    while left:
        name = left.pop()
        if name in homes and name not in found:
            found[name] = homes[name]
            left += [other for node in homes[name] for other in free_names(node)]
    return found


def taught(number, *names):
    """The definitions of `names` in the cells of notebook `number`, and all that they rest on; no other line of it is run.

    This is the one place where code of a notebook is run outside of it.  A name that no cell binds raises ValueError.
    """
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    nodes = statements(path)
    wanted = [node for found in closure(nodes, names, path.name).values() for node in found]
    space = {"__name__": path.stem}
    exec(compile(ast.Module([node for node in nodes if node in wanted], []), path.stem, "exec"), space)
    return SimpleNamespace(**space)
