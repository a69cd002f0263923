"""The chapters, their needs and their order, from notebooks/chapters.toml."""
import tomllib

import book

CHAPTERS = tomllib.loads((book.NOTEBOOKS / "chapters.toml").read_text(encoding="utf-8"))
THERE = [name for name, entry in CHAPTERS.items() if "planned" not in entry]
PLANNED = [name for name in CHAPTERS if name not in THERE]
ROUTE = [name for name in THERE if CHAPTERS[name].get("route")]


def link(name):
    return f"[{name}]({name}.ipynb)" if name in THERE else f"`{name}`"


def need_line(name):
    """What a chapter's head says after **You need**."""
    needs = ", ".join(map(link, CHAPTERS[name]["needs"]))
    return "; ".join(part for part in (needs, CHAPTERS[name].get("also")) if part)


def known(name):
    """The chapters that a reader of this one has read: its needs and all that they need."""
    direct = set(CHAPTERS[name]["needs"])
    return direct.union(*map(known, direct))


def following(name):
    """The next chapter in reading order, there or planned, or None."""
    names = list(CHAPTERS)
    return next(iter(names[names.index(name) + 1:]), None)


def on_the_route(name):
    """The next chapter of the core route, or None at its end and off it."""
    return next((other for other in ROUTE if other > name), None) if name in ROUTE else None
