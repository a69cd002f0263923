"""44's questions that people asked: the files fit, as their script makes them; what a reader types gets an answer or a sentence."""
import csv
import importlib
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attnlib.data import data_path

make_faq = importlib.import_module("44_make_faq")


def rows(name):
    with open(data_path("44", name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PASSAGES, PEOPLE = rows("faq_passages.csv"), rows("faq_questions.csv")


def test_each_question_has_its_answer_and_each_passage_its_question():
    ids = [row["id"] for row in PEOPLE]
    assert len(set(ids)) == len(ids) == 174 and list(dict.fromkeys(row["id"] for row in PASSAGES)) == ids
    assert [row["split"] for row in PEOPLE].count("dev") == 60
    assert all(len(row["text"].split()) <= 75 and row["text"].strip() for row in PASSAGES)


def test_one_question_is_on_one_side_of_the_split_and_not_among_the_passages():
    sides = {}
    for row in PEOPLE:
        sides.setdefault(row["question"], set()).add(row["split"])
    assert all(len(split) == 1 for split in sides.values()) and len(sides) == len(PEOPLE) - 1
    texts = {row["text"] for row in PASSAGES}
    assert not texts & set(sides) and len(texts) == len(PASSAGES)


def test_prose_is_kept_and_the_rest_dropped(tmp_path):
    for name in make_faq.FILES:
        (tmp_path / f"{name}.rst.txt").write_text("", encoding="utf-8")
    (tmp_path / "gui.rst.txt").write_text("""=======
GUI FAQ?
=======

Why is ``x`` *so*
slow?
-----------------

It calls :func:`sum` twice::

    sum(x)

.. note:: dropped,
   with all of this

- first of a list
- second of a list

No question
-----------

Nothing here.
""", encoding="utf-8")
    ((name, question, passages),) = make_faq.items(tmp_path)
    assert (name, question) == ("gui:1", "Why is x so slow?")
    assert passages == ["It calls sum twice: first of a list second of a list"]


def test_other_sources_are_refused(tmp_path):
    for name in make_faq.FILES:
        (tmp_path / f"{name}.rst.txt").write_text("changed", encoding="utf-8")
    with pytest.raises(SystemExit, match=f"^sources: expected the FAQ whose SHA-256 is {make_faq.SOURCE}, got"):
        make_faq.main(tmp_path)


@pytest.fixture(scope="module")
def chapter():
    import common
    import torch
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    from attnlib import pretrained
    pretrained.pretrained.cache_clear()
    found = common.taught("44", "ask", "library_of", "FAQ", "keys", "member", "people", "faq", "faq_asked", "faq_texts")
    found.ask.__globals__.update(tau=0.0385, threshold=0.5, trust={0.5: np.array([0.55]), 0.6: np.array([0.63]), 0.7: np.array([0.87])})
    yield found
    plt.close("all")
    torch.set_default_dtype(before)
    pretrained.pretrained.cache_clear()


@pytest.mark.parametrize("question, title", [
    ("Can I change one letter of a string?", "How do I modify a string in place?"),
    ("  how can I  throw away\nrepeated items of a list ", "How do you remove duplicates from a list?"),
    ("Why does 0.1 + 0.2 give 0.30000000000000004?", "Why are floating-point calculations so inaccurate?"),
    ("Can I delete Python? 😀", "Can I delete Python?"),
])
def test_a_question_finds_its_answer(chapter, question, title):
    said = chapter.ask(question)
    assert said.startswith(title + "\n") and re.search(r"nearest cosine 0\.\d\d; right in \d\d% of such tests", said)
    texts = [row["text"] for row in PASSAGES]
    assert said.splitlines()[1].strip() in texts                # the passage, whole


@pytest.mark.parametrize("question", ["What is the capital of France?", "How do I bake bread?", "Wie kopiere ich ein Objekt?", "asdf qwer",
                                      "How do I read a CSV file?", "price $5 and $10_x", "1 2 three 4", "x" * 10_000 + " y"])
def test_what_nothing_answers_is_said(chapter, question):
    assert re.fullmatch(r"Nothing here answers that: the nearest passage has the cosine 0\.\d\d, and an answer needs 0\.50\.",
                        chapter.ask(question))


@pytest.mark.parametrize("question, says", [
    ("", "two words or more, got ''"), ("   \n", "got ''"), ("Python", "got 'Python'"), ("notes.txt", "got 'notes.txt'"),
    ("😀 😀 😀", "got '😀"),
    ("1 2 3", "got '1 2 3'"), ("如何 复制 一个 对象", "other letters"), ("Как скопировать объект?", "other letters"),
    ("why is it slow " * 2500, "got more: 10000 words"), ("如何复制一个对象？", "two words or more"),
    (None, "got NoneType"), (7, "got int"), (1.5, "got float"), (["Can I delete Python?"], "got list"),
    (b"Can I delete Python?", "got bytes"), (Path("notes.txt"), "got PosixPath|got WindowsPath"), (True, "got bool"),
])
def test_what_is_no_question_gets_a_sentence(chapter, question, says):
    before = plt.get_fignums()
    with pytest.raises(ValueError, match=f"^question: expected .*({says})"):
        chapter.ask(question)
    assert plt.get_fignums() == before                          # and no empty picture


@pytest.mark.parametrize("library", [None, "It opens at nine.", 3, [], {}, (1, 2)], ids=repr)
def test_what_library_of_did_not_make_is_no_library(chapter, library):
    before = plt.get_fignums()
    with pytest.raises(ValueError, match=f"^library: expected what library_of returns, got {type(library).__name__}$"):
        chapter.ask("How long may I keep a book?", library)
    assert plt.get_fignums() == before


def test_a_refusal_never_names_the_bound_itself(chapter):
    assert "has the cosine 0.49, and an answer needs 0.50" in chapter.ask("def f(x): return x+1")      # 0.497


def test_a_text_of_ones_own_is_a_library(chapter):
    mine = chapter.library_of("It opens at nine and closes at six.\n\n  \nBooks come back after\nfour weeks, $1 a day.\n")
    assert mine.texts == ["It opens at nine and closes at six.", "Books come back after four weeks, $1 a day."]
    said = chapter.ask("How long may I keep a book?", mine)
    assert said.splitlines()[1].strip() == mine.texts[1] and "of such tests" not in said       # they were about the FAQ
    assert chapter.ask("What is the capital of France?", mine).startswith("Nothing here answers that")
    chapter.ask("What does it cost?", chapter.library_of(r"It costs $\frac$ of a day."))
    plt.gcf().canvas.draw()                                     # a dollar sign in a label begins no formula


@pytest.mark.parametrize("text, says", [
    ("", "library: expected 1 to 200 paragraphs, got 0"), (" \n\n ", "got 0"), ("a b\n\n" * 201, "got 201"),
    ("One two.\n\nnotes", "paragraph 2: expected"),
    ("word after word " * 200, "paragraph 1: expected at most 254 pieces"),
    ("good words\n\n如何复制 对象", "paragraph 2: expected English"),
    (None, "library: expected a text, got NoneType"), (["one two"], "library: expected a text, got list"), (b"one two", "got bytes"),
])
def test_what_is_no_library_gets_a_sentence(chapter, text, says):
    with pytest.raises(ValueError, match=says):
        chapter.library_of(text)
