"""The groups of packages: a chapter's imports are in the groups that it is said to need, an environment with the first two runs the
chapters that are said to need no more, and a notebook whose group is missing says so in one line and runs once it is added."""
import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import book
import groups
import nbformat
import pytest
import registry
import setup
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LIGHT = [name for name in registry.THERE if not registry.added(name)]


# ---- which group brings a module ---------------------------------------------------------------------------------

def test_what_a_package_is_imported_as_is_known():
    homes = importlib.metadata.packages_distributions()
    for group in groups.GROUPS:
        for name in groups.pins([group]):
            module = groups.module(name)
            brings = {canonicalize_name(home) for home in homes.get(module, [])}
            assert canonicalize_name(name) in brings, f"{name} is not imported as {module}"
            assert groups.home(module) == groups.home(f"{module}.part") == group


def test_every_package_of_the_registry_belongs_to_a_group_for_readers():
    for name in registry.THERE:
        for package in registry.CHAPTERS[name]["packages"]:
            assert groups.home(package) in groups.GROUPS[:-1], f"{package}, which {name} imports"


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(name):
    """The top modules that a chapter imports, those that its parts of attnlib and its exercises import included."""
    cells = nbformat.read(book.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    code = "\n".join(line for c in cells if c.cell_type == "code" for line in c.source.splitlines() if line[:1] not in "%!")
    bank = (ROOT / "attnlib" / "exercises" / f"{name}.py").read_text(encoding="utf-8")
    todo, seen = {*imports(code), *imports(bank)}, set()
    while todo:
        module = todo.pop()
        seen.add(module)
        path = ROOT / f"{module.replace('.', '/')}.py"
        if module.startswith("attnlib") and path.exists():
            todo |= set(imports(path.read_text(encoding="utf-8"))) - seen
    return {module.partition(".")[0] for module in seen} - sys.stdlib_module_names - {"attnlib"}


@pytest.mark.parametrize("name", registry.THERE)
def test_a_chapter_imports_nothing_beyond_the_groups_that_it_is_said_to_need(name):
    homes = {module: groups.home(module) for module in modules(name)}
    assert set(homes.values()) <= {*groups.FIRST, *registry.added(name)}, homes


def test_readmes_table_of_groups_is_made_of_the_registry():
    assert registry.table_of_groups() in (ROOT / "README.md").read_text(encoding="utf-8"), "python tools/outputs.py 00 writes it anew"
    assert {"00", "02", "32"} < {name[:2] for name in LIGHT} and len(LIGHT) >= 13
    for name in registry.THERE:
        rows = [row for row in registry.table_of_groups().splitlines() if re.search(rf"\b{name[:2]}\b.*GROUPS=", row)]
        assert re.findall(r"GROUPS=(\w+)", "\n".join(rows)) == registry.added(name)


# ---- an environment with some of the groups ----------------------------------------------------------------------

def closure(names):
    """The installed distributions that some groups bring, what these bring included."""
    todo, found = [Requirement(name) for name in groups.pins(names)], {}
    while todo:
        wanted = todo.pop()
        key = (canonicalize_name(wanted.name), *sorted(wanted.extras))
        if key not in found:
            found[key] = importlib.metadata.distribution(wanted.name)
            for text in found[key].requires or []:
                more = Requirement(text)
                if not more.marker or any(more.marker.evaluate({"extra": extra}) for extra in ["", *wanted.extras]):
                    todo.append(more)
    return {key[0]: distribution for key, distribution in found.items()}


class Light:
    """An environment that holds links to what some groups of the running one bring, and nothing else of it."""

    def __init__(self, folder):
        self.folder = folder / ".venv"
        subprocess.run([sys._base_executable, "-m", "venv", "--without-pip", str(self.folder)], check=True)
        (self.site,) = self.folder.glob("lib/python*/site-packages")
        (self.site / "attnlib.pth").write_text(f"{ROOT}\n")
        self.python = self.folder / "bin" / "python"
        self.env = book.environment(ATTNLIB_WORK=str(folder / "work"))

    def add(self, names):
        """As the set-up would: link what the groups bring."""
        for distribution in closure(names).values():
            for file in distribution.files:
                real = Path(distribution.locate_file(file.parts[0] if file.parts[0] != ".." else file))
                link = self.site / (file.parts[0] if file.parts[0] != ".." else file)
                if "bin" in file.parts[:4] and file.parts[0] == ".." or not real.exists() or link.exists():
                    continue
                link = Path(os.path.normpath(link))
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(os.path.normpath(real))

    def run(self, *command, **more):
        return subprocess.run([str(self.python), *map(str, command)], env=self.env, capture_output=True, text=True, **more)


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """The environment with which `make lab` starts."""
    if os.name == "nt":
        pytest.skip("links to folders want a privilege on Windows")
    made = Light(tmp_path_factory.mktemp("light"))
    made.add(groups.FIRST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "VENV", made.folder)
        setup.tell_kernels()
    return made


def test_jupyterlab_and_pytorch_are_there_and_the_other_groups_are_not(light):
    assert light.run("-m", "jupyterlab", "--version").stdout.strip() == groups.pins(["base"])["jupyterlab"]
    packages = {groups.module(name): group for group in groups.GROUPS for name in groups.pins([group])}
    code = f"import importlib.util as u; print(*[name for name in {list(packages)} if u.find_spec(name)])"
    found = light.run("-c", code).stdout.split()
    missing = [name for name in packages if name not in found]
    assert {packages[name] for name in missing} == set(groups.GROUPS[2:]) and {"torch", "scipy", "jupyterlab", "babel"} <= set(found)
    assert {"tensorflow", "keras", "onnx", "transformers", "sklearn", "nltk", "pytest", "sentence_transformers"} <= set(missing)


@pytest.mark.parametrize("number", ["00", "02", "32"])
def test_a_chapter_runs_in_it(light, number, tmp_path):
    (path,) = book.chosen([number])
    done = light.run("-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path, path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(tmp_path / path.name, as_version=4).cells
    last = [c for c in cells if c.cell_type == "code"][-1]
    assert last.execution_count == sum(c.cell_type == "code" for c in cells)


# As JupyterLab does: one process that stays starts a kernel, and starts it again when the reader says Restart.
SERVER = """
import json, sys
from jupyter_client.manager import KernelManager
manager = KernelManager(kernel_name="python3")
manager.start_kernel()
for line in sys.stdin:
    source, restart = json.loads(line)
    if restart:
        manager.restart_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(60)
    shown = []
    hook = lambda message: shown.append([message["msg_type"], message["content"]])
    reply = client.execute_interactive(source, timeout=120, output_hook=hook)
    client.stop_channels()
    print("SAID", json.dumps([reply["content"], shown]), flush=True)
manager.shutdown_kernel(now=True)
"""


class Server:
    def __init__(self, light):
        self.process = subprocess.Popen([str(light.python), "-c", SERVER], env=light.env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def cell(self, source, restart=False):
        self.process.stdin.write(json.dumps([source, restart]) + "\n")
        self.process.stdin.flush()
        said = next(line for line in self.process.stdout if line.startswith("SAID "))
        return json.loads(said.removeprefix("SAID "))


@pytest.fixture
def server(light):
    served = Server(light)
    yield served
    served.process.communicate()


def line_for(module, group):
    return (f"{module} belongs to the group {group}, which is not installed.  In a terminal, in the book's folder: "
            f"python3 tools/setup.py {group}   Then: Kernel, Restart Kernel.")


PROBES = """import importlib.util
assert importlib.util.find_spec("keras") is None
try:
    import nltk.tokenize
except ImportError as error:
    assert type(error) is ModuleNotFoundError and error.name == "nltk"
print(sorted(name for name in globals() if not name.startswith("_")))"""


def test_a_missing_group_is_one_line_and_once_it_is_added_a_restarted_kernel_runs_the_chapter(light, server):
    """The first cells of 33, in one process as JupyterLab's, which stays; the group is added meanwhile."""
    cells = [c.source for c in nbformat.read(book.NOTEBOOKS / "33_tensorflow.ipynb", as_version=4).cells if c.cell_type == "code"][:3]
    assert "import keras" in cells[0]
    reply, shown = server.cell(cells[0])
    assert reply["status"] == "error" and reply["ename"] == "ModuleNotFoundError" and reply["execution_count"] == 1
    (error,) = [content for kind, content in shown if kind == "error"]
    assert error["traceback"] == [line_for("keras", "tensorflow")]
    assert not [kind for kind, _ in shown if kind in ("stream", "display_data", "execute_result")]
    for source, module, group in [("from attnlib import tensorflow", "keras", "tensorflow"), ("import onnx.helper", "onnx", "tensorflow"),
                                  ("from sklearn.svm import SVC", "sklearn", "language"), ("import bm25s", "bm25s", "language"),
                                  ("import hypothesis", "hypothesis", "dev")]:
        reply, _ = server.cell(source)
        assert reply["traceback"] == [line_for(module, group)]
    for source, name in [("import nothing_of_ours", "nothing_of_ours"), ("import scipy.nothing", "scipy.nothing"),
                         ("raise ModuleNotFoundError('by hand')", "by hand"), ("def f():\n    import nothing\n\nf()", "in f()")]:
        reply, _ = server.cell(source)
        whole = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(reply["traceback"]))          # without colours
        assert "Traceback (most recent call last)" in whole and name in whole and "belongs to" not in whole and len(reply["traceback"]) > 2
    reply, shown = server.cell("1 / 0")
    assert reply["ename"] == "ZeroDivisionError" and "Traceback (most recent call last)" in "\n".join(reply["traceback"])
    reply, shown = server.cell(PROBES, restart=True)
    assert reply["status"] == "ok", reply
    (said,) = [content["text"] for kind, content in shown if kind == "stream"]
    assert ast.literal_eval(said) == ["In", "Out", "exit", "get_ipython", "importlib", "open", "quit"], "a kernel starts with no more names"
    light.add([*groups.FIRST, "tensorflow"])
    for number, source in enumerate(cells):
        reply, shown = server.cell(source, restart=number == 0)
        assert reply["status"] == "ok", reply


def test_a_traceback_of_another_module_is_what_it_is_without_the_line(light, server):
    """A kernel that listens shows what one shows that does not."""
    def frames(source):
        reply, shown = server.cell(source)
        return reply["traceback"], reply["evalue"], [kind for kind, _ in shown if kind != "status"]

    cell = "def deep():\n    import nothing_of_ours\n\ndeep()"
    there = frames(cell)
    server.cell("get_ipython().set_custom_exc((), None)")
    plain = frames(cell)
    assert there[1:] == plain[1:] and [line.replace("In[1]", "In[3]") for line in there[0]] == plain[0] and len(plain[0]) > 3


def test_where_the_checkout_is_gone_a_kernel_starts_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(book, "VENV", tmp_path)
    monkeypatch.setattr(groups, "__file__", str(tmp_path / "it's gone" / "groups.py"))
    setup.tell_kernels()
    text = (tmp_path / "etc" / "ipython" / "ipython_kernel_config.py").read_text(encoding="utf-8")
    asked = []
    exec(text, {"get_config": lambda: asked.append(1)})
    assert asked == []


def test_the_sentence_is_said_only_of_what_is_missing(monkeypatch):
    assert groups.sentence("torch") is groups.sentence("no_such_module") is groups.sentence(None) is groups.sentence("") is None
    monkeypatch.setattr(groups, "importlib", SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: None)))
    assert groups.sentence("torch.nn").startswith("torch belongs to the group torch, ")
    monkeypatch.setattr(groups, "os", SimpleNamespace(name="nt"))
    assert ": python tools/setup.py torch " in groups.sentence("torch")
