"""Make the tables of a chapter anew: python tools/table.py 36

python tools/table.py 36 --same "why": run nothing, and note that the code that changed leaves every figure as it was.
"""
import sys

import book
import setup

EXPERIMENTS = book.ROOT / "experiments"


def scripts():
    """The experiments that make a chapter's tables; others make its data, under a name of their own."""
    notebooks = book.ROOT / "notebooks"
    return sorted(path.stem for path in EXPERIMENTS.glob("[0-9]*.py") if (notebooks / f"{path.stem}.ipynb").exists())


def main(arguments):
    names = scripts()
    chosen = [name for name in names if arguments and name.startswith(arguments[0])]
    if len(chosen) != 1 or len(arguments) not in (1, 3) or arguments[1:2] not in ([], ["--same"]):
        came = f"expected a chapter with tables, got {' '.join(arguments)}\n\n" if arguments and not chosen else ""
        sys.exit(f"{came}{__doc__.strip()}\nchapters with tables: {', '.join(name[:2] for name in names)}")
    setup.enter()
    sys.path.insert(0, str(EXPERIMENTS))
    import made_from
    if arguments[1:]:
        made_from.write(chosen[0], arguments[2])
        return 0
    failed = book.run(sys.executable, EXPERIMENTS / f"{chosen[0]}.py")
    if not failed:
        made_from.write(chosen[0])
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
