"""The chapters, their needs and their order, from notebooks/chapters.toml, and README's tables of them."""
import json
import re
import tomllib

import book
import groups
import setup

CHAPTERS = tomllib.loads((book.NOTEBOOKS / "chapters.toml").read_text(encoding="utf-8"))
THERE = list(CHAPTERS)
ROUTE = [name for name in THERE if CHAPTERS[name].get("route")]
PARTS = {"0": "Background", "1": "Formulas", "2": "By hand", "3": "Code", "4": "Language", "5": "Vision", "6": "Sound and several senses",
         "7": "Challenges", "8": "Reference"}
WORDS = "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()


def link(name):
    return f"[{name}]({name}.ipynb)"


def need_line(name):
    """What a chapter's head says after **You need**."""
    needs = ", ".join(map(link, CHAPTERS[name]["needs"]))
    return "; ".join(part for part in (needs, CHAPTERS[name].get("also")) if part)


def known(name):
    """The chapters that a reader of this one has read: its needs and all that they need."""
    direct = set(CHAPTERS[name]["needs"])
    return direct.union(*map(known, direct))


def minutes(cells):
    """Minutes to read some cells: 200 words a minute, 2 s a formula in a line, 6 s a line of code, 2 s one of a drawing, 30 s a picture."""
    seconds = 0
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            words = re.sub(r"!\[[^]]*]\([^)]*\)|<[^>]+>|https?://\S+", " ", re.sub(r"```.*?```|\$\$.*?\$\$", " formula ", text, flags=re.S))
            seconds += 0.3 * len(re.findall(r"[A-Za-z0-9$\\]\S*", words)) + 2 * len(re.findall(r"(?<!\$)\$[^$\n]+\$(?!\$)", text))
            seconds += 30 * text.count("![")
        else:
            lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
            seconds += len(lines) * (2 if re.search(r"plt\.|\bax\.|\baxes\b|plot\.", text) else 6)
            seconds += 30 * any("image/png" in output.get("data", {}) for output in cell["outputs"])
    return seconds / 60


def times(cells):
    """Minutes of a chapter: its core with the recap, the core alone, its first two exercises, everything."""
    heads = ["".join(cell["source"]).splitlines()[0] if cell["cell_type"] == "markdown" and cell["source"] else "" for cell in cells]
    exercises = next((i for i, head in enumerate(heads) if head.startswith("## Exercises")), len(cells))
    first = next((i for i, head in enumerate(heads[:exercises]) if head.startswith("## Extra")), exercises)
    after = next((i for i, head in enumerate(heads) if head.startswith("## Recap")), len(cells))
    asked = [int(n) for cell in cells for n in re.findall(r"^\*\*\d\d\.\d+ [^*]*\*\* \((\d+) min", "".join(cell["source"]), re.M)]
    core, recap = minutes(cells[:first]), minutes(cells[after:])
    return {"core": core, "lesson": core + recap, "two": sum(asked[:2]), "all": minutes(cells[:exercises]) + recap + sum(asked)}


def with_times(cells):
    """A chapter's head with the minutes that its cells take."""
    found, head = times(cells), "".join(cells[0]["source"])
    head = re.sub(r"\*\*Time\*\* \d+ min", f"**Time** {5 * round(found['all'] / 5)} min", head)
    return re.sub(r"The core takes \d+ minutes", f"The core takes {round(found['core'])} minutes", head)


def cells(name):
    return json.loads((book.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]


def following(name):
    """The next chapter in reading order, or None."""
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
    site = ("`make site`, the book as web pages", "make setup GROUPS=site", ["site"])
    for what, command, names in [*takes, site, ("all of them, and the tests", "make setup", more)]:
        download, disk = (round(sum(setup.COSTS[name][i] for name in names), -1) for i in (0, 1))
        rows.append(f"| {what} | `{command}` | {download or 1} MB | {max(disk / 1000, 0.1):.1f} GB |")
    return "\n".join(rows) + "\n"


def table():
    """README's table: what the heads and the registry say of each chapter."""
    rows = ["| notebook | core | all, with exercises | runs in | what you can do at its end |", "|---|---|---|---|---|"]
    for name in THERE:
        head = "".join(cells(name)[0]["source"])
        every, seconds = re.search(r"\*\*Time\*\* (.*?) reading and exercises.*?, (\d+ s) running", head).groups()
        core = round(times(cells(name))["core"])
        title = head.splitlines()[0].removeprefix("# ")
        rows.append(f"| [{title}](notebooks/{name}.ipynb) | {core} min | {every} | {seconds} | {CHAPTERS[name]['goal']} |")
    return "\n".join(rows) + "\n"


def hours(minutes):
    """To half an hour, such as 38½."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole}{'½' * half}"


def lengths():
    """Hours of the core route (lessons and two exercises each), of all lessons, and of everything."""
    found = {name: times(cells(name)) for name in THERE}
    return (hours(sum(found[name]["lesson"] + found[name]["two"] for name in ROUTE)), hours(sum(x["lesson"] for x in found.values())),
            hours(sum(x["all"] for x in found.values())))


def write_readme():
    """Put the tables, the number of notebooks, the length of the core route and the hours in place of README's old ones."""
    path = book.ROOT / "README.md"
    old = path.read_text(encoding="utf-8")
    new = re.sub(r"\| notebook \|.*?\n(?=\n)", lambda _: table(), old, flags=re.S)
    new = re.sub(r"\| to run \|.*?\n(?=\n)", lambda _: table_of_groups(), new, flags=re.S)
    new = re.sub(r"\d+ Jupyter notebooks", f"{len(THERE)} Jupyter notebooks", new)
    new = re.sub(r"The core route, \w+ chapters,", f"The core route, {WORDS[len(ROUTE)]} chapters,", new)
    route, lessons, everything = lengths()
    new = re.sub(r"takes about \S+ hours with two exercises of each; all lessons take about \S+, and everything about [\d½]+",
                 f"takes about {route} hours with two exercises of each; all lessons take about {lessons}, "
                 f"and everything about {everything}", new)
    book.renew(path, new)
