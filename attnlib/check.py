"""Exercises that answer back.

check("12.2", mine)   says right, names the mistake, or shows the smallest input on which `mine` differs
solution("12.2")      prints the solution and its reasoning
progress("12")        prints the learner's table for one notebook; progress() for all

The bank, `exercises/NN_slug.py`, states each exercise once: `function`, `number` or `choice`, then its `mistake`s.
What the learner has tried is kept in `work/progress.json`, or in the folder that the environment variable ATTNLIB_WORK names.
"""
import copy
import importlib.util
import inspect
import json
import os
import textwrap
from fractions import Fraction
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "exercises"
BANK = {}


def function(name, draw):
    """Enter a solution; `draw(rng)` returns one tuple of arguments."""
    def enter(f):
        BANK[name] = {"answer": f, "draw": draw, "why": inspect.getdoc(f), "mistakes": []}
        return f
    return enter


def number(name, answer, why, mistakes=()):
    """Enter an answer that is a number, with pairs of a wrong number and its hint."""
    BANK[name] = {"answer": answer, "why": why, "mistakes": list(mistakes)}


choice = number                                             # an answer that is a letter


def mistake(name, hint):
    """Enter a wrong function: whoever behaves like it gets its hint."""
    def enter(f):
        BANK[name]["mistakes"].append((f, hint))
        return f
    return enter


def find(name):
    """The entry of one exercise; its notebook's part of the bank is read when it is first asked for."""
    if name not in BANK:
        for path in FOLDER.glob(f"{str(name).split('.')[0]}_*.py"):
            read(path)
    if name not in BANK:
        raise ValueError(f"exercise: a name such as \"11.2\" was wanted, {name!r} came")
    return BANK[name]


def read(path):
    spec = importlib.util.spec_from_file_location(f"exercises_{path.stem}", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def plain(x):
    """An array, whichever library x is from."""
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def same(a, b):
    """Equal for a teacher: the same error, or the same shape and the same numbers, nan where nan."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if callable(a) or isinstance(a, str) or a is None:
        return a is b or (type(a) is type(b) and a == b)
    return same_numbers(a, b)


def same_numbers(a, b):
    try:
        a, b = plain(a), plain(b)
        kinds = (a.dtype == bool) == (b.dtype == bool)           # a mask of 0 and 1 is no mask
        return a.shape == b.shape and kinds and np.allclose(a, b, rtol=1e-7, atol=1e-12, equal_nan=True)
    except (TypeError, ValueError):
        return False


def outcome(f, args):
    """What f makes of a copy of the arguments: a value, or the error it raised."""
    own = copy.deepcopy(args)
    try:
        with np.errstate(all="ignore"):
            result = f(*own)
    except NotImplementedError:
        return None
    except Exception as error:
        return error
    return result if all(map(same, own, args)) else RuntimeError("your function changed its argument")


def verdict(name, mine):
    """What `check` prints after the name."""
    exercise = find(name)
    if mine is None or mine is ...:
        return "not attempted yet"
    return (of_function if "draw" in exercise else of_value)(exercise, mine)


def of_value(exercise, mine):
    if isinstance(exercise["answer"], str):
        mine = str(mine).strip(" ().").lower()

        def equal(wanted):
            return mine == wanted
    else:
        try:
            mine = float(Fraction(mine) if isinstance(mine, str) else mine)
        except (TypeError, ValueError, ZeroDivisionError):
            return f"not yet. A number such as 0.625, or a fraction in quotes such as \"5/8\", was wanted, {mine!r} came"

        def equal(wanted):
            return mine == wanted if isinstance(wanted, int) else abs(mine - wanted) < 1e-3 * max(1, abs(wanted))
    if equal(exercise["answer"]):
        return "right"
    return next((f"not yet. {hint}" for wrong, hint in exercise["mistakes"] if equal(wrong)), "not yet")


def tries(exercise):
    """The random inputs of an exercise, smallest first."""
    rng = np.random.default_rng(0)

    def size(args):
        numeric = [np.nan_to_num(plain(a)) for a in args if not callable(a) and not isinstance(a, str)]
        return sum(a.size for a in numeric), sum(np.abs(a).sum() for a in numeric)
    return sorted((exercise["draw"](rng) for _ in range(200)), key=size)


def of_function(exercise, mine):
    if not callable(mine):
        return f"not yet. A function was wanted, a {type(mine).__name__} came"
    inputs = tries(exercise)
    got, want = [outcome(mine, args) for args in inputs], [outcome(exercise["answer"], args) for args in inputs]
    if all(g is None for g in got):
        return "not attempted yet"
    bad = [i for i in range(len(inputs)) if not same(got[i], want[i])]
    if not bad:
        return f"right, on {len(inputs)} random inputs"
    for wrong, hint in exercise["mistakes"]:
        if all(same(outcome(wrong, args), g) for args, g in zip(inputs, got)):
            return f"not yet. {hint}"

    def show(x):
        if isinstance(x, Exception) or callable(x) or isinstance(x, (str, tuple, list)) or x is None:
            return repr(x)
        return np.array2string(plain(x), precision=4)
    yours, expected = got[bad[0]], want[bad[0]]
    lines = [*(("input", a) for a in inputs[bad[0]]), ("yours", yours), ("expected", expected)]
    if isinstance(yours, (list, tuple)) and type(yours) is not type(expected) and same_numbers(yours, expected):
        return f"not yet. The numbers are right, but {type(expected).__name__} was wanted and {type(yours).__name__} came"
    return "not yet. The smallest input found on which it differs:\n" + "\n".join(
        textwrap.indent(show(x), " " * 14).replace(" " * 14, f"    {name:10}", 1) for name, x in lines)


def check(name, mine):
    """Print what is to be said of an answer, and remember whether it was right."""
    said = verdict(name, mine)
    print(f"{name}: {said}")
    if said != "not attempted yet":
        remember(name, said.startswith("right"))


def solution(name):
    """Print the solution of an exercise and its reasoning."""
    answer, why = find(name)["answer"], find(name)["why"]
    print(inspect.getsource(answer).partition("\n")[2] if callable(answer) else f"{name}: {answer}\n{why}")


def ledger():
    return Path(os.environ.get("ATTNLIB_WORK", FOLDER.parents[1] / "work")) / "progress.json"


def remembered():
    """What the learner has tried, {"12.2": {"tries": 3, "right": true}}; a file that cannot be read is set aside, not lost."""
    try:
        return json.loads(ledger().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        aside = ledger().with_suffix(".unreadable.json")
        os.replace(ledger(), aside)
        print(f"progress.json could not be read; it now lies beside the new one as {aside.name}")
        return {}


def remember(name, right):
    """Write the new table beside the old one and swap the two, so that a crash leaves one of them whole."""
    table = remembered()
    old = table.get(name, {"tries": 0, "right": False})
    table[name] = {"tries": old["tries"] + 1, "right": old["right"] or right}
    ledger().parent.mkdir(parents=True, exist_ok=True)
    fresh = ledger().with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(json.dumps(table, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(fresh, ledger())


def progress(notebook=""):
    """Print one line for each exercise of a notebook (its number, such as "12"), or of all of them."""
    paths = sorted(FOLDER.glob(f"{notebook}*.py"))
    if not paths:
        raise ValueError(f"notebook: a number such as \"12\" was wanted, {notebook!r} came")
    table = remembered()
    for path in paths:
        number_ = path.stem.split("_")[0]
        if not any(name.startswith(f"{number_}.") for name in BANK):
            read(path)
        names = sorted((n for n in BANK if n.startswith(f"{number_}.")), key=lambda n: int(n.split(".")[1]))
        print(f"{path.stem}: {sum(table.get(n, {}).get('right', False) for n in names)} of {len(names)} right")
        for name in names:
            state = table.get(name)
            count = f"{state['tries']} {'try' if state['tries'] == 1 else 'tries'}" if state else ""
            print(f"    {name:6}", "not attempted yet" if not state else f"{'right' if state['right'] else 'not yet'}, {count}")
