"""README: what a newcomer must find on its first screen, an exchange that is real, and sums that follow from the chapters."""
import doctest
import re
from pathlib import Path

import book
import numpy as np
import pytest
import registry
import setup
import website
import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def minutes():
    return {path.name[:2]: int(re.search(r"\*\*Time\*\* (\d+) min", path.read_text(encoding="utf-8"))[1]) for path in book.chosen([])}


def test_the_first_screen_says_what_attention_is_and_for_whom_this_is():
    screen = README[:README.index("![")]
    assert screen.startswith("# Attention, step by step\n\n**Attention** is ") and len(screen.split()) < 170
    for word in ("neural network", "Transformer", "language model", "GPT", "Python", "derivative", "Jupyter", "no GPU", "no network"):
        assert word in screen.replace("\n", " "), word


@pytest.mark.parametrize("word", [
    "git clone ", "make lab ", "make test ", "PYTHON=", "ARGS=", "figures/22_worksheet.svg", "figures/22_worksheet_filled.svg",
    "figures/23_worksheet.svg", "figures/02_five_steps.svg", "issue", "Intel Macs", "torch._dynamo"])
def test_readme_names(word):
    assert word in README


def test_the_exchange_with_an_exercise_is_what_happens(monkeypatch, tmp_path):
    from attnlib.check import check
    monkeypatch.setenv("ATTNLIB_WORK", str(tmp_path))
    examples = doctest.DocTestParser().get_doctest(README.replace("```\n", "\n"), {"np": np, "check": check}, "README", None, 0)
    assert len(examples.examples) == 3
    with np.printoptions(precision=4, suppress=True), np.errstate(all="ignore"):
        assert doctest.DocTestRunner().run(examples).failed == 0


def test_hours_are_the_sums_of_the_chapters():
    said = re.search(r"takes about (\S+) hours with two exercises of each; all lessons take about (\S+), and everything about (\S+)\.\n",
                     README)
    assert said.groups() == registry.lengths() and said[1] in ("7½", "8"), "python tools/outputs.py 00 writes it anew"
    start = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    assert f"The core route takes about {said[1]} hours, two exercises of each chapter included" in start
    found = minutes()
    assert abs(sum(found.values()) / 60 - float(said[3].replace("½", ".5"))) <= 0.5
    assert f"The core route, {registry.WORDS[len(registry.ROUTE)]} chapters, " in README
    assert f"{len(found)} Jupyter notebooks" in README


def test_what_readme_counts_is_written_again_where_it_is_old(monkeypatch, tmp_path):
    old = README
    for pattern, other in ((r"\d+ Jupyter notebooks", "7 Jupyter notebooks"), (r"core route, \w+ chapters", "core route, two chapters"),
                           (r"takes about \S+ hours", "takes about 1 hours"),
                           (r"everything about [\d½]+", "everything about 2"), (r"\| \d+ min \|", "| 1 min |")):
        old, count = re.subn(pattern, other, old)
        assert count, pattern
    (tmp_path / "README.md").write_text(old, encoding="utf-8")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    registry.write_readme()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README != old
    assert [registry.WORDS[n] for n in (1, 10, 12, 15)] == ["one", "ten", "twelve", "fifteen"]


def test_sizes_are_the_set_ups():
    download, disk = re.search(r"about (\d+ MB)\*\* and fills \*\*([\d.]+ GB)", README).groups()
    assert setup.cost(setup.FIRST) == f"about {download} to download and {disk} on disk; 1 minute and the time of the download"
    assert "takes a minute beyond the\ndownload" in README
    more = re.search(r"[\d.]+ GB more on disk", README)[0]
    assert more in setup.LARGE


def test_the_workflow_runs_readmes_command_on_each_admitted_python():
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "- run: make test\n" in workflow and "\nmake test " in README
    assert {f"3.{minor}" for minor in range(11, 14)} == set(re.findall(r'python: "([\d.]+)"', workflow))
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text()


def test_the_first_link_is_the_site_that_a_green_main_publishes():
    """On GitHub the link leads to the newest page that the environment github-pages published, in every copy of the repository."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["site"]["needs"] == "linux" and "push" in jobs["site"]["if"] and "refs/heads/main" in jobs["site"]["if"]
    steps = jobs["site"]["steps"]
    assert {"run": "make site"} in steps and jobs["site"]["environment"]["name"] == "github-pages"
    published = next(step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/upload-pages-artifact@"))
    assert ROOT / published == website.BUILT / "html"
    assert re.search(r"\]\(([^)]*)\)", README)[1] == "../../deployments/github-pages"
