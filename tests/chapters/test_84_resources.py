"""84 · Resources: references, glossary, tools, corrections and the map of the articles fit the chapters, and each check can fail."""
import csv
import importlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import common
import pandas as pd
import pytest
import references
import registry

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks" / "data" / "84_resources"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
KNOWN = references.entries(references.FILE.read_text(encoding="utf-8"))
SECTIONS = {"000": 11, "001": 70, "002": 19, "003": 12, "004": 12}


def table(name):
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


# ---- references ----------------------------------------------------------------------------------------------------

def test_chapters_and_references_agree():
    found = list(references.problems(KNOWN, references.chapters()))
    todo = "Settle these in notebooks/data/84_resources/references.bib (python tools/references.py prints them), then run 84's outputs anew"
    assert not found, "\n".join([*found, "", todo])


@pytest.mark.parametrize("key", KNOWN)
def test_an_entry_is_whole(key):
    entry = KNOWN[key]
    assert {"title", "author", "year", "seen"} <= set(entry) and not any("?" == value or not value for value in entry.values())
    assert not re.search(r"[{}]", "".join(entry.values())), "no braces inside a value"
    assert 1900 < int(entry["year"]) < 2100
    last = unicodedata.normalize("NFKD", entry["author"].split(" and ")[0].split()[-1])
    first = "".join(c for c in last if c.isascii() and c.isalpha())
    assert key.startswith(first.lower()) or key[:-4] in {"llama", "deepseek"}, "the key begins with the first author's name"
    year = re.fullmatch(r"[a-z]+(\d{4})[a-z]*", key)[1]
    assert year == entry["year"] or year[2:] == entry.get("eprint", "")[:2], "and goes on with the year, in print or as a preprint"
    assert entry.get("url") or key == "hochreiter1991"
    if "eprint" in entry:
        assert entry["url"] == f"https://arxiv.org/abs/{entry['eprint']}"
        assert 2000 + int(entry["eprint"][:2]) <= int(entry["year"]) or entry["kind"] == "book", "no paper is printed before its preprint"
    if "doi" in entry:
        assert entry["url"] == f"https://doi.org/{entry['doi']}"


@pytest.mark.parametrize("old, new", [
    ("  year = {2017},", "  year = {2017}"), ("  year = {2017},", "  year = 2017,"), ("  year = {2017},", "  year = {20"),
    ("{vaswani2017,", "{vaswani 2017,"), ("{vaswani2017,\n", "{vaswani2017, "), ("\n}\n", "}\n"),
    ("\n}\n", "\n}\n\n@misc{one,\n}\n\n@misc{one,\n}\n")])
def test_an_entry_that_cannot_be_read_is_said_and_not_left_out(old, new):
    text = "@misc{vaswani2017,\n  title = {Attention Is All You Need},\n  year = {2017},\n}\n"
    assert references.entries(text) == {"vaswani2017": {"kind": "misc", "title": "Attention Is All You Need", "year": "2017"}}
    with pytest.raises(ValueError, match="expected"):
        references.entries(text.replace(old, new))


def test_identifiers_are_unique():
    names = [references.identifier(entry["url"]) for entry in KNOWN.values() if entry.get("url")]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("url, name", [
    ("https://arxiv.org/abs/1706.03762", "arXiv:1706.03762"), ("http://arxiv.org/pdf/1706.03762v7.pdf", "arXiv:1706.03762"),
    ("https://doi.org/10.48550/arXiv.1706.03762", "arXiv:1706.03762"), ("https://doi.org/10.1007/BF00992696", "doi:10.1007/bf00992696"),
    ("https://www.jstor.org/stable/25049340", "jstor.org/stable/25049340"),
    ("https://aclanthology.org/N16-1174/", "aclanthology.org/N16-1174")])
def test_one_paper_has_one_identifier(url, name):
    assert references.identifier(url) == name


def chapter(text):
    return {"99_made": [{"id": "made", "cell_type": "markdown", "source": [text]}]}


FINE = "**Sources.**\n- Vaswani et al. (2017), [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762), section 3."
ONE = {"vaswani2017": KNOWN["vaswani2017"]}


def test_a_chapter_that_agrees_is_left_in_peace():
    assert not list(references.problems(ONE, chapter(FINE)))
    preprint = FINE.replace("Vaswani et al. (2017)", "Vaswani et al. (2017; elsewhere 2018)")
    assert not list(references.problems(ONE, chapter(preprint)))


@pytest.mark.parametrize("old, new, said", [
    ("1706.03762", "1706.03763", "@misc{?2017,"), ("All You Need*", "Not All You Need*", "the title is"),
    ("(2017)", "(2018)", "is of 2017"),
    ("[*Attention Is All You Need*](https://arxiv.org/abs/1706.03762)", "*Attention Is All You Need*", "has no link"),
    ("arxiv.org/abs/1706.03762", "doi.org/10.1000/xyz", "doi = {10.1000/xyz}")])
def test_what_does_not_fit_is_said(old, new, said):
    found = list(references.problems(ONE, chapter(FINE.replace(old, new))))
    assert any(said in text for text in found), found


def test_an_entry_that_nobody_links_is_said():
    assert list(references.problems(ONE, chapter("nothing"))) == ["vaswani2017: no chapter links it"]


def test_a_book_is_linked_by_its_sections():
    text = "Zhang (2023), [*Queries*](https://d2l.ai/chapter_attention/queries.html)"
    assert not list(references.problems({"zhang2023": KNOWN["zhang2023"]}, chapter(text)))


def test_the_reading_list_of_the_chapter_is_that_of_the_file():
    prose = "\n".join("".join(c["source"]) for c in cells(ROOT / "notebooks" / "84_resources.ipynb") if c["cell_type"] == "markdown")
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", prose, re.M))
    assert rows == {key: entry["annote"] for key, entry in KNOWN.items() if "annote" in entry}


# ---- corrections, notation, tools ------------------------------------------------------------------------------------

def test_every_reference_of_the_articles_has_a_verdict():
    rows = table("corrections.csv")
    wanted = [f"S0-L{i:02}" for i in range(1, 4)] + [f"S1-L{i:02}" for i in range(1, 23)] + [f"S2-L{i:02}" for i in range(1, 4)]
    assert [row["id"] for row in rows] == wanted
    for row in rows:
        assert row["verdict"] in {"correct", "imprecise", "wrong", "unverifiable"} and row["printed"]
        assert not row["right"] or row["right"] in KNOWN
        assert row["note"] or row["verdict"] == "correct", row["id"]


def test_the_verdicts_are_those_of_the_audit():
    path = FOLDER.parent / "83_source_audit" / "audit.csv"
    if "83_source_audit" in registry.THERE:
        with open(path, encoding="utf-8", newline="") as file:
            audit = {row["id"]: row["verdict"] for row in csv.DictReader(file)}
        assert {row["id"]: row["verdict"] for row in table("corrections.csv")} == {i: v for i, v in audit.items() if "-L" in i}


def test_a_key_means_the_same_paper_in_every_chapter():
    by_name = {references.identifier(entry["url"]): key for key, entry in KNOWN.items() if entry.get("url")}
    for path in FOLDER.parent.glob("*/references.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = references.home(row["address"], by_name)
                assert row["key"] == key if key else row["key"] not in KNOWN, f"{path.parent.name}: {row['key']} is {key} in references.bib"


def test_the_columns_of_the_notation_are_papers_of_the_file():
    named = [name for name in table("notation.csv")[0] if re.fullmatch(r"[a-z]+\d{4}", name)]
    assert len(named) == 3 and set(named) <= set(KNOWN)


def required():
    text = "".join((ROOT / "requirements" / path.name).read_text(encoding="utf-8")
                   for path in (ROOT / "requirements").glob("*.txt") if path.stem not in ("dev", "site"))       # no chapter uses these
    return {name.replace("tensorflow-cpu", "tensorflow") for name in re.findall(r"^([\w-]+)==", text, re.M)}


def test_every_package_that_the_book_installs_is_in_the_list():
    rows = {row["package"]: row for row in table("tools.csv")}
    assert required() == {name for name, row in rows.items() if row["module"]}
    for row in rows.values():
        assert row["what_for"] and bool(row["chapter"]) == bool(row["module"]) != ("not run here" in row["what_for"])
        assert not row["chapter"] or any(name.startswith(row["chapter"]) for name in registry.CHAPTERS)


def test_every_package_of_the_list_can_be_imported():
    modules = sorted(row["module"] for row in table("tools.csv") if row["module"])
    code = "import torch, importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in modules)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr[-500:]
    assert importlib.util.find_spec("no_such_package_of_attention") is None


# ---- the glossary and the spelling of terms ---------------------------------------------------------------------------

TERMS = table("glossary.csv")
NEVER = {word: row["english"] for row in TERMS for word in row["never"].split(";") if word}


def prose(text):
    """A chapter's own words: no code, formula, link, title, quotation."""
    for pattern in (r"(?s)```.*?```", r"`[^`\n]*`", r"(?s)\$\$.*?\$\$", r"\$[^$\n]*\$", r"!?\[[^\]]*\]\([^)]*\)", r'"[^"\n]*"',
                    r"(?<!\*)\*[^*\n]+\*(?!\*)"):
        text = re.sub(pattern, " ", text)
    return text


def misspelt(text):
    return [word for word in NEVER if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", prose(text), re.I)]


def test_the_glossary_is_whole():
    assert len(TERMS) >= 120
    for column in ("english", "chinese"):
        assert len({row[column] for row in TERMS}) == len(TERMS)
    for row in TERMS:
        assert row["definition"] and any(name.startswith(row["chapter"]) for name in registry.CHAPTERS), row["english"]
        assert re.search("[\u4e00-\u9fff]", row["chinese"]), row["english"]
    assert [row["english"].lower() for row in TERMS] == sorted(row["english"].lower() for row in TERMS)
    assert len(NEVER) >= 40 and not {word.lower() for word in NEVER} & {row["english"].lower() for row in TERMS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_term_is_spelt_in_two_ways(path):
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            found = misspelt("".join(cell["source"]))
            assert not found, f"cell {cell['id']}: " + ", ".join(f"\"{word}\" is spelt \"{NEVER[word]}\" in this book" for word in found)


@pytest.mark.parametrize("text, found", [
    ("A lookup is soft.", ["lookup"]), ("A `lookup` and a [lookup](lookup.html), *Lookup*, \"lookup\", look-up.", []),
    ("The lookup_table, a lookup2.", []), ("Soft-max, then", ["soft-max"]), ("Feedforward networks", ["feedforward"]), ("normalised", [])])
def test_a_second_spelling_is_seen_and_other_peoples_words_are_not(text, found):
    assert misspelt(text) == found


# ---- the cell where the reader asks -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def find():
    chapter = common.taught("84", "find", "entries")
    values = {"papers": chapter.entries(references.FILE.read_text(encoding="utf-8"))}
    for name, file in (("glossary", "glossary.csv"), ("places", "articles.csv")):
        values[name] = pd.read_csv(FOLDER / file, dtype=str, keep_default_na=False)
    chapter.find.__globals__.update(values)
    return chapter.find


@pytest.mark.parametrize("text, what, name", [
    ("001  4.5", "section", "4.5 (a)"), ("article 004 3.3", "section", "3.3"), ("键", "term", "key"),
    ("Feedforward", "term", "feed-forward network"),
    ("bahdanau 2015", "paper", "bahdanau2015"), ("align translate jointly", "paper", "bahdanau2015"),
    ("https://arxiv.org/pdf/1706.03762v7.pdf", "paper", "vaswani2017"),
    ("https://doi.org/10.1162/NECO.1997.9.8.1735.", "paper", "hochreiter1997"),
    ("http://jstor.org/stable/25049340/", "paper", "watson1964")])
def test_what_the_reader_asks_is_found_in_other_forms(find, text, what, name):
    table = find(text)
    assert name in table[table["what"] == what]["name"].tolist()
    assert what == "term" or set(table["what"]) == {what}


@pytest.mark.parametrize("text", ["", " ", "a", ".", "//", None, 17, float("nan"), ["attention"], b"attention", "x" * 5000,
                                  "attention_1d_tutorial"])
def test_what_is_nowhere_gets_a_sentence(find, text):
    said = find(text)
    assert isinstance(said, str) and len(said) < 130 and ("expected" in said or "nothing has" in said)


# ---- the articles, section by section -----------------------------------------------------------------------------------

PLACES = table("articles.csv")


def test_every_section_has_a_row_and_every_cell_exists():
    ids = {path.stem: {cell["id"] for cell in cells(path)} for path in NOTEBOOKS}
    for row in PLACES:
        assert row["cell"] in ids[row["notebook"]], row
    assert len({tuple(row.values()) for row in PLACES}) == len(PLACES)
    for article, count in SECTIONS.items():
        lines = [int(row["line"]) for row in PLACES if row["article"] == article]
        assert lines == sorted(lines) and len(set(lines)) == count
    named = {}
    for row in PLACES:
        assert named.setdefault((row["article"], row["section"]), (row["line"], row["heading"])) == (row["line"], row["heading"])


def headings(text):
    """Numbers of the lines of an article that are a heading or a question; what stands in a listing is neither."""
    listing = False
    for number, line in enumerate(text.splitlines(), 1):
        listing ^= line.startswith("```")
        if not listing and re.match(r"#{1,6} |Q: |\*\*Q|\d\. \*\*(Q|如何)", line):
            yield number


def test_headings_are_told_from_listings():
    assert list(headings("# a\n```\n# no\n```\nQ: b\n1. **如何**\n1. **no**")) == [1, 5, 6]


@pytest.mark.skipif("ATTENTION_ARTICLES" not in os.environ, reason="no part of the book: ATTENTION_ARTICLES names the articles' folder")
def test_the_rows_are_the_headings_of_the_articles():
    for path in sorted(Path(os.environ["ATTENTION_ARTICLES"]).glob("00[0-4]*.txt")):
        mine = {int(row["line"]) for row in PLACES if row["article"] == path.name[:3]}
        assert mine == set(headings(path.read_text(encoding="utf-8"))), path.name
