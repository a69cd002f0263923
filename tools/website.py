"""Make the site of the book: python tools/website.py

The chapters as they are stored, the indexes, the data cards, and pages made of README, of the registry and of the book's tables are laid
into _site/source; Sphinx makes _site/html of them, with the settings of site/.  Nothing is executed.  Formulas are rendered here, by
KaTeX under Node.js, whose fonts come from npm in the version of site/package-lock.json.
"""
import ast
import base64
import csv
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import book
import node
import setup

BUILT = book.ROOT / "_site"
EXERCISE = re.compile(r'^(?:check\.)?check\("(\d\d\.\d+)"', re.M)
IN_PAGE = {*sys.stdlib_module_names, "matplotlib", "numpy", "pandas"}
SLIDER = "*In JupyterLab a slider appears here. The cell above shows the same, standing still.*\n"
INDEXES = {"Words": "notebooks/words", "Symbols, formulas, functions": "notebooks/formulas", "Glossary": "glossary", "Ledger": "ledger",
           "What the libraries do": "behaviour", "Data": "notebooks/data/README"}
ABOUT = {"Your progress": "progress", "Get the book": "get", "Teaching": "TEACHING", "Write a chapter": "CONTRIBUTING",
         "What has changed": "CHANGELOG"}


# ---- texts -------------------------------------------------------------------------------------------------------

def slug(text):
    """The anchor of a heading; of JupyterLab's anchor of a heading the same."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def title(name):
    """A chapter's title, such as "12 · Softmax: from scores to shares"."""
    import registry
    return "".join(registry.cells(name)[0]["source"]).splitlines()[0].removeprefix("# ")


def short(name):
    """A chapter's title as far as its colon."""
    return title(name).partition(":")[0]


def relinked(text):
    """A text of the book for the site: chapters are called by their titles, and anchors are those of the site."""
    text = text.replace("](README.md)", "](get.md)")                   # README is the pages index and get
    text = re.sub(r"\[(\d\d_\w+)\]\(([./\w]*)\1\.ipynb", lambda found: f"[{short(found[1])}]({found[2]}{found[1]}.ipynb", text)
    return re.sub(r"(\]\([\w./-]*)#([^)\s]+)\)", lambda found: f"{found[1]}#{slug(unquote(found[2]))})", text)


def notebook(text):
    """A stored notebook for the site: its texts' links, the alternative texts of its pictures, and a word where a slider would stand.

    A page has one title: where a chapter's parts have headings as large as its title, all headings below it are one size smaller.
    """
    nb, cells = json.loads(text), []
    parts = any(cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("# ") for cell in nb["cells"][1:])
    for cell in nb["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = relinked("".join(cell["source"]))
            if parts and cells and re.match("#+ ", cell["source"]):
                cell["source"] = "#" + cell["source"]
        else:
            if "alt" in cell["metadata"]:
                cell["metadata"]["mystnb"] = {"image": {"alt": cell["metadata"]["alt"]}}
            asked = EXERCISE.search("".join(cell["source"]))
            if asked:
                cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), "exercise", *["exercise-at-home"] * at_home(asked[1])]
        cells.append(cell)
        if "nbval-skip" in cell["metadata"].get("tags", []):
            cells.append({"cell_type": "markdown", "id": f"slider-{cell['id']}", "metadata": {}, "source": SLIDER})
    return json.dumps({**nb, "cells": cells})


def bank(number):
    """The file of a chapter's exercises."""
    return next((book.ROOT / "attnlib" / "exercises").glob(f"{number[:2]}_*.py"))


def at_home(name):
    """Whether an exercise needs what does not run in a page: PyTorch."""
    return bool(re.search(r"^\s*(import|from) (torch|attnlib\.pytorch)\b", bank(name).read_text(encoding="utf-8"), re.M))


def live(chapter):
    """Whether a chapter runs in a page: it imports what Python brings, NumPy, Matplotlib, pandas, and what of attnlib needs no more."""
    import registry
    code = "\n".join("".join(cell["source"]) for cell in registry.cells(chapter)
                     if cell["cell_type"] == "code" and "nbval-skip" not in cell["metadata"].get("tags", []))
    names = [f"{getattr(node, 'module', alias.name)}.{alias.name}" for node in ast.walk(ast.parse(code))
             if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    return all(name.partition(".")[0] in IN_PAGE or re.match(r"attnlib\.(check|core|plot)\b", name) for name in names)


def exercises(chapter):
    """The exercises that a chapter asks, such as "12.1"."""
    import registry
    sources = ["".join(cell["source"]) for cell in registry.cells(chapter) if cell["cell_type"] == "code"]
    return [name for source in sources for name in EXERCISE.findall(source)]


def library():
    """attnlib for the pages, as a script: a zip in base64, and the exercises of each chapter."""
    import registry
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted((book.ROOT / "attnlib").rglob("*.py")):
            place = zipfile.ZipInfo(path.relative_to(book.ROOT).as_posix())             # without its date: the same bytes each time
            archive.writestr(place, path.read_bytes(), zipfile.ZIP_DEFLATED)
    asked = {name: {"title": short(name), "names": exercises(name)} for name in registry.THERE}
    return (f"window.EXERCISES = {json.dumps(asked, ensure_ascii=False)};\n"
            f"window.ATTNLIB = \"{base64.b64encode(packed.getvalue()).decode()}\";\n")


def table(heads, rows):
    return "\n".join(["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|",
                      *("| " + " | ".join(str(part).replace("|", "\\|") for part in row) + " |" for row in rows)]) + "\n"


def listed(path):
    with open(book.NOTEBOOKS / "data" / path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def chapter(number):
    import registry
    return next(name for name in registry.THERE if name.startswith(number))


def contents():
    """The chapters by parts, with what one can do at the end of each, and the trees from which Sphinx makes sidebar and Next."""
    import registry
    text = "## Contents\n\nThe core route is **bold**; the minutes are those of the lesson with which a chapter begins.\n"
    for number, part in registry.PARTS.items():
        names = [name for name in registry.THERE if name.startswith(number)]
        text += f"\n### {number} · {part}\n\n"
        for name in names:
            link = f"[{title(name)}](notebooks/{name}.ipynb)"
            needs = ", ".join(need[:2] for need in registry.CHAPTERS[name]["needs"])
            text += (f"- {f'**{link}**' if name in registry.ROUTE else link}, {round(registry.times(registry.cells(name))['core'])} min"
                     f"{f', after {needs}' * bool(needs)}: {registry.CHAPTERS[name]['goal']}\n")
        text += tree(f"{number} · {part}", {short(name): f"notebooks/{name}" for name in names})
    return text + tree("Look it up", INDEXES) + tree("About", ABOUT)


def tree(caption, pages):
    lines = "\n".join(f"{name} <{page}>" for name, page in pages.items())
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


def glossary():
    return table(["term", "Chinese", "meaning", "in"], [
        (f"**{row['english']}**", row["chinese"], row["definition"], f"[{row['chapter']}](notebooks/{chapter(row['chapter'])}.ipynb)")
        for row in listed("84_resources/glossary.csv")])


def ledger():
    """The comparisons of the applications, a heading for each chapter."""
    text, rows = "", listed("results.csv")
    heads = ["task and data", "measure", "baseline", "attention", "difference", "verdict", "note"]
    for name in dict.fromkeys(row["chapter"] for row in rows):
        text += f"## {short(name)}\n\n[To the chapter](notebooks/{name}.ipynb)\n\n" + table(heads, [
            (f"{row['task']}. {row['data']}", row["measure"], f"{row['baseline']}: {row['baseline_score']}",
             f"{row['attention']}: {row['attention_score']}", f"{row['difference_low']} to {row['difference_high']} ({row['interval']})",
             f"**{row['verdict']}**", row["note"]) for row in rows if row["chapter"] == name]) + "\n"
    return text


def behaviour():
    rows = listed("34_one_answer/behaviour.csv")
    return table([name.replace("_", " ") for name in rows[0]], [[f"`{row['function']}`", *list(row.values())[1:]] for row in rows])


def pages():
    """The texts of the site, {place in its source: text}."""
    readme = (book.ROOT / "README.md").read_text(encoding="utf-8")
    opening, how = re.match(r"(.*?)\n(## How to get it\n.*?)\n## The notebooks\n", readme, re.S).groups()
    opening = re.sub(r"\*\*\[Read it in your browser\].*?\n\n", "", opening, flags=re.S)             # that is where the reader is
    found = {"index.md": opening + "\n" + contents()}
    tables = {"get": lambda: how.partition("\n\n")[2], "glossary": glossary, "ledger": ledger, "behaviour": behaviour}
    for path in (node.SITE / "pages").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        found[path.name] = text.replace("TABLE\n", tables[path.stem]()) if path.stem in tables else text
    for name in ("TEACHING.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        found[name] = (book.ROOT / name).read_text(encoding="utf-8")
    for path in book.NOTEBOOKS.glob("*.md"):
        found[f"notebooks/{path.name}"] = path.read_text(encoding="utf-8")
    for path in book.NOTEBOOKS.glob("data/**/README.md"):
        card = path.parent.name != "data"
        found[path.relative_to(book.ROOT).as_posix()] = "---\norphan: true\n---\n\n" * card + path.read_text(encoding="utf-8")
    return {place: relinked(text) for place, text in found.items()}


def lay(source):
    """Write the source of the site, and beside it every file that a text links to."""
    texts = pages()
    texts.update({f"notebooks/{path.name}": notebook(path.read_text(encoding="utf-8")) for path in book.chosen([])})
    for place, text in texts.items():
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        (source / place).write_text(text, encoding="utf-8")
    for place, text in texts.items():
        for target in re.findall(r"\]\(((?![\w.+-]+:)[^)#\s\"\\]+)", text):
            path = (source / place).parent.joinpath(target).resolve()
            original = book.ROOT / path.relative_to(source.resolve())
            if not path.exists() and original.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(original, path)


# ---- Sphinx ------------------------------------------------------------------------------------------------------

def fonts(target):
    """KaTeX's styles and the one of its three sets of fonts that every browser of today reads."""
    styles = (node.MODULES / "katex" / "dist" / "katex.min.css").read_text(encoding="utf-8")
    (target / "fonts").mkdir(parents=True)
    (target / "katex.min.css").write_text(re.sub(r",url\([^)]*\.(?:woff|ttf)\) format\(\"\w+\"\)", "", styles), encoding="utf-8")
    for path in (node.MODULES / "katex" / "dist" / "fonts").glob("*.woff2"):
        shutil.copy(path, target / "fonts")


def wheel(target):
    """Build attnlib as a package that pip installs anywhere; the folder of the checkout is left as it is."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("attnlib", "pyproject.toml", "LICENSE"):
            copy = shutil.copytree if (book.ROOT / name).is_dir() else shutil.copy
            copy(str(book.ROOT / name), str(Path(folder) / name))
        subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", "--no-build-isolation",
                        "-w", str(target), folder], check=True)


def sphinx(built):
    """Make built/html of built/source; return Sphinx's exit status, 1 where it warned."""
    from sphinx.cmd.build import main
    return main(["-q", "-W", "--keep-going", "-b", "html", "-c", str(node.SITE), "-d", str(built / "doctrees"),
                 str(built / "source"), str(built / "html")])


def build(built):
    """Make the whole site, from nothing."""
    shutil.rmtree(built, ignore_errors=True)
    lay(built / "source")
    fonts(built / "static" / "katex")
    (built / "static" / "attnlib.js").write_text(library(), encoding="utf-8")
    status = sphinx(built)
    for path in book.chosen([]):
        shutil.copy(path, built / "html" / "notebooks")
    wheel(built / "html")
    if not status:
        import epub
        epub.make(built / "html", built / "html" / epub.NAME)
    return status


if __name__ == "__main__":
    python = str(setup.python(["site"]))
    if python != sys.executable:
        sys.exit(book.call([python, *sys.argv]))
    lacking = node.fetch()
    if lacking:
        sys.exit(lacking)
    failed = build(BUILT)
    if not failed:
        print(f"The site: {BUILT / 'html' / 'index.html'}")
    sys.exit(failed)
