"""Each picture that a cell draws has a text for who cannot see it, in the cell's metadata, {"alt": "..."}; the site reads it from there."""
import json
import re

import pytest
from registry import book


@pytest.mark.parametrize("path", book.chosen([]), ids=lambda path: path.stem)
def test_each_picture_has_a_text(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = []
    for cell in cells:
        drawn = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        alt = cell["metadata"].get("alt")
        assert drawn == bool(alt), cell["id"]
        if alt:
            assert 40 <= len(alt) <= 400 and alt[-1] in ".!?" and not re.match(r"(a |the )?(picture|image|figure|plot) ", alt, re.I)
            assert not re.search(r"[$\\`]|\*\*", alt), f"{cell['id']}: a text is read aloud, without markup"
            texts.append(alt)
    assert len(set(texts)) == len(texts)
