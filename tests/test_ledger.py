"""The ledger of the applications."""
import ledger
import numpy as np
import pytest

ROW = {name: "" for name in ledger.COLUMNS if name not in ("chapter", "verdict")} | {"difference_low": 0.1, "difference_high": 0.2}


def test_each_application_has_its_row_and_each_row_its_verdict():
    chapters = {path.stem for path in ledger.FILES.parent.glob("*.ipynb") if path.stem[0] in "456"}
    assert {row["chapter"] for row in ledger.rows()} == chapters
    for row in ledger.rows():
        assert all(row[name] for name in ledger.COLUMNS if not name.startswith("map_")), row
        low, high = float(row["difference_low"]), float(row["difference_high"])
        assert row["verdict"] == ledger.verdict(low, high)
        gain = float(row["attention_score"]) - float(row["baseline_score"])
        assert low - 0.002 <= gain <= high + 0.002, row


def test_a_chapter_replaces_its_own_rows_only(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "PATH", tmp_path / "results.csv")
    ledger.record("42_b", [ROW])
    ledger.record("41_a", [ROW, ROW | {"difference_low": -0.1}])
    ledger.record("42_b", [ROW | {"difference_high": -0.05, "difference_low": -0.5}])
    assert [(row["chapter"], row["verdict"]) for row in ledger.rows()] == [("41_a", "attention"), ("41_a", "tie"), ("42_b", "baseline")]
    before = ledger.PATH.read_bytes()
    for bad in (ROW | {"other": 1}, ROW | {"difference_low": 0.3}, ROW | {"difference_low": float("nan")}):
        with pytest.raises(ValueError, match="wanted"):
            ledger.record("42_b", [bad])
    assert ledger.PATH.read_bytes() == before


def test_the_interval_covers_the_mean_95_times_in_100():
    rng = np.random.default_rng(0)
    hits = [low <= 0.3 <= high for low, high in (ledger.over_seeds(list(rng.normal(0.3, 1, 4))) for _ in range(2000))]
    assert 0.93 < np.mean(hits) < 0.97
    with pytest.raises(ValueError, match="3 seeds"):
        ledger.over_seeds([0.1, 0.2])
