"""Train every arm of 42_sentiment; write sentiment.csv, sentiment_answers.csv and the chapter's rows of results.csv, in notebooks/data.

python tools/sentiment.py

The grammar below makes reviews whose deciding words are known by construction.  The models are the chapter's own: their text is
read out of the notebook.  Rates are chosen on the validation sentences (two seeds each); only the chosen one meets the test, with five.
About fifteen minutes on one core.

whole     is the review good or bad?  plain, negated, contrasted, weighed against each other
aspect    is one named thing good or bad, in a review of two or three?
frozen    the first question over the token vectors of a pretrained encoder; the opinion words of the test are new, and so are the
          natural sentences of sentiment_natural.csv
"""
import ast
import csv
import os
import sys
import time
import unicodedata
from functools import cache
from typing import NamedTuple

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import book  # noqa: E402
import ledger  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from attnlib.data import FILES, PAD, token_vectors  # noqa: E402
from attnlib.train import fit, parameters, reproducible  # noqa: E402

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
    from importlib.resources import files
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
TRAIN, HELD, BATCH, STEPS = 12_000, 1_500, 100, {"whole": 250, "aspect": 400, "frozen": 300}
RATES = {"word": (0.02, 0.05, 0.1), "whole": (0.01, 0.02, 0.04), "aspect": (0.005, 0.01, 0.02), "frozen": (0.003, 0.01, 0.03, 0.1)}
BEYOND = {("aspect", "last state", "after"): 0.04, ("aspect", "state mean", "after"): 0.04, ("aspect", "state attention", "after"): 0.0025,
          ("frozen", "mean", "never"): 0.001, ("frozen", "attention", "never"): 0.001}      # where an end of the grid was best
TUNED, SEEDS, LONG = 2, 5, 4
ARMS = {"whole": [("word mean", "never"), ("word attention", "never"), ("last state", "never"), ("state mean", "never"),
                  ("state attention", "never")],
        "aspect": [("last state", "after"), ("state mean", "after"), ("last state", "before"), ("state mean", "before"),
                   ("state attention", "after")],
        "frozen": [(arm, "never") for arm in ("first", "mean", "deep mean", "attention", "deep attention")]}
FROZEN = {"train": 600, "valid": 300, "test": 400}


@cache
def part(task, name, *counts):
    """The reviews of one part of a task."""
    return reviews(task, name, TRAIN if name == "train" else HELD, **({"counts": counts} if counts else {}))


def encode(found):
    """Reviews -> numbers of the words (b, n), of the things asked about (b,), and answers (b,), 1 for good."""
    longest = max(len(r.tokens) for r in found)
    words = [[NUMBER[t.text] for t in r.tokens] + [PAD] * (longest - len(r.tokens)) for r in found]
    return torch.tensor(words), torch.tensor([NUMBER.get(r.noun, PAD) for r in found]), torch.tensor([float(r.good) for r in found])


def batches(count, batch, steps, seed):
    """Which examples each step reads: all of them in a new order, again and again."""
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(count) for _ in range(batch * steps // count + 1)])
    return order[:batch * steps].reshape(steps, batch)


def batch_loss(model, task, seed, steps=None):
    """The loss of each step, for `fit`: surprise at the right answer, in nats."""
    words, nouns, good = encode(part(task, "train"))
    rows = batches(TRAIN, BATCH, steps or STEPS[task], seed)

    def loss(step):
        w = words[rows[step]]
        scores, _ = model(w[:, :int((w != PAD).sum(dim=1).max())], nouns[rows[step]])
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, good[rows[step]])
    return loss


@torch.no_grad()
def answers(model, found, **kind):
    """Scores of each review (b,), and its weights as a list, or None."""
    words, nouns, _ = encode(found)
    scores, weights = model(words, nouns, **kind)
    return scores.numpy(), None if weights is None else [w[:len(r.tokens)].numpy() for w, r in zip(weights, found)]


def truth_of(found):
    return np.array([r.good for r in found])


def right(scores, found):
    return (scores > 0) == truth_of(found)


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


def calibration_error(p, good, bins=10):
    """Expected calibration error: how far the mean of p lies from the share of good ones, bin by bin, weighted by the bins' sizes."""
    bin_ = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    return sum(abs(p[bin_ == i].sum() - good[bin_ == i].sum()) for i in range(bins)) / len(p)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def accuracies(scores, found):
    """Share right, overall, by what the answer turns on, and by the number of things."""
    ok, named = right(scores, found), {"test": np.ones(len(found), bool)}
    named |= {f"test_{kind}": np.array([r.kind == kind for r in found]) for kind in KINDS}
    if found[0].noun:
        named |= {f"test_{n}_things": np.array([r.things == n for r in found]) for n in (1, 2, 3)}
    return {name: f"{ok[which].mean():.4f}" for name, which in named.items() if which.any()}


def map_scores(weights, found):
    """Mean weight on deciding words, their share of the words, and where the largest weight lies."""
    peaks = [place(r, int(w.argmax())) for w, r in zip(weights, found)]
    return {"mass": f"{np.mean([w[r.deciding].sum() for w, r in zip(weights, found)]):.4f}",
            "even": f"{np.mean([r.deciding.mean() for r in found]):.4f}",
            **{f"peak_{name.replace(' ', '_')}": f"{peaks.count(name) / len(peaks):.4f}" for name in PLACES}}


def vader(texts):
    """The compound score of VADER's rules, from -1 to 1."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    rules = SentimentIntensityAnalyzer()
    return np.array([rules.polarity_scores(text)["compound"] for text in texts])


def half(scores, good):
    """1 where the sign is right, 0 where it is wrong, 1/2 where the score is zero."""
    return np.where(scores == 0, 0.5, (scores > 0) == good)


@cache
def vectors(task_part, seed=0):
    """Token vectors, mask and tokens of the reviews of a part, opinion words by split; training reviews differ from seed to seed."""
    found = frozen_reviews(task_part, seed)
    return read([r.text for r in found])


def frozen_reviews(name, seed=0):
    """The reviews whose vectors are read; of the training ones each seed has its own."""
    if name != "train":
        return reviews("whole", name, FROZEN[name], words="new")
    return reviews("whole", name, FROZEN[name] * SEEDS, words="new")[seed * FROZEN[name]:][:FROZEN[name]]


def read(texts):
    """`token_vectors`, fifty texts at a time."""
    parts = [token_vectors(texts[i:i + 50]) for i in range(0, len(texts), 50)]
    longest = max(v.shape[1] for v, _, _ in parts)
    vectors_ = torch.cat([torch.nn.functional.pad(v, (0, 0, 0, longest - v.shape[1])) for v, _, _ in parts])
    mask = torch.cat([torch.nn.functional.pad(m, (0, longest - m.shape[1])) for _, m, _ in parts])
    return vectors_, mask, [t for _, _, tokens in parts for t in tokens]


def head_loss(model, x, mask, good, seed):
    """The loss of each step over frozen vectors."""
    rows = batches(len(x), BATCH, STEPS["frozen"], seed)

    def loss(step):
        i = torch.tensor(rows[step])
        return torch.nn.functional.binary_cross_entropy_with_logits(model(x[i], mask[i])[0], good[i])
    return loss


def natural():
    """The natural sentences, as dictionaries; `agreed` is the label that was given twice, or empty."""
    with open(FILES / "sentiment_natural.csv", newline="", encoding="utf-8") as file:
        return [r | {"agreed": r["label_a"] if r["label_a"] == r["label_b"] else ""} for r in csv.DictReader(file)]


def bare(text):
    """Small letters without accents, as the encoder's tokenizer sees them."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def covered(text, tokens, phrases):
    """For each token: does it lie inside one of the phrases of the text?"""
    text, at, inside = bare(text), 0, []
    ranges = [(text.index(bare(p)), text.index(bare(p)) + len(p)) for p in phrases if p]
    for token in tokens:
        if token in ("[CLS]", "[SEP]"):
            inside.append(False)
            continue
        token = token.removeprefix("##")
        at = text.index(token, at) + len(token)
        inside.append(any(low < at <= high for low, high in ranges))
    return np.array(inside)


def row(task, arm, told, rate, seed, model, seconds):
    return {"task": task, "arm": arm, "told": told, "rate": rate, "steps": STEPS[task], "seed": seed, "parameters": parameters(model),
            "cpu_seconds": f"{seconds:.1f}"}


def train_reader(classes, task, arm, told, rate, seed, steps=None):
    reproducible(seed)
    model = classes.Reader(len(VOCABULARY), arm, told)
    start = time.process_time()
    fit(model, batch_loss(model, task, seed, steps), steps or STEPS[task], rate)
    found = part(task, "valid")
    valid = right(answers(model, found)[0], found).mean()
    return model, row(task, arm, told, rate, seed, model, time.process_time() - start) | {"valid": f"{valid:.4f}"}


def test_reader(model, result):
    found = part(result["task"], "test")
    scores, weights = answers(model, found)
    result |= accuracies(scores, found) | {"calibration_error": f"{calibration_error(sigmoid(scores), truth_of(found)):.4f}"}
    if result["task"] == "aspect":
        more = part("aspect", "test", 4)
        result["test_4_things"] = f"{right(answers(model, more)[0], more).mean():.4f}"
    if weights:
        result |= map_scores(weights, found)


def train_head(classes, task, arm, told, rate, seed):
    (x, mask, _), found = vectors("train", seed), frozen_reviews("train", seed)
    reproducible(seed)
    model, start = classes.Head(arm), time.process_time()
    fit(model, head_loss(model, x, mask, torch.tensor([float(r.good) for r in found]), seed), STEPS[task], rate)
    with torch.no_grad():
        scores = model(*vectors("valid")[:2])[0].numpy()
    valid = right(scores, frozen_reviews("valid")).mean()
    return model, row(task, arm, told, rate, seed, model, time.process_time() - start) | {"valid": f"{valid:.4f}"}


@cache
def natural_vectors():
    return read([r["text"] for r in natural()])


def test_head(model, result, told_of):
    """Test sentences of the grammar, whose opinion words are new, and natural sentences, whose scores go to `told_of`."""
    found, (x, mask, tokens) = frozen_reviews("test"), vectors("test")
    with torch.no_grad():
        scores, weights = (None if y is None else y.numpy() for y in model(x, mask))
        natural_scores, natural_weights = (None if y is None else y.numpy() for y in model(*natural_vectors()[:2]))
    result |= accuracies(scores, found) | {"calibration_error": f"{calibration_error(sigmoid(scores), truth_of(found)):.4f}"}
    good = {"positive": True, "negative": False}
    clear = np.array([r["agreed"] in good for r in natural()])
    truth = np.array([good.get(r["agreed"], False) for r in natural()])
    result["natural"] = f"{((natural_scores > 0) == truth)[clear].mean():.4f}"
    result["natural_calibration_error"] = f"{calibration_error(sigmoid(natural_scores[clear]), truth[clear]):.4f}"
    told_of[f"{result['arm']}_{result['seed']}"] = natural_scores
    if weights is not None:
        inside = [covered(r.text, t, []) | grammar_cover(r, t) for r, t in zip(found, tokens)]
        result["mass"], result["even"] = mass(weights, inside)
        inside = [covered(r["text"], t, r["deciding"].split("|")) if r["agreed"] in good else np.zeros(len(t), bool)
                  for r, t in zip(natural(), natural_vectors()[2])]
        result["natural_mass"], result["natural_even"] = mass(natural_weights, inside)


def grammar_cover(review, tokens):
    """For each piece of the tokenizer: does it belong to a word that decides?"""
    inside, i, left = [], -1, ""
    for token in tokens:
        if token in ("[CLS]", "[SEP]"):
            inside.append(False)
            continue
        if not left:
            i += 1
            left = review.tokens[i].text
        left = left.removeprefix(token.removeprefix("##"))
        inside.append(review.tokens[i].decides)
    return np.array(inside)


def mass(weights, inside):
    """Mean weight on the pieces inside, and their share of the pieces, over the texts that have such pieces."""
    pairs = [(w[:len(i)][i].sum(), i.mean()) for w, i in zip(weights, inside) if i.any()]
    return (f"{x:.4f}" for x in np.mean(pairs, axis=0))


def chosen(tried):
    """The rate of the highest mean validation accuracy."""
    return max(tried, key=lambda rate: np.mean([float(r["valid"]) for _, r in tried[rate]]))


def arm_rows(classes, task, arm, told, told_of):
    """Tune one arm on the validation sentences, then show the test to the chosen rate."""
    train = train_head if task == "frozen" else train_reader
    rates = RATES["word" if "word" in arm else task]
    rates += (BEYOND[task, arm, told],) if (task, arm, told) in BEYOND else ()
    tried = {rate: [train(classes, task, arm, told, rate, seed) for seed in range(TUNED)] for rate in rates}
    best = chosen(tried)
    tried[best] += [train(classes, task, arm, told, best, seed) for seed in range(TUNED, SEEDS)]
    for model, result in tried[best]:
        test_head(model, result, told_of) if task == "frozen" else test_reader(model, result)
        print(*result.values(), file=sys.stderr, flush=True)
    return [r for pairs in tried.values() for _, r in pairs]


def long_rows(classes, rows):
    """Was it the budget?  Four times the steps, one seed; over bare words the rate is chosen anew, elsewhere it stays."""
    for task, arm, told in (("whole", "word mean", "never"), ("whole", "word attention", "never"), ("aspect", "state mean", "after"),
                            ("aspect", "last state", "before"), ("aspect", "state mean", "before"), ("aspect", "state attention", "after")):
        rates = RATES["word"] if "word" in arm else (float(tested(rows, task, arm, told)[0]["rate"]),)
        tried = {rate: [train_reader(classes, task, arm, told, rate, 0, LONG * STEPS[task])] for rate in rates}
        for model, result in tried[chosen(tried)]:
            test_reader(model, result)
        yield from (r | {"arm": f"{arm}, long", "steps": LONG * STEPS[task]} for pairs in tried.values() for _, r in pairs)


def vader_rows(told_of):
    """The rules of VADER, which learn nothing."""
    good = {"positive": True, "negative": False}
    for task in ("whole", "frozen"):
        found = part("whole", "test") if task == "whole" else frozen_reviews("test")
        ok = half(vader([r.text for r in found]), np.array([r.good for r in found]))
        result = {"task": task, "arm": "vader", "told": "never", "parameters": 0, "test": f"{ok.mean():.4f}"}
        result |= {f"test_{kind}": f"{ok[[r.kind == kind for r in found]].mean():.4f}" for kind in KINDS}
        if task == "frozen":
            told_of["vader"] = scores = vader([r["text"] for r in natural()])
            clear = [r["agreed"] in good for r in natural()]
            truth = np.array([good.get(r["agreed"], False) for r in natural()])
            result["natural"] = f"{half(scores, truth)[clear].mean():.4f}"
        yield result


def tested(rows, task, arm, told):
    return sorted((r for r in rows if (r["task"], r["arm"], r["told"]) == (task, arm, told) and r.get("test")), key=lambda r: r["seed"])


def best(rows, task, attention):
    """The arm, with attention or without, whose chosen rate has the highest mean validation accuracy."""
    arms = [a for a in ARMS[task] if ("attention" in a[0]) == attention]
    return max(arms, key=lambda a: np.mean([float(r["valid"]) for r in tested(rows, task, *a)]))


def over_sentences(differences, draws=4000):
    """95 % interval of the mean of differences, one a sentence: the sentences are drawn again and again."""
    rng = np.random.default_rng(0)
    means = differences[rng.integers(len(differences), size=(draws, len(differences)))].mean(axis=1)
    return tuple(float(x) for x in np.quantile(means, (0.025, 0.975)))


def over_both(differences, draws=4000):
    """95 % interval of the mean of differences (seeds, sentences): seeds and sentences are drawn again and again."""
    rng, (seeds, count) = np.random.default_rng(0), differences.shape
    means = [differences[rng.integers(seeds, size=seeds)].mean(axis=0)[rng.integers(count, size=count)].mean() for _ in range(draws)]
    return tuple(float(x) for x in np.quantile(means, (0.025, 0.975)))


def right_by_sentence(told_of, arm):
    """Which natural sentences each seed of an arm has right (seeds, sentences); of use where the sentence is good or bad."""
    truth = np.array([r["agreed"] == "positive" for r in natural()])
    return np.array([(told_of[f"{arm}_{seed}"] > 0) == truth for seed in range(SEEDS)])


def ledger_rows(rows, told_of):
    clear = np.array([r["agreed"] in ("positive", "negative") for r in natural()])
    what = {"whole": ("sentiment of a review", "grammar, 1,500 reviews, 250 steps"),
            "aspect": ("sentiment of the thing asked about", "grammar, 1,500 reviews, 400 steps"),
            "frozen": ("sentiment over a pretrained encoder", "grammar, 400 reviews, new opinion words")}
    for task, (asked_, data) in what.items():
        base, with_ = best(rows, task, attention=False), best(rows, task, attention=True)
        pair = [tested(rows, task, *a) for a in (base, with_)]
        seconds = sum(float(r["cpu_seconds"]) for r in rows if r.get("cpu_seconds") and (r["task"], r["arm"], r["told"]) in
                      ((task, *base), (task, *with_)))
        scores = [[float(r["test"]) for r in arm] for arm in pair]
        low, high = ledger.over_seeds([b - a for a, b in zip(*scores)])
        named = base[0] + {"never": "", "after": ", told after reading", "before": ", told before reading"}[base[1]]
        shared = {"task": asked_, "measure": "accuracy", "baseline": named, "attention": with_[0],
                  "map_measure": "weight on deciding words", "cpu_seconds": f"{seconds:.0f}"}
        yield shared | {"data": data, "baseline_score": np.mean(scores[0]), "attention_score": np.mean(scores[1]), "difference_low": low,
                        "difference_high": high, "interval": f"{SEEDS} seeds, Student's t",
                        "map_score": np.mean([float(r["mass"]) for r in pair[1]])}
        if task == "frozen":
            ok = [right_by_sentence(told_of, a[0])[:, clear].astype(float) for a in (base, with_)]
            low, high = over_both(ok[1] - ok[0])
            yield shared | {"data": f"{clear.sum()} natural sentences", "baseline_score": ok[0].mean(), "attention_score": ok[1].mean(),
                            "difference_low": low, "difference_high": high, "interval": f"{SEEDS} seeds and the sentences drawn again",
                            "map_score": np.mean([float(r["natural_mass"]) for r in pair[1]])}


def main():
    classes, told_of = book.taught("42", "Reader", "Head"), {}
    reproducible(0)
    rows = list(vader_rows(told_of))
    for task, arms in ARMS.items():
        for arm, told in arms:
            rows += arm_rows(classes, task, arm, told, told_of)
    rows += long_rows(classes, rows)
    book.write_table(FILES / "sentiment.csv", rows)
    answers = [{"id": r["id"], **{name: f"{scores[i]:.3f}" for name, scores in told_of.items()}} for i, r in enumerate(natural())]
    book.write_table(FILES / "sentiment_answers.csv", answers)
    ledger.record("42_sentiment", [{k: float(v) if isinstance(v, np.floating) else v for k, v in r.items()}
                                   for r in ledger_rows(rows, told_of)])


if __name__ == "__main__":
    main()
