"""Which code made an experiment's tables: a fingerprint of every definition that its script reaches.

A script reaches its own statements, the notebook cells that it takes with `common.taught`, and of `attnlib` and of this folder's
modules each definition that those mention, and so on.  Comments, docstrings, layout and attnlib's checks of arguments (`@expects`)
do not count.  `write` keeps the fingerprints beside the tables, in made_from.json; the tests compare.
"""
import ast
import copy
import functools
import hashlib
import itertools
import json
from pathlib import Path

import common

ROOT = Path(__file__).resolve().parents[1]
PLUMBING = ("attnlib/data.py", "experiments/common.py")       # where things lie, and how tables are written


class Plain(ast.NodeTransformer):
    """Take out what changes no result: docstrings and checks of arguments."""

    def visit(self, node):
        self.generic_visit(node)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [d for d in node.decorator_list if not ast.unparse(d).startswith("expects(")]
        return node


@functools.cache
def plain(path):
    """The statements of a notebook or module without what changes no result."""
    return Plain().visit(ast.Module(copy.deepcopy(common.statements(path)), [])).body


def spelt(node):
    """A syntax tree as text that is the same on every Python: its fields, without those that are empty."""
    if isinstance(node, list):
        return f"[{' '.join(map(spelt, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: getattr(node, name, None) for name in node._fields if name not in ("ctx", "kind", "type_comment", "type_params")}
    if isinstance(node, ast.JoinedStr):                         # Pythons differ in where they cut the text between the braces
        fields["values"] = [x for _, group in itertools.groupby(node.values, key=type) for x in joined(list(group))]
    return f"({type(node).__name__} {' '.join(f'{name}={spelt(value)}' for name, value in fields.items() if value not in (None, []))})"


def joined(parts):
    """Neighbouring constants of an f-string as one."""
    return [ast.Constant("".join(x.value for x in parts))] if isinstance(parts[0], ast.Constant) else parts


def fingerprint(nodes):
    text = "\n".join(map(spelt, nodes))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def modules_of(nodes, root):
    """{name: (file, what of it, or None for the whole module)} for the imports of attnlib's and the experiments' own modules."""
    found = {}
    for node in (x for statement in nodes for x in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                module = root / ("" if node.module.startswith("attnlib") else "experiments") / (node.module.replace(".", "/") + ".py")
                inner = root / node.module.replace(".", "/") / f"{alias.name}.py"
                if inner.exists():
                    found[alias.asname or alias.name] = inner, None
                elif module.exists():
                    found[alias.asname or alias.name] = module, alias.name
        elif isinstance(node, ast.ImportFrom):
            raise ValueError(f"expected absolute imports, got {ast.unparse(node)}")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module = root / "experiments" / f"{alias.name}.py"
                if module.exists():
                    found[alias.asname or alias.name] = module, None
    return found


def mentions(nodes, modules):
    """What these statements use of other files: (file, name) for names imported and for attributes of imported modules, and
    (number, name) for what they take from a notebook."""
    for node in (x for statement in nodes for x in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id in modules and modules[node.id][1]:
            yield modules[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and modules.get(node.value.id, (0, 0))[1] is None:
            yield modules[node.value.id][0], node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("taught", "common.taught"):
            number, *names = map(ast.literal_eval, node.args)
            yield from ((number, name) for name in names)


def reached(name, root=ROOT):
    """{"file: definition": fingerprint} of all that experiments/`name`.py reaches."""
    script = root / "experiments" / f"{name}.py"
    own = plain(script)
    found, left = {}, []

    def take(path, parts):
        nodes = [node for statement in parts.values() for node in statement]
        for part, statement in parts.items():
            if not all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in statement):
                found[f"{path.relative_to(root).as_posix()}: {part}"] = fingerprint(statement)
        left.extend(mentions(nodes, modules_of(plain(path), root)))

    parts = {}
    for node in own:
        parts.setdefault(", ".join(sorted(common.bound(node))) or "other lines", []).append(node)
    take(script, parts)
    done = set()
    while left:
        where, what = left.pop()
        path = where if isinstance(where, Path) else next((root / "notebooks").glob(f"{where}_*.ipynb"))
        nodes = plain(path)
        if (path, what) in done or path in (script, *(root / plumbing for plumbing in PLUMBING)):
            continue
        if isinstance(where, Path) and not any(what in common.bound(node) for node in nodes):
            continue                                            # an attribute that the module has from elsewhere
        new = {part: those for part, those in common.closure(nodes, [what], path.name).items() if (path, part) not in done}
        done |= {(path, part) for part in new}
        take(path, new)
    return dict(sorted(found.items()))


def path(name):
    return ROOT / "notebooks" / "data" / name / "made_from.json"


def write(name, taken_over=None):
    """Note that the tables of an experiment were made by the code as it stands.

    With `taken_over`, a reason, they were not made anew: the definitions that changed since are listed with it.
    """
    new, old = reached(name), path(name)
    kept = json.loads(old.read_text(encoding="utf-8")) if old.exists() else {"definitions": {}, "taken_over": {}}
    changed = sorted(key for key, value in new.items() if kept["definitions"].get(key) != value)
    noted = {key: reason for key, reason in kept["taken_over"].items() if key in new} | dict.fromkeys(changed, taken_over)
    content = {"definitions": new, "taken_over": noted if taken_over else {}}
    old.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def differences(name, root=ROOT):
    """The definitions that are not those that made the tables of an experiment: changed, new or gone."""
    then = json.loads(path(name).read_text(encoding="utf-8"))["definitions"]
    now = reached(name, root)
    return sorted(key for key in then.keys() | now.keys() if then.get(key) != now.get(key))
