"""The learner's folder: copies survive every update of the book, and whatever goes wrong costs a sentence and nothing else."""
import ast
import errno
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import book
import lab
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[2]
VERSION = "3.11.99"


def write(path, *texts, ids="abcdefgh"):
    """A notebook whose cells have the ids a, b, …; a text that begins with # is prose."""
    cells = [(new_markdown_cell if text.startswith("#") else new_code_cell)(text, id=f"cell-{i}") for text, i in zip(texts, ids)]
    path.write_text(nbformat.writes(new_notebook(cells=cells)) + "\n", encoding="utf-8")


def texts(path):
    return [c.source for c in nbformat.read(path, as_version=4).cells]


@pytest.fixture
def shelf(tmp_path):
    """A book of two notebooks and an index, and an empty work folder."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    write(notebooks / "00_first.ipynb", "# first", "x = 1")
    write(notebooks / "11_second.ipynb", "# second", "x = 1", "mine = ...")
    (notebooks / "formulas.md").write_text("edition 1", encoding="utf-8")
    return notebooks, tmp_path / "work", VERSION


def edit(path, old, new):
    nb = nbformat.read(path, as_version=4)
    (cell,) = [c for c in nb.cells if c.source == old]
    cell.source = new
    nbformat.write(nb, path)


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.name != ".editions.json")


def yours(work, stem="11_second"):
    return sorted(p for p in work.iterdir() if p.name.startswith(f"{stem} (yours until"))


ALL = ["00_first.ipynb", "11_second.ipynb", "formulas.md"]


def test_copies_are_made_when_missing(shelf):
    assert lab.update(*shelf) == [] and names(shelf[1]) == ALL
    (shelf[1] / "00_first.ipynb").unlink()
    assert lab.update(*shelf) == [] and names(shelf[1]) == ALL


def test_an_edited_copy_stays_as_it_is_while_the_book_does(shelf):
    lab.update(*shelf)
    edit(shelf[1] / "11_second.ipynb", "mine = ...", "mine = 3")
    before = (shelf[1] / "11_second.ipynb").read_bytes()
    assert lab.update(*shelf) == [] and (shelf[1] / "11_second.ipynb").read_bytes() == before and names(shelf[1]) == ALL


def test_an_untouched_copy_is_replaced_by_the_new_edition(shelf):
    """Opened, saved or run is untouched: only what the cells say counts."""
    notebooks, work, _ = shelf
    lab.update(*shelf)
    nb = nbformat.read(work / "11_second.ipynb", as_version=4)
    nb.metadata.language_info.version, nb.cells[1].execution_count = "3.12.0", 7
    nbformat.write(nb, work / "11_second.ipynb")
    write(notebooks / "11_second.ipynb", "# second", "x = 2", "mine = ...")
    (notebooks / "formulas.md").write_text("edition 2", encoding="utf-8")
    (line,) = lab.update(*shelf)
    assert "11_second.ipynb, formulas.md" in line and "00" not in line
    assert texts(work / "11_second.ipynb")[1] == "x = 2" and (work / "formulas.md").read_text() == "edition 2" and names(work) == ALL
    assert lab.update(*shelf) == []                                # said once, not at each start


def test_new_outputs_of_the_book_reach_an_untouched_copy_and_leave_an_edited_one_alone(shelf):
    notebooks, work, _ = shelf
    lab.update(*shelf)
    edit(work / "11_second.ipynb", "mine = ...", "mine = 3")
    for name in ("00_first.ipynb", "11_second.ipynb"):
        nb = nbformat.read(notebooks / name, as_version=4)
        nb.cells[1].execution_count = 5
        nbformat.write(nb, notebooks / name)
    lab.update(*shelf)
    assert nbformat.read(work / "00_first.ipynb", as_version=4).cells[1].execution_count == 5
    assert texts(work / "11_second.ipynb")[2] == "mine = 3" and names(work) == ALL


def test_after_an_update_an_edited_chapter_is_the_new_edition_with_the_answers_in_it_and_lies_beside_as_it_was(shelf):
    notebooks, work, _ = shelf
    lab.update(*shelf)
    nb = nbformat.read(work / "11_second.ipynb", as_version=4)
    nb.cells[2].source = "mine = 3"
    nb.cells.insert(2, new_code_cell("print('my own cell')"))
    nbformat.write(nb, work / "11_second.ipynb")
    before = (work / "11_second.ipynb").read_bytes()
    write(notebooks / "11_second.ipynb", "# second, corrected", "x = 2", "mine = ...", "# new", ids="abcd")
    (line,) = lab.update(*shelf)
    (aside,) = yours(work)
    assert aside.read_bytes() == before and aside.name in line and "11_second.ipynb" in line
    assert texts(work / "11_second.ipynb") == ["# second, corrected", "x = 2", "print('my own cell')", "mine = 3", "# new"]
    nbformat.validate(nbformat.read(work / "11_second.ipynb", as_version=4))
    assert lab.update(*shelf) == [] and len(yours(work)) == 1
    write(notebooks / "11_second.ipynb", "# third", "x = 2", "mine = ...", "# new", ids="abcd")
    lab.update(*shelf)
    assert texts(work / "11_second.ipynb") == ["# third", "x = 2", "print('my own cell')", "mine = 3", "# new"] and len(yours(work)) == 2


def test_many_new_editions_are_one_line(shelf):
    notebooks, work, _ = shelf
    for n in range(12, 20):
        write(notebooks / f"{n}_more.ipynb", "# more", "mine = ...")
    lab.update(*shelf)
    for n in range(12, 20):
        edit(work / f"{n}_more.ipynb", "mine = ...", "mine = 3")
        write(notebooks / f"{n}_more.ipynb", "# corrected", "mine = ...")
    (line,) = lab.update(*shelf)
    assert "12_more.ipynb" in line and "and 2 more" in line and len(yours(work, "19_more")) == 1


@pytest.mark.parametrize("mine, new, carried", [
    ("ab", "ab", "ab"), ("aB", "ab", "aB"), ("ab", "aB", "aB"), ("aB", "aB", "aB"),
    ("aB", "ab2", "aB2"), ("a", "ab", "a"), ("a", "aB", "aB"), ("ab", "a", "a"), ("aB", "a", "aB"), ("1ab", "ab", "1ab"),
    ("a1b2", "2ab", "2a1b")])
def test_what_is_carried_over(mine, new, carried):
    """From the edition "ab": a capital is a rewritten cell, a digit a cell of one's own; the learner's are told by their place."""
    def cells(word):
        return [{"id": letter.lower(), "cell_type": "code", "source": letter} for letter in word]
    base = {c["id"]: lab.piece(c) for c in cells("ab")}
    assert "".join(c["source"] for c in lab.carry(cells(mine), cells(new), base)) == carried


def test_where_both_changed_a_cell_both_stand_there_and_ids_stay_unique():
    def cells(*texts):
        return [{"id": "a", "cell_type": "code", "source": text} for text in texts]
    base = {"a": lab.piece(*cells("old"))}
    carried = lab.carry(cells("mine"), cells("new"), base)
    assert [c["source"] for c in carried] == ["mine", "new"] and len({c["id"] for c in carried}) == 2
    again = lab.carry([carried[0], *cells("mine")], cells("newer"), {"a": lab.piece(*cells("new"))})
    assert [c["source"] for c in again] == ["mine", "newer"] and len({c["id"] for c in again}) == 2


@pytest.mark.parametrize("broken", ["{half", "[]", "null", '{"11_second.ipynb": 3}', '{"11_second.ipynb": {"file": 1}}', None])
def test_a_lost_or_broken_record_leaves_the_copies_alone_and_is_told_once(shelf, broken):
    notebooks, work, _ = shelf
    lab.update(*shelf)
    edit(work / "11_second.ipynb", "mine = ...", "mine = 3")
    before = (work / "11_second.ipynb").read_bytes()
    (work / ".editions.json").unlink() if broken is None else (work / ".editions.json").write_text(broken)
    (line,) = lab.update(*shelf)
    assert "11_second.ipynb" in line and "00_first" not in line and "stay as they are" in line
    assert (work / "11_second.ipynb").read_bytes() == before and names(work) == ALL and lab.update(*shelf) == []
    write(notebooks / "11_second.ipynb", "# corrected", "x = 1", "mine = ...")
    lab.update(*shelf)
    assert texts(work / "11_second.ipynb") == ["# corrected", "x = 1", "mine = 3"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"cells": 3}', b"\xff\xfe"])
def test_a_copy_that_is_no_notebook_any_more_is_kept_as_it_is(shelf, content):
    notebooks, work, _ = shelf
    lab.update(*shelf)
    (work / "11_second.ipynb").write_bytes(content)
    assert lab.update(*shelf) == [] and (work / "11_second.ipynb").read_bytes() == content
    write(notebooks / "11_second.ipynb", "# corrected")
    lab.update(*shelf)
    assert texts(work / "11_second.ipynb") == ["# corrected"] and yours(work)[0].read_bytes() == content


def test_an_answer_in_one_of_two_cells_of_one_id_is_kept(shelf):
    """Some editors copy a cell with its id; the other of the two is as the book has it."""
    lab.update(*shelf)
    copy = shelf[1] / "11_second.ipynb"
    nb = json.loads(copy.read_text(encoding="utf-8"))
    nb["cells"].append(nb["cells"][2])
    nb["cells"][2] = dict(nb["cells"][2], source="mine = 3")
    copy.write_text(json.dumps(nb), encoding="utf-8")
    write(shelf[0] / "11_second.ipynb", "# new", "x = 1", "mine = ...")
    lab.update(*shelf)
    assert "mine = 3" in "".join(path.read_text(encoding="utf-8") for path in [copy, *yours(shelf[1])])


def test_a_broken_notebook_of_the_book_is_named_and_the_others_are_laid(shelf):
    (shelf[0] / "00_first.ipynb").write_text("<<<<<<< HEAD")
    (line,) = lab.update(*shelf)
    assert "00_first.ipynb" in line and names(shelf[1]) == ALL[1:]


def test_a_crash_while_copying_leaves_no_half_notebook(shelf, monkeypatch):
    monkeypatch.setattr(lab.os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        lab.update(*shelf)
    assert names(shelf[1]) == []


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_folder_costs_a_sentence_and_nothing_else(shelf, monkeypatch, trouble):
    """At whichever write it happens, also between laying one's copy aside and the new edition."""
    notebooks, work, _ = shelf
    lab.update(*shelf)
    edit(work / "11_second.ipynb", "mine = ...", "mine = 3")
    before = (work / "11_second.ipynb").read_bytes()
    write(notebooks / "11_second.ipynb", "# corrected", "x = 1", "mine = ...")
    write(notebooks / "00_first.ipynb", "# corrected", "x = 1")
    real = Path.write_bytes
    for allowed in range(4):
        left = [allowed]

        def limited(path, content, left=left):
            left[0] -= 1
            if left[0] < 0:
                real(path, content[:5])
                raise OSError(trouble, os.strerror(trouble))
            return real(path, content)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", limited)
            assert os.strerror(trouble) in "\n".join(lab.update(*shelf))
        assert before in [p.read_bytes() for p in (work / "11_second.ipynb", *yours(work))]
        assert not [p for p in work.iterdir() if p.name.endswith(".half")]
        nbformat.read(work / "00_first.ipynb", as_version=4)
    lab.update(*shelf)                                             # there is room again
    assert texts(work / "11_second.ipynb") == ["# corrected", "x = 1", "mine = 3"] and texts(work / "00_first.ipynb")[0] == "# corrected"


def test_a_folder_that_cannot_be_made_is_told_and_the_books_own_notebooks_are_opened(shelf):
    shelf[1].write_text("a file of this name")
    (line,) = lab.update(*shelf)
    assert "work/ could not be brought up to date" in line
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in lab.arguments(ROOT / "no such folder", [])


# ---- the whole book from the learner's folder --------------------------------------------------------------------

@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout in which a learner has called `make lab` once: the real book, and its copies in work/."""
    root = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.name not in ("work", ".venv", ".git", "mutants"):
            (root / path.name).symlink_to(path)
    assert lab.update(book.NOTEBOOKS, root / "work", VERSION) == []
    return root


def prose(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)


def test_the_real_book_can_be_copied(checkout):
    assert names(checkout / "work") == [*(p.name for p in book.chosen([])), "formulas.md", "words.md"]


def test_every_link_and_picture_resolves_from_the_learners_folder(checkout):
    checked = 0
    for path in (checkout / "work").glob("*.*"):
        for target in re.findall(r"\]\(([^)\s]+)", prose(path)):
            name = target.partition("#")[0]
            if name and not target.startswith(("http:", "https:", "mailto:")):
                checked += 1
                assert (path.parent / name).exists(), f"{path.name}: {target}"
                assert not re.search(r"notebooks/\d\d_", name), f"{path.name}: {target} leaves the learner's copies"
    assert checked > 200


def code_trees():
    for path in book.chosen([]):
        for c in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if c["cell_type"] == "code":
                text = "\n".join(x for x in "".join(c["source"]).splitlines() if not x.startswith(("%", "!")))
                yield path.stem, ast.parse(text)


OPENS = {"open", "Path", "np.load", "np.loadtxt", "np.genfromtxt", "pd.read_csv", "plt.imread"}


def paths_in(tree):
    """String constants of a cell that name a place in the file system: what a call opens by its name, and what names a folder."""
    folders = "|".join(p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith("."))
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}      # f"{folder}/four.keras"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            if ast.unparse(node.func) in OPENS:
                yield node.args[0].value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within:
            if re.fullmatch(rf"(\.\.?/|/|~/|data/|({folders})/)[\w.-][\w./ -]*|[\w./-]+/[\w-]+\.[a-z]\w{{1,11}}", node.value):
                yield node.value


def test_no_cell_names_a_path():
    """A notebook runs in notebooks/ and in work/: what it reads it finds through attnlib.data.data_path."""
    found = [(stem, text) for stem, tree in code_trees() for text in paths_in(tree)]
    assert found == []


@pytest.mark.parametrize("line, bad", [
    ('open("data/behaviour.csv")', True), ('open("behaviour.csv")', True), ('np.load("../notebooks/data/a.npz")', True),
    ('name = "notebooks/data/a.csv"', True), ('Path("work")', True), ('"/tmp/x"', True), ('open(data_path("34", "behaviour.csv"))', False),
    ('np.load(data_path("43", name))', False), ('print("yes/no")', False), ('rows("summaries.csv")', False),
    ('Path(folder) / "translator.pt"', False)])
def test_the_rule_about_paths_can_fail(line, bad):
    assert bool(list(paths_in(ast.parse(line)))) == bad


def test_a_chapter_that_reads_data_runs_in_the_learners_folder(checkout):
    """13 reads behaviour.csv as 34 does, and is the lighter one."""
    nb = nbformat.read(checkout / "work" / "13_masks.ipynb", as_version=4)
    assert any("data_path(" in c.source for c in nb.cells if c.cell_type == "code")
    client = NotebookClient(nb, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(checkout / "work")}})
    client.execute(env=book.environment(PYTHONPATH=str(ROOT), ATTNLIB_WORK=str(checkout / "work")))
    assert [c.execution_count for c in nb.cells if c.cell_type == "code"][-1] == sum(c.cell_type == "code" for c in nb.cells)


def test_a_chapter_of_both_libraries_loads_pytorch_whole_before_tensorflow():
    """Else PyTorch's default build for Linux, which brings triton, ends in a segmentation fault at the first step of an optimiser."""
    order = {}
    for stem, tree in code_trees():
        for node in ast.walk(tree):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                [f"{node.module}.{a.name}" for a in node.names] if isinstance(node, ast.ImportFrom) else []
            order.setdefault(stem, []).extend(modules)
    both = 0
    for stem, modules in order.items():
        first = [i for i, m in enumerate(modules) if re.match(r"(tensorflow|keras)\b|attnlib\.tensorflow", m)]
        if first and any(m.split(".")[0] == "torch" for m in modules):
            both += 1
            assert "torch._dynamo" in modules[:first[0]], stem
    assert both >= 5


@pytest.mark.parametrize("triton", [True, False])
def test_so_do_the_tests_where_triton_is_there(triton):
    code = f"import importlib.util as u, sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tools')!r}]; real = u.find_spec; " \
           f"u.find_spec = lambda name, *more: ({triton} or None) if name == 'triton' else real(name, *more); " \
           "import conftest; print('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"{triton}\n", done.stderr


# ---- JupyterLab and its end --------------------------------------------------------------------------------------

FAKE = """
import signal, sys, time
print("serving", *sys.argv[1:], flush=True)
def first(*_):
    print("Shut down this Jupyter server (y/[n])?", flush=True)
    signal.signal(signal.SIGINT, lambda *_: (print("shut down in order", flush=True), sys.exit(0)))
signal.signal(signal.SIGINT, first)
for _ in range(600):
    time.sleep(0.1)
"""


def read_until(fd, words, seconds=60):
    said, end = "", time.time() + seconds
    while words not in said and time.time() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                said += os.read(fd, 4096).decode(errors="replace")
            except OSError:
                break
    return said


def in_terminal(command, cwd, env):
    """Start a command as the foreground job of a terminal of its own; return its pid and the terminal."""
    import pty
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        signal.signal(signal.SIGINT, signal.SIG_DFL)               # whoever runs the tests in the background has it ignored
        os.execvpe(command[0], command, env)
    return pid, fd


@pytest.fixture
def fake_lab(tmp_path):
    """A checkout whose interpreter "runs JupyterLab" by a script that answers Ctrl-C as JupyterLab does."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "00_start_here.ipynb", "# first")
    (tmp_path / "jupyterlab.py").write_text(FAKE)
    (tmp_path / "tools" / "setup.py").write_text("import sys\nFIRST, python = [], lambda asked: sys.executable\n")
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="a terminal of its own is made with pty")
@pytest.mark.parametrize("command", [
    [sys.executable, "tools/lab.py", "--port=7"], ["make", f"PYTHON={sys.executable}", "ARGS=--port=7", "lab"]])
def test_one_ctrl_c_asks_two_end_and_none_kills(fake_lab, command):
    if not shutil.which(command[0]):
        pytest.skip("no make here")
    pid, fd = in_terminal(command, fake_lab, {**os.environ, "PYTHONPATH": str(fake_lab)})
    said = read_until(fd, "serving")
    said = said.partition("serving")[2]                            # make shows its command, too: that is not yet the server
    assert "--port=7" in said or "--port=7" in read_until(fd, "--port=7")
    time.sleep(0.5)
    os.write(fd, b"\x03")
    said = read_until(fd, "(y/[n])?")
    time.sleep(2)                                                  # it waits for its answer
    assert os.waitpid(pid, os.WNOHANG) == (0, 0), said
    os.write(fd, b"\x03")
    said += read_until(fd, "shut down in order")
    _, status = os.waitpid(pid, 0)
    assert "shut down in order" in said and "Traceback" not in said, said
    if command[0] != "make":                                       # make itself calls its own Ctrl-C an interrupt
        assert os.waitstatus_to_exitcode(status) == 0


def test_options_reach_jupyterlab_and_root_is_told(monkeypatch, capsys):
    called = []
    monkeypatch.setattr(book, "run", lambda *command, **more: called.append((command, more)) or 0)
    monkeypatch.setattr(lab, "update", lambda *a: [])
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0)
    assert lab.main(["--no-browser", "--port=9"]) == 0
    (command, more), said = called[0], capsys.readouterr().out
    assert command[-2:] == ("--no-browser", "--port=9") and "--allow-root" in command and "You are root" in said
    assert str(lab.CONFIG) in more["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000)
    lab.main([])
    assert "--allow-root" not in called[1][0] and "root" not in capsys.readouterr().out


def test_a_wait_survives_ctrl_c_and_the_command_does_not_inherit_deafness():
    code = "import os, signal, sys, time; assert signal.getsignal(signal.SIGINT) is signal.default_int_handler; " \
           "os.kill(os.getppid(), signal.SIGINT); time.sleep(0.5); sys.exit(7)"
    before = signal.getsignal(signal.SIGINT)
    assert book.call([sys.executable, "-c", code]) == 7 and signal.getsignal(signal.SIGINT) is before


# ---- a home folder that cannot be written ------------------------------------------------------------------------

@pytest.fixture
def homeless():
    """The variables of somebody whose home folder cannot be written."""
    if not sys.platform.startswith("linux"):
        pytest.skip("/dev/null is a home that cannot be written on Linux")
    own = ("XDG_", "MPLCONFIGDIR", "JUPYTER", "IPYTHONDIR")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)} | {"HOME": "/dev/null/home"}


def test_jupyterlab_starts_where_the_home_folder_cannot_be_written(homeless):
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import book; sys.exit(book.run(sys.executable, '-m', 'jupyterlab', " \
           "'--no-browser', '--allow-root', '--ServerApp.port=0', f'--ServerApp.root_dir={book.ROOT}'))"
    process = subprocess.Popen([sys.executable, "-c", code], env=homeless, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    said = []
    for line in process.stderr:
        said.append(line)
        if "is running at" in line:
            break
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert "is running at" in said[-1], "".join(said)


def test_matplotlib_is_quiet_where_the_home_folder_cannot_be_written(homeless):
    env = {**homeless, "PYTHONPATH": str(ROOT / "tools")}
    draw = [sys.executable, "-c", "import matplotlib.pyplot"]
    assert "MPLCONFIGDIR" in subprocess.run(draw, env=env, capture_output=True, text=True).stderr        # the fault is real
    code = f"import book, subprocess, sys; done = subprocess.run({draw!r}, env=book.environment(), capture_output=True, text=True); " \
           "print(book.environment()['MPLCONFIGDIR'], done.stderr, done.returncode)"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    folder, code = done.stdout.split()
    assert code == "0" and not Path(folder).exists()               # nothing on stderr, and nothing left behind


def test_a_home_folder_that_can_be_written_is_used(monkeypatch, tmp_path):
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "not yet made"))
    book.elsewhere.cache_clear()
    assert book.elsewhere() == {}
    book.elsewhere.cache_clear()
