"""Write notebooks/words.md, the index by the words that one would type, from the list in the data of 81: python tools/words.py

Each line of words.csv names a word, a cell by its lasting id and what stands in that cell; the heading above the cell is looked up here.
symptoms.csv is a list of the same kind, what one sees, what it comes from, and the cell; its table stands in 81.
"""
import csv
import json
import re
import sys
from urllib.parse import quote

import book

PAGE = book.NOTEBOOKS / "words.md"
DATA = book.NOTEBOOKS / "data" / "81_questions"
HEAD = """# Words

An index by the words that one would type: an argument, an error, a symptom, a name. `tools/words.py` writes it from
[words.csv](../notebooks/data/81_questions/words.csv), where each word has a notebook and the lasting id of a cell; change that list, not
this page. The link leads to the heading above the cell (on GitHub to its notebook; look for the heading), and the word in the second column
stands in the cell. What goes wrong, and where it comes from, is a table in [81_questions](81_questions.ipynb); symbols, formulas and
functions are in [formulas.md](formulas.md).
"""


def rows(name):
    """The lines of a list as dictionaries."""
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(path):
    """The cells of a notebook, {id: (heading above it, source)}."""
    found, heading = {}, ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        title = re.match(r"#+ (.+)", source)
        if title and cell["cell_type"] == "markdown":
            heading = title[1].strip()
        found[cell["id"]] = heading, source
    return found


def known():
    """The chapters' cells, {number: (file name, cells)}."""
    return {path.name[:2]: (path.name, cells(path)) for path in book.chosen([])}


def place(row, chapters):
    """(file name, heading) of a line; a notebook, a cell or a word that is not there raises ValueError."""
    name, found = chapters.get(row["notebook"], ("", {}))
    if row["cell"] not in found:
        raise ValueError(f"{row}: no such cell in {name or 'the book'}")
    heading, source = found[row["cell"]]
    if not row["stands"] or row["stands"] not in source:
        raise ValueError(f"{row}: {row['stands']!r} does not stand in cell {row['cell']} of {name}")
    return name, heading


def link(row, chapters):
    """A link to the heading above the cell of a line; JupyterLab's anchors are headings with - for each space."""
    name, heading = place(row, chapters)
    bare = re.sub(r"[`*]", "", heading).replace(" ", "-")
    shown = heading.removeprefix(f"{name[:2]} · ").replace("|", "&#124;")
    return f"[{name[:2]}, {shown}]({name}#{quote(bare)})"


def letter(word):
    return next((c for c in word.lower() if c.isalpha() and c.isascii()), "")


def page(listed, chapters):
    """The text of the index; a word with several cells has one line."""
    places = {}
    for row in listed:
        places.setdefault(row["word"], []).append(row)
    words = sorted(places, key=lambda word: (re.sub(r"[^a-z0-9]", "", word.lower()), word))
    letters = sorted({letter(word) for word in words})
    text = HEAD + "\n" + " · ".join(f"[{c.upper()}](#{c})" for c in letters) + "\n"
    for first in letters:
        text += f"\n## {first.upper()}\n\n| word | it says | where |\n|---|---|---|\n"
        for word in (word for word in words if letter(word) == first):
            said = ", ".join(f"`{one}`" for one in dict.fromkeys(row["stands"] for row in places[word]))
            where = ", ".join(link(row, chapters) for row in places[word])
            text += f"| {word.replace('|', '&#124;')} | {said.replace('|', '&#124;')} | {where} |\n"
    return text


def symptoms(listed, chapters):
    """The table of 81: what one sees, what it comes from, and where."""
    lines = ["| what you see | what it comes from | where |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {row['symptom']} | {row['cause']} | {link(row, chapters)} |" for row in listed)])


def main():
    try:
        chapters = known()
        new = page(rows("words.csv"), chapters)
        for row in rows("symptoms.csv"):
            place(row, chapters)
    except ValueError as error:
        return str(error)
    book.renew(PAGE, new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
