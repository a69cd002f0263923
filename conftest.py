"""nbval, made strict.

Pictures are compared byte for byte where the environment is the pinned one.  A cell whose picture is drawn from a trained model,
or from measured bytes, carries the tag `trained`; the data that it shows is asserted in the notebook.  A stored figure after the
sign ≈ may differ from the one that is computed, but not by more than a factor of ten; how large it may be, an assert in its cell
says.
"""
import importlib.metadata
import importlib.util
import os
import re
import sys
from pathlib import Path

import book
import pytest

try:
    from nbval.plugin import IPyNbCell
except ImportError:                                              # the unit tests run without it
    IPyNbCell = None

os.environ.update(book.environment())            # one thread, for the tests and for the kernels that they start
if importlib.util.find_spec("triton"):           # PyTorch's GPU build: whole before TensorFlow, or the first optimiser's step crashes
    importlib.import_module("torch._dynamo")

ROOT = Path(__file__).parent


def as_imported():
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)


@pytest.fixture(autouse=True, scope="module")
def default_dtype_of_a_module():
    """A file of tests begins with float32, whatever the files before it, or their imports, asked for."""
    as_imported()


@pytest.fixture(autouse=True)
def default_dtype():
    """A test that asks PyTorch for float64 leaves the next one as it found it, whichever worker runs them."""
    before = sys.modules["torch"].get_default_dtype() if "torch" in sys.modules else None
    yield
    if before:
        sys.modules["torch"].set_default_dtype(before)
    else:
        as_imported()


def pinned():
    """Whether this is the environment in which the pictures were drawn."""
    pins = dict(re.findall(r"^(matplotlib|numpy|pillow)==(\S+)", (ROOT / "constraints.txt").read_text(), re.M))
    return sys.platform == "linux" and all(importlib.metadata.version(name) == version for name, version in pins.items())


PICTURES = pinned()

ABOUT = re.compile(re.search("^regex: (.*)$", (ROOT / "tests" / "book" / "sanitize.cfg").read_text(encoding="utf-8"), re.M)[1])


def figures_after_about(outputs):
    text = "\n".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)
    return [float(found.lstrip("≈ ").replace("−", "-").replace(",", "").rstrip(".")) for found in ABOUT.findall(text)]


def strict_compare(self, test, ref, skip_compare=None):
    for new, old in zip(figures_after_about(test), figures_after_about(ref)):
        if not abs(old) / 10 <= abs(new) <= abs(old) * 10:
            self.comparison_traceback = [f"≈ {old} is stored and ≈ {new} was computed: more than a factor of ten apart"]
            return False
    skip = self.parent.skip_compare
    if PICTURES and "trained" not in self.cell.metadata.get("tags", []):
        skip = tuple(kind for kind in skip if kind != "image/png")
    return compare_outputs(self, test, ref, skip)


if IPyNbCell:
    compare_outputs, IPyNbCell.compare_outputs = IPyNbCell.compare_outputs, strict_compare


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """nbval's options, wherever pytest is called with --nbval: this environment, what ≈ forgives, 300 s for a cell."""
    if getattr(config.option, "nbval", False):
        config.option.nbval_current_env = True
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(ROOT / "tests" / "book" / "sanitize.cfg")
        config.option.nbval_cell_timeout = 300


def pytest_report_header():
    return f"pictures compared byte for byte: {'yes' if PICTURES else 'no, this is not the pinned environment'}"
