"""Make faq_passages.csv and faq_questions.csv of 44_question_answering from Python's own FAQ: python experiments/44_make_faq.py FOLDER

FOLDER holds the FAQ's sources, eight files *.rst.txt.  Debian has them in its package python3.11-doc (3.11.2-6+deb12u9), without an
installation:

    apt-get download python3.11-doc && dpkg -x python3.11-doc_*.deb unpacked
    python experiments/44_make_faq.py unpacked/usr/share/doc/python3.11/html/_sources/faq

A section with a question in its heading is one item: the heading is the question, its prose the answer, cut into passages; the heading
is not part of them.  Code, directives, comments and reST marks are dropped.  Sources with another hash are refused.
"""
import hashlib
import re
import sys
from pathlib import Path

import common
import numpy as np

from attnlib.data import data_path

FILES = ("design", "extending", "general", "gui", "installed", "library", "programming", "windows")
SOURCE = "b10e388bdafe8052d0270c5c0caf7a72023a434af70fc77f403d70a755e4cbec"
ENOUGH, MOST, LEAST = 20, 60, 5                             # words: when to begin the next passage, at most, of a whole answer at least
DEV = 60                                                    # the first questions of a shuffled list; the others are the test
MARKS = ((r":[a-zA-Z:]+:`[~!]?([^`<]*?)(?:\s*<[^>]*>)?`", r"\1"), (r"`([^`<]+?)\s*<[^>]*>`_+", r"\1"), (r"``(.+?)``", r"\1"),
         (r"\*\*(\S.*?)\*\*", r"\1"), (r"(?<![\w*])\*(\w[^*]*?)\*(?![\w*])", r"\1"), (r"`([^`]+)`_*", r"\1"), (r" \[\d+\]_", ""),
         (r"\\(?=\W)", ""), (r"\|(\w+)\|", r"\1"), (r"::", ":"))


def clean(text):
    """`text` on one line, without reST marks."""
    text = " ".join(text.split())
    for pattern, plain in MARKS:
        text = re.sub(pattern, plain, text)
    return text.strip()


def headings(lines):
    """[(line, title, depth)]; a heading is underlined with one sign, and sometimes overlined; the depth is the sign's order of coming."""
    found, signs = [], []
    for i in range(1, len(lines)):
        under = lines[i].rstrip()
        if re.fullmatch(r"([=\-*^~.])\1{3,}", under) and lines[i - 1].strip() and len(under) >= len(lines[i - 1].rstrip()) - 3:
            over = i > 1 and lines[i - 2].rstrip() == under
            if under[0] + str(over) not in signs:
                signs.append(under[0] + str(over))
            first = i - 2 if over else i - 1
            while not over and first and lines[first - 1].strip() and not lines[first - 1].startswith((".. ", " ")):
                first -= 1                                  # a heading of two lines
            found.append((first, i, clean(" ".join(lines[first + over:i])), signs.index(under[0] + str(over))))
    return found


def paragraphs(lines):
    """The paragraphs of prose in a section: no code, no directive, no table."""
    chunks = [c for c in re.split(r"\n[ \t]*\n|\n(?=\s*(?:[*\-] |#\. |\d+[.)] |\.\. ))", "\n".join(lines)) if c.strip()]
    code = None                                             # the indent of what announced a block that is not prose
    for chunk in chunks:
        first = chunk.splitlines()[0]
        indent = len(first) - len(first.lstrip())
        if code is not None and indent > code:
            continue
        code = None
        if re.match(r"\.\. |>>> |\.\.\. |[+=|][-=+ |]{4}|\* - ", first.lstrip()):
            code = indent                                   # a directive or comment goes, with what is indented below it
            continue
        text = clean(re.sub(r"^(\s*)(?:[*\-]|#\.|\d+[.)])\s+", r"\1", chunk, count=1))
        if chunk.rstrip().endswith("::"):
            code = indent
        if len(text.split()) > 2 and not re.search(r">>>", text):
            yield text


def passages(texts):
    """Paragraphs joined to at least ENOUGH words where they are short, and cut between sentences where they are long."""
    pieces = []
    for text in texts:
        part = ""
        for sentence in re.split(r"(?<=[.!?:]) (?=[A-Z\"(])", text):
            if part and len(f"{part} {sentence}".split()) > MOST:
                pieces.append(part)
                part = ""
            part = f"{part} {sentence}".strip()
        pieces.append(part)
    made = []
    for piece in pieces:
        short = made and min(len(made[-1].split()), len(piece.split())) < ENOUGH
        if short and len(f"{made[-1]} {piece}".split()) <= MOST:
            made[-1] += " " + piece
        else:
            made.append(piece)
    return made


def items(folder):
    """(id, question, passages) of every section that answers a question; what is nested below it belongs to it."""
    for name in FILES:
        lines = (folder / f"{name}.rst.txt").read_text(encoding="utf-8").splitlines()
        heads = headings(lines)
        number = 0
        for n, (_, start, title, depth) in enumerate(heads):
            if not n or not re.search(r"\?|: why$", title):     # the first heading is the title of the page
                continue
            end = next((h[0] for h in heads[n + 1:] if h[3] <= depth), len(lines))
            below = {j for h in heads[n + 1:] if h[0] < end for j in range(h[0], h[1] + 1)}
            number += 1
            yield f"{name}:{number}", title, passages(paragraphs([line for j, line in enumerate(lines[start + 1:end], start + 1)
                                                                   if j not in below]))


def main(folder):
    source = hashlib.sha256(b"".join((folder / f"{name}.rst.txt").read_bytes() for name in FILES)).hexdigest()
    if source != SOURCE:
        sys.exit(f"sources: expected the FAQ whose SHA-256 is {SOURCE}, got {source}")
    kept = [(i, q, p) for i, q, p in items(folder) if sum(len(x.split()) for x in p) >= LEAST]
    dev = {kept[n][1] for n in np.random.default_rng(44).permutation(len(kept))[:DEV]}         # by its words: one question is asked twice
    common.write_table(data_path("44", "faq_questions.csv"), [
        {"id": i, "question": q, "split": "dev" if q in dev else "test"} for i, q, _ in kept])
    rows = [{"id": i, "text": text} for i, _, p in kept for text in p]
    common.write_table(data_path("44", "faq_passages.csv"), rows)
    print(f"{len(kept)} questions, {len(rows)} passages")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
