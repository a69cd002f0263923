"""Make the data of 43_summarization: python experiments/43_make_summaries.py texts, then python experiments/43_make_summaries.py vectors

The texts are docstrings of Python's standard library and of installed packages, read without a network.  PEP 257 and numpydoc ask for
one line that says what a thing does, then a blank line, then the longer description: the line is the summary, the description the body.
`summaries.csv` holds bodies of four to seven sentences, `headlines.csv` the first sentences of a body, 8 to 25 words of them.
Another version of a package has other words, so both files are frozen, and the script writes only where MADE_BY matches.
`vectors.npz` holds, for each sentence of summaries.csv and then for each name, the mean of the pretrained encoder's token
vectors, along the 48 directions in which the training sentences differ most, in steps of one byte.
"""
import contextlib
import csv
import importlib
import inspect
import io
import pkgutil
import re
import sys
import warnings
from collections import Counter
from importlib.metadata import version

import common
import numpy as np

from attnlib.data import data_path
from attnlib.tasks.docstrings import name_words, pair

FOLDER = data_path("43", "summaries.csv").parent
MADE_BY = {"python": "3.11.7", "matplotlib": "3.11.2", "networkx": "3.6.1", "numpy": "2.4.6", "scikit-learn": "1.9.1", "scipy": "1.17.1",
           "sympy": "1.14.0", "torch": "2.13.0"}
PACKAGES = "matplotlib networkx numpy scipy sklearn sympy torch".split()
# modules of the standard library; those with terms of their own in Python's LICENSE or in their head are left out
STANDARD = """argparse array ast asyncio base64 bisect builtins bz2 calendar cmd code codecs collections concurrent.futures configparser
contextlib copy csv dataclasses datetime difflib dis doctest email.message enum filecmp fileinput fnmatch fractions ftplib functools gc
getopt gettext glob graphlib gzip hashlib heapq hmac html.parser http.client http.server imaplib importlib inspect io ipaddress itertools
json linecache locale lzma mailbox math mimetypes multiprocessing.pool netrc numbers operator os os.path pathlib pdb pickle pickletools
pkgutil plistlib poplib pprint queue random re reprlib runpy sched secrets select selectors shelve shlex shutil signal smtplib socket
socketserver ssl stat statistics string struct subprocess symtable tempfile textwrap threading time timeit tokenize traceback tracemalloc
types typing unicodedata unittest unittest.mock urllib.parse urllib.request uuid warnings wave weakref webbrowser zipapp zipfile zlib
zoneinfo""".split()
LEFT_OUT = re.compile(r"\.(_\w*|tests?|testing|conftest|externals?|f2py|distutils|\w*jax\w*|backends|onnx|package|deprecated)(\.|$)")
FEWEST, MOST, OFTEN = 4, 7, 4               # sentences of a body; a sentence of so many documents is boilerplate
WIDTH = 48                                  # directions that are kept of a sentence vector
SHORT, LONG = 8, 25                         # words of a headline's source


def public_modules(name):
    """The package and its public modules that can be imported here."""
    module = importlib.import_module(name)
    yield module
    for info in pkgutil.walk_packages(getattr(module, "__path__", []) if name in PACKAGES else [], name + ".", onerror=lambda _: None):
        if not LEFT_OUT.search(info.name):
            with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                yield importlib.import_module(info.name)


def docstrings(name):
    """Pairs (place, docstring) of what a package defines in public, each text once."""
    seen = set()
    for module in public_modules(name):
        for key, thing in sorted(vars(module).items()):
            its = str(getattr(thing, "__module__", None) or name)
            if key.startswith("_") or not callable(thing) or not its.startswith(name.split(".")[0]) and name in PACKAGES:
                continue
            members = sorted(vars(thing).items()) if inspect.isclass(thing) else []
            for place, it in [(key, thing), *((f"{key}.{k}", v) for k, v in members if not k.startswith("_"))]:
                text = inspect.getdoc(it) if callable(it) or isinstance(it, (property, classmethod, staticmethod)) else None
                if isinstance(text, str) and text not in seen:
                    seen.add(text)
                    yield f"{module.__name__}.{place}", text


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def without_twins(rows, text):
    """Keep the first of rows that share a summary, or most words of `text(row)` (Jaccard index of pairs of words, at least 0.35)."""
    kept, summaries, holders, sizes = [], set(), {}, []
    for row in rows:
        plain_words = words(text(row))
        mine = set(zip(plain_words, plain_words[1:]))
        shared = Counter(i for p in mine for i in holders.get(p, ()))
        key = " ".join(sorted(set(words(row["summary"]))))
        if key in summaries or any(n >= 0.35 * (len(mine) + sizes[i] - n) for i, n in shared.items()):
            continue
        for p in mine:
            holders.setdefault(p, []).append(len(kept))
        summaries.add(key)
        kept.append(row)
        sizes.append(len(mine))
    return kept


def split(rows):
    """Give whole modules to train, valid and test, about 60 : 15 : 25 of the documents, so that siblings stay together."""
    def module(row):
        parts = row["name"].split(".")
        head = [p for p in parts[:-1] if p[:1].islower()]
        return ".".join(head[:3])
    sizes = Counter(map(module, rows))
    order = sorted(sizes)
    place, done = {}, Counter()
    for i in np.random.default_rng(43).permutation(len(order)):
        want = min(("train", "valid", "test"), key=lambda s: (done[s] + sizes[order[i]] / 2) / {"train": 60, "valid": 15, "test": 25}[s])
        place[order[i]] = want
        done[want] += sizes[order[i]]
    return [{"split": place[module(row)], **row} for row in rows]


def beginning(body):
    """The first sentences, as many as have LONG words together."""
    lengths = np.cumsum([len(s.split()) for s in body])
    return " ".join(body[:np.searchsorted(lengths, LONG, side="right")])


def write(path, rows):
    common.write_table(path, rows, ["split", "name", "summary", "body"])
    print(path.name, path.stat().st_size // 1000, "KB", len(rows), dict(Counter(row["split"] for row in rows)), file=sys.stderr)


def vectors():
    """Read every sentence and every name with the pretrained encoder; about 100 CPU seconds."""
    from attnlib.pretrained import token_vectors
    with open(FOLDER / "summaries.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [s for row in rows for s in row["body"].split("\n")]
    train = [row["split"] == "train" for row in rows for s in row["body"].split("\n")]
    texts += [name_words(row["name"]) for row in rows]
    order, means = np.argsort([len(text) for text in texts]), np.zeros((len(texts), 384))
    for start in range(0, len(texts), 64):
        chosen = order[start:start + 64]
        states, mask, _ = token_vectors([texts[i] for i in chosen])
        states, mask = states.double().numpy(), mask.numpy()
        means[chosen] = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    known = means[:len(train)][train]
    centre = known.mean(axis=0)
    directions = np.linalg.svd(known - centre, full_matrices=False)[2][:WIDTH].T                     # (384, 48)
    short = (means - centre) @ directions
    step = np.abs(short[:len(train)][train]).max() / 127
    np.savez_compressed(FOLDER / "vectors.npz", steps=np.round(short / step).clip(-127, 127).astype(np.int8), step=step,
                        centre=centre.astype(np.float32), directions=directions.astype(np.float32))
    print("vectors.npz", (FOLDER / "vectors.npz").stat().st_size // 1000, "KB", file=sys.stderr)


def texts():
    found = {"python": sys.version.split()[0]} | {name: version(name).split("+")[0] for name in list(MADE_BY)[1:]}
    if found != MADE_BY:
        raise SystemExit(f"versions: expected {MADE_BY}, got {found}")
    warnings.simplefilter("ignore")
    rows = []
    for package in [*STANDARD, *PACKAGES]:
        for name, text in docstrings(package):
            if parts := pair(text):
                rows.append({"name": name, "summary": parts[0], "body": parts[1]})
    often = Counter(s for row in rows for s in set(row["body"]))
    for row in rows:
        row["body"] = [s for s in dict.fromkeys(row["body"]) if often[s] < OFTEN and words(s) != words(row["summary"])]
    rows = split(without_twins(rows, lambda row: " ".join([row["summary"], *row["body"]])))
    write(FOLDER / "summaries.csv", [row | {"body": "\n".join(row["body"][:MOST])} for row in rows if len(row["body"]) >= FEWEST])
    short = [row | {"body": beginning(row["body"])} for row in rows]
    write(FOLDER / "headlines.csv", [row for row in short if len(row["body"].split()) >= SHORT])


if __name__ == "__main__":
    {"texts": texts, "vectors": vectors}[sys.argv[1] if len(sys.argv) > 1 else "texts"]()
