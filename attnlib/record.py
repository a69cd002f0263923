"""What a learner has tried: progress.json, {"12.2": {"tries": 3, "right": true}, ...}.

It lies in the folder that the environment variable ATTNLIB_WORK names; else in `work` beside the book's notebooks; else, where
attnlib was installed without them, in `work` under the folder in which Python runs.  A table that cannot be read is set aside
under a name of its own, and one that cannot be written costs a sentence: the answer to an exercise stands in any case.
"""
import contextlib
import json
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def ledger():
    home = ROOT if (ROOT / "notebooks" / "00_start_here.ipynb").exists() else Path.cwd()
    return Path(os.environ.get("ATTNLIB_WORK") or home / "work") / "progress.json"


def remembered():
    """The learner's table.  A file that holds anything else is set aside, and what can be read of it is kept."""
    path = ledger()
    try:
        table = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        table = None
    entries = table.items() if isinstance(table, dict) else ()
    kept = {name: entry for name, entry in entries
            if isinstance(entry, dict) and type(entry.get("tries")) is int and type(entry.get("right")) is bool}
    if kept != table:
        names = (path.with_suffix(f".unreadable{n}.json") for n in ["", *range(2, 10**6)])
        aside = next(name for name in names if not name.exists())
        os.replace(path, aside)
        print(f"progress.json could not be read; it now lies beside the new one as {aside.name}")
        write(kept)
    return kept


def write(table):
    """Write the new table beside the old one and swap the two, so that a crash or a full disk leaves one of them whole."""
    path = ledger()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        fresh.write_text(json.dumps(table, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(fresh, path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()


def remember(name, right):
    """Count one more try of an exercise; once right, it stays right."""
    try:
        table = remembered()
        old = table.get(name, {"tries": 0, "right": False})
        table[name] = {**old, "tries": old["tries"] + 1, "right": old["right"] or right}
        write(table)
    except OSError as error:
        print(f"    (The answer stands, but progress.json could not be kept: {error.strerror or error}.)")
