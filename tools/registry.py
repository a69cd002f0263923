"""The chapters, their needs and their order, from notebooks/chapters.toml, and README's tables of them."""
import json
import re
import tomllib

import book
import groups
import setup

CHAPTERS = tomllib.loads((book.NOTEBOOKS / "chapters.toml").read_text(encoding="utf-8"))
THERE = [name for name, entry in CHAPTERS.items() if "planned" not in entry]
PLANNED = [name for name in CHAPTERS if name not in THERE]
ROUTE = [name for name in THERE if CHAPTERS[name].get("route")]
WORDS = "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()


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


def added(name):
    """The groups of packages that a chapter needs beyond those with which the book starts."""
    homes = {groups.home(package) for package in CHAPTERS[name]["packages"]}
    return [group for group in groups.GROUPS if group in homes and group not in groups.FIRST]


def table_of_groups():
    """README's table of the groups that can be added, with the chapters that need them."""
    rows, more = ["| to run | add | to download | on disk |", "|---|---|---|---|"], groups.GROUPS[len(groups.FIRST):]
    takes = [(f"chapters {', '.join(name[:2] for name in THERE if group in added(name))}", f"make setup GROUPS={group}", [group])
             for group in more if any(group in added(name) for name in THERE)]
    for what, command, names in [*takes, ("all of them, and the tests", "make setup", more)]:
        download, disk = (round(sum(setup.COSTS[name][i] for name in names), -1) for i in (0, 1))
        rows.append(f"| {what} | `{command}` | {download or 1} MB | {max(disk / 1000, 0.1):.1f} GB |")
    return "\n".join(rows) + "\n"


def table():
    """README's table: what the heads and the registry say of each chapter."""
    rows = ["| notebook | reading and exercises | runs in | what you can do at its end |", "|---|---|---|---|"]
    for name in THERE:
        head = "".join(json.loads((book.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]["source"])
        minutes, seconds = re.search(r"\*\*Time\*\* (.*?) reading and exercises.*?, (\d+ s) running", head).groups()
        title = head.splitlines()[0].removeprefix("# ")
        rows.append(f"| [{title}](notebooks/{name}.ipynb) | {minutes} | {seconds} | {CHAPTERS[name]['goal']} |")
    return "\n".join(rows) + "\n"


def hours(rows, names):
    """What the chapters take by their rows in README's table, to half an hour, such as 38½."""
    taken = sum(int(re.search(rf"notebooks/{name}\.ipynb\) \| (\d+) min", rows).group(1)) for name in names)
    whole, half = divmod(round(taken / 30), 2)
    return f"{whole}{'½' * half}"


def write_readme():
    """Put the tables, the number of notebooks, the length of the core route and the hours in place of README's old ones."""
    path = book.ROOT / "README.md"
    old = path.read_text(encoding="utf-8")
    new = re.sub(r"\| notebook \|.*?\n(?=\n)", lambda _: table(), old, flags=re.S)
    new = re.sub(r"\| to run \|.*?\n(?=\n)", lambda _: table_of_groups(), new, flags=re.S)
    new = re.sub(r"\d+ Jupyter notebooks", f"{len(THERE)} Jupyter notebooks", new)
    new = re.sub(r"The core route, \w+ chapters,", f"The core route, {WORDS[len(ROUTE)]} chapters,", new)
    new = re.sub(r"takes about \S+ hours with its exercises; everything takes about [\d½]+",
                 f"takes about {hours(new, ROUTE)} hours with its exercises; everything takes about {hours(new, THERE)}", new)
    if new != old:
        path.write_text(new, encoding="utf-8", newline="\n")
    print(f"README.md: {'changed' if new != old else 'unchanged'}", flush=True)
