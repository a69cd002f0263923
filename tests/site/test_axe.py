"""The site for every eye and hand: axe-core on each page in both themes, what a screen reader hears, the keyboard alone."""
import html
import re

import node
import pytest
import website
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from served import chromium, site  # noqa: F401

# What axe looks at beside contrast is the same in both themes, so it looks once.  Formulas and colours of code are four fifths of a page's
# elements: there a formula, whose signs are heard below, is a letter, and each colour of code stands once.  For the contrast each kind of
# text, told by the classes around it, stands once on a page.
ONCE = """const spans = new Set();
for (const part of document.querySelectorAll(".highlight span[class], .katex")) {
  if (part.className === "katex") part.replaceWith("x");
  else if (spans.has(part.className)) part.replaceWith(part.textContent);
  else spans.add(part.className);
}"""
KINDS = """const seen = new Set(), kinds = new Map([[document.body, ""]]), texts = [];
const kind = part => kinds.has(part) ? kinds.get(part) : kinds.set(part, [kind(part.parentElement), part.tagName, part.className,
  part.style.cssText, part.tagName === "TR" ? part.rowIndex % 2 : ""].join(" ")).get(part);
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push([walker.currentNode, kind(walker.currentNode.parentElement)]);
for (const [text, name] of texts) {
  let part = text.parentElement;
  if (!seen.has(name)) { seen.add(name); continue; }
  text.remove();
  while (part.tagName !== "TR" && !part.children.length && !part.textContent.trim()) {
    const around = part.parentElement;
    part.remove();
    part = around;
  }
}"""
RUN = """const [theme, rules, done] = arguments;
document.body.dataset.theme = theme;
axe.run({ ...rules, resultTypes: ["violations"] }).then(({ violations }) => done(violations.flatMap(rule => rule.nodes.map(
  found => [theme, rule.impact, rule.id, found.target.join(" "), found.failureSummary]))));"""
NAMED = {"button", "checkbox", "link", "textbox", "img", "image"}


@pytest.fixture(scope="module")
def driver(site, tmp_path_factory):  # noqa: F811
    """A window so high that the sidebar need not scroll: axe cannot tell the ground of what is out of sight."""
    driver = chromium(tmp_path_factory.mktemp("axe"))
    driver.set_window_size(1400, 2600)
    yield driver
    driver.quit()


def findings(driver, path):
    """What axe-core objects to on a page, as [theme, impact, rule, where, why]."""
    driver.get(path.as_uri())
    driver.execute_script((node.MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8") + ONCE)
    found = driver.execute_async_script(RUN, "light", {"rules": {"color-contrast": {"enabled": False}}})
    driver.execute_script(KINDS)
    return found + [one for theme in ("light", "dark") for one in driver.execute_async_script(RUN, theme, {"runOnly": ["color-contrast"]})]


def test_axe_finds_nothing_on_any_page_in_either_theme(site, driver):  # noqa: F811
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 80
    found = {path.relative_to(site).as_posix(): findings(driver, path) for path in pages}
    assert not {page: faults for page, faults in found.items() if faults}


BREAKS = {                                                                # a rule of axe, and what breaks it on a page
    "image-alt": (r'<img alt="[^"]*"', "<img"),
    "heading-order": ("<h2>", "<h5>"),
    "aria-required-attr": ('<p class="caption"', '<p role="heading"'),
    "landmark-unique": ('aria-label="On this page"|aria-label="The book"', ""),
    "label": ('aria-label="Search"|placeholder="Search"', ""),
    "page-has-heading-one": ("<h1>", "<p>"),
    "empty-table-header": ('<td class="head"></td>', "<th></th>"),
    "html-has-lang": ('lang="en"', ""),
    "link-name": ("Skip to content", ""),
    "button-name": ('aria-label="Toggle Light[^"]*"', "")}
DIM = '<style>body[data-theme="dark"] .highlight .n { color: #555 }</style></head>'


def test_what_is_broken_is_found(site, driver):  # noqa: F811
    text = (site / "notebooks" / "02_core_idea.html").read_text(encoding="utf-8")
    broken = site / "notebooks" / "broken.html"
    try:
        for rule, (sound, faulty) in BREAKS.items():
            text, count = re.subn(sound, faulty, text)
            assert count, rule
        broken.write_text(text.replace("</head>", DIM), encoding="utf-8")
        found = findings(driver, broken)
    finally:
        broken.unlink()
    assert {rule for _, _, rule, _, _ in found} >= set(BREAKS)
    assert {theme for theme, _, rule, _, _ in found if rule == "color-contrast"} == {"dark"}


def heard(driver):
    """The page as a screen reader goes through it: (role, name, level, the roles around it)."""
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    table, order = {one["nodeId"]: one for one in nodes}, []

    def walk(one, around):
        role, name = one["role"]["value"], one.get("name", {}).get("value", "")
        if not one.get("ignored"):
            level = next((p["value"]["value"] for p in one.get("properties", []) if p["name"] == "level"), None)
            order.append((role, name, level, around))
            around = (*around, role)
        for child in one.get("childIds", []):
            if child in table:
                walk(table[child], around)

    walk(nodes[0], ())
    return order


@pytest.mark.parametrize("name", ["02_core_idea", "12_softmax"])
def test_a_screen_reader_hears_a_chapter_in_order(site, driver, name):  # noqa: F811
    path = site / "notebooks" / f"{name}.html"
    driver.get(path.as_uri())
    order = heard(driver)
    assert order[0][:2] == ("RootWebArea", f"{website.title(name)} - Attention, step by step")
    assert all(called for role, called, _, _ in order if role in NAMED)
    places = {called: role for role, called, _, _ in order if role in ("complementary", "navigation", "search", "main")}
    assert places == {"The book": "complementary", "Chapters": "navigation", "On this page": "complementary", "": "main"}
    headings = [(level, called) for role, called, level, _ in order if role == "heading"]
    assert headings[0] == (1, website.title(name)) and [level for level, _ in headings].count(1) == 1
    assert all(after <= before + 1 for (before, _), (after, _) in zip(headings, headings[1:], strict=False))
    assert not any("¶" in called for _, called, _, _ in order)
    main = [(role, called) for role, called, _, around in order if "main" in around]
    assert [called for role, called in main if role == "image"] == [html.unescape(alt) for alt in re.findall(
        r'<img alt="([^"]*)"', path.read_text(encoding="utf-8"))]

    formulas = len(driver.find_elements(By.CLASS_NAME, "katex"))
    assert formulas == sum(role == "MathMLMath" for role, _ in main) > 50
    letters = [called for role, called, _, around in order if role == "StaticText" and "MathMLMath" in around]
    assert len(letters) > formulas and not any("\\" in letter for letter in letters), "a formula is heard as its signs, not as TeX"

    steps = [(role, called) for role, called, _, around in order if role == "group" or "group" in around and role in (
        "textbox", "button", "status")]
    asked = website.exercises(name)
    assert steps == [step for number in asked for step in [
        ("group", f"Exercise {number}"), ("textbox", f"Your answer to {number}"),
        *(("button", label) for label in ("Run", "Stop", "Solution", "Start over")), ("status", "")]]
    verdicts = [called for role, called, _, around in order if role == "StaticText" and {"group", "status"} <= set(around)]
    assert verdicts == [f"{number}: not attempted yet" for number in asked]


FOCUS = """const here = document.activeElement, labels = here.labels || [];
const seen = [here, ...labels, here.parentElement].map(part => [part.getBoundingClientRect(), getComputedStyle(part)]);
const shown = ([box, style]) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && style.visibility === "visible"
  && style.opacity !== "0" && box.width * box.height > 0
  && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
return [here, here.className + here.id, seen.some(shown)];"""


def stops(driver, most):
    """Press Tab; what has the focus then, as (class and id, role, name, whether one sees that it has it)."""
    for _ in range(most):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        here, what, seen = driver.execute_script(FOCUS)
        yield what, here.aria_role, here.accessible_name, seen


@pytest.mark.parametrize("width", [1400, 700])
def test_the_keyboard_alone_reaches_everything_and_sees_where_it_is(site, driver, width):  # noqa: F811
    """On a wide page sidebar, theme, article; on a narrow one the switches of the sidebars first, and no link of a closed one."""
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    driver.set_window_size(width, 1000)
    try:
        driver.get((site / "notebooks" / "02_core_idea.html").as_uri())
        way = list(stops(driver, 66 if width == 1400 else 12))
        assert not [stop for stop in way if not (stop[2] and stop[3])]
        names = [name for _, _, name, _ in way]
        first = [] if width == 1400 else ["Toggle site navigation sidebar", "Toggle table of contents sidebar"]
        assert names[:len(first) + 2] == [*first, "Skip to content", "Attention, step by step"]
        assert ("Search" in names, "84 · Resources" in names) == (width == 1400, width == 1400)
        assert names.index("Toggle Light / Dark / Auto color theme") < names.index("Download this notebook")
    finally:
        driver.set_window_size(1400, 2600)


def press(driver, *keys):
    for key in keys:
        driver.switch_to.active_element.send_keys(key)
    return driver.switch_to.active_element


def test_skip_link_theme_search_and_drawers_answer_to_keys(site, driver):  # noqa: F811
    driver.set_window_size(700, 1000)
    try:
        driver.get((site / "notebooks" / "02_core_idea.html").as_uri())
        assert press(driver, Keys.TAB, Keys.SPACE).accessible_name == "Attention, step by step", "the opened sidebar takes the focus"
        assert press(driver, Keys.TAB).accessible_name == "Search"
        assert press(driver, Keys.ESCAPE).get_attribute("id") == "__navigation"
        assert not driver.find_element(By.CLASS_NAME, "sidebar-drawer").is_displayed()
        assert press(driver, Keys.TAB, Keys.SPACE).accessible_name == "A look-up that fails"
        press(driver, Keys.ESCAPE)
        assert press(driver, Keys.TAB).accessible_name == "Skip to content"
        assert press(driver, Keys.ENTER, Keys.TAB).accessible_name == "Download this notebook"
        driver.set_window_size(1400, 1000)
        theme = driver.find_element(By.CSS_SELECTOR, ".theme-toggle-content button")
        before = driver.execute_script("return document.body.dataset.theme")
        theme.send_keys(Keys.ENTER)
        assert driver.execute_script("return document.body.dataset.theme") != before
        driver.find_element(By.CLASS_NAME, "sidebar-search").send_keys("softmax", Keys.ENTER)
        assert driver.current_url.partition("?")[0].endswith("/search.html")
    finally:
        driver.execute_script("localStorage.clear()")
        driver.set_window_size(1400, 2600)
