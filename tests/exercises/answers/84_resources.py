"""Right answers to 84 in other forms, and wrong ones that the bank does not list."""
import re

import numpy as np


def name(url):
    url = url.lower().replace("dx.doi.org", "doi.org").replace("http://", "https://")
    number = re.search(r"(\d{4}\.\d{5}|\d{4}\.\d{4})", url) if "arxiv" in url else None
    return number[1] if number else url


def depth(line):
    kept, open_braces = [], 0
    for sign in line[line.index("{"):]:
        if sign == "{":
            open_braces += 1
        elif sign == "}":
            open_braces -= 1
            if open_braces == 0:
                break
        kept.append(sign)
    return "".join(kept)[1:]


def spellings(text, never):
    pieces = re.split(r"[^\w-]+", text.lower())
    return [word for word in never if word in pieces]


def shortest(line):
    start = line.index("{")
    ends = (end for end in range(start + 1, len(line)) if line[start:end + 1].count("{") == line[start:end + 1].count("}"))
    return line[start + 1:next(ends)]


def looked_for(text, never):
    return [word for word in never if re.search(f"(?<![\\w-]){word}(?![\\w-])", text.lower())]


def output(q, k, v, root):
    amounts = np.exp(np.einsum("id,jd->ij", q, k) / root)
    return np.einsum("ij,je->ie", amounts / amounts.sum(axis=1, keepdims=True), v)


def audit(q, k, v, printed, named):
    fits = {key: np.allclose(printed, output(q, k, v, root), rtol=0, atol=1e-6)
            for key, root in (("vaswani2017", q.shape[1] ** 0.5), ("luong2015", 1))}
    return "correct" if fits.pop(named) else "imprecise" if any(fits.values()) else "wrong"


def six_places(q, k, v, printed, named):
    fits = {key: (np.round(output(q, k, v, root), 6) == np.round(printed, 6)).all() for key, root in (("vaswani2017", q.shape[1] ** 0.5),
                                                                                                     ("luong2015", 1))}
    return "correct" if fits.pop(named) else "imprecise" if fits.popitem()[1] else "wrong"


ANSWERS = {
    "84.1": (["81/98", "3**4/(1+2**4+3**4)", 0.826530612244898], [0.6, 1, 0.9, 27 / 36]),
    "84.2": (
        [lambda one, other: name(one) == name(other), lambda one, other: len({name(one), name(other)}) == 1],
        [
            lambda one, other: True,
            lambda one, other: False,
            lambda one, other: name(one)[:4] == name(other)[:4],
            lambda one, other: one.split("/")[-1] == other.split("/")[-1],
            lambda one, other: ("arxiv" in one) == ("arxiv" in other),
        ],
    ),
    "84.3": (
        [depth, shortest],
        [
            lambda line: line,
            lambda line: line.split("=")[1].strip(),
            lambda line: depth(line).lower(),
            lambda line: line.split("{")[1],
            lambda line: depth(line).split(":")[0],
        ],
    ),
    "84.4": (["8/11", "2*4/(5+6)", 0.7272727272727273], [1, 0.5, 0.7, 6 / 11]),
    "84.5": (
        [spellings, looked_for],
        [
            lambda text, never: [],
            lambda text, never: list(never),
            lambda text, never: spellings(text, never)[::-1],
            lambda text, never: spellings(text, never)[:1],
            lambda text, never: text.split(),
        ],
    ),
    "84.7": (
        [audit, six_places],
        [
            lambda q, k, v, printed, named: "wrong",
            lambda q, k, v, printed, named: "imprecise",
            lambda q, k, v, printed, named: named,
            lambda q, k, v, printed, named: audit(q, k, v, printed, "luong2015"),
            lambda q, k, v, printed, named: audit(k, q, v, printed, named) if len(q) == len(k) else "wrong",
        ],
    ),
}

# Right letters come as "a", "(A)", "a)", "a. and its text"; these are what else people put in their place.
NO_LETTERS = {
    "84.6": ["recurrent", "RNN", 1, "the first"],
}
EQUIVALENT = {
    ("84.7", "k.shape: k -> q"): "queries and keys have one width",
    ("84.7", "np.allclose(amounts @ v / amounts.sum(axis=1, keepdims=True), printed, rtol=0, atol=1e-06) -> "
             "np.allclose(printed, amounts @ v / amounts.sum(axis=1, keepdims=True), rtol=0, atol=1e-06)"):
        "without a relative tolerance the two sides may change places",
}
