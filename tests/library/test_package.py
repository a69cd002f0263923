"""attnlib as a package: what one line installs in a bare environment, where no book is."""
import os
import subprocess
import venv

import pytest
import website

ASK = """
from attnlib.check import check, progress
import numpy as np
def tempered(scores, temperature):
    amounts = np.exp((scores - scores.max(axis=-1, keepdims=True)) / temperature)
    return amounts / amounts.sum(axis=-1, keepdims=True)
check("12.2", tempered)
check("12.1", "1/2")
check("84.1", ...)
try:
    import attnlib.data
    attnlib.data.data_path("36", "runs.csv")
except FileNotFoundError as error:
    print(error)
"""


def test_one_line_makes_the_exercises_answer_where_no_book_is(tmp_path):
    website.wheel(tmp_path)
    (wheel,) = tmp_path.glob("attnlib-*.whl")
    assert wheel.stat().st_size < 500_000 and f'href="{wheel.name}"' in (website.node.SITE / "pages" / "get.md").read_text(encoding="utf-8")
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=True)
    python = next(p for p in (bare / "bin" / "python", bare / "Scripts" / "python.exe") if p.exists())
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    if subprocess.run([*pip, "install", "-q", "--retries", "0", wheel], capture_output=True).returncode:
        pytest.skip("NumPy cannot be had from a package index here")
    env = {name: value for name, value in os.environ.items() if name != "ATTNLIB_WORK"}
    done = subprocess.run([python, "-I", "-c", ASK], cwd=tmp_path, env=env, capture_output=True, text=True)
    right, wrong, untried, data = done.stdout.splitlines()
    assert right == "12.2: right, on 200 random inputs" and wrong.startswith("12.1: not yet. ") and untried == "84.1: not attempted yet"
    assert data.startswith("runs.csv: the chapters' data lie in the book's folder") and not done.stderr
    assert '"tries": 1' in (tmp_path / "work" / "progress.json").read_text()
    found = subprocess.run([*pip, "list", "--format=freeze"], capture_output=True, text=True).stdout
    assert {line.partition("==")[0] for line in found.splitlines()} - {"setuptools"} == {"attnlib", "numpy", "pip"}
