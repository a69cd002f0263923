"""Write notebooks/formulas.md, the index of symbols, formulas and functions, from the notebooks: python tools/formulas.py

Read are the notebooks that git knows (all of them where there is no git), so that a new one counts from `git add` on.
"""
import ast
import json
import re
import subprocess
import sys

import book

PAGE = book.NOTEBOOKS / "formulas.md"
LIBRARIES = ("core", "pytorch", "seq2seq", "tensorflow")

HEAD = """# Symbols, formulas, functions

An index of the book. `tools/formulas.py` writes it from the notebooks and from `attnlib`; change them, not this page.
[Symbols](#symbols) · [Formulas](#formulas) · [Functions](#functions)

## Symbols

A symbol has one row for each of its meanings and shapes; *home* introduces it. Symbols that share a row stand under the first of them.
In a shape `m` counts queries and `n` keys, `b` the sequences of a batch in 01 and 35; most other letters are widths, chosen by
each chapter.
`()` is a single number, `...` stands for any axes before. The last axis of scores and weights runs over keys.

| symbol | meaning | shape | in code | home | also in |
|---|---|---|---|---|---|
"""
FORMULAS = """
## Formulas

Each displayed formula with a letter in it and each table of formulas, under the heading of its section.
"""
FUNCTIONS = """
## Functions

What a docstring says first; the text of each stands in a cell of its home.
"""

# GitHub drops the backslash before a sign that is no letter, takes < and * for its own, and has refused \operatorname; words are safe.
SPELT = {",": r"\thinspace ", "!": r"\negthinspace ", ":": r"\medspace ", ";": r"\thickspace ", "{": r"\lbrace ", "}": r"\rbrace ",
         "|": r"\Vert ", "\\": r"\cr "}
TABLE = r"^\|[^\n]*(?:\n\|[^\n]*)*"
FORMULA = {"formula", "forward", "backward", "context"}         # a table with such a column is a table of formulas
DRESS = "text|mathrm|mathbf|mathbb|mathcal|operatorname|bar|hat|tilde|vec|lvert|overrightarrow|overleftarrow|partial|frac|ln"
SIGNS = {"<": r"\lt ", ">": r"\gt ", "*": r"\ast ", "](": "] (", "|": r"\vert "}


def notebooks():
    """The paths of the notebooks to be read, in the book's order."""
    paths = book.chosen([])
    try:
        listed = subprocess.run(["git", "ls-files", "--", "."], cwd=book.NOTEBOOKS, capture_output=True, text=True).stdout.splitlines()
    except OSError:
        listed = []
    return [path for path in paths if not listed or path.name in listed]


def sections(path):
    """(heading, prose) pairs of a notebook, the title's first; code blocks and the signs of quotation are left out."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n\n".join("".join(c["source"]) for c in found if c["cell_type"] == "markdown")
    prose = re.sub(r"^> ?", "", re.sub(r"^```.*?^```", "", prose, flags=re.S | re.M), flags=re.M)
    _, *pieces = re.split(r"^#+ +(.+)$", prose, flags=re.M)
    return list(zip(pieces[::2], pieces[1::2]))


def columns(line):
    return [part.strip() for part in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def symbols(path):
    """The rows (symbol, meaning, shape, in code) of a notebook's tables of symbols."""
    rows = []
    for _, prose in sections(path):
        for table in re.findall(TABLE, prose, re.M):
            header, _, *lines = map(columns, table.splitlines())
            if header[0] != "symbol":
                continue
            if len(header) < 4 or header[1] != "meaning" or not header[2].startswith("shape") or not re.match("in .*code$", header[3]):
                raise ValueError(f"{path.name}: expected the columns symbol, meaning, shape, in code, got {', '.join(header)}")
            for line in lines:
                if len(line) != len(header) or not all(line[:3]):
                    raise ValueError(f"{path.name}: expected a symbol, its meaning and its shape, got {' | '.join(line)}")
                rows.append(tuple(line[:4]))
    return rows


def formulas(path):
    """What a notebook displays between $$ and $$, unless it is all numbers, and its tables of formulas: (heading, Markdown)."""
    found = []
    for heading, prose in sections(path):
        if prose.count("$$") % 2:
            raise ValueError(f"{path.name}: as many $$ that end as begin were wanted under {heading!r}")
        for formula, table in re.findall(rf"\$\$(.*?)\$\$|({TABLE})", prose, re.M | re.S):
            if re.search("[A-Za-z]", re.sub(r"\\[A-Za-z]+", "", formula)):
                found.append((heading, f"$${portable(formula)}$$"))
            elif not formula.strip() and not table:
                raise ValueError(f"{path.name}: a formula between $$ and $$ was wanted under {heading!r}")
            elif table and FORMULA & set(columns(table.splitlines()[0])):
                found.append((heading, "\n".join(f"| {' | '.join(map(in_table, columns(line)))} |" for line in table.splitlines())))
    return found


def functions(library):
    """(name with arguments, first sentence, number of the home) of each public function and class of one library."""
    for node in ast.parse((book.ROOT / "attnlib" / f"{library}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            said = " ".join((ast.get_docstring(node) or "").split())
            home = re.search(r"Taught in (\d\d)\.$", said)
            if not home:
                raise ValueError(f"{library}.py: {node.name} does not say where it is taught")
            arguments = f"({ast.unparse(node.args)})" if isinstance(node, ast.FunctionDef) else ""
            yield node.name + arguments, re.split(r"(?<=\.) ", said)[0], home[1]


def portable(math):
    """The same formula on one line and without a sign that GitHub's Markdown would change."""
    math = re.sub(r"\\operatorname\{(.*?)\}", r"\\mathop{\\mathrm{\1}}\\nolimits ", " ".join(math.split()))
    unknown = set(re.findall(r"\\([^A-Za-z ])", math)) - set(SPELT)
    if unknown:
        raise ValueError(f"tools/formulas.py knows no word for the command {' '.join(sorted(unknown))} in {math}")
    math = re.sub(r"\\([^A-Za-z ])", lambda found: SPELT[found[1]], math)
    for sign, word in SIGNS.items():
        math = math.replace(sign, word)
    math = re.sub(r"(?<![A-Za-z0-9])_", "_ ", math)                # else two of them may be taken for emphasis
    return re.sub(r" +", " ", math).strip()


def in_table(text):
    """The text of a cell with its formulas made portable; a bar in one becomes a word."""
    parts = text.replace(r"\|", "|").split("$")
    parts[1::2] = [portable(part) for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "$".join(parts)


def alphabet(symbol):
    """Sorts by the first letter: Latin before Greek, small before capital."""
    bare = re.sub(rf"\\({DRESS})(?![a-z])", "", symbol)
    first = (re.search(r"\\[A-Za-z]+|[A-Za-z]", bare) or [""])[0]
    return first.startswith("\\"), first.strip("\\").lower(), first.isupper(), symbol


def link(path):
    return f"[{path.name[:2]}]({path.name})"


def page(paths):
    """The text of the index, of these notebooks."""
    text, homes = HEAD, {}
    for path in paths:
        for row in dict.fromkeys(symbols(path)):
            homes.setdefault(row, []).append(path)
    for row in sorted(homes, key=lambda row: alphabet(row[0])):
        cells = [*map(in_table, row), link(homes[row][0]), ", ".join(map(link, homes[row][1:]))]
        text += f"| {' | '.join(cells)} |\n".replace("|  |", "| |")
    text += FORMULAS
    for path in paths:
        found, heading = formulas(path), None
        text += f"\n### [{sections(path)[0][0]}]({path.name})\n" * bool(found)
        for name, formula in found:
            text += f"\n**{in_table(name)}**\n" * (name != heading) + f"\n{formula}\n"
            heading = name
    text += FUNCTIONS
    numbers = {path.name[:2]: path for path in paths}
    for library in LIBRARIES:
        text += f"\n### attnlib.{library}\n\n| name | what it does | home |\n|---|---|---|\n"
        for name, sentence, home in functions(library):
            if home in numbers:                              # else its chapter is not finished
                safe = re.sub(r"([|*<])", r"\\\1", sentence)
                text += f"| `{name}` | {safe} | {link(numbers[home])} |\n"
    return text


def main():
    try:
        new = page(notebooks())
    except ValueError as error:
        return str(error)
    book.renew(PAGE, new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
