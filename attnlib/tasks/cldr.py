"""Lists of dates, quantities, amounts of money and territories in three languages: the task of 37 and 41.

They are worded by people in the Unicode CLDR (licence Unicode-3.0) and read through babel.  An item is a tuple: ("date", year, month,
day), ("unit", count, name of the unit in CLDR), ("money", count, ISO 4217 code) or ("name", ISO 3166 code); languages are "en",
"fr", "zh".  An unknown language or kind raises ValueError.
"""
import datetime
import re
from functools import cache
from typing import NamedTuple

import numpy as np

from attnlib.seq2seq import EOS, PAD

YEARS, COUNTS, DAYS = range(2000, 2025), range(2, 32), range(1, 29)

UNITS = ("length-kilometer length-meter length-mile mass-kilogram mass-gram volume-liter volume-cubic-meter "
         "area-square-kilometer speed-kilometer-per-hour speed-meter-per-second temperature-celsius duration-minute "
         "duration-hour duration-day duration-week duration-year").split()

MONEY = "EUR USD JPY GBP CNY INR CAD CHF SEK BRL MXN ZAR".split()

NAMES = "ZA KR NZ BR DE JP CH ES EG SA US GB FR IT MX CI GR NL DO PL FI TH DK CV".split()

WORDS = {"en": r"\d+|,|[^\s,]+", "fr": r"\d+|,|[^\s,]+", "zh": r"\d+|\S"}       # a number is one token; so is each 汉 字

MIX = (5, 4, 3, 5, 2, 4, 5, 3, 4, 5, 1, 2, 3, 4, 5)        # lengths of training lists: length n comes n times in 15


class Token(NamedTuple):
    """A token, the position of its item in the list (-1: of none), and what it says (None: nothing by itself)."""
    text: str
    item: int = -1
    part: str | None = None


def split(text, language):
    """Cut a text into tokens; numbers stay whole."""
    if language not in WORDS:
        raise ValueError(f"language: expected one of {sorted(WORDS)}, got {language!r}")
    return re.findall(WORDS[language], text)


def join(tokens, language):
    """Undo `split`: a text as it is written."""
    return "".join(tokens) if language == "zh" else " ".join(tokens).replace(" ,", ",")


def _date(day, language):
    from babel import Locale
    from babel.dates import format_date
    names = {"y": "year", "M": "month", "d": "day", "年": "year", "月": "month", "日": "day"}
    for field in re.findall("y+|M+|d+|[^yMd]+", Locale.parse(language).date_formats["long"].pattern):
        text = format_date(day, field, locale=language) if field[0] in "yMd" else field
        yield from ((t, names.get(field.strip()[:1])) for t in split(text, language))


@cache
def phrase(item, language):
    """The tokens of one item, each with what it says: year, month, day, number, word, or None."""
    from babel import Locale
    from babel.numbers import format_currency
    from babel.units import format_unit
    kind, *value = item
    if kind == "date":
        return tuple(_date(datetime.date(*value), language))
    if kind == "unit":
        text = format_unit(*value, "long", locale=language)
        if value[1] in text:                                # babel 2.18 misses CLDR's alias from long to short
            text = format_unit(*value, "short", locale=language)
    elif kind == "money":
        text = format_currency(*value, format_type="name", currency_digits=False, locale=language)
    elif kind == "name":
        text = Locale.parse(language).territories[value[0]]
    else:
        raise ValueError(f"kind: expected date, unit, money or name, got {kind!r}")
    return tuple((t, "number" if t.isdigit() else "word") for t in split(text, language))


@cache
def frame(count, language):
    """The tokens that make a list of `count` items, with a position in place of each item."""
    from babel.lists import format_list
    slots = [chr(0xE000 + i) for i in range(count)]         # characters that no language uses
    pieces = re.findall(r"[\ue000-\uf8ff]|,|[^\s,\ue000-\uf8ff]+", format_list(slots, locale=language))
    return tuple(slots.index(piece) if piece in slots else piece for piece in pieces)


def sentence(items, language):
    """A list of items as Tokens, so that it is known which token of one language says what in the other."""
    tokens = []
    for piece in frame(len(items), language):
        tokens += [Token(piece)] if isinstance(piece, str) else [Token(t, piece, part) for t, part in phrase(items[piece], language)]
    return tokens


def alignment(items, language, parts=False):
    """True where a target token (row) and an English one (column) speak of one item, or with `parts` say the same part of it.

    A token that belongs to no item, such as "and", or with `parts` says nothing by itself, has a row of False.
    """
    source, target = sentence(items, "en"), sentence(items, language)
    same = [[t.item == s.item >= 0 and (not parts or t.part == s.part is not None) for s in source] for t in target]
    return np.array(same)


@cache
def item_pools():
    """Items by split and kind: of dates, quantities and amounts, 80 in 100 train, 10 validate, 10 test; names are in all three."""
    rng = np.random.default_rng(41)
    every = {"date": [("date", y, m, d) for y in YEARS for m in range(1, 13) for d in DAYS],
             "unit": [("unit", n, unit) for n in COUNTS for unit in UNITS],
             "money": [("money", n, code) for n in COUNTS for code in MONEY]}
    pools = {name: {"name": [("name", code) for code in NAMES]} for name in ("train", "valid", "test")}
    for kind, items in every.items():
        mixed = [items[i] for i in rng.permutation(len(items))]
        a, b = len(items) * 8 // 10, len(items) * 9 // 10
        pools["train"][kind], pools["valid"][kind], pools["test"][kind] = mixed[:a], mixed[a:b], mixed[b:]
    return pools


def draw_list(pool, count, rng):
    """`count` different items, each of a kind drawn evenly among the four."""
    items = []
    while len(items) < count:
        kind = pool[("date", "unit", "money", "name")[rng.integers(4)]]
        item = kind[rng.integers(len(kind))]
        items += [item] if item not in items else []
    return tuple(items)


def training_lists(count, seed):
    """Lists of one to five training items, in the order in which training meets them."""
    rng = np.random.default_rng([41, seed])
    return [draw_list(item_pools()["train"], MIX[i % len(MIX)], rng) for i in range(count)]


def held_out_lists(split_name, length, count):
    """Lists to validate or test on; "train" gives new lists of training items."""
    rng = np.random.default_rng([41, 1000 + length, ("train", "valid", "test").index(split_name)])
    return [draw_list(item_pools()[split_name], length, rng) for _ in range(count)]


CAN = ("expected names such as 'Japan', dates such as 'March 5, 2021' (2000 to 2024, days 1 to 28), and from 2 to 31 of something, "
       "such as '9 Swiss francs'")


@cache
def wordings():
    """{the English wording of an item, in small letters: the item}."""
    return {join([t for t, _ in phrase(item, "en")], "en").lower(): item
            for pool in item_pools().values() for kind in pool.values() for item in kind}


def list_of(text):
    """The items of a list that somebody typed in English; a ValueError says what cannot be read."""
    if not isinstance(text, str):
        raise ValueError(f"list: expected a text, got {type(text).__name__}")
    rest, items = " ".join(text.split()).rstrip(".").lower(), []
    if not rest:
        raise ValueError(f"list: {CAN}; got nothing")
    if len(rest) > 400:
        raise ValueError(f"list: expected at most 400 characters, got {len(rest)}")
    while rest:
        ends = [p for p in wordings() if rest.startswith(p) and (rest + ",")[len(p)] in ", "]
        if not ends:
            raise ValueError(f"list: {CAN}; cannot read \"{rest[:40]}\"")
        longest = max(ends, key=len)
        items.append(wordings()[longest])
        rest = rest[len(longest):].removeprefix(",").strip().removeprefix("and ").strip()
    if len(items) > 8:
        raise ValueError(f"list: expected at most eight items, got {len(items)}")
    return tuple(items)


class Vocabulary:
    """Numbers for the tokens of one language, and back; a row of numbers ends with EOS and is filled up with PAD."""

    def __init__(self, language):
        items = [item for pool in item_pools().values() for kind in pool.values() for item in kind]
        words = {t for item in items for t, _ in phrase(item, language)}
        words |= {piece for n in (2, 5) for piece in frame(n, language) if isinstance(piece, str)}
        self.language, self.words = language, ["<pad>", "<begin>", "<end>", *sorted(words)]
        self.number = {word: i for i, word in enumerate(self.words)}

    def encode(self, lists):
        """Lists of items -> whole numbers (lists, longest)."""
        rows = [[self.number[t.text] for t in sentence(items, self.language)] + [EOS] for items in lists]
        return np.array([row + [PAD] * (max(map(len, rows)) - len(row)) for row in rows])

    def decode(self, row):
        """Numbers -> the tokens before the first EOS."""
        row = [int(i) for i in row]
        return [self.words[i] for i in row[:row.index(EOS) if EOS in row else len(row)]]

