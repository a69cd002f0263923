"""notebooks/chapters.toml: heads, imports, Next links and README follow it, and no chapter uses what a later one teaches."""
import ast
import importlib
import inspect
import re
import sys

import book
import nbformat
import pytest
import registry

NEEDED_BY_NOBODY = {"IPython", "matplotlib", "numpy", "pandas"}             # every chapter has them
CELLS = {path.stem: nbformat.read(path, as_version=4).cells for path in sorted(book.NOTEBOOKS.glob("*.ipynb"))}
every_chapter = pytest.mark.parametrize("name", registry.THERE)


def prose(name):
    return "\n".join(cell.source for cell in CELLS[name] if cell.cell_type == "markdown")


def imports(name):
    """The import statements of a chapter, those inside of functions too, as (module, name or None)."""
    for cell in CELLS[name]:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse("\n".join(line for line in cell.source.splitlines() if line[:1] not in "%!"))):
                if isinstance(node, ast.Import):
                    yield from ((alias.name, None) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield from ((node.module, alias.name) for alias in node.names)


def test_the_registry_lists_the_notebooks_in_reading_order():
    assert registry.THERE == list(CELLS)
    assert list(registry.CHAPTERS) == sorted(registry.CHAPTERS)


@every_chapter
def test_needs_point_backwards_and_none_follows_from_another(name):
    needs = registry.CHAPTERS[name]["needs"]
    assert all(other in registry.THERE and other < name for other in needs)
    for other in needs:
        assert not any(other in registry.known(third) for third in needs), f"{other} is needed by another need"


def test_the_core_route_needs_nothing_off_it():
    for name in registry.ROUTE:
        assert registry.known(name) <= set(registry.ROUTE), name


@every_chapter
def test_a_chapter_takes_from_the_library_only_what_was_taught_before(name):
    read = {other[:2] for other in registry.known(name) | {name}}
    for module, attribute in imports(name):
        if module.startswith("attnlib."):
            taught = re.search(r"Taught in (\d\d)\.", inspect.getdoc(getattr(importlib.import_module(module), attribute or "", None)) or "")
            assert not taught or taught[1] in read, f"{attribute} is taught in {taught[1]}"


@every_chapter
def test_no_chapter_imports_a_private_name(name):
    private = {f"{module} {attribute or ''}".strip() for module, attribute in imports(name)
               if any(part.startswith("_") for part in [*module.split("."), *[attribute or ""]])}
    assert private <= {"torch._dynamo"}                             # loaded before TensorFlow, which brings another triton


@every_chapter
def test_packages_are_those_that_the_chapter_imports(name):
    found = {module.split(".")[0] for module, _ in imports(name)} - sys.stdlib_module_names - NEEDED_BY_NOBODY - {"attnlib"}
    assert sorted(found) == registry.CHAPTERS[name]["packages"]


@every_chapter
def test_the_head_states_what_the_registry_says(name):
    assert re.search(r"\*\*You need\*\* (.*)", CELLS[name][0].source)[1] == registry.need_line(name)


@every_chapter
def test_next_is_the_next_chapter_of_the_book_and_of_the_route(name):
    lines = re.findall(r"^\*\*Next:\*\* .*(?:\n(?!\n).*)*", prose(name), re.M)
    following, route = registry.following(name), registry.on_the_route(name)
    if following is None:                                       # the book's last chapter
        assert not lines
        return
    line = lines[-1]
    assert line.startswith(f"**Next:** {registry.link(following)}"), line
    if route and route != following:
        assert f"on the core route: {registry.link(route)}" in line, line


def test_readmes_table_is_made_of_the_registry_and_the_heads():
    assert registry.table() in (book.ROOT / "README.md").read_text(encoding="utf-8"), "python tools/outputs.py 00 writes it anew"


@pytest.mark.parametrize("name", registry.THERE)
def test_a_head_says_how_long_its_chapter_takes(name):
    cells = registry.cells(name)
    assert "".join(cells[0]["source"]) == registry.with_times(cells), f"python tools/outputs.py {name[:2]} writes it anew"
    extras = any("".join(c["source"]).startswith("## Extra") for c in cells)
    assert ("The core takes " in "".join(cells[0]["source"])) == extras


@pytest.mark.parametrize("name", registry.THERE)
def test_a_core_is_one_lesson(name):
    """At most 45 minutes; from part 5 on two more where a picture or a table has been worth it."""
    assert registry.times(registry.cells(name))["core"] < (45.5 if name < "45" else 47.5)


def test_minutes_are_counted_as_said():
    code = {"cell_type": "code", "outputs": [], "source": ["# a comment\n", "x = 1\n", "\n", "x"]}
    picture = {"cell_type": "code", "outputs": [{"data": {"image/png": ""}}], "source": ["fig, ax = plt.subplots()\n", "plt.show()"]}
    words = {"cell_type": "markdown", "source": ["one two $x + y$ ![a picture](b.png)\n", "$$a$$\n", "```\ncode\n```"]}
    assert registry.minutes([code]) == 12 / 60 and registry.minutes([picture]) == 34 / 60
    assert abs(registry.minutes([words]) - (6 * 0.3 + 2 + 30) / 60) < 1e-12
