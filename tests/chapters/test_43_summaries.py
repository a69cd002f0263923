"""The texts of 43_summarization: cut as their script says, split without leak, small; and their vectors belong to them."""
import csv
import importlib

import numpy as np
import pytest

from attnlib.data import data_path

summaries_data = importlib.import_module("43_make_summaries")

DOCSTRING = """Sort a list in place.

The sort is stable, i.e. equal items keep their order.  It uses `key`, see :func:`~functools.reduce`.
Lists of numbers are fast.

.. note:: This is a directive.

    This is code of the directive.

Parameters
----------
key : callable
    This is no prose of ours.

Notes
-----
Strings are compared by code point, so that Z comes before a.
"""


def rows(name):
    with open(data_path("43", name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_docstring_is_cut_into_summary_and_sentences():
    summary, body = summaries_data.pair(DOCSTRING)
    assert summary == "Sort a list in place."
    assert body == ["The sort is stable, i.e. equal items keep their order.", "It uses key, see reduce.", "Lists of numbers are fast.",
                    "Strings are compared by code point, so that Z comes before a."]


@pytest.mark.parametrize("text", ["sort", "Sort.\n\nBody here is long enough.", "One sentence here stands. Another one does too.\n\nBody."])
def test_what_has_no_summary_of_one_sentence_is_left_out(text):
    assert summaries_data.pair(text) is None


def test_of_twins_the_first_is_kept():
    texts = [("A", "the same words in the same order stand here"), ("B", "the same words in the same order stand there"),
             ("a", "something else altogether"), ("C", "and a third one that shares nothing with them")]
    kept = summaries_data.without_twins([{"summary": s, "body": t} for s, t in texts], lambda row: row["body"])
    assert [row["summary"] for row in kept] == ["A", "C"]


def test_siblings_stay_on_one_side():
    given = [{"name": f"package.part{i}.module{j}.Class.method{k}"} for i in range(5) for j in range(4) for k in range(3)]
    sides = {}
    for row in summaries_data.split(given):
        sides.setdefault(".".join(row["name"].split(".")[:3]), set()).add(row["split"])
    assert all(len(side) == 1 for side in sides.values()) and set.union(*sides.values()) == {"train", "valid", "test"}


@pytest.mark.parametrize("name, most", [("summaries.csv", 7), ("headlines.csv", 1)])
def test_the_frozen_files_keep_their_promises(name, most):
    found = rows(name)
    assert (data_path("43", name)).stat().st_size < 900_000
    assert len({row["name"] for row in found}) == len({row["summary"].lower() for row in found}) == len(found)
    assert all(len(row["body"].split("\n")) <= most and row["body"] for row in found)
    kept = summaries_data.without_twins(found, lambda row: f"{row['summary']} {row['body']}") if most == 7 else found
    assert len(kept) > 0.98 * len(found)                    # cut bodies may be more alike than whole ones
    again = summaries_data.split([{"name": row["name"]} for row in found])
    modules = {}
    for old, new in zip(found, again):
        head = [p for p in old["name"].split(".")[:-1] if p[:1].islower()][:3]
        modules.setdefault(".".join(head), set()).add(old["split"])
        assert new["name"] == old["name"]
    assert all(len(side) == 1 for side in modules.values())


def test_the_vectors_belong_to_the_sentences():
    found, stored = rows("summaries.csv"), np.load(data_path("43", "vectors.npz"))
    assert stored["steps"].shape == (sum(row["body"].count("\n") + 1 for row in found) + len(found), summaries_data.WIDTH)
    np.testing.assert_allclose(stored["directions"].T @ stored["directions"], np.eye(summaries_data.WIDTH), atol=1e-5)
    assert np.abs(stored["steps"]).max() == 127
