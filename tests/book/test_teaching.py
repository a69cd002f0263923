"""The teachers' page: its sessions fit into two hours, teach nothing before what it needs, and name exercises that exist."""
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import registry
from registry import book

from attnlib import check

PAGE = (book.ROOT / "TEACHING.md").read_text(encoding="utf-8")
COURSES = [re.findall(r"^\| \d+ \|.*$", part, re.M) for part in PAGE.split("\n**")[1:4]]


def chapters(row):
    return re.findall(r"\(notebooks/(\d\d_\w+)\.ipynb\)", row.split("|")[2])


def test_there_are_courses_of_four_eight_and_twelve():
    assert [len(course) for course in COURSES] == [4, 8, 12]


@pytest.mark.parametrize("course", COURSES, ids=["four", "eight", "twelve"])
def test_a_session_is_two_hours(course):
    for row in course:
        times = [registry.times(registry.cells(name)) for name in chapters(row)]
        assert len(times) == 2 and sum(one["lesson"] + one["two"] for one in times) < 120, row


@pytest.mark.parametrize("course, before", zip(COURSES, [{"00_start_here", "03_learning"}, set(), set()]), ids=["four", "eight", "twelve"])
def test_a_chapter_comes_after_what_it_needs(course, before):
    for name in (name for row in course for name in chapters(row)):
        assert set(registry.CHAPTERS[name]["needs"]) <= before, name
        before.add(name)


def test_the_exercises_it_names_exist():
    named = re.findall(r"\b(\d\d\.\d+)\b", PAGE.partition("## What to hand out")[0])
    assert len(named) > 8 and all(check.find(name) for name in named)


def test_the_link_that_gives_out_copies_has_the_form_that_nbgitpuller_documents():
    (link,) = re.findall(r"`(https://HUB\S+)`", PAGE)
    parts, place = urlsplit(link), "lab/tree/attention/notebooks/12_softmax.ipynb?autodecode"
    assert parts.path == "/hub/user-redirect/git-pull"
    assert parse_qsl(parts.query) == [("repo", "ADDRESS"), ("branch", "main"), ("urlpath", place)]


def test_what_it_says_of_the_hub_is_what_the_hub_does():
    config = (book.ROOT / "tools" / "hub" / "jupyterhub_config.py").read_text(encoding="utf-8")
    patterns = [r'allowed_groups = {"(\w+)"}', r'bind_url = "(\S+)"', r'notebook_dir = "(\S+)"']
    (group,), (address,), (place,) = (re.findall(pattern, config) for pattern in patterns)
    assert f"groupadd {group}\n" in PAGE and f"--groups {group} ada" in PAGE and f"<{address}>" in PAGE and f"`{place}/work`" in PAGE
    assert f"/home/$who/{place[2:]}/work" in PAGE and config.count("=7200") == 2
    for name, number in (("12_softmax", "0.2"), ("33_tensorflow", "1.1")):
        assert f"{number} GiB for" in PAGE and f"**Memory** {number} GiB" in "".join(registry.cells(name)[0]["source"])
