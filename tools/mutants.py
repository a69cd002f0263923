"""Change the taught modules of attnlib in every small way and see which changes the tests miss: python tools/mutants.py

A change that survives must stand in tests/library/equivalent_mutants.md, by its diff and with the reason why no behaviour differs.
"""
import re
import shutil
import subprocess
import sys

import book
import setup

KNOWN = book.ROOT / "tests" / "library" / "equivalent_mutants.md"


def changed(diff):
    """The lines of a diff that were taken out and put in."""
    return "\n".join(x for x in diff.splitlines() if re.match(r"[-+](?![-+]{2})", x))


def known():
    """The diffs of the mutants that are known to change no behaviour."""
    return {block.strip() for block in re.findall(r"```diff\n(.*?)```", KNOWN.read_text(encoding="utf-8"), re.S)}


def main():
    python = setup.python()
    shutil.rmtree(book.ROOT / "mutants", ignore_errors=True)
    if book.run(python, "-m", "mutmut", "run"):
        return 1
    said = subprocess.run([str(python), "-m", "mutmut", "results", "--all", "true"], cwd=book.ROOT, capture_output=True, text=True).stdout
    states = dict(re.findall(r"^\s*(\S+): (.+)$", said, re.M))
    surprising = []
    for name in [name for name, state in states.items() if state != "killed"]:
        diff = changed(subprocess.run([str(python), "-m", "mutmut", "show", name], cwd=book.ROOT, capture_output=True, text=True).stdout)
        if diff not in known():
            surprising.append(name)
            print(f"\n{name}: {states[name]}\n{diff}")
    killed = sum(state == "killed" for state in states.values())
    equivalent = len(states) - killed - len(surprising)
    print(f"\n{len(states)} mutants: {killed} killed, {equivalent} known to be equivalent, {len(surprising)} survived")
    return int(bool(surprising) or not killed)


if __name__ == "__main__":
    sys.exit(main())
