"""Make notebooks/data/44_question_answering/passages.csv, the passages of 44_question_answering: python experiments/44_make_passages.py

The passages are Python's own documentation as the running Python carries it, without a network: the language reference
(`pydoc_data.topics`, ids `ref:topic:number`) and the docstrings of the modules below (`doc:name:number`).  Prose is kept, and code,
grammars, tables and notes on versions are dropped; reST marks are stripped; what is said twice is kept once.  The stored file was made
by CPython 3.11.7 on Linux.  Another patch version has other words, so it is frozen, and the script writes only where MADE_BY matches.
"""
import importlib
import inspect
import re
import sys
import warnings
from pydoc_data.topics import topics

import common

from attnlib.data import data_path

MADE_BY = (3, 11, 7)
FILE = data_path("44", "passages.csv")
LEAST, ENOUGH, MOST = 40, 80, 160                           # words of a passage: at least, when to begin the next, at most
PER_MODULE, PER_NAME = 18, 2                                # passages, so that no module fills the collection

# Modules with terms of their own in LICENSE.txt or in their head (tarfile, optparse, trace, uu, logging, codecs, ...) are left out.
MODULES = """argparse array ast asyncio base64 bdb binascii bisect builtins bz2 calendar cmd code codeop collections
collections.abc compileall concurrent.futures configparser contextlib copy csv dataclasses datetime difflib dis doctest email.charset
email.header email.message email.utils enum filecmp fileinput fnmatch fractions ftplib functools gc getopt getpass gettext glob graphlib
gzip hashlib heapq hmac html html.parser http.client http.server imaplib importlib importlib.metadata importlib.resources inspect io
ipaddress itertools json linecache locale lzma mailbox marshal math mimetypes multiprocessing.pool multiprocessing.shared_memory
netrc numbers operator os os.path pathlib pdb pickle pickletools pkgutil plistlib poplib pprint queue quopri random re reprlib runpy sched
secrets select selectors shelve shlex shutil signal site smtplib socket socketserver ssl stat statistics string struct subprocess symtable
sys sysconfig tabnanny tempfile textwrap threading time timeit tokenize traceback tracemalloc types typing unicodedata unittest
unittest.mock urllib.error urllib.parse urllib.request uuid venv warnings wave weakref webbrowser zipapp zipfile
zipimport zlib zoneinfo""".split()

STOP = set("a an and are as at be been but by can do does each for from has have if in into is it its may more must no not of on only or "
           "other over return returned returns same should so such than that the their then there these they this to used using was when "
           "where which will with you".split())
VERSION = re.compile(r"(Changed|New|Deprecated|Added) (in|since) |See also|Availability:|Source code:|\[\d+\] |\*\*PEP|PEP \d+|# "
                     r"|The above exc|During handling")
LIST = re.compile(r"^(?:[*•-]|\d+[.)])\s+(?=\S)")


def blocks(text):
    """The paragraphs of `text`, each a list of lines; a code block that follows its colon without a blank line is cut off."""
    for chunk in re.split(r"\n[ \t]*\n", text.expandtabs()):
        part = []
        for line in chunk.splitlines():
            indent = len(line) - len(line.lstrip())
            new = part and (LIST.match(line.lstrip()) or ">>>" in line or re.match(r" +[\w*, ]+ -- ", line)
                            or (part[-1].endswith(":") and indent > len(part[-1]) - len(part[-1].lstrip())))
            if new:
                yield part
                part = []
            part.append(line.rstrip())
        if part and part[0].strip():
            yield part


def is_prose(text):
    """Whether `text` is sentences: enough small words, few signs of code, an end."""
    words = text.split()
    small = sum(w.strip(".,:;()").lower() in STOP for w in words)
    signs = sum(text.count(c) for c in "=[]{}<>|\\/#$%@+~^")
    return (len(words) > 5 and small >= 0.18 * len(words) and signs <= 0.025 * len(text) and text[-1] in ".:;!?)”\"'"
            and not (len(words) > 25 and sum(w.isupper() for w in words) > 0.4 * len(words))       # the terms of a licence
            and not re.search(r">>>|::=|\+--|\.\. |^:\w+ |redistribute", text) and not VERSION.match(text))


def clean(text):
    """`text` on one line, without reST marks and footnote numbers."""
    text = LIST.sub("", " ".join(text.split()), count=1)
    text = re.sub(r":[a-z:]+:`[~!]?([^`<]*?)(?: <[^`>]*>)?`", r"\1", text)
    text = re.sub(r"``?([^`']+?)(``?|'+)", r"\1", text)
    text = re.sub(r"\*\*(\w[^*]*)\*\*", r"\1", text)
    text = re.sub(r"(?<![\w*])\*(\w[^*]*?)\*(?![\w*])", r"\1", text)
    text = re.sub(r"(?<=[\w.,)\"”]) \[\d+\]", "", text)
    return text.replace("::", ":").strip()


def without_announcement(text):
    """`text` without the words that announce dropped code ("For example:")."""
    if text.endswith(":"):
        *said, last = re.split(r"(?<=[.;!?)]) (?=[A-Z\"*])", text)
        colon = r"([,;(]? *(for example|for instance|e\.g\.))?\.*:$"
        text = " ".join(said) if said and len(last.split()) <= 12 else re.sub(colon, ".", text)
    return text


def sections(text):
    """`text` as (title, items), each item a paragraph as (name that it defines or None, words)."""
    title, items, name, pending = "", [], None, None
    found = list(blocks(text))
    for i, lines in enumerate(found):
        first, indent = lines[0].strip(), len(lines[0]) - len(lines[0].lstrip())
        if len(lines) > 1 and re.fullmatch(r"([*=\-~^])\1{3,}", lines[-1].strip()):
            yield title, items
            title, items, pending = clean(" ".join(lines[:-1])), [], None
            continue
        words = clean(" ".join(lines))
        following = found[i + 1][0] if i + 1 < len(found) else ""
        deeper = len(following) - len(following.lstrip()) > indent
        if deeper and len(lines) < 4 and re.match(r"(class |exception |coroutine )?[a-z_(][\w.()]*( ?[\[(].*)?$", first, re.S) \
                and not first.endswith((".", ":")):
            pending = words if pending is None else f"{pending}, {words}"
        elif is_prose(words):
            if words.endswith(":") and i + 1 < len(found) and not is_prose(clean(" ".join(found[i + 1]))):
                words = without_announcement(words)
            if words:
                name = pending and re.split(r"[ (\[]", re.sub("^(class|exception|coroutine) ", "", pending))[0]
                items.append((name, f"{pending}: {words}" if pending else words))
            pending = None
        elif not VERSION.match(words) and not lines[0].startswith(" ") and pending:
            pending = None
    yield title, items


def packed(title, items, seen=frozenset()):
    """The items of a section as passages (source, words), whole paragraphs together, long ones cut between sentences."""
    pieces = []
    for name, words in items:
        key = re.sub(r"\W+", " ", words).lower()
        if key in seen:
            continue
        if len(words.split()) > MOST:
            part = ""
            for sentence in re.split(r"(?<=[.!?]) (?=[A-Z\"])", words):
                if part and len(f"{part} {sentence}".split()) > 120:
                    pieces.append((name, part, key))
                    name, part = None, ""
                part = f"{part} {sentence}".strip()
            words = part
        pieces.append((name, words, key))
    passages, source, text, keys = [], title, "", set()
    for name, words, key in [*pieces, ("", "", "")]:
        have, more = len(text.split()), len(words.split())
        if have and (not words or have + more > MOST or have >= ENOUGH or (name and have >= LEAST)):
            if have < LEAST and passages and not name and len(passages[-1][1].split()) + have <= MOST:
                passages[-1] = (passages[-1][0], f"{passages[-1][1]} {text}", passages[-1][2] | keys)
            else:
                passages.append((source, text, keys))
            text, keys = "", set()
        if not text:
            source = name or (source if name is None else title)
        text, keys = f"{text} {words}".strip(), keys | {key}
    return [p for p in passages if LEAST <= len(p[1].split()) <= MOST]


def reference():
    """Passages (id, source, text) of the language reference; short topics first, since long ones repeat them."""
    seen = set()
    for topic in sorted(topics, key=lambda t: (len(topics[t]), t)):
        number = 0
        for title, items in sections(topics[topic]):
            for source, text, keys in packed(title, items, seen):
                number += 1
                yield f"ref:{topic}:{number}", source, text
                seen |= keys


def documented(module, called):
    """(qualified name, docstring) of the module and of its own public classes, functions and methods, in alphabetical order."""
    homes = {module.__name__.split(".")[0], "posix" if called == "os" else called}
    def walk(owner, prefix, depth):
        for name, thing in sorted(vars(owner).items()):
            thing = getattr(thing, "__func__", thing)
            home = getattr(thing, "__module__", None)
            ours = home is None or home.split(".")[0].strip("_") in homes and getattr(thing, "__name__", name) == name
            if name.startswith("_") or not ours or not (inspect.isclass(thing) or inspect.isroutine(thing) or isinstance(thing, property)):
                continue
            if isinstance(getattr(thing, "__doc__", None), str):
                yield f"{prefix}.{name}", thing.__doc__
            if inspect.isclass(thing) and depth:
                yield from walk(thing, f"{prefix}.{name}", depth - 1)
    if module.__doc__:
        yield called, module.__doc__
    yield from walk(module, called, 1)


def docstrings():
    """Passages (id, source, text) of the standard library's docstrings."""
    warnings.simplefilter("ignore", DeprecationWarning)      # of typing.io and typing.re
    for name in MODULES:
        made = []
        for qualified, doc in documented(importlib.import_module(name), name):
            items = [item for _, part in sections(inspect.cleandoc(doc)) for item in part]
            qualified = qualified.removeprefix("builtins.")
            for i, (_, text, _) in enumerate(packed(qualified, [(None, words) for _, words in items])[:PER_NAME]):
                made.append((f"doc:{qualified}:{i + 1}", qualified, text))
        whole = len(made) <= PER_MODULE or name == "builtins"
        yield from made if whole else [made[i * len(made) // PER_MODULE] for i in range(PER_MODULE)]


def passages():
    """All passages; one that shares more than half of its word triples with an earlier one is dropped."""
    kept, known = [], []
    for row in [*reference(), *docstrings()]:
        words = re.findall(r"\w+", row[2].lower())
        triples = set(zip(words, words[1:], words[2:]))
        if all(len(triples & other) <= 0.5 * min(len(triples), len(other)) for other in known):
            kept.append(row)
            known.append(triples)
    return kept


def main():
    rows = passages()
    common.write_table(FILE, [dict(zip(("id", "source", "text"), row)) for row in rows])
    print(f"{len(rows)} passages, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    if sys.version_info[:3] != MADE_BY:
        sys.exit(f"the stored passages are those of Python {'.'.join(map(str, MADE_BY))}; this one would write other words")
    main()
