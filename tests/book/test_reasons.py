"""The lists of reasons: each causal sentence of a chapter has been tried, and says where."""
import csv
import json
import re

import pytest
import reasons
from reasons import book

NUMBERS = sorted(path.stem for path in reasons.LISTS.glob("*.csv"))


def places(number, tried):
    """What a row says of where it was tried, one by one: files that are there, tests that they hold, cells of the chapter or of another."""
    for place in tried.split("; "):
        name, _, test = place.partition("::")
        cell = re.fullmatch(r"cell (?:(\d\d) )?([\w-]+)", place)
        if cell:
            [path] = book.chosen([cell[1] or number])
            yield cell[2] in [one["id"] for one in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        else:
            path = book.ROOT / name
            yield path.is_file() and (not test or f"def {test}(" in path.read_text(encoding="utf-8"))


def test_each_chapter_has_its_list():
    assert [path.name[:2] for path in book.chosen([])] == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_each_causal_sentence_has_a_row_and_each_row_a_trial(number):
    [path] = book.chosen([number])
    new, gone = reasons.differences(path)
    assert not new, f"python tools/reasons.py {number} prints the rows to be completed in tests/reasons/{number}.csv"
    assert not gone, "sentences that the chapter no longer has"
    rows = reasons.rows(number)
    for row in rows:
        assert list(row) == reasons.COLUMNS and row["became"] in reasons.BECAME and row["wrong if"].strip(), row
        if row["became"] in ("kept", "rewritten"):
            assert all(places(number, row["tried in"])), row
    with open(reasons.LISTS / f"{number}.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == len(rows) + 1


def test_a_sentence_is_found_by_its_cause_wherever_its_lines_break():
    text = ("## Because of headings\nIt learns *because*\nthe loss falls. It stops in 1964, since 1960 nothing.\n\n"
            "$$\\text{since}$$\n- It cannot\n  stop.")
    assert [one for one in reasons.sentences(text) if reasons.CAUSE.search(one)] == [
        "It learns *because* the loss falls.", "It cannot stop."]


def test_a_place_that_is_not_there_is_seen():
    assert list(places("14", "cell c07; cell 13 nowhere; tests/book/test_reasons.py::test_a_place_that_is_not_there_is_seen; "
                             "tests/book/test_reasons.py::test_nobody; experiments/nothing.py; cell 42 line-instead")) == [
                                 True, False, True, False, False, True]
