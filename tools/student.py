"""A student's own server under a class's hub, which starts it as that student (tools/hub/jupyterhub_config.py).

~/attention is laid out as a checkout is, so that the links of the notebooks lead somewhere: work/ holds the student's copies and
progress.json; what the notebooks link to is the book's, for reading.
"""
import os
import platform
import runpy
import sys
from pathlib import Path

import book
import lab

HOME = Path.home() / "attention"
LINKED = ["figures", "notebooks", "tests"]


def main(options):
    work = HOME / "work"
    HOME.mkdir(mode=0o700, exist_ok=True)
    for name in LINKED:
        if not os.path.lexists(HOME / name):
            (HOME / name).symlink_to(book.ROOT / name)
    for line in lab.update(book.NOTEBOOKS, work, platform.python_version()):
        print(line, flush=True)
    # Without ATTNLIB_WORK, attnlib would look for the class's one progress.json in the book's own work/, where no student may write.
    os.environ.update(book.environment(ATTNLIB_WORK=str(work), JUPYTER_CONFIG_PATH=str(lab.CONFIG)))
    sys.path += map(str, book.ROOT.glob(".hub/lib/python*/site-packages"))        # after the book's own, whose versions go first
    sys.argv[1:] = [*lab.SETTINGS, *options]
    runpy.run_module("jupyterhub.singleuser", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
