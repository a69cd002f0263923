"""Make the book on paper: python tools/paper.py

_site/paper gets an EPUB of the book, a PDF of each chapter and of each part, and the worksheets, all from the pages of the site, which is
made first. PDFs have outline and tags and are printed by the browser that the environment variable BROWSER names, else Chromium, Chrome or
Edge.
"""
import html
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import book
import setup
import website

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge",
         "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
SHEETS = {"22_worksheet": "Self-attention by hand: the worksheet",
          "22_worksheet_filled": "Self-attention by hand: the worksheet, filled in",
          "23_worksheet": "Gradients by hand: the worksheet"}
SHEET = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>@page {{ size: A4 landscape; margin: 12mm; }} body {{ margin: 0; font-family: sans-serif; }}
h1 {{ font-size: 14pt; margin: 0 0 4mm; }} img {{ width: 100%; max-height: 165mm; }}</style>
<h1>{title}</h1><img src="{picture}" alt="{title}"></html>"""


def browser():
    """The browser that prints, or None."""
    return next(filter(None, map(shutil.which, filter(None, [os.environ.get("BROWSER"), *NAMES]))), None)


def printed(page, target):
    """Print a page of this computer as a PDF with outline and tags."""
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--generate-pdf-document-outline"]
        done = subprocess.run([browser(), *flags, f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.as_uri()],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=600)
    if not target.exists():
        raise RuntimeError(f"{page.name} could not be printed: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    return target


def joined(parts, target, title):
    """One PDF of several, each under its own heading of the outline."""
    from pypdf import PdfReader, PdfWriter
    writer = PdfWriter()
    for part in parts:
        writer.append(PdfReader(part))
    writer.add_metadata({"/Title": title})
    writer.write(target)


def sheet(name, title, folder):
    """A worksheet on A4, with its title."""
    page = folder / f"{name}.html"
    page.write_text(SHEET.format(title=html.escape(title), picture=(book.ROOT / "figures" / f"{name}.svg").as_uri()), encoding="utf-8")
    printed(page, folder / f"{name}.pdf")
    page.unlink()


def make(pages, folder, names):
    """Print some chapters, the parts that are whole among them, and the worksheets."""
    import registry
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: printed(pages / "notebooks" / f"{name}.html", folder / f"{name}.pdf"), names))
        list(pool.map(lambda item: sheet(*item, folder), SHEETS.items()))
    for number, title in registry.PARTS.items():
        part = [name for name in registry.THERE if name.startswith(number)]
        if set(part) <= set(names):
            joined([folder / f"{name}.pdf" for name in part], folder / f"part_{number}.pdf", f"Attention, step by step: {number} · {title}")


def main():
    import epub
    import registry
    lacking = website.node.fetch()
    if lacking:
        sys.exit(lacking)
    if website.build(website.BUILT):
        return 1
    (website.BUILT / "paper").mkdir()
    print("For e-readers:", shutil.copy(website.BUILT / "html" / epub.NAME, website.BUILT / "paper"), flush=True)
    if not browser():
        names = ", ".join(Path(name).name for name in NAMES)
        sys.exit(f"PDFs are printed by a browser, and none of {names} is here; BROWSER may name another.")
    make(website.BUILT / "html", website.BUILT / "paper", registry.THERE)
    print(f"On paper: {website.BUILT / 'paper'}")
    return 0


if __name__ == "__main__":
    python = str(setup.python(["site"]))
    sys.exit(main() if python == sys.executable else book.call([python, *sys.argv]))
