"""The book for e-readers, made of the pages of the site: attention_step_by_step.epub, which lies beside them.

An EPUB 3 without scripts.  Formulas are the MathML that KaTeX puts beside what it draws, with their TeX as alternative text: an e-reader
sets fonts and sizes itself, for which KaTeX's boxes are not made.
"""
import datetime
import html
import os
import re
import unicodedata
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import book
import website
from lxml import etree
from lxml.html import document_fromstring

NAME = "attention_step_by_step.epub"
TITLE = "Attention, step by step"
LEFT_OUT = {"search", "genindex", "progress"}                 # they are their scripts
KINDS = {".xhtml": "application/xhtml+xml", ".css": "text/css", ".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
EXERCISE = ("In JupyterLab and on the book’s site, this cell and each one below that calls <code>check</code> answers: "
            "your solution is right, or this went wrong. Here it can only be read.")
SOUND = "Here is a sound to listen to, in JupyterLab and on the book’s site."
CONTAINER = """<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title>{styles}</head>
<body>{body}</body></html>
"""
FRONT = """<section epub:type="titlepage" class="front"><h1>{title}</h1>
<p>An executable textbook</p>
<p>{author}</p>
<p>Edition {edition}; made on {day}. Text and figures: CC BY 4.0. Code: MIT.</p>
<p>Tables and pictures stand below the code that made them, and tests compute them again. Nothing runs in this file, and the notebooks,
the data and the sheets to print are not in it: <a href="get.xhtml">Get the book</a> says how you come by it.</p></section>"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:0d0fd2b5-4a62-5c0e-9d7b-0a0d86b3c6a1</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>en</dc:language>
<dc:creator>{author}</dc:creator>
<dc:rights>Text and figures: CC BY 4.0. Code: MIT.</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Each picture has a text that says what it shows, each formula is MathML.</meta>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


def formula(shown):
    """Put in place of a formula of KaTeX its MathML, with the TeX that it was as the text for who cannot see it."""
    mathml = shown.find(".//math")
    mathml.set("alttext", mathml.find(".//annotation").text)
    mathml[:] = [mathml[0][0]]                                # without <semantics>, whose TeX some readers print
    for sign in mathml.xpath(".//mo[*]"):                     # \operatorname as a letter each: an operator holds text alone
        sign.text = "".join(sign.itertext())
        del sign[:]
    for sign in mathml.xpath("(.//msub | .//msup | .//munder | .//mover)/*[3][.='\u2061']"):
        sign.drop_tree()
    for sign in mathml.xpath(".//mo[.='\u2061'][following-sibling::*[1][not(self::mo)]]"):
        sign.set("rspace", "0.17em")                          # ln 2, not ln2: MathML's "is applied to" is nothing wide
    for letter in mathml.iterfind(".//*[@mathvariant]"):
        kind = letter.get("mathvariant").replace("-", " ").upper()
        if kind != "NORMAL":                                  # the one variant that browsers' MathML still knows
            letter.text = "".join(styled(kind, sign) for sign in letter.text)
            del letter.attrib["mathvariant"]
    mathml.tail = shown.tail
    shown.getparent().replace(shown, mathml)


def styled(kind, sign):
    """A letter or digit in its own character, such as ℝ for the R of \\mathbb{R}."""
    name = unicodedata.name(sign).replace("LATIN ", "").replace(" LETTER", "")
    for start in ("", "MATHEMATICAL "):
        try:
            return unicodedata.lookup(f"{start}{kind} {name}")
        except KeyError:
            pass
    return sign


def page(path, pages):
    """A page of the site for the book: its title and its content, as XHTML.  `pages` are those to which links may lead."""
    article = document_fromstring(path.read_text(encoding="utf-8")).find(".//article")
    for element in article.xpath(".//style | .//script | .//button | .//*[@class='headerlink'] | .//p[starts-with(@class, 'actions')]"):
        element.drop_tree()
    for shown in article.find_class("katex"):
        formula(shown)
    for sound in article.iter("audio"):
        sound.getparent().replace(sound, etree.XML(f"<p>{SOUND}</p>"))
    for cell in article.find_class("tag_exercise")[:1]:
        cell.addprevious(etree.XML(f'<p class="exercise">{EXERCISE}</p>'))
    for element in article.xpath(".//*[@valign or @halign]"):                           # tables of pandas; XHTML has styles for that
        etree.strip_attributes(element, "valign", "halign")
    for link in article.xpath(".//a[@href]"):
        parts = urlsplit(link.get("href"))
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if parts.scheme:
            continue
        if link.get("download") is not None:
            link.drop_tag()                                   # this book itself is one
        elif target in pages:
            link.set("href", parts._replace(path=re.sub(r"\.html$", ".xhtml", parts.path)).geturl())
        elif target.is_file():
            link.drop_tag()                                   # a file of the book, or a page of scripts: its name stays
        else:
            raise ValueError(f"{path.name} links to {link.get('href')}, which is not there")
    return article.findtext(".//h1"), "".join(etree.tostring(part, encoding="unicode") for part in article)


def parts():
    """The table of contents, {part: {place of a page: how it is called}}."""
    import registry
    chapters = {f"{number} · {part}": {f"notebooks/{name}": website.title(name) for name in registry.THERE if name.startswith(number)}
                for number, part in registry.PARTS.items()}
    others = {caption: {place: name for name, place in pages.items() if place not in LEFT_OUT}
              for caption, pages in (("Look it up", website.INDEXES), ("About", website.ABOUT))}
    return chapters | others


def contents(shown):
    listed = "".join(f"<li><span>{html.escape(part)}</span><ol>" + "".join(
        f'<li><a href="{place}.xhtml">{html.escape(name)}</a></li>' for place, name in pages.items()) + "</ol></li>\n"
        for part, pages in shown.items())
    return f'<nav epub:type="toc"><h1>Contents</h1><ol>\n<li><a href="index.xhtml">{TITLE}</a></li>\n{listed}</ol></nav>'


def wrapped(place, title, body):
    """A whole page at some place in the book."""
    up = "../" * place.count("/")
    styles = "".join(f'<link rel="stylesheet" type="text/css" href="{up}{name}"/>' for name in ("pygments.css", "epub.css"))
    return PAGE.format(title=html.escape(title), styles=styles, body=body)


def item(name, place, content):
    """The line of the manifest for a file, which also says that it is the contents, or holds formulas."""
    kind = "nav" if place == "nav.xhtml" else "mathml" if place.endswith(".xhtml") and "<math " in content else ""
    properties = f' properties="{kind}"' * bool(kind)
    return f'<item id="{name}" href="{place}" media-type="{KINDS[Path(place).suffix]}"{properties}/>'


def make(site, target):
    """Write the EPUB of the pages of a site."""
    now = datetime.datetime.now(datetime.UTC)
    edition = re.search("^## (.*)", (book.ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[1]
    facts = {"title": TITLE, "author": "The authors of Attention, step by step", "edition": edition, "day": now.strftime("%Y-%m-%d")}
    site, shown = site.resolve(), parts()
    pages = {path: path.relative_to(site).with_suffix("").as_posix() for path in sorted(site.rglob("*.html")) if path.stem not in LEFT_OUT}
    read = ["index", *(place for part in shown.values() for place in part)]
    order = [*read, *(place for place in pages.values() if place not in read)]          # the data cards come last
    files = {"epub.css": (website.node.SITE / "epub.css").read_bytes(), "pygments.css": (site / "_static" / "pygments.css").read_bytes(),
             "nav.xhtml": wrapped("nav", "Contents", contents(shown)), "title.xhtml": wrapped("title", TITLE, FRONT.format(**facts))}
    for path, place in pages.items():
        title, body = page(path, pages)
        files[f"{place}.xhtml"] = wrapped(place, title, body)
        for source in re.findall(r'<img[^>]* src="([^"]+)"', body):
            picture = Path(os.path.normpath(path.parent / unquote(source)))
            files[picture.relative_to(site).as_posix()] = picture.read_bytes()
    names = {place: f"f{number}" for number, place in enumerate(files)}
    manifest = "\n".join(item(name, place, files[place]) for place, name in names.items())
    spine = "\n".join(f'<itemref idref="{names[f"{place}.xhtml"]}"/>' for place in ["title", *order])
    files["book.opf"] = PACKAGE.format(**facts, modified=now.strftime("%Y-%m-%dT%H:%M:%SZ"), manifest=manifest, spine=spine)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        packed.writestr("META-INF/container.xml", CONTAINER)
        for name, content in files.items():
            packed.writestr(f"EPUB/{name}", content)
    return target
