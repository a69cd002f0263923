"""The teachers' page: its sessions fit into two hours, teach nothing before what it needs, and name exercises that exist."""
import re

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
