"""Lay down a new notebook, its exercises and their answers from the template: python tools/new.py 17_slug"""
import re
import sys

import book
import setup

BANKS = book.ROOT / "attnlib" / "exercises"
ANSWERS = book.ROOT / "tests" / "exercises" / "answers"


def refuse(slug, notebooks, bank):
    """Raise ValueError where a name is not NN_slug, or its number is taken."""
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", slug):
        raise ValueError(f"name: expected two digits and a word, such as 17_slug, got {slug!r}")
    number = slug[:2]
    taken = [p.name for p in [*notebooks.glob(f"{number}_*.ipynb"), *bank.glob(f"{number}_*.py")]]
    if taken:
        raise ValueError(f"name: expected a number that is free, got {number}, which is taken by {', '.join(taken)}")


if __name__ == "__main__":                                     # a wrong name is told before any set-up
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        refuse(sys.argv[1], book.NOTEBOOKS, BANKS)
    except ValueError as error:
        sys.exit(str(error))
setup.enter()
import nbformat  # noqa: E402
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook  # noqa: E402
from outputs import canonical  # noqa: E402

HEAD = """# {number} · Title

A concrete situation, in at most three sentences. **One question?**

By the end you can …

**Time** 20 min reading and exercises, 2 s running · **Memory** 0.2 GiB · **You need** [02_core_idea](02_core_idea.ipynb)"""

IMPORTS = """import matplotlib.pyplot as plt
import numpy as np
from attnlib import plot
from attnlib.check import check, solution
rng = np.random.default_rng(0)
plot.style()"""

IDEA = """## The idea, without symbols

A tiny example that the reader can already answer; then the formula, its table of symbols and shapes, and the numbers by hand."""

EXERCISES = """## Exercises

Replace the `...` or the body, then run the cell. `solution("{number}.1")` shows an answer with its reasoning."""

RECAP = """## Recap

Three sentences, the roads not taken, the sources with their equation numbers.

**Next:** …"""

ASKED = [("Predict before you run", 2, "How much is one and one?", "mine = ..."),
         ("Write", 5, "A function that adds 1.", "def f(x):\n    raise NotImplementedError\n\nmine = f"),
         ("Find the bug", 5, "`return x + 2` should add 1.", "def g(x):\n    raise NotImplementedError\n\nmine = g"),
         ("Derive", 5, "The slope of x squared at 3.", "mine = ...")]

BANK = '''"""Exercises of {slug}."""
from attnlib.check import function, mistake, number

number("{number}.1", 2, "One and one is two.", [(1, "That is one of them alone.")], first="Count on your fingers: one, and then one more.")


def draw(rng):
    return (rng.integers(1, 9, size=3).astype(float),)


@function("{number}.2", draw)
def successor(x):
    """Add 1 to each entry."""
    return x + 1


@mistake("{number}.2", "You subtract.")
def _(x):
    return x - 1


@function("{number}.3", draw)
def mended(x):
    """The 2 should be a 1."""
    return x + 1


@mistake("{number}.3", "That is still the bug.")
def _(x):
    return x + 2


number("{number}.4", 6, "Twice 3.", [(9, "That is the value, not the slope.")],
       first="How much does x squared grow from 3 to a little more?")
'''


SWEEP = '''"""Right answers to {number} in other forms, and wrong ones that the bank does not list."""
import numpy as np

ANSWERS = {{
    "{number}.1": (["4/2", 2.0], [0, 3, 11, 22]),
    "{number}.2": ([lambda x: np.add(1, x), lambda x: np.array([y + 1 for y in x])],
             [lambda x: x, lambda x: x + 2, lambda x: 2 * x, lambda x: (x + 1)[::-1]]),
    "{number}.3": ([lambda x: np.add(1, x), lambda x: np.array([y + 1 for y in x])],
             [lambda x: x, lambda x: x - 1, lambda x: 2 * x, lambda x: (x + 1)[::-1]]),
    "{number}.4": (["12/2", 6.0], [3, 2, 5, 12]),
}}
'''


def lay(slug, notebooks, bank, answers):
    """Write the notebook, the bank and the answers; a name that is not NN_slug, or is taken, raises ValueError and writes nothing."""
    refuse(slug, notebooks, bank)
    number = slug[:2]
    cells = [new_markdown_cell(HEAD.format(number=number)), new_code_cell(IMPORTS), new_markdown_cell(IDEA),
             new_markdown_cell(EXERCISES.format(number=number))]
    for i, (kind, minutes, question, stub) in enumerate(ASKED, 1):
        cells.append(new_markdown_cell(f"**{number}.{i} {kind}** ({minutes} min). {question}"))
        cells.append(new_code_cell(f'{stub}\ncheck("{number}.{i}", mine)'))
    cells.append(new_markdown_cell(RECAP))
    path = notebooks / f"{slug}.ipynb"
    path.write_text(nbformat.writes(canonical(new_notebook(cells=cells))) + "\n", encoding="utf-8", newline="\n")
    for folder, text in ((bank, BANK), (answers, SWEEP)):
        (folder / f"{slug}.py").write_text(text.format(slug=slug, number=number), encoding="utf-8", newline="\n")
    return path


if __name__ == "__main__":
    print(f"laid down {lay(sys.argv[1], book.NOTEBOOKS, BANKS, ANSWERS).relative_to(book.ROOT)} and its exercises;"
          f" next: its lines in notebooks/chapters.toml, then make outputs NB={sys.argv[1][:2]}")
