"""Compare the papers that the chapters link with notebooks/data/84_resources/references.bib: python tools/references.py

What the two have in common is the identifier: an arXiv number, a DOI, an address.  Printed are links without an entry, as entries to be
completed and pasted, entries that no chapter links, titles and years that differ, and papers named without a link.
"""
import csv
import json
import re
import sys

import book

FILE = book.NOTEBOOKS / "data" / "84_resources" / "references.bib"
PAPERS = ("arxiv.org", "doi.org", "aclanthology.org", "papers.nips.cc", "proceedings.neurips.cc", "proceedings.mlr.press", "jmlr.org",
          "openreview.net", "jstor.org", "research.google", "transformer-circuits.pub", "pubmed.ncbi.nlm.nih.gov", "dl.acm.org",
          "usenix.org", "d2l.ai", "deeplearningbook.org")
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\((https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)\)")


def entries(text):
    """{key: {field: value}} of a BibTeX file whose values stand in braces, one field a line."""
    found = {}
    for kind, key, body in re.findall(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}", text, re.M | re.S):
        if key in found:
            raise ValueError(f"{key}: expected one entry, found two")
        found[key] = {"kind": kind}
        for line in body.splitlines():
            field = re.fullmatch(r"  (\w+) = \{(.*)\},", line)
            if not field:
                raise ValueError(f"{key}: expected '  name = {{value}},' in each line, found {line!r}")
            found[key][field[1]] = field[2]
    for line in re.findall(r"^@.*", text, re.M):
        if not any(line.endswith(f"{{{key},") for key in found):
            raise ValueError(f"expected an entry that begins '@kind{{key,' and ends with a brace of its own, found {line!r}")
    return found


def identifier(url):
    """What a paper's address says of it, the same for all its forms: arXiv:1706.03762, doi:10.1038/323533a0, or the bare address."""
    number = re.search(r"arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5})|arxiv\.(\d{4}\.\d{4,5})", url, re.I)
    if number:
        return f"arXiv:{number[1] or number[2]}"
    doi = re.search(r"doi\.org/(10\.\S+)", url, re.I)
    return f"doi:{doi[1].lower()}" if doi else re.sub(r"^https?://(www\.)?|/$", "", url)


def links(cells):
    """(cell's id, words of the link, address, years before it) of each link to a paper."""
    for cell in cells:
        text = "".join(cell["source"])
        for found in LINK.finditer(text) if cell["cell_type"] == "markdown" else []:
            host = re.sub(r"^(www|export|proceedings)\.", "", found[2].split("/")[2])
            if any(host == name or host.endswith(f".{name}") or found[2].split("/")[2] == name for name in PAPERS):
                before = re.split(r"\]\([^)]*\)|\n- ", text[:found.start()])[-1]
                years = re.findall(r"\(([^()]*\b(?:1[89]|20)\d\d\b[^()]*)\)[^()]*$", before)
                yield cell["id"], found[1], found[2], {int(year) for year in re.findall(r"\b\d{4}\b", " ".join(years))}


def unlinked(cells):
    """(cell's id, title) of each paper in a list of sources that has a year and a title and no link."""
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and "**Sources.**" in text:
            for title in re.findall(r"(?<!\)) \((?:1[89]|20)\d\d\),? \*([^*\n]{9,})\*", text.split("**Sources.**")[1]):
                yield cell["id"], title


def plain(title):
    """A title's letters and digits alone; what stands after a colon may be left out."""
    title = re.sub(r"[*`_$]|\s+", " ", title).replace("²", "2").replace("^", "")
    return [re.sub(r"[^\w]", "", part.casefold()) for part in (title, title.split(":")[0])]


def same(printed, title):
    return plain(printed)[0] in plain(title)


def home(url, known):
    """The key of the entry to which an address belongs; a section of a book belongs to the book."""
    name = identifier(url)
    return known.get(name) or next((key for base, key in known.items() if "/" not in base and name.startswith(f"{base}/")), None)


def draft(cell, printed, url, years):
    """An entry for a link that has none, with ? where somebody has to look."""
    name = identifier(url)
    lines = [f"@misc{{?{min(years, default='')},", f"  title = {{{re.sub(r'[*`]', '', printed)}}},", "  author = {?},",
             f"  year = {{{min(years, default='?')}}},"]
    if name.startswith("arXiv:"):
        lines += [f"  eprint = {{{name[6:]}}},", "  archiveprefix = {arXiv},"]
    elif name.startswith("doi:"):
        lines += [f"  doi = {{{url.split('doi.org/')[1]}}},"]
    return "\n".join([*lines, f"  url = {{{url}}},", "  seen = {?},", "}"])


def problems(known, chapters):
    """What does not fit together, a sentence or a drafted entry each; `chapters` is {notebook: cells}."""
    by_name, cited, wanted = {}, set(), {}
    for key, entry in known.items():
        if entry.get("url"):
            by_name[identifier(entry["url"])] = key
    for chapter, cells in chapters.items():
        for cell, printed, url, years in links(cells):
            key, where = home(url, by_name), f"{chapter}, cell {cell}"
            if key is None:
                wanted.setdefault(identifier(url), f"% {where}\n{draft(cell, printed, url, years)}")
                continue
            cited.add(key)
            entry = known[key]
            right = {int(entry["year"])} | ({2000 + int(entry["eprint"][:2])} if "eprint" in entry else set())
            if entry["kind"] != "book" and "*" in printed and not same(printed, entry["title"]):
                yield f"{where}: the title is \"{printed}\" there and \"{entry['title']}\" in {key}"
            if entry["kind"] != "book" and years and not years & right:
                yield f"{where}: {key} is of {' or '.join(map(str, sorted(right)))}, not of {' or '.join(map(str, sorted(years)))}"
        for cell, title in unlinked(cells):
            yield f"{chapter}, cell {cell}: \"{title}\" has no link"
    for key, entry in known.items():
        if key not in cited and entry.get("url"):
            yield f"{key}: no chapter links it"
    yield from wanted.values()


def listed(chapter):
    """What a chapter's table of references says, as a cell of prose."""
    path = FILE.parents[1] / chapter / "references.csv"
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{"id": "references.csv", "cell_type": "markdown",
             "source": ["".join(f"\n- {row['authors']} ({row['year']}), [*{row['title']}*]({row['address']})" for row in rows)]}]


def chapters():
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["cells"] + listed(path.stem) for path in book.chosen([])}


if __name__ == "__main__":
    found = list(problems(entries(FILE.read_text(encoding="utf-8")), chapters()))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(found)} to be settled in {FILE.relative_to(book.ROOT).as_posix()}; then: python tools/outputs.py 84" if found
          else "every paper that a chapter links has its entry")
    sys.exit(bool(found))
