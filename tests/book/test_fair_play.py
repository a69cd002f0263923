"""The one loop behind all tables: the test split is looked at with the chosen rate alone, and a crash costs one run."""
import re
import runpy

import common
import fair_play
import pytest

SCRIPT = '''"""A script."""
import common

CALLS = []


@common.kept
def row(split, rate, seed):
    CALLS.append((split, rate, seed))
    if rate == 0.03 and FAIL:
        raise RuntimeError("the power fails")
    return {"split": split, "rate": rate, "seed": seed, "right": 1 - abs(rate - 0.01), "words": ["a", "b"]}
'''


def test_the_test_split_is_looked_at_with_the_chosen_rate_alone():
    looked = []

    def run(split, rate, seed):
        looked.append((split, rate, seed))
        return {"rate": rate, "right": {0.1: 0.4, 0.2: 0.7, 0.3: 0.6}[rate] + seed / 100}
    tried, tested = fair_play.sweep(run, (0.1, 0.2, 0.3), lambda rows: sum(r["right"] for r in rows), (0, 1, 2), (7, 8))
    assert looked == [*(("valid", rate, seed) for rate in (0.1, 0.2, 0.3) for seed in (7, 8)), *(("test", 0.2, seed) for seed in (0, 1, 2))]
    assert {rate: len(rows) for rate, rows in tried.items()} == {0.1: 2, 0.2: 2, 0.3: 2} and [r["rate"] for r in tested] == [0.2] * 3


def test_of_equal_rates_the_first_is_chosen():
    assert fair_play.chosen({0.1: [1], 0.2: [1], 0.3: [0]}, sum) == 0.1


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Load the script anew, as a new process would; its tables lie in a folder of their own."""
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path)
    (tmp_path / "data" / "99_trial").mkdir(parents=True)
    path = tmp_path / "99_trial.py"

    def load(text=SCRIPT, fail=False, code="as it stands"):
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr("made_from.reached", lambda name: {"row": code, "name": name})
        return runpy.run_path(path, {"FAIL": fail})
    load.table = tmp_path / "data" / "99_trial" / "runs.csv"
    return load


def rows_of(space):
    return [space["row"]("valid", rate, 0) for rate in (0.01, 0.02, 0.03)]


def test_a_crash_costs_one_run(script):
    first = script(fail=True)
    with pytest.raises(RuntimeError, match="power"):
        rows_of(first)
    again = script()
    rows = rows_of(again)
    assert again["CALLS"] == [("valid", 0.03, 0)], "what was run before the crash is not run again"
    assert [r["right"] for r in rows] == [1 - abs(rate - 0.01) for rate in (0.01, 0.02, 0.03)], "to the last bit"
    assert rows[0]["words"] == ["a", "b"]


@pytest.mark.parametrize("cut", range(1, 200, 9))
def test_a_crash_while_a_row_is_written_costs_that_row(script, cut):
    rows_of(script())
    kept = script.table.with_name(common.UNFINISHED)
    kept.write_text(kept.read_text(encoding="utf-8")[:-cut], encoding="utf-8")
    again = script()
    rows = rows_of(again)
    assert [r["rate"] for r in rows] == [0.01, 0.02, 0.03] and 1 <= len(again["CALLS"]) <= 2
    third = script()
    rows_of(third)
    assert not third["CALLS"], "what was run after the crash is kept"


def test_a_result_of_other_code_is_not_taken(script):
    rows_of(script())
    changed = script(code="changed")
    rows_of(changed)
    assert len(changed["CALLS"]) == 3


def test_once_the_table_is_written_a_call_runs_everything(script):
    rows = rows_of(script())
    common.write_table(script.table, [{"rate": r["rate"]} for r in rows])
    again = script()
    rows_of(again)
    assert len(again["CALLS"]) == 3 and script.table.exists()


SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(common.NOTEBOOKS.parent.glob("experiments/[0-9][0-9]_*.py"))}
MEASURE = {"71_cost"}                                       # they count and time, and train nothing
BROKEN = {"82_bug_zoo"}                                     # broken beside correct at the correct one's rate: nobody competes
TRAIN = [name for name, text in SCRIPTS.items() if re.search(r"\b(torch|taught)\b", text) and "_make_" not in name and name not in MEASURE]


def test_what_trains_is_known():
    assert len(TRAIN) >= 15 and all("_make_" in name or name == "61_recordings" for name in set(SCRIPTS) - set(TRAIN) - MEASURE)


@pytest.mark.parametrize("name", sorted(MEASURE))
def test_a_script_that_measures_trains_nothing_and_keeps_its_runs(name):
    assert "@common.kept" in SCRIPTS[name] and not re.search(r"\bfit\b|optim|sweep|learning", SCRIPTS[name])


@pytest.mark.parametrize("name", TRAIN)
def test_every_script_that_trains_keeps_its_runs(name):
    text = SCRIPTS[name]
    assert "@common.kept" in text and ("fair_play." in text or name in BROKEN)
