"""Run notebooks and store their outputs in place: python tools/outputs.py [11 32 ...]

A file changes only where an output changed, and each line that changed is printed: figures after the sign ≈ are kept when
nothing else differs.  Then the index of symbols, formulas and functions, notebooks/formulas.md, the index of words, notebooks/words.md,
and README's table of the chapters are written anew.
"""
import difflib
import hashlib
import re
import sys

import book
import setup

if __name__ == "__main__":
    book.chosen(sys.argv[1:])                                  # a wrong number is told before any set-up
setup.enter()
import formulas  # noqa: E402
import nbformat  # noqa: E402
import registry  # noqa: E402
import words  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

ABOUT = re.compile(re.search("^regex: (.*)$", (book.ROOT / "tests" / "book" / "sanitize.cfg").read_text(encoding="utf-8"), re.M)[1])
LASTING = re.compile(r"c\d{2,3}|h[0-9a-f]{7}|[a-z]+(-[a-z0-9]+)+")       # the first edition's, a hash of the first text, words
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def canonical(nb):
    """Leave nothing in a notebook that depends on who ran it and where."""
    nb.metadata = {"kernelspec": KERNELSPEC, "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}}
    nb.nbformat, nb.nbformat_minor = 4, 5
    name_cells(nb.cells)
    for cell in nb.cells:
        tags = sorted(cell.metadata.get("tags", []))
        cell.metadata = {name: value for name, value in (("alt", cell.metadata.get("alt")), ("tags", tags)) if value}
        cell.source = cell.source.rstrip()
        if "nbval-ignore-output" in tags or "nbval-skip" in tags:
            cell.outputs = []
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            if output.output_type == "error":                # a full traceback holds paths
                output.traceback = [f"{output.ename}: {output.evalue}"]
    return nb


def name_cells(cells):
    """Give each new cell its id, a hash of its first text, and leave every id that the book has given before.

    An id lasts: a cell keeps it when its text changes or another cell is inserted.  What an editor draws at random is no id.
    """
    taken = {cell.id for cell in cells if LASTING.fullmatch(cell.get("id", ""))}
    for cell in cells:
        if not LASTING.fullmatch(cell.get("id", "")):
            names = (f"h{hashlib.sha256(f'{n}{cell.source}'.encode()).hexdigest()[:7]}" for n in range(1000))
            cell.id = next(name for name in names if name not in taken)
            taken.add(cell.id)


def joined(outputs):
    """Neighbouring pieces of one stream as one: where the kernel cuts them depends on the moment."""
    whole = []
    for output in outputs:
        if whole and output.output_type == whole[-1].output_type == "stream" and output.name == whole[-1].name:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def texts(output):
    return [output.get("text", ""), *output.get("data", {}).values(), output.get("evalue", "")]


def keep_about(new, old):
    """Where two runs differ only after ≈, keep the stored text."""
    stored = {c.source: c.outputs for c in old.cells if c.cell_type == "code"}
    for cell in new.cells:
        before = stored.get(cell.source, [])
        if cell.cell_type != "code" or len(before) != len(cell.outputs):
            continue
        if all([ABOUT.sub("≈", str(t)) for t in texts(a)] == [ABOUT.sub("≈", str(t)) for t in texts(b)]
               for a, b in zip(before, cell.outputs)):
            cell.outputs = before


def changes(old, new):
    """What each cell puts out otherwise than before, by its id: lines with - and +; of a picture, that it is another."""
    before = {cell.id: list(shown(cell)) for cell in old.cells}
    for cell in new.cells:
        lines = difflib.unified_diff(before.get(cell.id, []), list(shown(cell)), lineterm="", n=0)
        yield from (f"  {cell.id}  {line}" for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def shown(cell):
    """The lines that a cell puts out; a picture is a line with the fingerprint of its bytes."""
    for output in cell.get("outputs", []):
        forms = [("text", output.get("text", "")), ("error", output.get("evalue", "")), *sorted(output.get("data", {}).items())]
        for kind, text in forms:
            if kind.startswith("image/"):
                yield f"a picture, {hashlib.sha256(text.encode()).hexdigest()[:7]}"
            else:
                yield from str(text).splitlines()


def execute(path):
    """Run one notebook from top to bottom; return it in canonical form."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
    client = NotebookClient(nb, timeout=600, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(path.parent)}})
    client.execute(env=book.environment(), **book.KERNEL_START)
    return canonical(nb)


def main(numbers):
    for path in book.chosen(numbers):
        before = path.read_text(encoding="utf-8")
        old, nb = nbformat.reads(before, as_version=4), execute(path)
        keep_about(nb, old)
        nb.cells[0].source = registry.with_times(nb.cells)
        after = nbformat.writes(nb) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8", newline="\n")
        print(f"{path.stem}: {'changed' if after != before else 'unchanged'}", *changes(old, nb), sep="\n", flush=True)
    registry.write_readme()
    return formulas.main() or words.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
