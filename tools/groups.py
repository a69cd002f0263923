"""The groups of packages: what each holds, and what a notebook says of a package whose group is not installed.

requirements/NAME.txt names a group's packages, in their versions.  Each kernel of .venv loads this file as it starts (setup.tell_kernels).
What runs before the environment exists runs on every Python 3.6 or newer, so that an unfitting one is told what would fit.
"""
import ast
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "requirements"
GROUPS = ["base", "torch", "tensorflow", "language", "senses", "challenges", "site", "dev"]
FIRST = ["base", "torch"]                                            # what `make lab` starts with
MODULES = {"fonttools": "fontTools", "markdown-it-py": "markdown_it", "pillow": "PIL", "pytest-xdist": "xdist", "scikit-image": "skimage",
           "scikit-learn": "sklearn", "scikit-video": "skvideo", "sphinxcontrib-katex": "sphinxcontrib",
           "tensorflow-cpu": "tensorflow", "pyyaml": "yaml"}         # the others are imported by their names, with _ for -


def system():
    """What the markers of the requirements ask about this computer."""
    return {"sys_platform": sys.platform, "platform_machine": platform.machine()}


def holds(marker, facts):
    """Whether a marker, such as `platform_machine == "x86_64" or sys_platform != "linux"`, is true where `facts` are."""
    def value(node):
        if isinstance(node, ast.BoolOp):
            return (all if isinstance(node.op, ast.And) else any)([value(part) for part in node.values])
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            left, right = (facts[x.id] if isinstance(x, ast.Name) else ast.literal_eval(x) for x in (node.left, node.comparators[0]))
            return (left == right) == isinstance(node.ops[0], ast.Eq)
        raise ValueError(f"marker: comparisons with == and !=, joined by and, or, were expected, got {marker}")
    return value(ast.parse(marker.strip(), mode="eval").body)


def pins(groups=GROUPS, facts=None):
    """The versions that some groups want on this system, or where `facts` are, {name: version}."""
    text = "\n".join((FOLDER / f"{group}.txt").read_text(encoding="utf-8") for group in groups)
    lines = re.findall(r"^([\w.-]+)==([^;\s]+)[ \t]*(?:;(.+))?$", text, re.M)
    return {name: version for name, version, marker in lines if not marker or holds(marker, facts or system())}


def module(name):
    """What a package is imported as."""
    return MODULES.get(name, name.replace("-", "_"))


def home(imported):
    """The group that brings a module (`keras`, or `keras.layers`); None where no group names it."""
    top = imported.partition(".")[0]
    return next((group for group in GROUPS if top in map(module, pins([group]))), None)


# ---- in a notebook -----------------------------------------------------------------------------------------------

def sentence(imported):
    """What to say of a module that is not there and that a group of the book would bring; None of any other."""
    top = (imported or "").partition(".")[0]
    group = home(top)
    if group is None or importlib.util.find_spec(top):
        return None
    python = "python" if os.name == "nt" else "python3"
    return (f"{top} belongs to the group {group}, which is not installed.  "
            f"In a terminal, in the book's folder: {python} tools/setup.py {group}   Then: Kernel, Restart Kernel.")


def show(shell, kind, error, trace, tb_offset=None):
    """Show the error of a missing module: in one line where a group brings the module, else as IPython does."""
    line = sentence(error.name)
    if line:
        error._render_traceback_ = lambda: [line]                    # IPython asks for it
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def listen(shell):
    """Let an IPython shell show the errors of missing modules by `show`; who probes for one, or catches the error, notices nothing."""
    shell.set_custom_exc((ModuleNotFoundError,), show)
