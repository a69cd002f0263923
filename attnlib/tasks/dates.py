"""Dates as four offices write them, letter by letter, with what each letter tells: the task of 35.

They are worded as in the Unicode CLDR (licence Unicode-3.0), read through babel.  A date is a day with an office ("en", "es", "eu", "de")
and a style ("short", "medium", "long"); a row is a tuple of one or several dates.
"""
import datetime
import re
from functools import cache

import numpy as np

OFFICES = ["en", "en", "es", "es", "eu", "eu", "eu", "de"]                  # who writes eight dates
STYLES = ["short", "medium", "long"]
DAYS = [datetime.date(2001, 1, 1) + datetime.timedelta(i) for i in range(11322)]        # to 31 December 2031
ORDER = np.random.default_rng(35).permutation(len(DAYS))
POOLS = {"train": ORDER[:9000], "valid": ORDER[9000:10100], "test": ORDER[10100:]}     # a day is in one of them


@cache
def characters(day, office, style):
    """The characters of one date as CLDR writes it, each with what it tells: "y", "M", "d" or None."""
    from babel import Locale
    locale = Locale.parse(office)
    months = locale.months["format"]
    text = {"y": str(day.year), "yy": f"{day.year % 100:02}", "M": str(day.month), "MM": f"{day.month:02}",
            "MMM": months["abbreviated"][day.month], "MMMM": months["wide"][day.month], "d": str(day.day), "dd": f"{day.day:02}"}
    fields = re.findall(r"y+|M+|d+|'[^']*'|[^yMd']", locale.date_formats[style].pattern)
    return tuple((c, f[0] if f in text else None) for f in fields for c in text.get(f, f.strip("'")))


def worded(day, office, style):
    """A date as a text."""
    return "".join(c for c, _ in characters(day, office, style))


def source_of(row):
    """The characters of a row of dates, each with the number of its date and what it tells."""
    return [(c, i, part) for i, date in enumerate(row)
            for c, part in (*characters(*date), *[(";", None), (" ", None)] * (i + 1 < len(row)))]


def draw(pool, n, rng, clear=False):
    """A row of n dates of the days of a pool; `clear` leaves out the dates with slashes, which may have several readings."""
    row = []
    while len(row) < n:
        date = (DAYS[rng.choice(POOLS[pool])], OFFICES[rng.integers(8)], STYLES[rng.integers(3)])
        row += [] if clear and date[2] == "short" and date[1] != "de" else [date]
    return tuple(row)


def held_out(pool, n, count=100):
    """Rows of n dates of the days to validate or test on, each with one right answer."""
    rng = np.random.default_rng([35, n, ("valid", "test").index(pool)])
    return [draw(pool, n, rng, clear=True) for _ in range(count)]


def meanings(text):
    """The days that a text may mean, as any office in any style writes them."""
    near = [day for day in DAYS if f"{day.year % 100:02}" in text]
    return [day for day in near if any(text == worded(day, office, style) for office in set(OFFICES) for style in STYLES)]
