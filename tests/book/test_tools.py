"""The tools: arguments are checked first, a template is valid, outputs change only where they must, the index is true."""
import ast
import html
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import book
import common
import formulas
import nbformat
import new
import outputs
import pytest
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_notebook, new_output

from attnlib import check

ROOT = Path(__file__).parents[2]


def test_an_unknown_notebook_is_named():
    with pytest.raises(SystemExit, match="no notebook starts with 99; there are 00, 01, "):
        book.chosen(["99"])


@pytest.mark.parametrize("tool, argument, answer", [
    *((tool, "99", "no notebook starts with 99") for tool in ("test", "outputs", "bench", "isa")),
    ("new", "foo", "two digits and a word"), ("new", "00_taken", "00_start_here.ipynb")])
def test_a_wrong_argument_is_told_before_any_set_up(tool, argument, answer):
    """Called with an interpreter that has none of the packages, as in a fresh clone; with a right argument it would set up first."""
    code = f"import sys; sys.argv = ['tools/{tool}.py', {argument!r}]; sys.path.insert(0, 'tools'); import setup; " \
           f"setup.python = lambda: sys.exit('SET-UP'); import runpy; runpy.run_path('tools/{tool}.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and answer in done.stderr and "SET-UP" not in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux' count of shared memory")
def test_the_memory_of_a_kernels_own_processes_counts():
    bench = pytest.importorskip("bench")
    hold = "block = bytearray(b'1') * 2**27; print(flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert 2**27 <= bench.held(child.pid) < 2 * 2**27      # the grandchild's block; the child is the root
        assert bench.held(2**30) == 0
        child.stdin.close()


def test_make_help_explains_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.M)
    assert set(targets) == set(re.search(r"^\.PHONY: (.+)$", makefile, re.M)[1].split())
    assert all(re.search(rf"^{target}: .*## \S", makefile, re.M) for target in targets)
    for script in re.findall(r"tools/\w+\.py", makefile):
        assert (ROOT / script).exists()
    if shutil.which("make"):
        said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert all(f"make {target}" in said for target in targets), said


def about(text):
    cell = new_code_cell("print(time)", outputs=[new_output("stream", name="stdout", text=text)])
    return new_notebook(cells=[cell])


def test_outputs_say_which_lines_changed_and_that_a_picture_is_another():
    old, fresh = about("a 1\nb 2\n"), about("a 1\nb 3\n")
    for nb, png in (old, "QQ=="), (fresh, "Qg=="):
        nb.cells[0].id = "c07"
        nb.cells[0].outputs.append(new_output("display_data", {"image/png": png, "text/plain": "<Figure>"}))
    assert not list(outputs.changes(old, old))
    turned = nbformat.from_dict(json.loads(json.dumps(old)))
    turned.cells[0].outputs[1].data = dict(reversed(turned.cells[0].outputs[1].data.items()))
    assert not list(outputs.changes(old, turned)), "a kernel names the forms of a picture in another order than the file"
    told = list(outputs.changes(old, fresh))
    assert [line.split(", ")[0] for line in told] == ["  c07  -b 2", "  c07  -a picture", "  c07  +b 3", "  c07  +a picture"]
    assert list(outputs.changes(new_notebook(), old))[0] == "  c07  +a 1"


def test_outputs_keep_what_differs_only_after_the_about_sign():
    fresh = about("took ≈ 13 ms for 4 keys")
    outputs.keep_about(fresh, about("took ≈ 12.5 ms for 4 keys"))
    assert fresh.cells[0].outputs[0].text == "took ≈ 12.5 ms for 4 keys"
    fresh = about("took ≈ 13 ms for 5 keys")
    outputs.keep_about(fresh, about("took ≈ 12.5 ms for 4 keys"))
    assert fresh.cells[0].outputs[0].text == "took ≈ 13 ms for 5 keys"


def test_outputs_are_canonical():
    error = new_output("error", ename="ValueError", evalue="no", traceback=["File /home/me/x.py", "no"])
    nb = new_notebook(cells=[new_code_cell("x  \n", outputs=[error], metadata={"scrolled": True, "alt": "A line.", "tags": ["trained"]})],
                      metadata={"language_info": {"name": "python", "version": "3.99"}})
    nb = outputs.canonical(nb)
    assert nb.cells[0].outputs[0].traceback == ["ValueError: no"] and nb.cells[0].metadata == {"alt": "A line.", "tags": ["trained"]}
    assert outputs.LASTING.fullmatch(nb.cells[0].id) and nb.cells[0].source == "x" and "version" not in nb.metadata.language_info


def test_a_cell_keeps_its_id_whatever_is_inserted_or_rewritten():
    nb = outputs.canonical(new_notebook(cells=[new_code_cell(f"x = {i % 2}") for i in range(4)]))
    before = [c.id for c in nb.cells]
    assert len(set(before)) == 4, "equal cells have ids of their own"
    nb.cells.insert(1, new_code_cell("x = 0"))
    nb.cells[0].source = "y = 5"
    nb.cells[3].id = "the-picture"
    outputs.canonical(nb)
    now = [c.id for c in nb.cells]
    assert [now[0], now[2], now[4]] == [before[0], before[1], before[3]] and now[3] == "the-picture" and len(set(now)) == 5


def test_a_template_is_laid_down_and_refuses_what_is_taken_or_misspelt(tmp_path):
    (tmp_path / "answers").mkdir()
    path = new.lay("17_slug", tmp_path, tmp_path, tmp_path / "answers")
    nbformat.validate(nbformat.read(path, as_version=4))
    laid = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    assert laid == ["17_slug.ipynb", "17_slug.py", "answers/17_slug.py"]
    for name in ("17_other", "slug", "1_slug", "17-slug", "../18_slug"):
        with pytest.raises(ValueError, match="^name: "):
            new.lay(name, tmp_path, tmp_path, tmp_path / "answers")
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")) == laid


def test_a_template_is_what_the_tests_ask_of_a_chapter(tmp_path, monkeypatch):
    """Whoever begins one fills it in, and need not mend it."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "exercises")
    import test_exercise_answers as sweep
    import test_structure
    (tmp_path / "answers").mkdir()
    test_structure.test_a_markdown_cell_begins_at_each_heading(new.lay("17_slug", tmp_path, tmp_path, tmp_path / "answers"))
    monkeypatch.setattr(check, "FOLDER", tmp_path)
    monkeypatch.setattr(check, "BANK", {})
    monkeypatch.setattr(sweep, "ANSWERS", runpy.run_path(str(tmp_path / "answers" / "17_slug.py"))["ANSWERS"])
    for name in sweep.ANSWERS:
        sweep.test_right_answers_in_other_forms_are_accepted(name)
        sweep.test_wrong_answers_that_are_not_listed_are_refused_with_a_reply(name)


SPEC = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
DRAW = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(1, 1))\nax.plot([1, {}])\nplt.show()"


def cell(source, stored=(), tags=()):
    return {"cell_type": "code", "execution_count": 1, "metadata": {"tags": list(tags)}, "outputs": list(stored), "source": source}


def write(path, cells):
    cells = [c | {"id": f"c{i:02d}"} for i, c in enumerate(cells)]
    path.write_text(json.dumps({"cells": cells, "metadata": SPEC, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def test_nbval_is_strict_about_text_and_pictures(tmp_path):
    """One notebook of cells that must be green or red under the book's own settings; only what follows ≈ is forgiven."""
    import conftest

    def printed(text):
        return [{"output_type": "stream", "name": "stdout", "text": text}]

    picture = outputs.execute(write(tmp_path / "picture.ipynb", [cell(DRAW.format(2))])).cells[0].outputs
    cases = [
        (cell("print(0.1234)", printed("0.1234\n")), False),
        (cell("print(0.1234)", printed("0.1235\n")), True),
        (cell("print('took ≈ 12.5 ms')", printed("took ≈ 99 ms\n")), False),
        (cell("print('took ≈ 12.5 ms')", printed("took ≈ 999 ms\n")), True),
        (cell("print('took ≈ 12.5 ms')", printed("took ≈ 1 ms\n")), True),
        (cell("print('took ≈ 12.5 ms, 4 keys')", printed("took ≈ 12.5 ms, 5 keys\n")), True),
        (cell("print('took ≈ 12.5 ms'); assert 12.5 < 2", printed("took ≈ 12.5 ms\n")), True),
        (cell(DRAW.format(2), picture), False),
        (cell(DRAW.format(3), picture), conftest.PICTURES),
        (cell(DRAW.format(3), picture, ["trained"]), False),
    ]
    write(tmp_path / "one.ipynb", [c for c, _ in cases])
    for name in ("conftest.py", "pyproject.toml", "constraints.txt", "tests/book/sanitize.cfg", "tools/book.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--nbval", "one.ipynb"]       # nbval's options are conftest.py's affair
    said = subprocess.run(command, cwd=tmp_path, env=book.environment(), capture_output=True, text=True).stdout
    red = {int(n) for n in re.findall(r"_ one\.ipynb::Cell (\d+) _", said)}
    assert red == {i for i, (_, wanted) in enumerate(cases) if wanted}, said


@pytest.mark.parametrize("options", [[], ["-p", "no:xdist", "-p", "no:nbval"]])
def test_plain_pytest_works_with_nbval_or_without(options):
    command = [sys.executable, "-m", "pytest", "-q", *options, "tests/library/test_masks.py", "-k", "window"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "passed" in done.stdout, done.stdout + done.stderr


def test_each_printed_number_of_the_book_counts():
    """Change any one number in any stored output, and nbval would be red (no notebook is run for this: stored is compared with stored)."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--nbval", "-p", "each_number", "notebooks"]
    done = subprocess.run(command, cwd=ROOT, env=book.environment(PYTHONPATH="tests/book"), capture_output=True, text=True)
    assert done.returncode == 0 and int(re.search(r"(\d+) changed numbers, all red", done.stdout)[1]) > 1000, done.stdout + done.stderr


# ---- the index of symbols, formulas and functions ----------------------------------------------------------------

INDEXED = formulas.notebooks()
SYMBOLS = "| symbol | meaning | shape | in code |\n|---|---|---|---|\n"


def test_the_index_is_what_its_tool_writes():
    wanted = formulas.page(INDEXED)
    assert formulas.PAGE.read_text(encoding="utf-8") == wanted, "python tools/formulas.py writes it anew"


@pytest.mark.parametrize("path", [p for p in INDEXED if p.name[0] in "123"], ids=lambda p: p.stem)
def test_chapters_of_formulas_have_symbols_and_formulas(path):
    assert formulas.symbols(path), "a table symbol | meaning | shape | in code was wanted"
    assert any(text.startswith("$$") for _, text in formulas.formulas(path)), "a displayed formula was wanted"


def test_every_public_function_stands_in_the_index():
    rows = re.findall(r"^\| `(\w+)", formulas.PAGE.read_text(encoding="utf-8").split("\n## Functions")[1], re.M)
    wanted = []
    for library in ("core", "pytorch", "seq2seq", "tensorflow"):
        for node in ast.parse((ROOT / "attnlib" / f"{library}.py").read_text(encoding="utf-8")).body:
            if hasattr(node, "name") and not node.name.startswith("_"):
                home = ast.get_docstring(node).rstrip(".")[-2:]
                wanted += [node.name] * any(path.name.startswith(home) for path in INDEXED)
    assert rows == wanted and len(rows) > 30


def test_tables_and_formulas_of_the_index_survive_markdown():
    text = formulas.PAGE.read_text(encoding="utf-8")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table
    shown = html.unescape(re.sub(r"<[^>]+>", "", MarkdownIt("commonmark").enable("table").render(text)))
    for math in re.findall(r"\$([^$\n]+)\$", re.sub(r"`[^`\n]*`", "", text)):
        assert math in shown and not re.search(r"[<>*|]|\]\(|operatorname", math), math
    assert text.count("$$") == 2 * len(re.findall(r"^\$\$.+\$\$$", text, re.M)) > 20


def chapter(folder, name, prose):
    nb = new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name[:2]} · Title\n\n## Section\n\n{prose}")])
    (folder / f"{name}.ipynb").write_text(nbformat.writes(nb), encoding="utf-8")
    return folder / f"{name}.ipynb"


def symbol_rows(paths):
    return [x for x in formulas.page(paths).split("\n## Formulas")[0].splitlines() if x.startswith("| $")]


def test_equal_rows_are_one_and_two_meanings_are_two(tmp_path):
    row = "| $s$ | score | `(n,)` | `scores` |\n"
    first = chapter(tmp_path, "11_first", SYMBOLS + row + "| $\\alpha$ | rate | `()` | |\n| $W$ | matrix | `(d, d)` | `W` |\n")
    other = SYMBOLS + row.replace("score |", "state |")
    second = chapter(tmp_path, "12_second", f"{SYMBOLS}{row}| $S$ | set | `(n,)` | |\n\nand\n\n{other}")
    assert symbol_rows([first, second]) == [
        "| $s$ | score | `(n,)` | `scores` | [11](11_first.ipynb) | [12](12_second.ipynb) |",
        "| $s$ | state | `(n,)` | `scores` | [12](12_second.ipynb) | |",
        "| $S$ | set | `(n,)` | | [12](12_second.ipynb) | |",
        "| $W$ | matrix | `(d, d)` | `W` | [11](11_first.ipynb) | |",
        "| $\\alpha$ | rate | `()` | | [11](11_first.ipynb) | |"]


@pytest.mark.parametrize("prose", [
    SYMBOLS + "| $s$ | | `(n,)` | `s` |", SYMBOLS + "| $s$ | score | | `s` |", SYMBOLS + "| | score | `(n,)` | `s` |",
    SYMBOLS + "| $s$ | score | `(n,)` |", "| symbol | shape | meaning |\n|---|---|---|\n| $s$ | `(n,)` | score |",
    "$$a=b", "$$ $$", "$$a\\%b$$"])
def test_a_half_filled_row_or_formula_is_refused(tmp_path, prose):
    with pytest.raises(ValueError):
        formulas.page([chapter(tmp_path, "11_first", prose)])


def test_a_changed_formula_symbol_or_sentence_changes_the_index(tmp_path, monkeypatch):
    """Break one thing at a time in a copy of the book; the first test above would be red each time."""
    copies = [Path(shutil.copy(path, tmp_path)) for path in INDEXED]
    assert formulas.page(copies) == formulas.page(INDEXED)
    path = next(p for p in copies if p.name.startswith("12"))
    whole = path.read_text(encoding="utf-8")
    for old, wrong in [("e^{s_i/T}}{", "e^{s_i T}}{"), ("temperature, 1 unless", "heat, 1 unless"), ("## The formula", "## A formula")]:
        broken = whole.replace(old, wrong)
        assert broken != whole, old
        path.write_text(broken, encoding="utf-8")
        assert formulas.page(copies) != formulas.page(INDEXED), old
    assert formulas.page([p for p in copies if p != path]) != formulas.page(INDEXED)
    shutil.copytree(ROOT / "attnlib", tmp_path / "attnlib")
    core = tmp_path / "attnlib" / "core.py"
    core.write_text(core.read_text(encoding="utf-8").replace("Share 1 among the keys", "Share 2 among the keys"), encoding="utf-8")
    before = formulas.page(INDEXED)
    monkeypatch.setattr(book, "ROOT", tmp_path)
    assert formulas.page(INDEXED) != before


def test_an_unfinished_notebook_does_not_count_until_git_knows_it(tmp_path, monkeypatch):
    paths = [chapter(tmp_path, name, "") for name in ("11_first", "12_second")]
    monkeypatch.setattr(book, "NOTEBOOKS", tmp_path)
    assert formulas.notebooks() == paths                       # no git: all of them
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "11_first.ipynb"], cwd=tmp_path, check=True)
    assert formulas.notebooks() == paths[:1]


def test_numbers_alone_are_no_formula(tmp_path):
    prose = "$$\\tfrac16\\cdot2=\\tfrac13$$\n\n$$\\alpha=a$$\n\n| | context |\n|---|---|\n| one | $c$ |"
    found = formulas.formulas(chapter(tmp_path, "11_first", prose))
    assert [text for _, text in found] == [r"$$\alpha=a$$", "|  | context |\n| --- | --- |\n| one | $c$ |"]


def test_formulas_are_spelt_in_letters():
    assert formulas.portable("\\{a\\,|\n b\\} <\\operatorname{f}(c) [d](e)*\\ g_i(h)_j") == (
        r"\lbrace a\thinspace \vert b\rbrace \lt \mathop{\mathrm{f}}\nolimits (c) [d] (e)\ast \ g_i(h)_ j")
    assert formulas.in_table(r"of $\|a\|$ \| b") == r"of $\vert a\vert$ \| b"


@pytest.fixture
def shelf_of_one(tmp_path, monkeypatch):
    write(tmp_path / "98_one.ipynb", [
        cell("import math\nimport turtle\nRADIUS = 2\nprinted = math.factorial(10_000)"),
        cell("def area(radius=RADIUS):\n    printed = radius\n    return math.pi * square(printed)"),
        cell("def square(x):\n    return x * x"),
        cell("raise SystemExit('a line that is not asked for ran')"),
        cell("class Disc(dict):\n    def area(self):\n        return area(self['radius'])"),
        cell("found = {'a': 1}"),
    ])
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path)


@pytest.mark.usefixtures("shelf_of_one")
def test_a_definition_is_taken_out_of_a_notebook_with_what_it_rests_on_and_nothing_else():
    one = common.taught("98", "Disc")
    assert one.Disc(radius=3).area() == pytest.approx(28.2743338823)
    assert set(vars(one)) - {"__name__", "__builtins__"} == {"math", "RADIUS", "area", "square", "Disc"}
    assert common.taught("98", "found").found == {"a": 1}, "a variable comes when it is asked for by name"


@pytest.mark.usefixtures("shelf_of_one")
def test_a_name_that_no_cell_defines_is_refused():
    with pytest.raises(ValueError, match=r"98_one\.ipynb, got \['perimeter'\]"):
        common.taught("98", "area", "perimeter")


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    path, rows = tmp_path / "table.csv", [{"arm": "é", "rate": 0.1}, {"arm": "two\nlines", "seed": 3}]
    common.write_table(path, rows)
    assert path.read_bytes() == 'arm,rate,seed\né,0.1,\n"two\nlines",,3\n'.encode()
    with pytest.raises(ValueError, match="seed"):
        common.write_table(path, rows[::-1], ["arm", "rate"])
    assert path.read_bytes().startswith(b"arm,rate,seed")
