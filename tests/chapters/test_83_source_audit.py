"""The audit: one verdict for each of the 304 claims, and every proof leads somewhere: cells that were run, sources that are listed."""
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attnlib import core

ROOT = Path(__file__).parents[2]
DATA = ROOT / "notebooks" / "data" / "83_source_audit"
CLAIMS = pd.read_csv(DATA / "claims.csv", keep_default_na=False)
AUDIT = pd.read_csv(DATA / "audit.csv", keep_default_na=False)
SECOND = pd.read_csv(DATA / "second.csv", keep_default_na=False)
REFERENCES = pd.read_csv(DATA / "references.csv", keep_default_na=False)
VERDICTS = {"correct", "imprecise", "wrong", "unverifiable", "not a claim"}
CELL = re.compile(r"(\d\d_[a-z_0-9]+)#([\w-]+)")
SOURCE = re.compile(r"@(\w+) (.+)")
SHOWS = re.compile(r"\bassert\b|assert_|\bagree\(|\bsame\(")          # a cell without output must be able to fail
READ_ALONE = {"S1-C01", "S3-K01", "S3-M08"}                           # the line itself shows it


@cache
def cells(name):
    found = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return {c["id"]: c for c in found}


def fault_of_cell(cell):
    """Why a cell is no proof; nothing if it is one."""
    if cell is None:
        return "there is no such cell"
    if cell["cell_type"] != "code":
        return "it is text"
    if not cell["execution_count"]:
        return "it was not run"
    if not cell["outputs"] and not SHOWS.search("".join(cell["source"])):
        return "it shows nothing and asserts nothing"
    return None


def fault(item):
    """Why an item of a proof leads nowhere; nothing if it leads somewhere."""
    if found := CELL.fullmatch(item):
        if not (ROOT / "notebooks" / f"{found[1]}.ipynb").exists():
            return "there is no such notebook"
        return fault_of_cell(cells(found[1]).get(found[2]))
    if found := SOURCE.fullmatch(item):
        return None if found[1] in set(REFERENCES["key"]) else "no such source is listed"
    if re.fullmatch(r"(read|sought): \S.{15,}", item):
        return None
    return "it is neither a cell nor a source nor what was read or sought"


def test_there_is_one_row_for_each_claim_in_order():
    assert list(AUDIT["id"]) == list(CLAIMS["id"]) and AUDIT["id"].is_unique and len(AUDIT) == 304
    assert all(re.fullmatch(r"S[0-4]-[FNCRKMATQL]\d\d[a-d]?", id) for id in AUDIT["id"])
    assert Counter(AUDIT["id"].str[1]) == {"0": 27, "1": 187, "2": 30, "3": 34, "4": 26}
    assert list(AUDIT) == ["id", "verdict", "correction", "proof"] and list(CLAIMS) == ["id", "where", "says"]
    assert (CLAIMS["says"].str.len() > 3).all() and CLAIMS["where"].str.fullmatch(r"article [0-4] .+|same|.*L\d.*|.*§.*").all()


@pytest.mark.parametrize("row", AUDIT.itertuples(), ids=AUDIT["id"])
def test_each_proof_leads_somewhere(row):
    items = row.proof.split("; ")
    assert row.verdict in VERDICTS and items
    assert [(item, fault(item)) for item in items if fault(item)] == []
    if row.verdict != "correct":
        assert len(row.correction) > 5
    if row.verdict in ("correct", "imprecise", "wrong") and row.id not in READ_ALONE:
        assert any(item[0] == "@" or CELL.fullmatch(item) for item in items)


@pytest.mark.parametrize("item", [
    "33_tensorflow#c999", "33_tensorflow#c00", "99_nothing#c01", "@nobody1999 section 1", "@vaswani2017", "c92", "see above", "read: it",
    "", "83_source_audit#rows-function"])
def test_a_proof_that_leads_nowhere_is_seen(item):
    assert fault(item)


def test_a_cell_that_proves_nothing_is_seen():
    cell = {"cell_type": "code", "execution_count": 3, "outputs": [], "source": ["x = 1\n", "assert x"]}
    assert fault_of_cell(cell) is None
    assert fault_of_cell(cell | {"execution_count": None}) == "it was not run"
    assert fault_of_cell(cell | {"source": ["asserted = 1"]}) == "it shows nothing and asserts nothing"


def test_sources_are_whole_and_all_used():
    assert REFERENCES["key"].is_unique and REFERENCES["title"].is_unique
    assert REFERENCES["year"].astype(str).str.fullmatch(r"(19|20)\d\d|undated").all()
    assert REFERENCES["address"].str.fullmatch(r"https://[\w.-]+/\S*").all() and (REFERENCES["authors"].str.len() > 2).all()
    assert (REFERENCES["title"].str.len() > 8).all()
    used = {found[1] for proof in AUDIT["proof"] for item in proof.split("; ") if (found := SOURCE.fullmatch(item))}
    assert used == set(REFERENCES["key"])
    keyed = REFERENCES[REFERENCES["key"].str.fullmatch(r"[a-z]+\d{4}") & (REFERENCES["year"].astype(str) != "undated")]
    assert [k for k, year in zip(keyed["key"], keyed["year"].astype(str)) if not k.endswith(year) and k != "tfio1598"] == []


def test_nothing_of_the_articles_is_copied():
    """Our own words, in English: no Chinese beyond a term."""
    for text in [*CLAIMS["says"], *AUDIT["correction"], *AUDIT["proof"]]:
        assert not re.search(r"[\u4e00-\u9fff]{7}", text), text


def test_rows_that_say_the_same_get_the_same_verdict():
    verdict = AUDIT.set_index("id")["verdict"]
    for row in AUDIT.itertuples():
        for other in re.findall(r"^As (S\d-\w+?)(?:[:.;]| to|$)", row.correction):
            assert verdict[row.id] == verdict[other], (row.id, other)


def test_the_audit_agrees_with_what_the_chapters_say():
    """71's four sentences, 33's table of listings, 21's audit of the worked example, 52's and 43's Careful boxes."""
    verdict = AUDIT.set_index("id")["verdict"].to_dict()
    assert [verdict[id] for id in ("S1-M14", "S1-M22", "S2-F04", "S2-Q03")] == ["imprecise", "wrong", "imprecise", "imprecise"]
    assert [verdict[id] for id in ("S0-C01", "S0-M05", "S1-C02b", "S1-C02c", "S1-R01", "S3-C02", "S4-C01")] == ["correct", *["wrong"] * 6]
    assert [verdict[id] for id in ("S1-N01b", "S1-N01c", "S1-N01d", "S1-F05", "S1-M27")] == ["imprecise", *["wrong"] * 4]
    assert [verdict[id] for id in ("S1-A12", "S1-A15", "S0-M01", "S3-M02", "S1-M44")] == [*["imprecise"] * 3, *["wrong"] * 2]


def test_the_worked_numbers_of_the_table_are_right():
    weights = np.exp(np.arange(1, 6) / 2)
    weights /= weights.sum()
    correction = AUDIT.set_index("id")["correction"]
    assert correction["S1-N01c"].startswith(", ".join(f"{w:.4f}" for w in weights))
    assert correction["S1-N01d"].startswith(f"{weights @ np.arange(1, 6):.4f}")
    printed = np.array([0.0912, 0.1894, 0.3154, 0.4786, 0.6144])
    assert f"{printed.sum():.3f}" in correction["S1-N01c"] and f"{printed @ np.arange(1, 6):.4f}" in correction["S1-N01d"]


def test_what_the_chapter_says_beside_its_runs():
    """Made shares, the printed weights do not give the printed output; two scores may agree; most numbers and listings are wrong;
    translation alone is ahead in every row of the ledger."""
    printed = np.array([0.0912, 0.1894, 0.3154, 0.4786, 0.6144])
    assert abs(printed @ np.arange(1, 6) / printed.sum() - 4.432) > 0.6
    q, k = np.random.default_rng(0).normal(size=(2, 5, 4))
    np.testing.assert_allclose(core.multiplicative_scores(q, k, np.eye(4)), core.dot_scores(q, k))
    run = AUDIT[AUDIT["id"].str[3].isin(list("NCR"))]
    assert len(run) == 20 and (run["verdict"] == "wrong").sum() == 13
    ledger = pd.read_csv(DATA.parent / "results.csv")
    parts = ledger[ledger["chapter"].str[0].isin(list("456")) & (ledger["verdict"] != "void")]
    ahead = (parts["verdict"] == "attention").groupby(parts["chapter"]).all()
    assert ahead.index[ahead].tolist() == ["41_translation"]


def test_every_row_was_judged_twice_and_the_differences_are_settled():
    """The two judgements as they were before settling; sklearn's kappa is the second route to the notebook's."""
    from sklearn.metrics import cohen_kappa_score
    assert list(SECOND) == ["id", "first", "second", "why"] and list(SECOND["id"]) == list(AUDIT["id"])
    assert set(SECOND["first"]) | set(SECOND["second"]) == VERDICTS
    assert (SECOND["first"] == SECOND["second"]).sum() == 257
    assert cohen_kappa_score(SECOND["first"], SECOND["second"]) == pytest.approx(0.7653, abs=1e-4)
    apart, now = SECOND[SECOND["first"] != SECOND["second"]], AUDIT["verdict"]
    assert {frozenset(pair) for pair in zip(apart["first"], apart["second"])}.isdisjoint({frozenset({"correct", "wrong"})})
    moved = AUDIT.loc[now != SECOND["first"], "id"]
    assert list(moved) == ["S0-M01", "S1-K18", "S1-A01", "S1-A08", "S1-A12", "S1-A15", "S1-A19", "S3-M06"]
    assert set(moved) - set(apart["id"]) == {"S1-A01", "S1-A08", "S1-A19"}
    assert ((now == SECOND["first"]) | (now == SECOND["second"]))[apart.index].all()
    for text in SECOND["why"]:
        assert text.isascii() or not any("\u4e00" <= letter <= "\u9fff" for letter in text), text


def test_an_unknown_filter_or_id_gets_a_sentence(capsys):
    table = CLAIMS.merge(AUDIT, on="id").assign(article=CLAIMS["id"].str[1].astype(int), kind="formula")
    space = {"np": np, "table": table}
    for name in ("rows-function", "follow-function"):
        exec("".join(cells("83_source_audit")[name]["source"]), space)
    assert len(space["rows"]("wrong")) == (AUDIT["verdict"] == "wrong").sum() and capsys.readouterr().out == ""
    for given in ({"verdict": "right"}, {"article": "1"}, {"article": 9}, {"verdict": ["wrong"]}, {"kind": float("nan")}):
        assert len(space["rows"](**given)) == 0 and "there are" in capsys.readouterr().out
    assert len(space["rows"](word=1.5)) == table[["id", "says", "correction"]].agg(" ".join, axis=1).str.contains("1.5", regex=False).sum()
    for claim in ("S9-F01", "", None, 3, ["S1-F01"]):
        space["follow"](claim)
        assert "an id looks like" in capsys.readouterr().out
