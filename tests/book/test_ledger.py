"""The ledger of the applications."""
import csv
import importlib
import json

import ledger
import numpy as np
import pytest

ROW = {name: "" for name in ledger.COLUMNS if name not in ("chapter", "verdict", "note")} | {"difference_low": 0.1, "difference_high": 0.2}


def prose(chapter):
    """What a chapter says outside its code, as one line, without the stars of emphasis."""
    cells = json.loads((ledger.FILES.parent / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    return " ".join("".join("".join(c["source"]) + " " for c in cells if c["cell_type"] == "markdown").replace("*", "").split())


def test_each_application_has_its_row_and_each_row_its_verdict():
    chapters = {path.stem for path in ledger.FILES.parent.glob("*.ipynb") if path.stem[0] in "456"}
    assert {row["chapter"] for row in ledger.rows()} == chapters
    for row in ledger.rows():
        assert all(row[name] for name in ledger.COLUMNS if name != "note" and not name.startswith("map_")), row
        low, high = float(row["difference_low"]), float(row["difference_high"])
        assert row["verdict"] == ("void" if row["verdict"] == "void" else ledger.verdict(low, high))
        gain = float(row["attention_score"]) - float(row["baseline_score"])
        assert low - 0.002 <= gain <= high + 0.002, row
        assert row["baseline"] != row["attention"] and row["baseline"] not in ("attention", "baseline", "tie", "void"), row


def test_a_note_is_in_the_words_of_its_chapter_and_a_void_verdict_has_one():
    noted = [row for row in ledger.rows() if row["note"]]
    for row in noted:
        assert row["note"] in prose(row["chapter"]), f"{row['chapter']} no longer says: {row['note']}"
    assert all(row["note"] for row in ledger.rows() if row["verdict"] == "void")
    assert {row["chapter"][:2] for row in noted} >= {"41", "43", "44"}


def test_comparisons_that_43_calls_unfair_are_void():
    void = {(row["task"], row["attention"], row["baseline"]) for row in ledger.rows() if row["verdict"] == "void"}
    assert void == {
        ("pick, order unknown", "trained, attention, no places", "trained, each alone, no places"),
        ("write a line", "pointer + coverage", "no attention"),
        ("write a line", "pointer + coverage", "attention, no pointer"),
        ("write a line, five times the steps", "pointer + coverage, long", "no attention, long"),
        ("write a line, five times the steps", "pointer + coverage, long", "attention, no pointer, long")}


def test_43s_rows_are_those_of_its_script():
    pytest.importorskip("torch")
    summarization = importlib.import_module("43_summarization")
    shipped = [row for row in ledger.rows() if row["chapter"] == "43_summarization"]
    assert len(shipped) == len(summarization.COMPARED)
    for row, (task, texts, baseline, attention, (map_measure, _), note, void) in zip(shipped, summarization.COMPARED):
        assert (row["task"], row["data"], row["attention"], row["map_measure"]) == (task, summarization.DATA[texts], attention, map_measure)
        assert row["baseline"] == summarization.LEDGER_NAMES.get(baseline, baseline)
        assert (row["note"], row["verdict"] == "void") == (note, void)


def test_seconds_are_those_of_one_training():
    """Not of a whole grid, nor of both sides: a column of the ledger means one thing in all chapters.  44's search trains nothing."""
    runs = {}
    for chapter in {row["chapter"] for row in ledger.rows()}:
        with open(ledger.FILES / chapter / "runs.csv", newline="", encoding="utf-8") as file:
            runs[chapter] = list(csv.DictReader(file))
    longest = {chapter: max(float(r["cpu_seconds"] or 0) for r in rows) for chapter, rows in runs.items() if "cpu_seconds" in rows[0]}
    longest["44_question_answering"] = max(float(r["value"]) for r in runs["44_question_answering"] if r["measure"] == "cpu_seconds")
    for row in ledger.rows():
        assert float(row["cpu_seconds"]) <= longest[row["chapter"]] or row["task"].startswith("find the passage that answers"), row
    of_42 = [float(r["cpu_seconds"]) for r in runs["42_sentiment"] if (r["task"], r["arm"]) == ("aspect", "state attention") and r["test"]]
    (asked,) = [row for row in ledger.rows() if row["task"] == "sentiment of the thing asked about"]
    assert float(asked["cpu_seconds"]) == pytest.approx(np.mean(of_42), abs=0.06)


def test_the_ledger_holds_the_comparisons_of_all_chapters():
    with open(ledger.FILES / "results.csv", newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == ledger.rows()


def test_a_chapter_replaces_its_own_rows_only(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "FILES", tmp_path)
    ledger.record("42_b", [ROW])
    ledger.record("41_a", [ROW, ROW | {"difference_low": -0.1}])
    ledger.record("42_b", [ROW | {"difference_high": -0.05, "difference_low": -0.5}])
    assert [(row["chapter"], row["verdict"]) for row in ledger.rows()] == [("41_a", "attention"), ("41_a", "tie"), ("42_b", "baseline")]
    before = (tmp_path / "results.csv").read_bytes()
    short = {name: value for name, value in ROW.items() if name != "task"}
    for bad in (ROW | {"other": 1}, ROW | {"difference_low": 0.3}, ROW | {"difference_low": float("nan")}, short, ROW | {"void": True},
                ROW | {"void": True, "difference_low": 0.3, "note": "unfair"}, ROW | {"verdict": "tie"}):
        with pytest.raises(ValueError, match="expected"):
            ledger.record("42_b", [bad])
    assert (tmp_path / "results.csv").read_bytes() == before


def test_a_note_is_kept_and_a_void_row_keeps_its_interval(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "FILES", tmp_path)
    new = [ROW | {"note": "seen before"}, ROW | {"note": "unfair", "void": True}, ROW | {"void": False}]
    given = [dict(row) for row in new]
    ledger.record("42_b", new)
    assert new == given, "what was handed over is not changed"
    found = ledger.rows()
    assert [(row["verdict"], row["note"]) for row in found] == [("attention", "seen before"), ("void", "unfair"), ("attention", "")]
    assert [(row["difference_low"], row["difference_high"]) for row in found] == [("0.100", "0.200")] * 3
    before = (tmp_path / "results.csv").read_bytes()
    ledger.record("42_b", [ledger.as_recorded(row) for row in found])
    assert (tmp_path / "results.csv").read_bytes() == before


@pytest.mark.parametrize("low, high, wanted", [(0.1, 0.2, "attention"), (-0.2, -0.1, "baseline"), (-0.1, 0.1, "tie"), (0.0, 0.1, "tie"),
                                               (-0.1, 0.0, "tie"), (0.0, 0.0, "tie"), (0.1, 0.1, "attention")])
def test_an_interval_that_touches_zero_is_a_tie(low, high, wanted):
    assert ledger.verdict(low, high) == wanted


def test_the_interval_covers_the_mean_95_times_in_100():
    rng = np.random.default_rng(0)
    hits = [low <= 0.3 <= high for low, high in (ledger.over_seeds(list(rng.normal(0.3, 1, 4))) for _ in range(2000))]
    assert 0.93 < np.mean(hits) < 0.97
    with pytest.raises(ValueError, match="3 seeds"):
        ledger.over_seeds([0.1, 0.2])


def test_three_seeds_are_enough_for_an_interval():
    """4.3027 is the quantile of Student's t with two degrees of freedom."""
    np.testing.assert_allclose(ledger.over_seeds([0.0, 1.0, 2.0]), (1 - 4.3027 / 3 ** 0.5, 1 + 4.3027 / 3 ** 0.5), atol=1e-4)
