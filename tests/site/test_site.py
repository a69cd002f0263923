"""The site, made of the stored notebooks: its links and anchors, and its pages as files in Chromium with the network cut."""
import html
import html.parser
import re
import shutil
from urllib.parse import unquote, urlsplit

import book
import node
import pytest
import registry
import website
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served import asked, chromium, complaints, site  # noqa: F401

# What a reader would type, and the page that must be among the answers.
SEARCHES = {
    "softmax": "12_softmax", "temperature": "12_softmax", "causal mask": "13_masks", "empty row": "13_masks", "attn_mask": "32_pytorch",
    "overflow": "12_softmax", "Bahdanau": "35_seq2seq", "multi-head": "15_multi_head", "einsum": "31_numpy", "sinusoidal": "16_position",
    "ALiBi": "16_position", "finite differences": "23_gradients_by_hand", "beam search": "35_seq2seq", "warm-up": "77_training",
    "key-value cache": "73_decoding", "BM25": "44_question_answering", "optimal assignment": "52_object_detection",
    "differential privacy": "78_privacy", "ROUGE": "43_summarization", "head": "75_pretrained"}


class Page(html.parser.HTMLParser):
    """The links, the ids and the pictures of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self.links += [attrs[name] for name in ("href", "src") if attrs.get(name)]


@pytest.fixture(scope="module")
def pages(site):  # noqa: F811
    return {path: Page(path) for path in site.rglob("*.html")}


def bad_links(pages):
    """The links within the site that lead nowhere, with their page."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if not target.is_file():
                yield path.name, link
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield path.name, link


def test_every_link_and_every_anchor_is_there(pages):
    assert len(pages) > 80 and sum(len(page.links) for page in pages.values()) > 10_000
    assert not list(bad_links(pages))


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "a.html"
    page.write_text('<a href="a.html#here">x</a><a href="b.html">x</a><a href="#there">x</a><img src="c.png"><p id="here">')
    assert [link for _, link in bad_links({page: Page(page)})] == ["b.html", "#there", "c.png"]


@pytest.mark.parametrize("text, said", [("[x](nowhere.md)", "nowhere.md"), ("[x](#no-such-heading)", "no-such-heading"),
                                        ("![x](none.svg)", "none.svg"), ("# A\n\n# A\n\n$$\\frac{1}$$\n\n[](x.ipynb)", "x.ipynb")])
def test_a_warning_fails_the_site(tmp_path, text, said, capfd):
    if node.fetch():
        pytest.skip(node.fetch())
    (tmp_path / "source").mkdir()
    (tmp_path / "static").mkdir()
    for words, status in [("# Title\n", 0), (f"# Title\n\n{text}\n", 1)]:
        (tmp_path / "source" / "index.md").write_text(words)
        assert website.sphinx(tmp_path) == status
    assert said in capfd.readouterr().err


def test_sidebar_contents_and_next_are_those_of_the_registry(site, pages):  # noqa: F811
    index = (site / "index.html").read_text(encoding="utf-8")
    tree = index[index.index('class="sidebar-tree"'):index.index("</aside>")]
    assert re.findall(r'href="notebooks/(\d\d_\w+)\.html', tree) == registry.THERE
    captions = re.findall(r'class="caption-text">([^<]+)<', tree)
    assert captions == [f"{n} · {part}" for n, part in registry.PARTS.items()] + ["Look it up", "About"]
    body = index[index.index("<article"):]
    assert re.findall(r'<strong><a [^>]*href="notebooks/(\d\d_\w+)\.html', body) == registry.ROUTE
    for name in registry.THERE:
        text = (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        after = re.search(r'class="next-page" href="([^"#]*)"', text)[1].removesuffix(".html")
        assert after == (registry.following(name) or "words"), name
        needs = text[text.index("You need</strong>"):].partition("</p>")[0]
        assert re.findall(r'href="(\d\d_\w+)\.html', needs)[:len(registry.CHAPTERS[name]["needs"])] == registry.CHAPTERS[name]["needs"]


def test_chapters_are_called_by_their_titles(pages):
    for path in (path for path in pages if "data" not in path.parts):         # a card of data is called by its folder
        assert not re.search(r">\d\d_[a-z]\w+</(span|a)>", path.read_text(encoding="utf-8")), path.name


def test_the_names_of_the_parts_are_those_of_the_map():
    drawing = (book.ROOT / "figures" / "00_map.py").read_text(encoding="utf-8")
    assert re.findall(r'\("(\d) ([^"]+)", ', drawing) == list(registry.PARTS.items())


def test_the_notebook_that_is_downloaded_is_the_book_s(site):  # noqa: F811
    for path in book.chosen([]):
        assert (site / "notebooks" / path.name).read_bytes() == path.read_bytes()
        assert f'href="{path.name}" download' in (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")


def test_pictures_that_code_draws_have_their_texts(site):  # noqa: F811
    """What a cell's metadata say stands at its picture, for who cannot see it."""
    for name in registry.THERE:
        text = (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        alts = [cell["metadata"]["alt"] for cell in registry.cells(name) if "alt" in cell["metadata"]]
        shown = [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"[^>]*_images/[0-9a-f]{64}', text)]
        assert list(dict.fromkeys(alt for alt in shown if not alt.startswith("../_images"))) == alts, name     # a cell may draw two


def test_formulas_are_rendered_and_none_is_refused(site):  # noqa: F811
    count = 0
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        count += text.count('<span class="katex">')
        assert "katex-error" not in text and not re.search(r"\\\(|\\\[", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S)), path.name
    assert count > 4_500
    version = node.version(node.MODULES / "katex")
    import sphinxcontrib.katex
    assert version == sphinxcontrib.katex.katex_version, "formulas and styles of two versions: sub- and superscripts come out full size"


def test_no_page_asks_for_anything_outside_and_none_is_wider_than_a_phone(site, pages, tmp_path):  # noqa: F811
    driver = chromium(tmp_path, phone=True)
    try:
        for path in pages:
            driver.get(path.as_uri())
            width = driver.execute_script("return document.documentElement.scrollWidth")
            outside = [url for url in asked(driver) if not url.startswith(("file:", "data:", "blob:", "chrome:"))]
            assert (width, outside, complaints(driver)) == (390, [], []), path.name
    finally:
        driver.quit()


def test_a_page_that_asks_or_complains_or_is_too_wide_is_noticed(tmp_path):
    (tmp_path / "a.html").write_text(
        '<meta name="viewport" content="width=device-width"><img src="https://example.org/x.png"><p style="width:500px">x')
    driver = chromium(tmp_path, phone=True)
    try:
        driver.get((tmp_path / "a.html").as_uri())
        assert driver.execute_script("return document.documentElement.scrollWidth") > 390
        assert "https://example.org/x.png" in asked(driver) and complaints(driver)
    finally:
        driver.quit()


def test_search_and_themes_work_from_files(site, tmp_path):  # noqa: F811
    driver = chromium(tmp_path)
    wait = WebDriverWait(driver, 60)
    try:
        for words, page in SEARCHES.items():
            driver.get(f"{(site / 'search.html').as_uri()}?q={words.replace(' ', '+')}")
            wait.until(lambda b: re.search(r"finished|did not match|found", b.find_element(By.ID, "search-results").text))
            found = [a.get_attribute("href") for a in driver.find_elements(By.CSS_SELECTOR, "#search-results li a")]
            assert any(f"/{page}.html" in link for link in found), (words, found[:5])
        driver.get(f"{(site / 'search.html').as_uri()}?q=zeppelinfahrer")
        wait.until(lambda b: "did not match" in b.find_element(By.ID, "search-results").text)
        driver.get((site / "notebooks" / "02_core_idea.html").as_uri())
        grounds = set()
        for theme in ("light", "dark"):
            driver.execute_script("document.body.dataset.theme = arguments[0]", theme)
            grounds.add(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
            for kind in (".cell_output img", 'article img[src$=".svg"]'):
                shown = driver.execute_script("const s = getComputedStyle(document.querySelector(arguments[0]));"
                                              "return s.backgroundColor + s.filter + s.opacity", kind)
                assert shown == "rgb(255, 255, 255)none1", "a picture's shades are its figures: they stay as they are drawn"
        assert len(grounds) == 2
    finally:
        driver.quit()


def test_what_is_missing_is_said_in_a_sentence(tmp_path, monkeypatch):
    shutil.copy(node.SITE / "package-lock.json", tmp_path)
    monkeypatch.setattr(node, "SITE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Node.js, which is not here" in node.fetch()
    monkeypatch.setattr(node.shutil, "which", lambda name: "/bin/node" if name == "node" else None)
    assert "katex 0.16.22 from npm) could not be fetched" in node.fetch() and "npm is not here" in node.fetch()
    for name in ("katex", "commander", "pyodide", "axe-core", "ws"):
        folder = tmp_path / "node_modules" / name
        folder.mkdir(parents=True)
        number = node.wanted()[f"node_modules/{name}"]
        (folder / "package.json").write_text(f'{{"version": "{number}"}}')
    assert node.fetch() is None
