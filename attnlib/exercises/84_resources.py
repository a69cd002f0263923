"""Exercises of 84_resources."""
import re

import numpy as np

from attnlib.check import choice, function, mistake, number

number("84.1", 81 / 98,
       "The scaled scores are divided by 4, the root of 16. The layer does not divide, so it sees 4 times as much: 0, 4 ln 2 and 4 ln 3.\n"
       "The amounts are 1, 2**4 = 16 and 3**4 = 81, and the third key gets 81/98, about 0.83 in place of 1/2.",
       [(1 / 2, "That is the weight with the scale. This layer does not divide by the root of the width."),
        (9 / 14, "That is for width 4, where the root is 2. Which power does width 16 give?"),
        (81, "That is the amount. A weight is its share of all three."),
        (16 / 98, "That is the second key's."),
        (3**16 / (1 + 2**16 + 3**16), "You multiplied the scores by the width. It is the root of the width that is missing.")],
       first="By what must the scaled scores be multiplied to get what the layer sees?")

NUMBERS = ["1706.03762", "1409.0473"]
DOIS = ["10.1145/1143844.1143891", "10.1145/1143844.1143881", "10.1007/bf00992696"]


def address(rng, number, doi):
    http = f"http{rng.choice(['', 's'])}://"
    if not number:
        return http + rng.choice(["doi.org/", "dx.doi.org/"]) + (doi.upper() if rng.random() < 0.5 else doi)
    version, end = rng.choice(["", "", "v2", "v7"]), rng.choice(["", ".pdf"])
    forms = [f"arxiv.org/abs/{number}{version}", f"arxiv.org/pdf/{number}{version}{end}", f"arxiv.org/html/{number}{version}",
             f"doi.org/10.48550/arXiv.{number}"]
    return http + str(rng.choice(forms))


def draw_addresses(rng):
    kinds = [(str(rng.choice(NUMBERS)), "") if rng.random() < 0.6 else ("", str(rng.choice(DOIS))) for _ in range(2)]
    if rng.random() < 0.5:
        kinds[1] = kinds[0]
    return tuple(str(address(rng, *kind)) for kind in kinds)


def mark(url, version=True, fold=True, other=True, host=True):
    second = r"10\.48550/arxiv\.(\d{4}\.\d{4,5})" if other else r"(\b\B)"
    found = re.search(rf"arxiv\.org/(?:abs|pdf|html)/(\d{{4}}\.\d{{4,5}})(v\d+)?|{second}", url, re.I)
    if found:
        return (found[1] or found[3]) + ("" if version else found[2] or "")
    name = re.sub(r"^https?://(dx\.)?doi\.org/" if host else r"^https?://", "", url, flags=re.I)
    return name.lower() if fold else name


@function("84.2", draw_addresses, tries=600)
def same_paper(one, other):
    """Take from each address what does not change: the number at arXiv without its version, or the DOI in small letters."""
    def name(url):
        url = url.lower()
        number = re.search(r"\d{4}\.\d{4,5}", url) if "arxiv" in url else None
        return number[0] if number else url.split("doi.org/")[-1]
    return name(one) == name(other)


@mistake("84.2", "You compare the addresses as they are. One paper has many.")
def _(one, other):
    return one == other


@mistake("84.2", "The version at the end, v2 or v7, is of the same paper.")
def _(one, other):
    return mark(one, version=False) == mark(other, version=False)


@mistake("84.2", "A DOI is the same in capital letters and in small ones.")
def _(one, other):
    return mark(one, fold=False) == mark(other, fold=False)


@mistake("84.2", "The DOI that begins with 10.48550/arXiv. is the paper with that number at arXiv.")
def _(one, other):
    return mark(one, other=False) == mark(other, other=False)


@mistake("84.2", "doi.org and dx.doi.org lead to the same paper.")
def _(one, other):
    return mark(one, host=False) == mark(other, host=False)


PIECES = ["Attention", "{BERT}", "a {T}ransformer", "{{LSTM} and {GRU}}", "of words", "{V}ision: {I}mages"]


def draw_line(rng):
    inside = " ".join(rng.choice(PIECES, size=int(rng.integers(1, 4))))
    return (f"{rng.choice(['title', 'booktitle'])} = {{{inside}}}{rng.choice([',', ', year = {2019},', ''])}",)


@function("84.3", draw_line)
def value(line):
    """Count braces: one up for each that opens, one down for each that closes; where the count is 0 again, the value has ended."""
    start, depth = line.index("{"), 0
    for i, sign in enumerate(line[start:], start):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return line[start + 1:i]
    return ""


@mistake("84.3", "That is the colleague's: it stops at the first brace that closes, which may belong to one inside.")
def _(line):
    return re.search(r"\{(.*?)\}", line)[1]


@mistake("84.3", "You go to the last brace of the line. Another field may follow.")
def _(line):
    return re.search(r"\{(.*)\}", line)[1]


@mistake("84.3", "The braces inside belong to the value: leave them.")
def _(line):
    return re.sub(r"[{}]", "", value(line))


@mistake("84.3", "The outer pair is not part of the value.")
def _(line):
    return "{" + value(line) + "}"


number("84.4", 8 / 11,
       "Five words, attention is all you need, and six, hopfield networks is all you need; four are in both: 2 * 4 / (5 + 6).\n"
       "Two papers with nothing but a fashion in common are nearer to each other than the misquoted title of the text to its own paper.",
       [(4 / 11, "The words in both are counted twice, once for each title."),
        (4 / 7, "You divided by the words of both together, each counted once. The formula divides by the sum of the two numbers."),
        (4 / 5, "You divided by the shorter title alone, or took 5 words for both."),
        (2 / 3, "You divided by the longer title alone, or took 6 words for both."),
        (4, "That is how many words they share."),
        (0.4, "That is the example of the text.")],
       first="How many words has each title, and how many stand in both?")

SPELT = ["lookup", "soft-max", "feedforward", "backprop"]
SAID = ["A lookup", "lookup_table", "the Lookup of", "look-up", "soft-max", "Soft-Max", "softmax", "soft-maxes", "feedforward",
        "feedforward2", "FEEDFORWARD", "backpropagation", "backprop", "pre-backprop"]


def draw_text(rng):
    text = ", ".join(rng.choice(SAID, size=int(rng.integers(1, 6)))) + "."
    return text, list(map(str, rng.permutation(SPELT)[:int(rng.integers(1, 5))]))


def whole(word, flags=re.I, before=r"(?<![\w-])", after=r"(?![\w-])"):
    return re.compile(before + re.escape(word) + after, flags)


@function("84.5", draw_text)
def misspelt(text, never):
    """A word is whole if no letter, digit, underscore or hyphen touches it; each spelling is asked once, in the order of the list."""
    return [word for word in never if whole(word).search(text)]


@mistake("84.5", "You find a spelling inside a longer word: a name in code, or a word that goes on.")
def _(text, never):
    return [word for word in never if word.lower() in text.lower()]


@mistake("84.5", "Capital letters do not count: Lookup at the beginning of a sentence is one, too.")
def _(text, never):
    return [word for word in never if whole(word, 0).search(text)]


@mistake("84.5", "A hyphen makes a word part of another, as in pre-backprop. `\\b` takes it for an end.")
def _(text, never):
    return [word for word in never if whole(word, re.I, r"\b", r"\b").search(text)]


@mistake("84.5", "In the order of the list `never`, not of the text or the alphabet.")
def _(text, never):
    return sorted(word for word in never if whole(word).search(text))


@mistake("84.5", "Each spelling once, however often it occurs.")
def _(text, never):
    return [word for word in never for _ in whole(word).findall(text)]


choice("84.6", "c",
       "A translation says what the author means. A state that is carried from word to word is a recurrence; phrases joined to one vector\n"
       "make a tree from its leaves to its root, and there the characters say what is meant.",
       [("a", "In the second text no state goes from word to word. Draw what is joined with what: which figure do you get?"),
        ("b", "That is what the characters say. Which of the two texts speaks of a tree?"),
        ("d", "The other way round: which of them goes word by word, and which joins neighbours?")])


def soft(scores, axis=-1):
    amounts = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return amounts / amounts.sum(axis=axis, keepdims=True)


def formula(source, q, k, v):
    return soft(q @ k.T / (np.sqrt(q.shape[-1]) if source == "vaswani2017" else 1)) @ v


def draw_print(rng):
    m, n, d, e = (int(rng.integers(2, 5)) for _ in range(4))
    q, k, v = (np.round(rng.normal(size=size), 1) for size in ((m, d), (n, d), (n, e)))
    root = np.sqrt(d)
    printed = [formula("vaswani2017", q, k, v), formula("luong2015", q, k, v), soft(q @ k.T / root, axis=0) @ v, soft(q @ k.T / d) @ v,
               formula("vaswani2017", q, k, v) + 3e-6][int(rng.integers(0, 5))]
    printed = np.round(printed, 6) if rng.integers(0, 2) else printed
    return q, k, v, printed, str(rng.choice(["vaswani2017", "luong2015"]))


def verdict(q, k, v, printed, named, near=1e-6):
    other = {"vaswani2017": "luong2015", "luong2015": "vaswani2017"}[named]
    for source, word in ((named, "correct"), (other, "imprecise")):
        if np.abs(formula(source, q, k, v) - printed).max() < near:
            return word
    return "wrong"


@function("84.7", draw_print)
def judge(q, k, v, printed, named):
    """Compute what each source's formula gives and compare within 1e-6: the named one, then the other; what neither gives is wrong."""
    def fits(root):
        amounts = np.exp(q @ k.T / root)
        return np.allclose(amounts @ v / amounts.sum(axis=1, keepdims=True), printed, rtol=0, atol=1e-6)
    found = {"vaswani2017": fits(np.sqrt(k.shape[1])), "luong2015": fits(1)}
    return "correct" if found[named] else "imprecise" if any(found.values()) else "wrong"


@mistake("84.7", "The shape alone says nothing: a softmax over the queries prints numbers of the same shape.")
def _(q, k, v, printed, named):
    return "correct" if printed.shape == (len(q), v.shape[1]) else "wrong"


@mistake("84.7", "If the numbers are those of the other source's formula, the text is imprecise, not wrong.")
def _(q, k, v, printed, named):
    return "correct" if verdict(q, k, v, printed, named) == "correct" else "wrong"


@mistake("84.7", "You leave aside which source the text names.")
def _(q, k, v, printed, named):
    return "wrong" if verdict(q, k, v, printed, named) == "wrong" else "correct"


@mistake("84.7", "Printed numbers are rounded: compare to six decimals, not bit for bit.")
def _(q, k, v, printed, named):
    return verdict(q, k, v, printed, named, near=1e-13)


@mistake("84.7", "You allow too much: compare to six decimals.")
def _(q, k, v, printed, named):
    return verdict(q, k, v, printed, named, near=1e-5)


@mistake("84.7", "You have the two sources the wrong way round: the Transformer's paper divides by the root of the width.")
def _(q, k, v, printed, named):
    word = verdict(q, k, v, printed, named)
    return {"correct": "imprecise", "imprecise": "correct"}.get(word, word)
