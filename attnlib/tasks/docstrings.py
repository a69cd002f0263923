"""Documentation as the texts of 43 were cut: the line that says what a thing does, and the sentences of prose after it.

PEP 257 and numpydoc ask for one line, an empty line, then a longer description.  What is code, a list, a formula or a directive is left
out.  A text that somebody hands over is cut into sentences and nothing of it is left out.
"""
import inspect
import re

import numpy as np

ABBREVIATION = re.compile(r"(\b(e\.g|i\.e|etc|vs|cf|Eq|eq|Fig|Ref|resp|al|approx|No|Sec|Dr|Mr|Mrs|Ms|Prof|St|[A-Z])\.|^\d+\.)$")
FIELD = re.compile(r"(Args?|Arguments|Parameters|Returns?|Examples?|Raises|Shape|Inputs?|Outputs?|Attributes|Keyword arguments)::?($|\s)")
ENGLISH = set("the a an of and to in is it for that this with on as are was be by not or from at if which when has have".split())
FEWEST, MOST, LONGEST, CHARACTERS = 2, 20, 100, 20_000      # sentences of a text, words of a sentence, length of a text


def plain(text):
    """Text without the marks of reStructuredText."""
    text = re.sub(r":[\w:+-]+:`(~?)\.?([^`<]*?)(?:\s*<[^`]*>)?`", lambda m: m[2].split(".")[-1] if m[1] else m[2], text)
    text = re.sub(r"`+([^`<]*?)(?:\s*<[^`]*>)?`+_*", r"\1", text)
    text = re.sub(r"(?<!\w)\*\*?([^*\s][^*]*)\*\*?(?!\w)", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"\s*\[[\w, .]+\]_", "", text)).strip()


def sentences(text):
    """Cut a paragraph after a full stop that no abbreviation explains."""
    found, current = [], ""
    for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z\"'(])", text):
        current = f"{current} {piece}".strip()
        if not ABBREVIATION.search(current):
            found.append(current)
            current = ""
    return found + [current] * bool(current)


def sections(text):
    """The underlined sections of numpydoc as (title, lines); the first has no title."""
    lines, parts, i = text.expandtabs().splitlines(), [("", [])], 0
    while i < len(lines):
        if i + 1 < len(lines) and lines[i].strip() and re.fullmatch(r"[-=~^]{3,}\s*", lines[i + 1]):
            parts.append((lines[i].strip().lower(), []))
            i += 1
        else:
            parts[-1][1].append(lines[i])
        i += 1
    return parts


def prose(lines):
    """The paragraphs that are sentences: no code, no lists, no directives, no formulas, nothing after a list of arguments."""
    for chunk in re.split(r"\n[ ]*\n", "\n".join(lines).strip("\n")):
        text = chunk.strip()
        if FIELD.match(text):
            return
        if text and not chunk[0].isspace() and not re.match(r"\.\. |:|>>>|[*#|+-]|\d+[.)] |\(\w\)|Note|See also|Warning|TODO", text):
            text = text[:-1] if text.endswith("::") else text
            if not re.search(r"::|>>>|\\|\$|https?:|(?m:^ *[-*] )|\b(new|added|deprecated|changed) in\b", text):
                yield plain(text)


def is_sentence(text):
    """Whether a text has 4 to 45 words, begins and ends like a sentence, and is mostly letters."""
    share = sum(c.isalpha() or c in " ,.'-" for c in text) / len(text)
    return 4 <= len(text.split()) <= 45 and text[-1] in ".!?:" and text[0].isupper() and share > 0.93


def pair(text):
    """A docstring -> its summary and the sentences of its body, or None."""
    first, *others = sections(text)
    paragraphs = re.split(r"\n[ ]*\n", "\n".join(first[1]).strip("\n"))
    if re.fullmatch(r"[\w.]+\(.*\)( *->.*)?", paragraphs[0].strip(), re.S):         # a signature in C code
        paragraphs = paragraphs[1:]
    if not paragraphs or paragraphs[0].count("\n") > 1:
        return None
    summary = sentences(plain(paragraphs[0]))
    if len(summary) != 1 or not is_sentence(summary[0].rstrip(".") + ".") or len(summary[0].split()) > 22 or "\\" in summary[0]:
        return None
    lines = "\n\n".join(paragraphs[1:]).splitlines()
    parts = [*prose(lines), *(p for title, body in others if title in ("notes", "extended summary") for p in prose(body))]
    return summary[0].rstrip(".") + ".", [s for p in parts for s in sentences(p) if is_sentence(s)]


def name_words(name):
    """The words in a dotted name without its package: scipy.linalg.solve_banded -> linalg solve banded."""
    return " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name.partition(".")[2]))


def latin(text):
    """Whether no more than one letter in ten is outside the alphabet of English."""
    letters = [c for c in text if c.isalpha()]
    return sum(c.isascii() for c in letters) >= 0.9 * len(letters)


def english(text):
    """Whether at least one word in ten is one of those that English texts are full of."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return bool(words) and sum(w in ENGLISH for w in words) >= 0.1 * len(words)


def documentation(thing):
    """Name, first line and sentences of the documentation of a function, class or module; ValueError says what is missing."""
    if isinstance(thing, np.ufunc) or inspect.isroutine(thing) or inspect.isclass(thing) or inspect.ismodule(thing):
        text = inspect.getdoc(thing)
    else:
        raise ValueError(f"thing: expected a function, class or module, or a text, got {type(thing).__name__}")
    own = getattr(thing, "__qualname__", getattr(thing, "__name__", "it"))
    module = "" if inspect.ismodule(thing) else getattr(thing, "__module__", None) or ""
    name = f"{module}.{own}".strip(".")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"thing: expected documentation, got {name}, which has none")
    first, *others = sections(text)
    paragraphs = re.split(r"\n[ ]*\n", "\n".join(first[1]).strip("\n"))
    if len(paragraphs) > 1 and re.fullmatch(r"[\w.]+\(.*\)( *->.*)?", paragraphs[0].strip(), re.S):       # a signature in C code
        paragraphs = paragraphs[1:]
    lines = "\n\n".join(paragraphs[1:]).splitlines()
    parts = [*prose(lines), *(p for title, body in others if title in ("notes", "extended summary") for p in prose(body))]
    found = list(dict.fromkeys(s for p in parts for s in sentences(p) if is_sentence(s)))
    return name, plain(paragraphs[0]), found[:MOST]


def to_pick_from(thing, name=None):
    """What a picker gets of a thing's documentation, or of a text and its title: the name in words, the author's line (of a text
    None), the sentences.  ValueError says what came and what was expected."""
    if name is not None and not (isinstance(name, str) and len(name) <= 200 and latin(name) and any(map(str.isalpha, name))):
        raise ValueError("name: expected some words that say what the text is about, in English letters and at most 200 characters, "
                         f"got {name!r:.40}")
    line = None
    if not isinstance(thing, str):
        own, line, found = documentation(thing)
        asks = name or name_words(own) or own
    elif not thing.strip():
        raise ValueError("thing: expected a text of two sentences or more, got nothing")
    elif len(thing) > CHARACTERS:
        raise ValueError(f"thing: expected a text of at most {CHARACTERS:,} characters, got {len(thing):,}")
    elif name is None:
        raise ValueError("name: expected some words that say what the text is about, such as name=\"cooking rice\", got none")
    else:
        found, asks = [s for p in re.split(r"\n[ ]*\n", thing) for s in sentences(plain(p))], name
    text = " ".join([*found, asks, line or ""])
    counted, longest = FEWEST <= len(found) <= MOST, max((len(s.split()) for s in found), default=0)
    if not latin(text) or re.search("[\ud800-\udfff]", text) or counted and not english(text):
        raise ValueError(f"thing: expected an English text, which is what the encoder reads, got {text[:40]!r}")
    if not counted:
        raise ValueError(f"thing: expected {FEWEST} to {MOST} sentences of prose to pick from, got {len(found)}")
    if longest > LONGEST:
        raise ValueError(f"thing: expected sentences of at most {LONGEST} words, got one of {longest}")
    return " ".join(asks.split()), line, found
