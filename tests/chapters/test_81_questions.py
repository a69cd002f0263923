"""The lists of 81: a word or a symptom leads to a cell where it stands, threads are what the chapter says, each answer has a run."""
import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import book
import common
import nbformat
import numpy as np
import pytest
import words

from attnlib import check
from attnlib.data import data_path

CHAPTERS = words.known()
WORDS, SYMPTOMS = words.rows("words.csv"), words.rows("symptoms.csv")
THREADS, QUESTIONS = words.rows("threads.csv"), words.rows("questions.csv")
CELLS = nbformat.read(book.NOTEBOOKS / "81_questions.ipynb", as_version=4).cells
PROSE = "\n\n".join(cell.source for cell in CELLS if cell.cell_type == "markdown")


@pytest.mark.parametrize("row", [*WORDS, *SYMPTOMS], ids=lambda row: next(iter(row.values())))
def test_a_word_or_a_symptom_leads_to_a_cell_where_it_stands(row):
    name, heading = words.place(row, CHAPTERS)
    assert heading and (book.NOTEBOOKS / name).exists()
    cells = json.loads((book.NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    order = {cell["id"]: place for place, cell in enumerate(cells)}
    titles = [place for place, cell in enumerate(cells) if re.match(r"#+ ", "".join(cell["source"])) and cell["cell_type"] == "markdown"]
    above = max(place for place in titles if place <= order[row["cell"]])
    assert "".join(cells[above]["source"]).splitlines()[0].lstrip("#").strip() == heading


def test_the_index_of_words_is_what_its_tool_writes():
    assert words.PAGE.read_text(encoding="utf-8") == words.page(WORDS, CHAPTERS), "python tools/words.py writes it anew"
    assert len({row["word"] for row in WORDS}) == len(WORDS) >= 110


@pytest.mark.parametrize("word", ["nan", "float16", "dropout", "is_causal", "batch_first", "uniform weights", "left padding", "mask shape",
                                  "teacher forcing", "need_weights", "key_dim", "label smoothing", "RoPE", "KV cache", "cross-attention",
                                  "half precision", "mixed precision", "loss curve", "overfit one batch", "test my own attention",
                                  "length penalty",
                                  "integrated gradients", "membership inference", "position interpolation", "glossary", "is a claim true"])
def test_what_a_searcher_types_is_there(word):
    assert any(row["word"].lower().startswith(word.lower()) for row in WORDS)


@pytest.mark.parametrize("spoil", [
    lambda row: row | {"cell": "h0000000"}, lambda row: row | {"notebook": "99"}, lambda row: row | {"stands": "a word that is not there"},
    lambda row: row | {"stands": ""}])
def test_a_broken_line_is_refused_by_name(spoil):
    with pytest.raises(ValueError, match=WORDS[0]["word"]):
        words.page([spoil(WORDS[0]), *WORDS[1:]], CHAPTERS)


def test_a_heading_that_changes_changes_the_index(tmp_path):
    """In a copy: the page follows the notebook, so that a test is red until the page is written anew."""
    row = next(row for row in WORDS if row["notebook"] == "13")
    name, heading = words.place(row, CHAPTERS)
    path = Path(shutil.copy(book.NOTEBOOKS / name, tmp_path))
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        cell["source"] = "".join(cell["source"]).replace(f"# {heading}", f"# {heading} once more")
    path.write_text(json.dumps(nb), encoding="utf-8")
    assert words.page(WORDS, CHAPTERS | {"13": (name, words.cells(path))}) != words.page(WORDS, CHAPTERS)


def test_the_table_of_symptoms_in_the_chapter_is_that_of_the_list():
    assert words.symptoms(SYMPTOMS, CHAPTERS) in PROSE and len(SYMPTOMS) >= 20


def test_no_link_leads_to_a_chapter_that_is_not_there():
    linked = set(re.findall(r"\]\((\d\d_\w+)\.ipynb", PROSE + words.PAGE.read_text(encoding="utf-8")))
    assert linked <= {path.stem for path in book.chosen([])}


# ---- the questions -----------------------------------------------------------------------------------------------

def test_each_of_the_22_questions_of_the_articles_is_answered_under_one_heading():
    sections = re.split(r"^## ", PROSE.split("\n## Exercises")[0], flags=re.M)
    named = Counter()
    for section in sections:
        line = re.search(r"^\*(S\d-Q.*?)\*", section, re.M)
        for found in re.findall(r"S\d-Q\d\d(?: to Q\d\d)?", line[1]) if line else []:
            named[found] += 1
    wanted = [f"S{article}-Q{i:02}" for article, count in enumerate((3, 7, 3, 6, 3)) for i in range(1, count + 1)]
    assert sorted(named) == wanted and set(named.values()) == {1}


def test_the_25_most_asked_questions_are_answered_and_no_other():
    counts = Counter(row["question"] for row in THREADS)
    text = {row["name"]: row["question"] for row in QUESTIONS}
    assert set(counts) == set(text)
    most = [name for name, _ in counts.most_common(25)]
    assert counts[most[-1]] > counts.most_common(26)[-1][1], "a tie at the line"
    asked = re.findall(r"^### (.+)$", PROSE, re.M)
    assert sorted(asked) == sorted(text[name] for name in most)


def test_threads_are_addresses_with_titles_and_none_is_counted_twice():
    addresses = [row["address"] for row in THREADS]
    assert len(set(addresses)) == len(addresses) == 317 and len(QUESTIONS) == 43
    for row in THREADS:
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/issues/\d+", row["address"]) and row["title"]
    for row in QUESTIONS:
        assert row["question"].endswith("?") and row["searched"]


def test_an_answer_is_at_most_a_few_sentences_and_is_followed_by_a_run():
    """A paragraph under the question, then code, within two cells."""
    for place, cell in enumerate(CELLS):
        if cell.cell_type == "markdown" and cell.source.startswith("### "):
            assert 30 < len(cell.source.split("\n\n", 1)[1].split()) < 110, cell.source
            assert CELLS[place + 1].cell_type == "code", cell.source


def test_every_learners_answer_has_a_check_that_can_fail():
    starts = [i for i, cell in enumerate(CELLS) if cell.source.startswith("### ")]
    for start, end in zip(starts, [*starts[1:], len(CELLS)]):
        part = []
        for cell in CELLS[start + 1:end]:
            if cell.cell_type == "markdown" and cell.source.startswith("#"):
                break
            part.append(cell.source)
        assert re.search(r"assert", "\n".join(part)), CELLS[start].source.splitlines()[0]


# ---- the table of masks and the exercise that builds one -----------------------------------------------------------

def test_the_mask_of_the_exercise_is_the_one_that_the_layer_takes():
    torch = pytest.importorskip("torch")
    lengths, n, heads = np.array([2, 4, 1]), 4, 2
    mask = torch.from_numpy(check.find("81.3")["answer"](lengths, n, heads))
    layer, x = torch.nn.MultiheadAttention(6, heads, batch_first=True), torch.randn(3, n, 6)
    _, weights = layer(x, x, x, attn_mask=mask, average_attn_weights=False)
    for sentence, length in enumerate(lengths):
        allowed = np.tril(np.ones((n, n), bool)) & (np.arange(n) < length)
        np.testing.assert_array_equal(weights[sentence].detach().numpy() > 0, np.broadcast_to(allowed, (heads, n, n)))


def test_the_table_of_masks_has_the_layers_that_are_asked_about():
    with open(data_path("81", "mask_shapes.csv"), encoding="utf-8", newline="") as file:
        layers = {row["layer"].split(",")[0] for row in csv.DictReader(file)}
    assert {"nn.MultiheadAttention", "F.scaled_dot_product_attention", "nn.TransformerEncoderLayer", "nn.TransformerDecoderLayer",
            "keras MultiHeadAttention", "keras Attention", "keras AdditiveAttention", "attnlib.pytorch.MultiHeadAttention",
            "attnlib.tensorflow.MultiHeadAttention", "attnlib.core.attend"} <= layers


def test_more_steps_do_not_carry_the_recurrence_over(default_dtype):
    """Four times the steps: 200 examples are known by heart, and new look-ups are answered no better."""
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    chapter = common.taught("81", "learn", "Recurrence")
    known, new = chapter.learn(chapter.Recurrence, 200, 0.03, seed=0, steps=1600)
    assert known > 0.97 and new < 0.45


def test_in_training_dropout_changes_the_weights_that_are_returned():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    block, x = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.randn(1, 4, 8)
    sums = []
    for training in (False, True):
        weights = block.train(training).self_attn(x, x, x)[1]
        sums.append(torch.allclose(weights.sum(dim=-1), torch.ones(1, 4)))
    assert sums == [True, False]
