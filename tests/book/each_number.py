"""A pytest plugin: change each number of each stored output by one digit and see that the comparison would be red.

    python -m pytest --collect-only -q --nbval -p each_number notebooks
"""
import copy
import re

import pytest
from nbval.plugin import IPyNbCell, coalesce_streams


def changed_copies(outputs, forgiven):
    """The outputs again and again, each time with another number changed in its last digit; what follows ≈ is left out."""
    for i, output in enumerate(outputs):
        holders = [(output, "text"), (output, "evalue"), (output.get("data", {}), "text/plain")]
        for n, (holder, key) in enumerate(holders):
            text = holder.get(key, "")
            spans = [found.span() for found in forgiven.finditer(text)]
            for number in re.finditer(r"\d+", text):
                last = number.end() - 1
                if not any(start <= last < end for start, end in spans):
                    changed = copy.deepcopy(outputs)
                    target = changed[i]["data"] if n == 2 else changed[i]
                    target[key] = f"{text[:last]}{(int(text[last]) + 1) % 10}{text[last + 1:]}"
                    yield changed


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    forgiven = re.compile("|".join(pattern.pattern for pattern in patterns(session)))
    tried, missed = 0, []
    for cell in (item for item in session.items if isinstance(item, IPyNbCell)):
        outputs = coalesce_streams(copy.deepcopy(cell.cell.get("outputs", [])))
        for changed in changed_copies(outputs, forgiven):
            tried += 1
            if not cell.options["check"] or cell.options["skip"] or cell.compare_outputs(copy.deepcopy(outputs), changed):
                missed.append(cell.nodeid)
    if missed or not tried:
        raise pytest.UsageError(f"{len(missed)} of {tried} changed numbers would pass: {missed[:5]}")
    print(f"{tried} changed numbers, all red")


def patterns(session):
    """What tests/book/sanitize.cfg forgives."""
    text = (session.config.rootpath / "tests" / "book" / "sanitize.cfg").read_text(encoding="utf-8")
    return [re.compile(found) for found in re.findall("^regex: (.*)$", text, re.M)]
