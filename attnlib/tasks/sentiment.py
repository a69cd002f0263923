"""The reviews of 42, the sentences that no grammar made, and the words on whose sign ten people agree.

A small grammar makes reviews whose deciding words are known by construction.  `reviews` draws them for two tasks: `whole` (is the
review good or bad?  plain, negated, contrasted, weighed against each other) and `aspect` (is one named thing good or bad, in a
review of one to three?).  `natural` reads sentences that a language model or a customer wrote.
"""
import ast
import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from attnlib.data import data_path
from attnlib.pretrained import token_vectors

NOUNS = "room food service bed view breakfast bathroom pool bar lobby garden music".split()
GOOD = """adorable amazing attractive beautiful brilliant charming cheerful comfortable comforting delightful desirable effective elegant
    engaging enjoyable entertaining excellent exciting fabulous fantastic fascinating friendly fun generous glamorous glorious good gorgeous
    great harmonious heavenly helpful impressive interesting inviting likeable lively lovely magnificent marvelous nice outstanding peaceful
    pleasant pleasing precious pretty promising radiant relaxing satisfying splendid stimulating stunning super superb sweet terrific
    thoughtful useful valuable vibrant welcoming wonderful worthy""".split()
BAD = """annoying appalling awful bad boring charmless confusing crude damaged dangerous defective depressing dirty disagreeable
    disappointing disastrous disgusting dismal distracting distressing disturbing dreadful dreary dull embarrassing exhausting
    faulty frightening frustrating gloomy grim harsh horrendous horrible horrid horrifying inconvenient irritating joyless lame
    lousy meaningless miserable nasty obnoxious offensive painful pathetic pointless problematic questionable ridiculous rude sad
    shameful sickening stressful stupid terrible tragic troubling ugly unacceptable uncomfortable unimpressive unpleasant useless
    weak worthless""".split()
STRONG, WEAK = ("absolutely", "extremely", "truly"), ("slightly", "somewhat", "mildly")
CLAUSES = ("the N was A", "we found the N A", "the N turned out A", "we remember the A N")
NEGATED = {"the N was not A": "not", "the N was never A": "never", "the N was hardly A": "hardly", "we did not find the N A": "not",
           "nobody found the N A": "nobody", "the N was anything but A": "anything but"}
WEIGHED = ("the N was V A", "we found the N V A", "the N turned out V A", "we remember the V A N")
ASIDES = ("", "", "in june", "when we arrived", "after a long day", "since we had not booked", "since it never rained",
          "as far as we know")
KINDS = ("plain", "negation", "contrast", "intensity")
MIX = ("plain", "plain", "negation", "contrast", "intensity")


class Token(NamedTuple):
    """A word; what it is (noun, opinion, negator, adverb, joint or None); its clause; does it decide the answer?"""
    text: str
    part: str | None
    clause: int
    decides: bool = False


class Clause(NamedTuple):
    """What is said of one thing: the opinion word, the words around it, and what denies or weighs it, if anything does."""
    noun: str
    word: str
    form: str
    negator: str = ""
    adverb: str = ""


class Review(NamedTuple):
    """Tokens, the answer, what it turns on, the clause that decides, and the thing asked about, if one is."""
    tokens: tuple
    good: bool
    kind: str
    clause: int
    noun: str = ""

    @property
    def text(self):
        return " ".join(t.text for t in self.tokens).replace(" ,", ",")

    @property
    def deciding(self):
        return np.array([t.decides for t in self.tokens])

    @property
    def things(self):
        return max(t.clause for t in self.tokens) + 1


@cache
def ratings():
    """The ten ratings of each word of VADER's lexicon, from -4 to 4."""
    lines = (files("vaderSentiment") / "vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0]: ast.literal_eval(line.split("\t")[3]) for line in lines if line.strip()}


def agreed(words, sign):
    """The words that no rater put on the other side, or at zero."""
    return [w for w in words if w in ratings() and min(sign * r for r in ratings()[w]) > 0]


WORDS = {True: agreed(GOOD, 1), False: agreed(BAD, -1)}


def word_parts():
    """Opinion words by split, 60 : 20 : 20, equally many good and bad ones."""
    rng, count = np.random.default_rng(42), min(map(len, WORDS.values()))
    mixed = {good: [words[i] for i in rng.permutation(len(words))[:count]] for good, words in WORDS.items()}
    a, b = round(0.6 * count), round(0.8 * count)
    return {"train": {g: w[:a] for g, w in mixed.items()}, "valid": {g: w[a:b] for g, w in mixed.items()},
            "test": {g: w[b:] for g, w in mixed.items()}, "all": mixed}


def pick(rng, options):
    return options[rng.integers(len(options))]


def clause(rng, words, good, noun, negated=False, adverbs=()):
    form = pick(rng, list(NEGATED) if negated else WEIGHED if adverbs else CLAUSES)
    return Clause(noun, pick(rng, words[good != negated]), form, NEGATED.get(form, ""), pick(rng, adverbs) if adverbs else "")


def spell(c, number):
    """The tokens of a clause."""
    tokens = []
    for w in c.form.split():
        part = {"N": "noun", "A": "opinion", "V": "adverb"}.get(w) or ("negator" if w in c.negator.split() else None)
        tokens.append(Token({"N": c.noun, "A": c.word, "V": c.adverb}.get(w, w), part, number))
    return tokens


def aside(rng):
    return [Token(w, None, -1) for w in pick(rng, ASIDES).split()]


def joint(text):
    return [Token(w, "joint" if w in ("but", "although") else None, -1) for w in text.split()]


def whole(rng, words, kind):
    """A review to be judged as a whole."""
    good, nouns = bool(rng.integers(2)), list(rng.permutation(NOUNS)[:2])
    if kind in ("plain", "negation"):
        clauses, decides = [clause(rng, words, good, nouns[0], kind == "negation")], 0
        tokens = [*spell(clauses[0], 0), *aside(rng)]
    elif kind == "contrast":
        loses, wins = (clause(rng, words, g, n, rng.random() < 0.3) for g, n in zip((not good, good), nouns))
        order = rng.integers(3)
        decides, clauses = (0, [wins, loses]) if order == 2 else (1, [loses, wins])
        first, second = (spell(c, i) for i, c in enumerate(clauses))
        tokens = {0: [*first, *aside(rng), *joint(", but"), *second], 1: [*joint("although"), *first, *joint(","), *second, *aside(rng)],
                  2: [*first, *aside(rng), *joint("although"), *second]}[int(order)]
    else:
        strong, weak = clause(rng, words, good, nouns[0], adverbs=STRONG), clause(rng, words, not good, nouns[1], adverbs=WEAK)
        decides = int(rng.integers(2))
        clauses = [weak, strong] if decides else [strong, weak]
        tokens = [*spell(clauses[0], 0), *aside(rng), *joint("and"), *spell(clauses[1], 1)]
    here = {"opinion", "negator", "adverb"}
    tokens = [t._replace(decides=t.part in ("joint", "adverb") or (t.part in here and t.clause == decides)) for t in tokens]
    return Review(tuple(tokens), good, kind, decides)


def asked(rng, words, count):
    """A review of `count` things; the answer is what is said of one of them."""
    goods, nouns = rng.integers(2, size=count) > 0, list(rng.permutation(NOUNS)[:count])
    decides, tokens = int(rng.integers(count)), []
    negated = rng.random(count) < 0.25
    for i in range(count):
        adverbs = STRONG + WEAK if not negated[i] and rng.random() < 0.3 else ()
        link = [] if i == 0 else joint(pick(rng, (", but", "and", ",")))
        tokens += [*link, *spell(clause(rng, words, bool(goods[i]), nouns[i], bool(negated[i]), adverbs), i)]
        tokens += aside(rng) if i == count - 1 else []
    tokens = [t._replace(decides=t.part in ("opinion", "negator") and t.clause == decides) for t in tokens]
    return Review(tuple(tokens), bool(goods[decides]), "negation" if negated[decides] else "plain", decides, nouns[decides])


def reviews(task, part, count, words="all", seed=42, counts=(1, 2, 3)):
    """`count` different reviews of one part; no text, with the thing asked about, is in two parts."""
    earlier = set()
    for i, name in enumerate(("test", "valid", "train")):
        rng, found = np.random.default_rng([seed, i, *counts]), {}
        number = count if name == part else HELD
        vocabulary = word_parts()[words if words == "all" else name]
        while len(found) < number:
            turn = len(found)
            review = whole(rng, vocabulary, MIX[turn % 5]) if task == "whole" else asked(rng, vocabulary, counts[turn % len(counts)])
            if (review.text, review.noun) not in earlier:
                found[review.text, review.noun] = review
        earlier |= set(found)
        if name == part:
            return list(found.values())


VOCABULARY = ["<pad>", *sorted({w for form in (*CLAUSES, *NEGATED, *WEIGHED, *ASIDES) for w in form.split()} - set("NAV")
                               | {",", "and", "but", "although", *STRONG, *WEAK, *NOUNS, *sum(WORDS.values(), [])})]
NUMBER = {word: i for i, word in enumerate(VOCABULARY)}
TRAIN, HELD = 12_000, 1_500                                 # reviews of a task to train on; to validate and to test with
FROZEN = {"train": 600, "valid": 300, "test": 400}          # the same over a pretrained encoder, the training ones for each seed
SEEDS = 5


@cache
def part(task, name, *counts):
    """The reviews of one part of a task."""
    return reviews(task, name, TRAIN if name == "train" else HELD, **({"counts": counts} if counts else {}))


def place(review, j):
    """What stands at token j, seen from the answer: a deciding word, the thing asked about, the word after one of them, or another."""
    t, before = review.tokens[j], review.tokens[j - 1] if j else None
    asked_ = [x.clause == review.clause and x.part == "noun" and bool(review.noun) for x in (t, before) if x]
    if t.decides or asked_[0]:
        return "deciding" if t.decides else "thing"
    if before and (before.decides or asked_[1]):
        return "after deciding" if before.decides else "after thing"
    return "same clause" if t.clause == review.clause else "elsewhere"


PLACES = ("deciding", "after deciding", "thing", "after thing", "same clause", "elsewhere")


def vader(texts):
    """The compound score of VADER's rules, from -1 to 1."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    rules = SentimentIntensityAnalyzer()
    return np.array([rules.polarity_scores(text)["compound"] for text in texts])


def half(scores, good):
    """1 where the sign is right, 0 where it is wrong, 1/2 where the score is zero."""
    return np.where(scores == 0, 0.5, (scores > 0) == good)


def frozen_reviews(name, seed=0):
    """The reviews whose vectors are read; of the training ones each seed has its own."""
    if name != "train":
        return reviews("whole", name, FROZEN[name], words="new")
    return reviews("whole", name, FROZEN[name] * SEEDS, words="new")[seed * FROZEN[name]:][:FROZEN[name]]


def read(texts):
    """`token_vectors`, fifty texts at a time."""
    import torch
    parts = [token_vectors(texts[i:i + 50]) for i in range(0, len(texts), 50)]
    longest = max(v.shape[1] for v, _, _ in parts)
    vectors = torch.cat([torch.nn.functional.pad(v, (0, 0, 0, longest - v.shape[1])) for v, _, _ in parts])
    mask = torch.cat([torch.nn.functional.pad(m, (0, longest - m.shape[1])) for _, m, _ in parts])
    return vectors, mask, [t for _, _, tokens in parts for t in tokens]


def natural():
    """Sentences that no grammar made, as dictionaries; `agreed` is the label on which those who labelled agree, or empty.

    `difficulty` says how they came here: hard and plain ones a language model wrote, ordinary ones come from customers.
    """
    with open(data_path("42", "natural.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for r in rows:
        r["agreed"] = r["label_a"] if r["label_a"] == r["label_b"] else ""
        r["difficulty"] = "ordinary" if r["source"] == "customer" else "plain" if r["phenomenon"] == "plain" else "hard"
    return rows
