"""Compare a chapter's causal sentences with its list of reasons: python tools/reasons.py 14

"A because B" says that A would be otherwise if B were not there. tests/reasons/14.csv has a row for each such sentence: its cell,
how it could be wrong, where that was tried, and what became of it. Printed are rows to be completed, for sentences that the list does
not have, and rows whose sentence no longer stands in its cell. Sentences are found by the words of CAUSE; those that argue without
them are added by hand.
"""
import csv
import json
import re
import sys

import book

LISTS = book.ROOT / "tests" / "reasons"
COLUMNS = ["cell", "sentence", "wrong if", "tried in", "became"]
BECAME = ["definition", "kept", "rewritten", "dropped"]
CAUSE = re.compile(r"\b(?:because(?! \*\*it\*\*)|since(?! \d)|cannot|reasons?|buys|is why|(?:is|are) lost|due to|thanks to|therefore|"
                   r"whole difference)\b", re.I)
SILENT = ("Exercises", "Sources", "Further reading", "Recap")      # questions, titles, and what was said before


def sentences(source):
    """The sentences of a markdown cell, each on one line, without headings, displayed formulas and code."""
    text = re.sub(r"\$\$.*?\$\$|^```.*?^```|^#.*?$", " ", source, flags=re.S | re.M)
    text = re.sub(r"(?<=\S) *\n(?!\s*$|[|#>]|\s*[-*] |\s*\d+\. ) *", " ", text)
    for line in text.split("\n"):
        parts = re.split(r"(?<=[.!?])\s+(?=[A-Z*`$(\[“\"])", line.strip(" >-"))
        yield from (" ".join(part.split()) for part in parts if part.strip())


def causal(path):
    """[(cell, sentence)] of a chapter's causal sentences; its head, exercises, recap and papers argue nothing new."""
    found, section = [], ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"][1:]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            title = re.match(r"## (.+)", source)
            section = title[1] if title else section
            if not section.startswith(SILENT):
                found += [(cell["id"], sentence) for sentence in sentences(source) if CAUSE.search(sentence)]
    return found


def rows(number):
    """The rows of a chapter's list as dictionaries; none where it has no list yet."""
    path = LISTS / f"{number}.csv"
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def differences(path):
    """(sentences without a row, rows without their sentence), each [(cell, sentence)]."""
    listed = [(row["cell"], row["sentence"]) for row in rows(path.name[:2]) if row["became"] != "dropped"]
    cells = {cell["id"]: list(sentences("".join(cell["source"]))) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}
    return ([one for one in causal(path) if one not in listed],
            [(cell, sentence) for cell, sentence in listed if sentence not in cells.get(cell, [])])


def main(numbers):
    table = csv.writer(sys.stdout, lineterminator="\n")
    for path in book.chosen(numbers):
        new, gone = differences(path)
        table.writerows([*one, "", "", ""] for one in new)
        for cell, sentence in gone:
            print(f"no longer in cell {cell} of {path.name}: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
