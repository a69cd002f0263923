"""00_start_here: what it says of the map, of the core route and of its hours is what the registry and the heads say."""
import json
import re

import book
import pytest
import registry


@pytest.fixture(scope="module")
def page():
    cells = json.loads((book.NOTEBOOKS / "00_start_here.ipynb").read_text(encoding="utf-8"))["cells"]
    return next(text for text in ("".join(c["source"]) for c in cells) if "## The map of the book" in text)


def numbers(text):
    return re.findall(r"\d\d", text)


def test_the_map_in_words_names_the_route(page):
    alt = re.search(r"!\[(Map of the book[^\]]*)\]\(\.\./figures/00_map\.svg\)", page)[1]
    assert numbers(re.search(r"core route, lead from (.*)\.$", alt)[1]) == [name[:2] for name in registry.ROUTE]


def test_the_route_is_a_chain_of_direct_needs():
    """The map draws it as one: each of its chapters needs the one before."""
    for before, after in zip(registry.ROUTE, registry.ROUTE[1:]):
        assert before in registry.CHAPTERS[after]["needs"], after


def test_the_table_of_the_route(page):
    rows = re.findall(r"^\| \[(\d\d_\w+)\]\(\1\.ipynb\) \| .+\? \|$", page, re.M)
    assert rows == registry.ROUTE[1:]                                # this page is its first


def test_the_hours_of_the_route(page):
    assert re.search(r"The core route takes about ([\d½]+) hours", page)[1] == registry.lengths()[0]
