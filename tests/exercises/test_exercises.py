"""Each solution passes, each mistake gets its own hint and no other, each stub is "not attempted yet"."""
import json
import re
from pathlib import Path

import pytest
import registry

from attnlib import answers, check

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
for path in sorted(check.FOLDER.glob("*.py")):
    check.read(path)
NAMES = sorted(check.BANK, key=lambda name: [int(part) for part in name.split(".")])
FUNCTIONS = [name for name in NAMES if "draw" in check.BANK[name]]
LETTERS = [name for name in NAMES if isinstance(check.BANK[name]["answer"], str)]
NUMBERS = [name for name in NAMES if name not in FUNCTIONS + LETTERS]
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
    inputs, right = check.cases(exercise)
    results = [right, *([check.outcome(f, a) for a in inputs] for f, _ in exercise["mistakes"])]
    for i, mine in enumerate(results):
        for other in results[:i]:
            assert not all(map(check.same, mine, other))


@pytest.mark.parametrize("name", NUMBERS, ids=ids(NUMBERS))
def test_a_number_has_a_first_step_that_gives_nothing_away(name):
    exercise = check.find(name)
    assert len(exercise["first"]) > 20 and exercise["first"][-1] in ".?"
    for said in re.findall(r"(?<![\w.])-?\d+(?:[./]\d+)?", exercise["first"]):
        assert abs(answers.read_number(said) - exercise["answer"]) > 1e-3, said


@pytest.mark.parametrize("name", LETTERS, ids=ids(LETTERS))
def test_each_wrong_letter_has_its_hint(name):
    exercise = check.find(name)
    assert sorted([exercise["answer"], *dict(exercise["mistakes"])]) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))
def test_stub_is_not_attempted_yet(name):
    assert check.verdict(name, stub if name in FUNCTIONS else None) == "not attempted yet"
    assert check.verdict(name, ...) == "not attempted yet"


@pytest.mark.parametrize("name", NAMES, ids=ids(NAMES))
def test_exercise_is_asked_once_and_left_open(name):
    path = Path(__file__).parents[2] / "notebooks" / f"{slug(name)}.ipynb"
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


@pytest.mark.parametrize("part", sorted({name[0] for name in registry.THERE}))
def test_a_finished_part_ends_with_a_capstone_that_joins_three_of_its_chapters_or_all_that_one_has_read(part):
    ours = [p for p in NOTEBOOKS if p.name.startswith(part)]
    cells = json.loads(ours[-1].read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    joins, = re.findall(r"^\*\*\d\d\.\d+ Capstone\*\* \(\d+ min, joins ([^)]*)\)", prose, re.M)
    chapters = set(re.findall(r"\b\d\d\b", joins))
    read = [name for name in {ours[-1].stem} | registry.known(ours[-1].stem) if name.startswith(part)]
    assert len(chapters) >= min(3, len(read)) and chapters <= {p.name[:2] for p in ours}


@pytest.mark.parametrize("path", sorted(check.FOLDER.glob("*.py")), ids=lambda p: p.stem)
def test_an_exercise_costs_at_most_sixty_lines(path):
    lines = [x for x in path.read_text(encoding="utf-8").splitlines() if x.strip()]
    assert len(lines) <= 60 * sum(name.startswith(f"{path.stem.split('_')[0]}.") for name in NAMES)
