"""The set-up: whom it refuses and with which way out, what it finds half made, what it says before it costs, and pins that can be met."""
import ast
import importlib.metadata
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import book
import groups
import pytest
import setup
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SYSTEMS = {"Linux": ("linux", "x86_64"), "Linux on ARM": ("linux", "aarch64"), "macOS": ("darwin", "arm64"), "Windows": ("win32", "AMD64")}


def wanted(names=setup.GROUPS):
    lines = "\n".join((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in names).splitlines()
    return [Requirement(line) for line in lines if re.match(r"[A-Za-z]", line)]


def constraints():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.M)}


# ---- pins --------------------------------------------------------------------------------------------------------

def test_this_environment_is_complete_and_the_pins_are_read():
    pins = setup.pins()
    assert {"torch", "numpy", "keras"} <= set(pins) and ("tensorflow" in pins) != ("tensorflow-cpu" in pins)
    assert setup.complete() and str(setup.python()) == sys.executable


def test_another_version_or_the_attnlib_of_another_checkout_is_not_complete(monkeypatch, tmp_path):
    pins = setup.pins()
    for wrong in ({"numpy": "1.0"}, {"no-such-package": "1.0"}):
        with monkeypatch.context() as patch:
            patch.setattr(setup, "pins", lambda names, wrong=wrong: pins | wrong)
            assert not setup.complete()
    monkeypatch.setattr(book, "ROOT", tmp_path)
    assert not setup.complete()


@pytest.mark.parametrize("name", SYSTEMS)
def test_markers_are_read_as_pip_reads_them(name):
    facts = dict(zip(("sys_platform", "platform_machine"), SYSTEMS[name]))
    assert setup.pins(facts=facts) == {r.name: str(r.specifier)[2:] for r in wanted() if not r.marker or r.marker.evaluate(facts)}
    assert setup.pins(facts=facts)["tensorflow" if facts["platform_machine"] in ("aarch64", "arm64") else "tensorflow-cpu"]


@pytest.mark.parametrize("marker", [
    'sys_platform == "linux"', "sys_platform != 'linux'", 'platform_machine == "arm64" and sys_platform == "darwin"',
    '(sys_platform == "win32" or platform_machine == "aarch64") and platform_machine != "AMD64"'])
def test_a_marker_means_what_the_standard_says(marker):
    for one, machine in itertools.product(["linux", "darwin", "win32"], ["x86_64", "aarch64", "arm64", "AMD64"]):
        facts = {"sys_platform": one, "platform_machine": machine}
        assert groups.holds(marker, facts) == Requirement(f"x; {marker}").marker.evaluate(facts)


@pytest.mark.parametrize("marker", ['python_version < "3.12"', 'sys_platform in "linux"', 'not sys_platform == "linux"'])
def test_a_marker_that_is_not_understood_is_refused_and_not_ignored(marker):
    with pytest.raises((ValueError, KeyError)):
        groups.holds(marker, groups.system())


def test_the_gate_is_the_same_everywhere():
    declared = SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        assert declared.contains(f"3.{minor}.0") == ((3, minor) in setup.VERSIONS)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"3.{minor}" in readme for _, minor in setup.VERSIONS)
    assert "- python=3.11" in (ROOT / "environment.yml").read_text(encoding="utf-8")


def test_no_pin_wants_a_newer_python_than_the_gate_admits():
    """Debian 12 has 3.11.2: a package that asks for 3.11.5 ends the set-up there after minutes."""
    pins, seen = constraints(), 0
    for package in importlib.metadata.distributions():
        asks = package.metadata.get("Requires-Python")
        if canonicalize_name(package.metadata["Name"]) in set(pins) - {"pyyaml-ft"} and asks:      # libcst wants that one on 3.13 alone
            seen += 1
            for major, minor in setup.VERSIONS:
                assert SpecifierSet(asks).contains(f"{major}.{minor}.0"), f"{package.metadata['Name']} asks for {asks}"
    assert seen > 150


def index_is_there():
    done = subprocess.run([sys.executable, "-m", "pip", "index", "versions", "six", "--retries", "0", "--timeout", "10"],
                          capture_output=True, text=True)
    return done.returncode == 0


def lock(folder, requirements):
    """Let uv find one version of everything for each of SYSTEMS and each admitted Python; its error, or {name: {version, …}}."""
    where = [f"sys_platform == '{one}' and platform_machine == '{machine}'" for one, machine in SYSTEMS.values()]
    (folder / "pyproject.toml").write_text(
        f"[project]\nname = 'book'\nversion = '0'\nrequires-python = '{PROJECT['requires-python']}'\n"
        f"dependencies = {[str(r) for r in requirements]}\n[tool.uv]\nenvironments = {where}\nrequired-environments = {where}\n"
        f"constraint-dependencies = {[f'{name}=={version}' for name, version in constraints().items()]}\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "uv", "lock", "-q"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        return done.stderr
    found = {}
    for package in tomllib.loads((folder / "uv.lock").read_text(encoding="utf-8"))["package"]:
        found.setdefault(package["name"], set()).add(package.get("version"))
    return found


def test_every_system_and_python_finds_its_packages_and_each_is_pinned(tmp_path):
    """What only PyTorch's GPU build brings, PyTorch pins itself.  The marker that the first edition had must be refused."""
    if not index_is_there():
        pytest.skip("no package index can be reached from here")
    found = lock(tmp_path, wanted())
    assert isinstance(found, dict), found
    pins = constraints()
    assert len(found) > 150 and all(versions == {pins[name]} for name, versions in found.items() if name in pins)
    assert all(re.match("nvidia-|cuda-|triton$|book$", name) for name in found if name not in pins), set(found) - set(pins)
    for name in setup.GROUPS[2:]:                                      # each group by itself, beside those with which the book starts
        part = lock(tmp_path, wanted([*setup.FIRST, name]))
        assert isinstance(part, dict) and set(part) < set(found) and all(found[x] == versions for x, versions in part.items()), part
    old = [r for r in wanted() if not r.name.startswith("tensorflow")] + [Requirement('tensorflow-cpu==2.21.0; sys_platform != "darwin"')]
    said = lock(tmp_path, old)
    assert "tensorflow-cpu" in said and "aarch64" in said


# ---- what is imported is declared ---------------------------------------------------------------------------------

FOLDERS = [p.name for p in ROOT.iterdir() if p.name in ("attnlib", "experiments", "figures", "tests", "tools")]


def imported():
    """{top module: a file that imports it} of attnlib, the tools, the tests, the drawings and the notebooks."""
    found = {}
    for path in [ROOT / "conftest.py", *(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py"))]:
        modules_of(ast.parse(path.read_text(encoding="utf-8")), path, found)
    for path in book.chosen([]):
        for c in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if c["cell_type"] == "code":
                text = "\n".join(x for x in "".join(c["source"]).splitlines() if not x.startswith(("%", "!")))
                modules_of(ast.parse(text), path, found)
    return found


def modules_of(tree, path, found):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({a.name.split(".")[0]: path.name for a in node.names})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found[node.module.split(".")[0]] = path.name


def test_what_is_imported_is_declared():
    """Each import is of Python, of the book, or of a package that requirements/ names: none comes by luck of another."""
    own = {"conftest"} | {name for folder in FOLDERS for p in (ROOT / folder).rglob("*.py") for name in (p.stem, p.parent.name)}
    declared = {canonicalize_name(r.name) for r in wanted()} | {"tensorflow"}
    packages = importlib.metadata.packages_distributions()
    for module, where in imported().items():
        if module not in own and module not in sys.stdlib_module_names:
            homes = {canonicalize_name(name) for name in packages.get(module, [module])}
            assert homes & declared, f"{module} ({', '.join(homes)}), imported in {where}, is not in requirements/"


def test_the_library_alone_brings_numpy():
    assert [canonicalize_name(Requirement(x).name) for x in PROJECT["dependencies"]] == ["numpy"]


# ---- who is refused, and with which way out ------------------------------------------------------------------------

def test_an_unfitting_python_is_told_what_fits_and_how_to_get_it(monkeypatch):
    for version, told in [((3, 9), None), ((3, 10), None), ((3, 14), "TensorFlow has no build for it yet"), ((3, 15), "TensorFlow")]:
        monkeypatch.setattr(setup.sys, "version_info", version)
        said = setup.unfit_python()
        for word in ("Python 3.11, 3.12 or 3.13", "make lab PYTHON=python3.12", "conda env create", "uv venv", sys.executable):
            assert word in said
        assert ("TensorFlow" in said) == bool(told)
    monkeypatch.setattr(setup.sys, "version_info", (3, 12, 1))
    assert setup.unfit_python() is None


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8", "3.9", "3.10"])
def test_an_old_python_reads_the_tools_far_enough_to_be_told(version, tmp_path):
    """With the interpreter itself where one is installed: no syntax error, no traceback, no environment."""
    places = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), *filter(None, [shutil.which(f"python{version}")])]
    if not places:
        pytest.skip(f"no Python {version} here")
    copy = checkout(tmp_path)
    done = subprocess.run([str(places[0]), "tools/lab.py"], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed"), done.stderr
    assert not (copy / ".venv").exists()


def test_intel_macs_are_told_that_pytorch_has_left_them(monkeypatch):
    for system, machine in [("darwin", "x86_64"), *SYSTEMS.values()]:
        monkeypatch.setattr(setup.sys, "platform", system)
        monkeypatch.setattr(setup.platform, "machine", lambda machine=machine: machine)
        assert ("PyTorch has left Intel Macs" in (setup.unfit_computer() or "")) == ((system, machine) == ("darwin", "x86_64"))


def checkout(folder):
    """A fresh clone, as far as the set-up looks at it."""
    for name in ("tools", "attnlib", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


BARE = [sys._base_executable if hasattr(sys, "_base_executable") else sys.executable, "-I"]


def bare(folder, before="", asked=setup.GROUPS, **env):
    """Call tools/setup.py of a fresh clone with a Python that has no packages; `before` runs first, to set the scene."""
    code = f"import sys; sys.path.insert(0, {str(folder / 'tools')!r}); sys.argv = ['setup.py']; import setup\n{before}\n"
    code += f"print('Ready:', setup.python({asked}))"
    return subprocess.run([*BARE, "-c", code], cwd=folder, env={**os.environ, **env}, capture_output=True, text=True)


QUICK = "setup.small_torch = lambda: []\nsetup.install = lambda *a: print('PIP', *a[0]) or 0\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A fresh clone with an environment that holds Python and pip."""
    copy = checkout(tmp_path_factory.mktemp("model"))
    done = bare(copy, QUICK)
    assert done.returncode == 0 and "Making .venv (" in done.stdout, done.stdout + done.stderr
    return copy


@pytest.fixture
def made(model, tmp_path):
    """A copy of it, which is ready where it lies."""
    copy = Path(shutil.copytree(model, tmp_path / "made", symlinks=True))
    assert bare(copy, QUICK).returncode == 0
    return copy


@pytest.mark.parametrize("lost", ["sys.modules['ensurepip'] = None", "sys.modules['ensurepip'] = type(sys)('ensurepip')",
                                  "sys.modules['venv'] = type(sys)('venv')"])
def test_a_python_without_venv_is_told_which_package_to_install(tmp_path, lost):
    """Also where a folder without anything in it is left of the module."""
    done = bare(checkout(tmp_path), lost)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 1 and f"sudo apt install python{version}-venv" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_finished_environment_is_used_whatever_python_asks(made):
    """`make lab PYTHON=python3.12` once, and `make lab` ever after, although python3 is another."""
    done = bare(made, "sys.version_info = (3, 14, 0)\nsetup.make = lambda names: sys.exit('MADE')")
    assert done.returncode == 0 and ".venv" in done.stdout, done.stderr


# ---- what an interrupted set-up left -------------------------------------------------------------------------------

def test_an_environment_whose_set_up_was_interrupted_is_noticed(made):
    """At whichever moment: no pip yet, a part of pip, pip without its record, no Python any more; and a sound one is kept.

    Without pyvenv.cfg, which clearing a folder may take first, its Python is the base Python, pip and all.
    """
    venv = made / ".venv"
    (site,) = [*venv.glob("lib/python*/site-packages"), *venv.glob("Lib/site-packages")]
    python, pip = next(venv.glob("bin/python" if os.name != "nt" else "Scripts/python.exe")), next(site.glob("pip-*.dist-info"))
    sound = "print(setup.sound()); sys.exit()"
    assert bare(made, sound).stdout == "True\n"
    parts = [site / "pip" / "__main__.py", site / "pip" / "_vendor" / "urllib3", site / "pip"]
    for half in (pip, pip / "RECORD", *parts, python, venv / "pyvenv.cfg"):
        kept = half.with_name(f"{half.name}.kept")
        half.rename(kept)
        assert bare(made, sound).stdout == "False\n", half
        kept.rename(half)
    assert bare(made, sound).stdout == "True\n"


@pytest.mark.parametrize("left", ["no pip", "half of pip", "finished, but its Python is gone", "half cleared"])
def test_a_half_made_environment_is_made_anew_and_works(made, left):
    copy = made
    if left == "no pip":                                           # as Ctrl-C in the first seconds leaves it
        shutil.rmtree(copy / ".venv")
        subprocess.run([*BARE, "-m", "venv", "--without-pip", str(copy / ".venv")], check=True)
    elif left == "half of pip":
        (copy / ".venv" / "made-from.txt").unlink()
        shutil.rmtree(next((copy / ".venv").glob("[Ll]ib/**/site-packages/pip/_internal")))
    elif left == "half cleared":                                   # killed while an older one was taken away
        (copy / ".venv" / "made-from.txt").unlink()
        (copy / ".venv" / "pyvenv.cfg").unlink()
    else:
        for python in [*(copy / ".venv").glob("bin/python*"), *(copy / ".venv").glob("Scripts/python*")]:
            python.unlink()
    done = bare(copy, QUICK)
    assert done.returncode == 0 and "Making .venv anew" in done.stdout, done.stdout + done.stderr
    subprocess.run([str(copy / ".venv" / "bin" / "python") if os.name != "nt" else str(copy / ".venv" / "Scripts" / "python.exe"),
                    "-m", "pip", "--version"], check=True, stdout=subprocess.DEVNULL)
    assert bare(copy, "setup.make = lambda names: sys.exit('MADE AGAIN')").returncode == 0


def test_an_environment_that_is_taken_away_no_longer_counts_as_finished(made):
    """Else what is left of it, if that is interrupted, would be used."""
    shutil.rmtree(next((made / ".venv").glob("[Ll]ib/**/site-packages/pip/_internal")))
    with open(made / "constraints.txt", "a") as file:
        file.write("one-more==1.0\n")
    done = bare(made, "import venv\nvenv.create = lambda *args, **more: sys.exit('KILLED')")
    assert "KILLED" in done.stderr and not (made / ".venv" / "made-from.txt").exists()


def test_other_pins_or_another_place_bring_the_environment_up_to_date(made, tmp_path):
    copy = made
    again = "setup.make = lambda names: sys.exit('MADE AGAIN')"
    assert bare(copy, again).returncode == 0
    copy.rename(tmp_path / "two")
    assert "MADE AGAIN" in bare(tmp_path / "two", again).stderr                # its attnlib lies where the folder was
    (tmp_path / "two").rename(copy)
    assert bare(copy, again).returncode == 0
    with open(copy / "constraints.txt", "a") as file:
        file.write("one-more==1.0\n")
    assert "MADE AGAIN" in bare(copy, again).stderr


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent to a process group")
@pytest.mark.parametrize("moment", ["Making", "STANDS"])
def test_ctrl_c_during_the_set_up_ends_in_a_sentence(tmp_path, moment):
    """While .venv is made, and while pip works (a program that stands in for it); the next call goes on."""
    copy = checkout(tmp_path)
    code = (f"import sys; sys.path.insert(0, {str(copy / 'tools')!r}); import setup; setup.small_torch = lambda: []\n"
            "real, pip = setup.subprocess.Popen, [sys.executable, '-c', 'import time; print(\"STANDS\", flush=True); time.sleep(60)']\n"
            "setup.subprocess.Popen = lambda command, **more: real(pip if 'install' in command else command, **more)\n"
            "setup.python()")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*BARE, "-c", code], cwd=copy, **pipes, start_new_session=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # ignored if tests run in the background
    for line in process.stdout:
        if moment in line:
            break
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    lines = [x for x in said.splitlines() if x]
    assert process.returncode == 130 and lines[-1] == "Stopped. Calling it again goes on from there.", said
    assert 'File "' not in said.replace('File "<string>"', "") or moment == "STANDS", said       # the stand-in's own, at most
    done = bare(copy, QUICK)
    assert done.returncode == 0 and ("anew" in done.stdout) == (moment == "Making"), done.stdout + done.stderr


def test_what_goes_wrong_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(setup, "build", lambda names: (_ for _ in ()).throw(OSError(28, os.strerror(28), "x")))
    with pytest.raises(SystemExit, match="No space left on device"):
        setup.make(setup.GROUPS)
    monkeypatch.setattr(setup, "build", lambda names: (_ for _ in ()).throw(subprocess.CalledProcessError(1, ["ensurepip"])))
    with pytest.raises(SystemExit, match=r"ensurepip.*status 1\. Calling"):
        setup.make(setup.GROUPS)


# ---- groups --------------------------------------------------------------------------------------------------------

def pip(done):
    """What pip was called with, beside the constraints, in each call."""
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.removeprefix("PIP -c constraints.txt ").split() for line in done.stdout.splitlines() if line.startswith("PIP ")]


def files(*names):
    return [part for name in names for part in ("-r", f"requirements/{name}.txt")]


def test_the_groups_together_are_what_requirements_txt_says():
    lines = [line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert " ".join(lines) == " ".join(setup.arguments(setup.GROUPS))
    assert sorted(path.stem for path in groups.FOLDER.iterdir()) == sorted(setup.GROUPS)
    names = [canonicalize_name(r.name) for name in setup.GROUPS for r in wanted([name])]
    assert len(set(names)) == len(names), "a package belongs to one group"
    assert list(setup.COSTS) == setup.GROUPS == [*setup.FIRST, *setup.GROUPS[2:]]


def test_a_group_is_added_alone_and_stays(made):
    shutil.rmtree(made / ".venv")
    first = bare(made, QUICK, setup.FIRST)
    assert pip(first) == [["-e", ".", *files("base", "torch")]]
    assert f"Setting up the book in .venv: {setup.cost(setup.FIRST)}" in first.stdout
    assert (made / ".venv" / "etc" / "ipython" / "ipython_kernel_config.py").exists()
    assert pip(bare(made, QUICK, setup.FIRST)) == []
    more = bare(made, QUICK, ["tensorflow"])
    assert pip(more) == [files("tensorflow")] and f"Adding tensorflow to .venv: {setup.cost(['tensorflow'])}." in more.stdout
    for asked in (setup.FIRST, ["tensorflow"], ["torch", "base"]):
        assert pip(bare(made, QUICK, asked)) == []
    with open(made / "requirements" / "tensorflow.txt", "a") as file:
        file.write("one-more==1.0\n")
    assert pip(bare(made, QUICK, setup.FIRST)) == [files("tensorflow")]           # added once, it is kept up to date
    with open(made / "requirements" / "language.txt", "a") as file:
        file.write("one-more==1.0\n")
    assert pip(bare(made, QUICK, setup.FIRST)) == []                              # of no concern to who has not got it
    with open(made / "constraints.txt", "a") as file:
        file.write("one-more==1.0\n")
    assert pip(bare(made, QUICK, setup.FIRST)) == [["-e", ".", *files("base", "torch", "tensorflow")]]
    assert pip(bare(made, QUICK)) == [files("language", "senses", "challenges", "site", "dev")]                   # make test
    assert pip(bare(made, QUICK)) == []


def test_a_group_whose_adding_stopped_leaves_the_rest_ready_and_is_added_by_the_next_call(made):
    shutil.rmtree(made / ".venv")
    assert bare(made, QUICK, setup.FIRST).returncode == 0
    for stop in ("return 1", "raise KeyboardInterrupt"):
        done = bare(made, f"def stop(*a):\n    {stop}\nsetup.install = stop", ["language"])
        assert done.returncode in (1, 130) and "Calling it again goes on from there." in done.stderr and "Traceback" not in done.stderr
        assert pip(bare(made, QUICK, setup.FIRST)) == []
    assert pip(bare(made, QUICK, ["language"])) == [files("language")]


def test_an_environment_that_is_made_anew_gets_the_groups_that_it_had(made):
    for python in [*(made / ".venv").glob("bin/python*"), *(made / ".venv").glob("Scripts/python*")]:
        python.unlink()
    done = bare(made, QUICK, setup.FIRST)
    assert "Making .venv anew" in done.stdout and pip(done) == [["-e", ".", *files(*setup.GROUPS)]]


def test_an_environment_from_before_there_were_groups_is_the_whole(made):
    (made / ".venv" / "made-from.txt").write_text("0" * 64)
    assert pip(bare(made, QUICK, setup.FIRST)) == [["-e", ".", *files(*setup.GROUPS)]]
    for broken in ("", "\n", "base\ntorch\n"):
        (made / ".venv" / "made-from.txt").write_text(broken)
        assert pip(bare(made, QUICK, setup.FIRST)) == [["-e", ".", *files(*setup.FIRST)]]


@pytest.mark.parametrize("given, added", [([], "tensorflow, language, senses, challenges, site, dev"), (["dev", "torch"], "dev")])
def test_the_command_takes_the_names_of_groups(made, given, added):
    """With pip itself, which has no index here and finds nothing: what stops the set-up is a sentence."""
    shutil.rmtree(made / ".venv")
    assert bare(made, QUICK, setup.FIRST).returncode == 0
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run([BARE[0], "-E", "tools/setup.py", *given], cwd=made, capture_output=True, text=True,
                          env={**env, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull})
    assert f"Adding {added} to .venv: about " in done.stdout, done.stdout
    assert done.returncode == 1 and "ERROR: " in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.endswith("The set-up stopped before its end; what went wrong stands above. Calling it again goes on from there.\n")


def test_a_group_that_does_not_exist_is_named():
    done = subprocess.run([BARE[0], "-E", "tools/setup.py", "tensorflo", "language"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"no group of packages is called tensorflo; there are {', '.join(setup.GROUPS)}\n"


def test_what_groups_cost_is_their_sum(monkeypatch):
    monkeypatch.setattr(setup, "COSTS", {"a": (101, 400, 9, 20), "b": (203, 850, 9, 40), "c": (3, 60, 9, 55)})
    assert setup.cost(["a", "b"]) == "about 300 MB to download and 1.2 GB on disk; 1 minute and the time of the download"
    assert setup.cost(["a", "b", "c"]) == "about 310 MB to download and 1.3 GB on disk; 2 minutes and the time of the download"


def test_lab_starts_with_the_first_groups_and_make_passes_the_names_on(monkeypatch):
    import lab
    asked = []
    monkeypatch.setattr(setup, "python", lambda names=None: asked.append(names) or sys.executable)
    monkeypatch.setattr(lab, "update", lambda *a: [])
    monkeypatch.setattr(book, "run", lambda *a, **more: 0)
    lab.main([])
    assert asked == [setup.FIRST]
    if shutil.which("make"):
        said = subprocess.run(["make", "-n", "setup", "GROUPS=tensorflow language"], cwd=ROOT, capture_output=True, text=True).stdout
        assert any(line.endswith("tools/setup.py tensorflow language") for line in said.splitlines()), said


# ---- PyTorch's two builds ------------------------------------------------------------------------------------------

@pytest.fixture
def asked(monkeypatch):
    """What pip was asked; `answers` says which builds it knows without and with PyTorch's own index."""
    calls, answers = [], []

    def run(command, **more):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=f"Available versions: {answers[len(calls) - 1]}".encode())
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setattr(setup.subprocess, "run", run)
    monkeypatch.setattr(setup.sys, "stdin", open(os.devnull))
    return calls, answers


def test_pip_itself_says_where_the_small_build_is(asked):
    calls, answers = asked
    version = setup.pins(facts={"sys_platform": "linux", "platform_machine": "x86_64"})["torch"]
    answers += [f"9.0, {version}+cpu, {version}"]
    assert setup.small_torch() == [] and len(calls) == 1               # in a folder or mirror of one's own
    calls.clear()
    answers[:] = [f"9.0, {version}", f"9.0+cpu, {version}+cpu"]
    options = setup.small_torch()
    assert options[0] == "--extra-index-url" and options[1].endswith("/whl/cpu") and calls[1][-2:] == options


def test_the_large_build_says_what_it_costs_before_it_starts(asked, capsys, monkeypatch):
    calls, answers = asked
    version = setup.pins()["torch"]
    answers += [version, f"{version}0+cpu"]
    assert setup.small_torch() == []                                   # nobody to ask: it is told, and goes on
    said = capsys.readouterr().out
    assert "2.5 GB more to download and 3.6 GB more on disk" in said and "Ctrl-C" in said and "HTTPS_PROXY" in said
    monkeypatch.setattr(setup.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    for answer, stops in [("", True), ("n", True), ("y", False), ("Yes", False)]:
        calls.clear()
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        if stops:
            with pytest.raises(SystemExit, match="Stopped before the download"):
                setup.small_torch()
        else:
            assert setup.small_torch() == []


def test_other_systems_are_not_asked(asked, monkeypatch):
    monkeypatch.setattr(setup.sys, "platform", "darwin")
    assert setup.small_torch() == [] and asked[0] == []


# ---- signs of life -------------------------------------------------------------------------------------------------

def test_a_long_silent_installation_says_how_far_it_is(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(book, "VENV", tmp_path)
    monkeypatch.setattr(setup, "PYTHON", sys.executable)
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    (site / "pip-1.dist-info").mkdir(parents=True)
    work = f"import os, time; time.sleep(0.5); os.mkdir({str(site / 'a-1.dist-info')!r}); time.sleep(0.5)"
    real, times = subprocess.Popen, []

    class Fast(real):
        def __init__(self, command, **more):
            super().__init__([sys.executable, "-c", work], **more)

        def wait(self, timeout=None):
            times.append(timeout)
            return super().wait(timeout and timeout / 20)
    monkeypatch.setattr(setup.subprocess, "Popen", Fast)
    assert setup.install([], 117) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines and all(re.fullmatch(r"  2 of about 117 packages are in place after \d+ s", line) for line in lines)
    assert len(lines) < len(times) and max(filter(None, times)) <= 10     # silent while pip still speaks itself; then at least each 10 s
