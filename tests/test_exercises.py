"""Each solution passes, each mistake gets its own hint and no other, each stub is "not attempted yet"."""
import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

from attnlib import check

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
for path in sorted(check.FOLDER.glob("*.py")):
    check.read(path)
NAMES = sorted(check.BANK, key=lambda name: [int(part) for part in name.split(".")])
FUNCTIONS = [name for name in NAMES if "draw" in check.BANK[name]]
PAIRS = [(name, i) for name in NAMES for i in range(len(check.BANK[name]["mistakes"]))]


def slug(name):
    return next(path.stem for path in check.FOLDER.glob(f"{name.split('.')[0]}_*.py"))


def stub(*arguments):
    raise NotImplementedError


@pytest.fixture(autouse=True)
def own_ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path))


def ids(names):
    return [f"{slug(n[0])}-{n[0]}-{n[1]}" if isinstance(n, tuple) else f"{slug(n)}-{n}" for n in names]


@pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))
def test_solution_passes(name):
    assert check.verdict(name, check.find(name)["answer"]).startswith("right")


@pytest.mark.parametrize("name, i", PAIRS, ids=ids(PAIRS))
def test_mistake_gets_its_own_hint_and_no_other(name, i):
    exercise = check.find(name)
    wrong, hint = exercise["mistakes"][i]
    assert check.verdict(name, wrong) == f"not yet. {hint}"
    assert [h for _, h in exercise["mistakes"]].count(hint) == 1


@pytest.mark.parametrize("name", FUNCTIONS, ids=ids(FUNCTIONS))
def test_mistakes_behave_like_no_other(name):
    exercise = check.find(name)
    inputs = check.tries(exercise)
    results = [[check.outcome(f, a) for a in inputs] for f in [exercise["answer"], *(f for f, _ in exercise["mistakes"])]]
    for i, mine in enumerate(results):
        for other in results[:i]:
            assert not all(map(check.same, mine, other))


@pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))
def test_stub_is_not_attempted_yet(name):
    assert check.verdict(name, stub if name in FUNCTIONS else None) == "not attempted yet"
    assert check.verdict(name, ...) == "not attempted yet"


@pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))
def test_exercise_is_asked_once_and_left_open(name):
    path = Path(__file__).parents[1] / "notebooks" / f"{slug(name)}.ipynb"
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    outputs = ["".join(o.get("text", "")) for c in cells if f'check("{name}"' in "".join(c["source"]) for o in c["outputs"]]
    assert outputs.count(f"{name}: not attempted yet\n") == 1
    prose = "".join("".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "markdown")
    assert f"**{name} " in prose


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_has_four_exercises_of_the_three_kinds(path):
    number = path.stem.split("_")[0]
    prose = "".join("".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "markdown")
    names = [name for name in NAMES if name.startswith(f"{number}.")]
    assert len(names) >= 4
    assert prose.index("Predict before you run") < prose.index(f"**{names[1]} ")
    for kind in ("Write", "Find the bug"):
        assert any(f"**{name} {kind}" in prose for name in names), f"an exercise \"{kind}\" was wanted"


PLANNED = {line[0] for line in (Path(__file__).parent / "planned.txt").read_text(encoding="utf-8").splitlines() if line[:1].isdigit()}


@pytest.mark.parametrize("part", sorted({p.name[0] for p in NOTEBOOKS} - PLANNED))
def test_a_finished_part_ends_with_a_capstone_that_joins_three_of_its_chapters(part):
    ours = [p for p in NOTEBOOKS if p.name.startswith(part)]
    cells = json.loads(ours[-1].read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    joins, = re.findall(r"^\*\*\d\d\.\d+ Capstone\*\* \(\d+ min, joins ([^)]*)\)", prose, re.M)
    chapters = set(re.findall(r"\b\d\d\b", joins))
    assert len(chapters) >= 3 and chapters <= {p.name[:2] for p in ours}


@pytest.mark.parametrize("path", sorted(check.FOLDER.glob("*.py")), ids=lambda p: p.stem)
def test_an_exercise_costs_at_most_sixty_lines(path):
    lines = [x for x in path.read_text(encoding="utf-8").splitlines() if x.strip()]
    assert len(lines) <= 60 * sum(name.startswith(f"{path.stem.split('_')[0]}.") for name in NAMES)


def test_unknown_error_shows_the_smallest_input():
    said = check.verdict("12.5", lambda s: s[..., 0])
    assert "smallest input" in said and "expected" in said and said.count("\n") == 3


def test_errors_and_changed_arguments_are_reported():
    def greedy(scores):
        scores[:] = 0
        return scores
    assert "changed its argument" in check.verdict("12.5", greedy)
    assert "ZeroDivisionError" in check.verdict("12.5", lambda s: 1 / 0)
    assert check.verdict("12.5", lambda s: "text").startswith("not yet")
    assert check.verdict("12.2", lambda s, t: check.find("12.2")["answer"](s, t).tolist()).startswith("not yet. The numbers are right")
    assert "smallest input" in check.verdict("12.5", lambda s: [[1.0], [1.0, 2.0]])
    assert check.verdict("12.5", 3.0) == "not yet. A function was wanted, a float came"


@pytest.mark.parametrize("text", ["3/10", "0.3", 0.3, " 3/10 "])
def test_numbers_may_be_fractions(text):
    assert check.verdict("12.1", text) == "right"


def test_whole_numbers_are_exact_and_others_are_not(monkeypatch):
    monkeypatch.setitem(check.BANK, "0.1", {"answer": 1024, "why": "", "mistakes": []})
    assert check.verdict("0.1", 1024.0) == check.verdict("0.1", "1024") == "right"
    assert check.verdict("0.1", 1025) == "not yet"
    assert check.verdict("12.1", 0.3001) == "right" and check.verdict("12.1", 0.31) == "not yet"


def test_nonsense_is_not_yet():
    assert check.verdict("12.1", 17) == check.verdict("12.4", "z") == "not yet"
    assert check.verdict("12.4", " (A) ") == "right"
    for nonsense in ("many", "1/0", "sqrt(64)", [1]):
        assert check.verdict("12.1", nonsense).startswith("not yet. A number such as")


def test_unknown_names_say_what_was_wanted():
    with pytest.raises(ValueError, match="a name such as"):
        check.check("99.9", 1)
    with pytest.raises(ValueError, match="a number such as"):
        check.progress("99")


def test_solution_prints(capsys):
    for name in NAMES:
        check.solution(name)
        said = capsys.readouterr().out
        assert len(said) > 20
        if name in FUNCTIONS:
            assert inspect.getdoc(check.find(name)["answer"]).split("\n")[0] in said


def test_progress_is_kept_and_never_undone(tmp_path, capsys):
    check.check("12.1", 1 / 2)
    check.check("12.1", "3/10")
    check.check("12.1", 1 / 2)
    check.check("12.2", ...)
    check.progress("12")
    said = capsys.readouterr().out
    assert "12.1   right, 3 tries" in said and "12.2   not attempted yet" in said and "1 of" in said
    assert json.loads((tmp_path / "progress.json").read_text()) == {"12.1": {"tries": 3, "right": True}}
    assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_a_crash_while_writing_leaves_the_old_table(tmp_path, monkeypatch):
    check.check("12.1", "3/10")
    before = (tmp_path / "progress.json").read_text()
    monkeypatch.setattr(check.os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        check.check("12.1", "3/10")
    assert (tmp_path / "progress.json").read_text() == before


def test_an_unreadable_table_is_set_aside_not_lost(tmp_path, capsys):
    (tmp_path / "progress.json").write_text("{half")
    check.check("12.1", "3/10")
    assert (tmp_path / "progress.unreadable.json").read_text() == "{half"
    assert "progress.unreadable.json" in capsys.readouterr().out
    assert json.loads((tmp_path / "progress.json").read_text())["12.1"]["right"]


def test_same_knows_tuples_shapes_and_nan():
    a = np.array([1.0, np.nan])
    assert check.same((a, 1), (a.copy(), 1)) and not check.same((a, 1), (a, 2)) and not check.same(a, a[:, None])
    assert not check.same((a,), a) and not check.same(None, 0.0)
