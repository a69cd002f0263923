"""The book on paper: chapters as PDF with outline and tags, no line cut off; worksheets on A4."""
import json
import re

import book
import paper
import pytest
from pypdf import PdfReader
from served import site  # noqa: F401

A4 = {(595, 842), (842, 595)}
pytestmark = pytest.mark.skipif(not paper.browser(), reason="no browser that prints is here")


def squeezed(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("paper")
    paper.make(site, folder, ["21_one_query_by_hand", "22_self_attention_by_hand", "23_gradients_by_hand"])
    return folder


def heads(outline):
    return [entry.title for part in outline for entry in (part if isinstance(part, list) else [part]) if not isinstance(entry, list)]


@pytest.mark.parametrize("name", ["21_one_query_by_hand", "22_self_attention_by_hand"])
def test_a_chapter_is_printed_whole(folder, name):
    pdf = PdfReader(folder / f"{name}.pdf")
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pdf.pages} <= A4 and len(pdf.pages) > 10
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"] and {"By hand", "Exercises"} & set(heads(pdf.outline))
    text = squeezed("".join(page.extract_text() for page in pdf.pages))
    assert "Skiptocontent" not in text and "Downloadthisnotebook" not in text
    cells = json.loads((book.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in "".join(cell["source"]).splitlines()]
    long = [line for line in lines if len(line) > 70 and line.isascii()]
    assert len(long) > 10 and not [line for line in long if squeezed(line) not in text]


def test_a_part_is_its_chapters_one_after_the_other(folder):
    part, chapters = PdfReader(folder / "part_2.pdf"), [PdfReader(folder / f"{name}.pdf") for name in (
        "21_one_query_by_hand", "22_self_attention_by_hand", "23_gradients_by_hand")]
    assert len(part.pages) == sum(len(chapter.pages) for chapter in chapters)
    assert [entry.title.strip()[:2] for entry in part.outline if not isinstance(entry, list)] == ["21", "22", "23"]
    assert part.metadata.title == "Attention, step by step: 2 · By hand"


def test_the_worksheets_are_a4_with_their_titles(folder):
    for name, title in paper.SHEETS.items():
        pdf = PdfReader(folder / f"{name}.pdf")
        assert len(pdf.pages) == 1 and tuple(round(float(side)) for side in pdf.pages[0].mediabox[2:]) == (842, 595)
        assert squeezed(title) in squeezed(pdf.pages[0].extract_text())
