"""What the site takes from npm: site/package-lock.json names it, with its hashes, and npm lays it into site/node_modules.

The set-up calls this too, so that the site can be made without a network afterwards; it therefore reads on every Python 3.6 or newer.
"""
import json
import shutil
import subprocess

import book

SITE = book.ROOT / "site"
MODULES = SITE / "node_modules"


def version(path):
    """The version of a package that lies in a folder, or None."""
    file = path / "package.json"
    return json.loads(file.read_text(encoding="utf-8"))["version"] if file.exists() else None


def wanted():
    """The versions that the lock file names, {place in site/: version}."""
    packages = json.loads((SITE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {place: entry["version"] for place, entry in packages.items() if place}


def fetch():
    """Let npm bring what is missing; return what could not be had, in a sentence, or None."""
    if not shutil.which("node"):
        return ("The site's formulas are rendered by Node.js, which is not here (Debian: apt install nodejs npm; elsewhere nodejs.org). "
                "Nothing else of the book needs it.")
    if all(version(SITE / place) == number for place, number in wanted().items()):
        return None
    npm, said = shutil.which("npm"), "npm is not here (Debian: apt install npm)"
    if npm:
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=str(SITE),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return None
        said = "npm said: " + done.stdout.decode("utf-8", "replace").strip()[-300:]
    return ("The fonts of the site's formulas (katex {} from npm) could not be fetched; nothing else of the book needs them. {}"
            .format(wanted()["node_modules/katex"], said))
