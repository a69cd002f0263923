"""The passages and questions of 44_question_answering fit together, and the script still makes the passages where it can."""
import csv
import importlib
import sys
from collections import Counter

import pytest

from attnlib.data import data_path

python_docs = importlib.import_module("44_make_passages")


def rows(name):
    with open(data_path("44", name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


PASSAGES, QUESTIONS = rows("passages.csv"), rows("questions.csv")
TEXT = {p["id"]: p["text"] for p in PASSAGES}


def test_passages():
    assert len(TEXT) == len(PASSAGES) == len(set(TEXT.values())) and 600 <= len(TEXT) <= 1200
    assert all(python_docs.LEAST <= len(text.split()) <= python_docs.MOST for text in TEXT.values())
    assert all(p["source"] and p["id"].startswith(("ref:", "doc:")) for p in PASSAGES)
    assert (data_path("44", "passages.csv")).stat().st_size <= 700_000


def test_questions_are_answered_by_their_passages():
    assert len({q["id"] for q in QUESTIONS}) == len({q["question"] for q in QUESTIONS}) == len(QUESTIONS) >= 130
    for q in QUESTIONS:
        ids = q["passages"].split()
        assert ids and len(set(ids)) == len(ids) and set(ids) <= set(TEXT), q["id"]
        assert q["answer"] in TEXT[ids[0]] and 1 <= len(q["answer"].split()) <= 12, q["id"]
    first = Counter(q["passages"].split(":")[0] for q in QUESTIONS)
    assert len({q["passages"].split()[0] for q in QUESTIONS}) >= 90 and min(first["ref"], first["doc"]) >= 40
    kinds = Counter(q["kind"] for q in QUESTIONS)
    assert set(kinds) == {"words", "paraphrase", "far"} and min(kinds.values()) >= 40


def test_splits_share_no_passage():
    split = {name: [q for q in QUESTIONS if q["split"] == name] for name in ("dev", "test")}
    dev, test = ({i for q in part for i in q["passages"].split()} for part in split.values())
    assert len(split["dev"]) == 30 and len(split["dev"]) + len(split["test"]) == len(QUESTIONS) and not dev & test


@pytest.mark.skipif(sys.version_info[:3] != python_docs.MADE_BY, reason="another Python has other words")
def test_the_script_makes_the_stored_passages():
    made = {i: text for i, _, text in python_docs.reference()}
    assert made["ref:lambda:1"] == TEXT["ref:lambda:1"] and {i: t for i, t in made.items() if i in TEXT} == {
        i: t for i, t in TEXT.items() if i.startswith("ref:")}
