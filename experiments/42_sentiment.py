"""Train every arm of 42_sentiment; write runs.csv, answers.csv and comparisons.csv in the chapter's data.

python experiments/42_sentiment.py                whole: about fifteen minutes on one core
python experiments/42_sentiment.py frozen         one task again (or two); the other rows of the tables stay
python experiments/42_sentiment.py people         the heads trained on people's sentences, and the three tests: about seven minutes
python experiments/42_sentiment.py customers vaderSentiment-3.3.2.tar.gz
                                         draw the customers' sentences from the source archive of VADER into natural.csv
python experiments/42_sentiment.py draw vaderSentiment-3.3.2.tar.gz
                                         draw the sentences that people rated from it into people.csv

The reviews come from attnlib/tasks/sentiment.py.  Models, encoding, batches, losses and intervals are the chapter's own: their text
is read out of the notebook.  Rates are chosen on the validation reviews (two seeds each); only the chosen one meets the test, with five.

whole     is the review good or bad?  plain, negated, contrasted, weighed against each other
aspect    is one named thing good or bad, in a review of two or three?
frozen    the first question over the token vectors of a pretrained encoder; the opinion words of the test are new, and so are the
          sentences of natural.csv, which a language model or customers wrote
people    the same question of sentences that people wrote and rated (people.csv): two heads, six seeds; then each word hidden,
          deleted and exchanged (changes.csv, flips.csv)
"""
import ast
import html
import sys
import time
import unicodedata
from functools import cache

import common
import fair_play
import ledger
import numpy as np
import torch
import vader_archive
from safetensors.torch import save_file

from attnlib.data import data_path
from attnlib.pretrained import pretrained
from attnlib.tasks.sentiment import (
    KINDS,
    PLACES,
    SEEDS,
    VOCABULARY,
    frozen_reviews,
    half,
    natural,
    part,
    place,
    ratings,
    read,
    vader,
)
from attnlib.train import fit, parameters, reproducible

CHAPTER = common.taught("42", "Reader", "ProductReader", "Head", "STEPS", "answers", "batch_loss", "head_loss", "interval", "right",
                        "words_of", "read_variants", "three_tests")
RATES = {"word": (0.02, 0.05, 0.1), "whole": (0.01, 0.02, 0.04), "aspect": (0.005, 0.01, 0.02), "frozen": (0.003, 0.01, 0.03, 0.1)}
BEYOND = {("aspect", "last state", "after"): 0.04, ("aspect", "state mean", "after"): 0.04,
          ("aspect", "state mean, product", "after"): 0.04, ("aspect", "state attention", "after"): 0.0025,
          ("frozen", "mean", "never"): 0.001, ("frozen", "attention", "never"): 0.001}      # where an end of the grid was best
TUNED, LONG = 2, 4
ARMS = {"whole": [("word mean", "never"), ("word attention", "never"), ("last state", "never"), ("state mean", "never"),
                  ("state attention", "never")],
        "aspect": [("last state", "after"), ("state mean", "after"), ("state mean, product", "after"), ("last state", "before"),
                   ("state mean", "before"), ("state attention", "after")],
        "frozen": [(arm, "never") for arm in ("first", "mean", "deep mean", "attention", "deep attention")]}
LONGER = [("whole", "word mean", "never"), ("whole", "word attention", "never"), ("aspect", "state mean", "after"),
          ("aspect", "state mean, product", "after"), ("aspect", "last state", "before"), ("aspect", "state mean", "before"),
          ("aspect", "state attention", "after")]
COLUMNS = ("task", "arm", "told", "parameters", "test", *(f"test_{kind}" for kind in KINDS), "hard", "plain", "ordinary", "rate", "steps",
           "seed", "cpu_seconds", "valid", "calibration_error", "mass", "even", *(f"peak_{name.replace(' ', '_')}" for name in PLACES),
           *(f"test_{n}_things" for n in (1, 2, 3, 4)), "hard_calibration_error", "ordinary_calibration_error", "hard_mass",
           "hard_even")
DRAWN, LENGTHS, AGREED = 50, range(4, 21), 18               # customers' sentences of each side, their words, raters of twenty


def customers(archive):
    """Sentences of customers, on whose side at least eighteen of twenty raters agree, as rows of natural.csv."""
    texts, rated = vader_archive.lines(archive, "amazonReviewSnippets_GroundTruth", "amazonReviewSnippets_anonDataRatings")
    ratings = {number: ast.literal_eval(each) for number, _, _, each in (line.split("\t")[:4] for line in rated)}
    rng, rows = np.random.default_rng(42), []
    for label, sign in (("positive", 1), ("negative", -1)):
        some = [(number, text.strip()) for number, _, text in (line.split("\t") for line in texts)
                if sum(sign * r > 0 for r in ratings[number]) >= AGREED and len(text.split()) in LENGTHS]
        rows += [(label, *some[i]) for i in sorted(rng.choice(len(some), DRAWN, replace=False))]
    return [{"id": f"c{i:03}", "source": "customer", "text": text, "label_a": label, "label_b": label, "phenomenon": "ordinary",
             "rated": number} for i, (label, number, text) in enumerate(rows, 1)]


def write_customers(archive):
    """Put the customers' sentences behind the others in natural.csv."""
    rows = [r | {"source": "model"} for r in natural() if r.get("source", "model") == "model"] + customers(archive)
    columns = ("id", "source", "text", "label_a", "label_b", "aim", "phenomenon", "deciding", "rated")
    common.write_table(data_path("42", "natural.csv"), [{k: v for k, v in r.items() if k in columns} for r in rows], columns)


COLLECTIONS = {"film": "movieReviewSnippets", "product": "amazonReviewSnippets", "tweet": "tweets", "newspaper": "nytEditorialSnippets"}
QUOTAS = {"test": 100, "valid": 50, "train": 400}             # people's sentences of each kind and side; of newspapers the test alone
SIDED, RATERS = 0.6, 20                                       # raters on one side at least; ratings kept of a sentence
HEADS, PEOPLE_SEEDS, PEOPLE_RATES = ("mean", "attention"), 6, (0.0003, 0.001, 0.003, 0.01, 0.03)
TRIED = 25                                                    # test sentences of each kind and side whose every word is changed


def sided(archive, kind):
    """{group: its sentences (id, text, ratings, side)}: 4 to 30 words, most raters on one side, none twice; a group: a review."""
    texts, rated = vader_archive.lines(archive, *(f"{COLLECTIONS[kind]}_{part}" for part in ("GroundTruth", "anonDataRatings")))
    raters = {number: ast.literal_eval(each)[:RATERS] for number, _, _, each in (line.split("\t")[:4] for line in rated)}
    known, groups = {r["text"].lower() for r in natural()}, {}
    for number, _, text in (line.split("\t") for line in texts):
        text, each = " ".join(html.unescape(text).split()), raters[number]
        share = {side: sum(side * r > 0 for r in each) / len(each) for side in (1, -1)}
        if text.lower() not in known and 4 <= len(text.split()) <= 30 and max(share.values()) >= SIDED:
            known.add(text.lower())
            groups.setdefault(number.split("_")[0], []).append((number, text, each, max(share, key=share.get)))
    return groups


def people(archive):
    """Rows of people.csv: as many good as bad sentences of each kind and part; a review or article lies in one part.

    Reviews that hold a customer's sentence of natural.csv give none to train on.
    """
    rng, rows = np.random.default_rng(42), []
    for kind in COLLECTIONS:
        groups = sided(archive, kind)
        held = {r["rated"].split("_")[0] for r in natural() if r["rated"]} if kind == "product" else set()
        mixed = [list(groups)[i] for i in rng.permutation(len(groups))]
        order = [name for name in mixed if name in held] + [name for name in mixed if name not in held]
        for part_, quota in QUOTAS.items():
            left = {1: quota, -1: quota}
            while order and any(left.values()) and (kind != "newspaper" or part_ == "test"):
                name = order.pop(0)
                for number, text, each, side in groups[name] if part_ == "test" or name not in held else ():
                    if left[side]:
                        left[side] -= 1
                        rows.append({"id": f"{kind} {number}", "kind": kind, "part": part_, "text": text,
                                     "ratings": " ".join(map(str, each))})
    return rows


def near(rows, bound=0.5):
    """Share of the test sentences of which a training sentence has as many words as they do not share, by the sets of words."""
    sets = {part_: [set(r["text"].lower().split()) for r in rows if r["part"] == part_] for part_ in ("train", "test")}
    return np.mean([max(len(a & b) / len(a | b) for b in sets["train"]) >= bound for a in sets["test"]])


@cache
def people_part(name):
    """Rows of a part of people.csv; each knows whether most raters found it good."""
    rows = [r for r in common.read_table(data_path("42", "people.csv")) if r["part"] == name]
    return [r | {"good": sum(np.sign(int(x)) for x in r["ratings"].split()) > 0} for r in rows]


@cache
def people_vectors(name):
    return read([r["text"] for r in people_part(name)])


@common.kept
def people_row(split, arm, rate, seed):
    """Train a head once on people's sentences; where `split` says so, its scores of all tests, its map, and its numbers."""
    (x, mask, _), good = people_vectors("train"), torch.tensor([float(r["good"]) for r in people_part("train")])
    reproducible(seed)
    model, start, steps = CHAPTER.Head(arm), time.process_time(), CHAPTER.STEPS["frozen"]
    fit(model, CHAPTER.head_loss(model, x, mask, good, seed), steps, rate)
    result = {"arm": arm, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{time.process_time() - start:.1f}", "valid": f"{people_right(model, 'valid')[0].mean():.4f}"}
    if split == "test":
        result |= test_people(model) | {"state": [[name, value.tolist()] for name, value in model.state_dict().items()]}
    return result


def people_right(model, name):
    """Which sentences of a part a head has right, its scores, and its weights or None."""
    with torch.no_grad():
        scores, weights = model(*people_vectors(name)[:2])
    return (scores.numpy() > 0) == [r["good"] for r in people_part(name)], scores.numpy(), weights


def listed(word):
    """Does VADER's list give the word a mean rating of at least 1, on one side or the other?"""
    return abs(np.mean(ratings().get(word.lower(), 0))) >= 1


def listed_pieces(text):
    """For each piece of a text: does it belong to a word of the list?"""
    spans, places = CHAPTER.words_of(text)
    inside = np.zeros(len(pretrained()[0].encode(text)), bool)
    for (start, end), at in zip(spans, places):
        inside[at] = listed(text[start:end])
    return inside


def test_people(model):
    """People's test sentences by kind, sentences written to mislead or not, and the grammar, whose deciding words are known."""
    rows, (ok, scores, weights) = people_part("test"), people_right(model, "test")
    kinds, (clear, good, difficulty) = np.array([r["kind"] for r in rows]), labelled()
    found, (x, mask, tokens) = frozen_reviews("test"), vectors("test")
    with torch.no_grad():
        natural_scores = model(*natural_vectors()[:2])[0].numpy()
        grammar_scores, grammar_weights = model(x, mask)
    new = {"test": f"{ok[kinds != 'newspaper'].mean():.4f}"} | {kind: f"{ok[kinds == kind].mean():.4f}" for kind in COLLECTIONS}
    new |= by_difficulty((natural_scores[clear] > 0) == good, difficulty)
    new |= {name.replace("test", "grammar"): value for name, value in accuracies(grammar_scores.numpy(), found).items()}
    if weights is not None:
        new["listed"], new["listed_even"] = mass(weights.numpy(), [listed_pieces(r["text"]) for r in rows])
        new["mass"], new["even"] = mass(grammar_weights.numpy(), [grammar_cover(r, t) for r, t in zip(found, tokens)])
    return new | {"scores": scores.tolist()}


def state_of(result):
    return {name: torch.tensor(value) for name, value in result["state"]}


def head_of(result):
    model = CHAPTER.Head(result["arm"])
    model.load_state_dict(state_of(result))
    return model


def tried_sentences():
    """The first test sentences of each kind and side, of at most twenty words."""
    count, chosen = {}, []
    for r in people_part("test"):
        key = r["kind"], r["good"]
        if len(r["text"].split()) <= 20 and count.get(key, 0) < TRIED:
            count[key] = count.get(key, 0) + 1
            chosen.append(r)
    return chosen


@common.kept
def changed(number, rate):
    """Every word of a sentence hidden, deleted and exchanged, for each seed's head with attention."""
    r = tried_sentences()[number]
    variants, tables = CHAPTER.read_variants(r["text"]), []
    for seed in range(PEOPLE_SEEDS):
        table, p = CHAPTER.three_tests(head_of(people_row("test", "attention", rate, seed)), variants)
        tables.append([p.item(), *(column.tolist() for _, column in table.items())])
    return {"id": r["id"], "words": variants[0], "tables": tables}


def change_rows(found):
    """Rows of changes.csv, seed 0: a word each, its weight, the probabilities of good as it stands and with the word changed."""
    for one in found:
        p, *columns = one["tables"][0]
        for j, (word, weight, *changes) in enumerate(zip(one["words"], *columns)):
            yield {"id": one["id"], "place": j, "word": word, "p": f"{p:.4f}", "weight": f"{weight:.4f}",
                   **{name: "" if np.isnan(x) else f"{x:.4f}" for name, x in zip(("hidden", "deleted", "exchanged"), changes)}}


def flip_rows(found):
    """Rows of flips.csv: how often the answer turns when a word of a sort is hidden, deleted or exchanged, for each seed."""
    rng = np.random.default_rng(0)
    drawn = [rng.random(len(one["words"])) for one in found]
    for seed in range(PEOPLE_SEEDS):
        turned = {}
        for one, chance in zip(found, drawn):
            p, weight, *changes = (np.array(x) for x in one["tables"][seed])
            hidden, deleted, exchanged = ((x > 0.5) != (p > 0.5) for x in changes)
            dark, can = weight.argmax(), ~np.isnan(changes[2])
            sorts = {"darkest word": dark, "largest change": np.abs(changes[1] - p).argmax(),
                     "any other word": np.where(np.arange(len(weight)) == dark, -1, chance).argmax()}
            if can.any():
                sorts["has an opposite"] = np.where(can, chance, -1).argmax()
            for sort, j in sorts.items():
                turned.setdefault(sort, []).append(
                    [hidden[j], deleted[j], exchanged[j] if can[j] else np.nan, weight[j], 1 / len(weight), j == sorts["largest change"]])
        for sort, values in turned.items():
            means = np.nanmean(np.array(values, float), axis=0)
            yield {"seed": seed, "word": sort, "sentences": len(values),
                   **{name: f"{x:.4f}" for name, x in zip(("hidden", "deleted", "exchanged", "weight", "even", "is_largest"), means)}}


def people_tables():
    """Train on people's sentences, test, change words; write their four tables and the weights."""
    rows = []
    for arm in HEADS:
        def run(split, rate, seed, arm=arm):
            return people_row(split, arm, rate, seed)
        tried, tested_ = fair_play.sweep(run, PEOPLE_RATES, accuracy, range(PEOPLE_SEEDS), range(TUNED))
        rows += [r | {"split": "valid"} for rows_ in tried.values() for r in rows_] + [r | {"split": "test"} for r in tested_]
    last = [r for r in rows if r["split"] == "test"]
    (rate,) = {r["rate"] for r in last if r["arm"] == "attention"}
    found = [changed(i, rate) for i in range(len(tried_sentences()))]
    save_file({f"{r['arm']}.{name}": value for r in last if r["seed"] == 0 for name, value in state_of(r).items()},
              data_path("42", "model.safetensors"))
    names = [r["id"] for r in people_part("test")]
    answers = [{"id": name, **{f"{r['arm']}_{r['seed']}": f"{r['scores'][i]:.3f}" for r in last}} for i, name in enumerate(names)]
    tables = {"people_answers": answers, "changes": list(change_rows(found)), "flips": list(flip_rows(found)),
              "people_runs": [{k: v for k, v in r.items() if k not in ("scores", "state")}
                              for r in last + [r for r in rows if r not in last]]}
    for name, table in tables.items():
        common.write_table(data_path("42", f"{name}.csv"), table, list(dict.fromkeys(c for row in table for c in row)))


def write_people(archive):
    rows = people(archive)
    common.write_table(data_path("42", "people.csv"), rows)
    print(f"{len(rows)} sentences; {near(rows):.4f} of the test ones are near a training one")


def truth_of(found):
    return np.array([r.good for r in found])


def calibration_error(p, good, bins=10):
    """Expected calibration error: how far the mean of p lies from the share of good ones, bin by bin, weighted by the bins' sizes."""
    bin_ = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    return sum(abs(p[bin_ == i].sum() - good[bin_ == i].sum()) for i in range(bins)) / len(p)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def accuracies(scores, found):
    """Share right, overall, by what the answer turns on, and by the number of things."""
    ok, named = CHAPTER.right(scores, found), {"test": np.ones(len(found), bool)}
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


@cache
def vectors(task_part, seed=0):
    """Token vectors, mask and tokens of the reviews of a part, opinion words by split; training reviews differ from seed to seed."""
    return read([r.text for r in frozen_reviews(task_part, seed)])


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


@common.kept
def row(split, task, arm, told, rate, seed, steps):
    """Train once and look at the validation sentences, and at the test where `split` says so; `scores` are those that answers.csv shows."""
    model, score, seconds = (train_head if task == "frozen" else train_reader)(task, arm, told, rate, seed, steps)
    result = {"task": task, "arm": arm, "told": told, "rate": rate, "steps": steps, "seed": seed, "parameters": parameters(model),
              "cpu_seconds": f"{seconds:.1f}", "valid": f"{score:.4f}"}
    if split == "test":
        result |= test_head(model, result) if task == "frozen" else test_reader(model, result)
    return result


def train_reader(task, arm, told, rate, seed, steps):
    """-> model, share of the validation reviews that it has right, CPU seconds."""
    reproducible(seed)
    model = (CHAPTER.ProductReader if "product" in arm else CHAPTER.Reader)(len(VOCABULARY), arm, told)
    start = time.process_time()
    fit(model, CHAPTER.batch_loss(model, task, seed, steps), steps, rate)
    found = part(task, "valid")
    valid = CHAPTER.right(CHAPTER.answers(model, found)[0], found).mean()
    return model, valid, time.process_time() - start


def test_reader(model, result):
    found = part(result["task"], "test")
    scores, weights = CHAPTER.answers(model, found)
    new = accuracies(scores, found) | {"calibration_error": f"{calibration_error(sigmoid(scores), truth_of(found)):.4f}"}
    if result["task"] == "aspect":
        more = part("aspect", "test", 4)
        new["test_4_things"] = f"{CHAPTER.right(CHAPTER.answers(model, more)[0], more).mean():.4f}"
    return new | (map_scores(weights, found) if weights else {})


def train_head(task, arm, told, rate, seed, steps):
    """-> model, share of the validation reviews that it has right, CPU seconds."""
    (x, mask, _), found = vectors("train", seed), frozen_reviews("train", seed)
    reproducible(seed)
    model, start = CHAPTER.Head(arm), time.process_time()
    fit(model, CHAPTER.head_loss(model, x, mask, torch.tensor([float(r.good) for r in found]), seed), steps, rate)
    with torch.no_grad():
        scores = model(*vectors("valid")[:2])[0].numpy()
    return model, CHAPTER.right(scores, frozen_reviews("valid")).mean(), time.process_time() - start


@cache
def natural_vectors():
    return read([r["text"] for r in natural()])


def by_difficulty(ok, difficulty):
    """Share right among the sentences of each difficulty that are good or bad."""
    return {name: f"{np.mean(ok[difficulty == name]):.4f}" for name in ("hard", "plain", "ordinary")}


def labelled():
    """The sentences that are good or bad: which of all they are, whether each is good, and its difficulty."""
    rows = natural()
    clear = np.array([r["agreed"] in ("positive", "negative") for r in rows])
    return clear, *(np.array(x)[clear] for x in ([r["agreed"] == "positive" for r in rows], [r["difficulty"] for r in rows]))


def test_head(model, result):
    """Test reviews of the grammar, whose opinion words are new, and natural sentences."""
    found, (x, mask, tokens) = frozen_reviews("test"), vectors("test")
    with torch.no_grad():
        scores, weights = (None if y is None else y.numpy() for y in model(x, mask))
        natural_scores, natural_weights = (None if y is None else y.numpy() for y in model(*natural_vectors()[:2]))
    new = accuracies(scores, found) | {"calibration_error": f"{calibration_error(sigmoid(scores), truth_of(found)):.4f}"}
    clear, good, difficulty = labelled()
    new |= by_difficulty((natural_scores[clear] > 0) == good, difficulty)
    for name in ("hard", "ordinary"):
        these = difficulty == name
        error = calibration_error(sigmoid(natural_scores[clear][these]), good[these])
        new[f"{name}_calibration_error"] = f"{error:.4f}"
    if weights is not None:
        inside = [covered(r.text, t, []) | grammar_cover(r, t) for r, t in zip(found, tokens)]
        new["mass"], new["even"] = mass(weights, inside)
        inside = [covered(r["text"], t, r["deciding"].split("|")) if sure and r["difficulty"] == "hard" else np.zeros(len(t), bool)
                  for r, t, sure in zip(natural(), natural_vectors()[2], clear)]
        new["hard_mass"], new["hard_even"] = mass(natural_weights, inside)
    return new | {"scores": np.concatenate([natural_scores, scores]).tolist()}


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


def accuracy(rows):
    """Mean share of the validation reviews that are right."""
    return np.mean([float(r["valid"]) for r in rows])


def swept(task, arm, told, rates, steps, seeds, tuning):
    """The rows of an arm: each rate on the validation sentences; the chosen one's rows have the test too."""
    def run(split, rate, seed):
        return row(split, task, arm, told, rate, seed, steps)
    tried, tested = fair_play.sweep(run, rates, accuracy, seeds, tuning)
    return [r for rows in (tried | {tested[0]["rate"]: tested}).values() for r in rows]


def arm_rows(task, arm, told):
    rates = RATES["word" if "word" in arm else task]
    rates += (BEYOND[task, arm, told],) if (task, arm, told) in BEYOND else ()
    return swept(task, arm, told, rates, CHAPTER.STEPS[task], range(SEEDS), range(TUNED))


def long_rows(rows, tasks):
    """Was it the budget?  Four times the steps, one seed; over bare words the rate is chosen anew, elsewhere it stays."""
    for task, arm, told in (key for key in LONGER if key[0] in tasks):
        rates = RATES["word"] if "word" in arm else (float(tested(rows, task, arm, told)[0]["rate"]),)
        yield from (r | {"arm": f"{arm}, long"} for r in swept(task, arm, told, rates, LONG * CHAPTER.STEPS[task], (0,), (0,)))


def vader_row(task, told_of):
    """The rules of VADER, which learn nothing."""
    found = part("whole", "test") if task == "whole" else frozen_reviews("test")
    scores = vader([r.text for r in found])
    ok = half(scores, truth_of(found))
    result = {"task": task, "arm": "vader", "told": "never", "parameters": 0, "test": f"{ok.mean():.4f}"}
    result |= {f"test_{kind}": f"{ok[[r.kind == kind for r in found]].mean():.4f}" for kind in KINDS}
    if task == "frozen":
        natural_scores, (clear, good, difficulty) = vader([r["text"] for r in natural()]), labelled()
        result |= by_difficulty(half(natural_scores[clear], good), difficulty)
        told_of["vader"] = np.concatenate([natural_scores, scores])
    return result


def tested(rows, task, arm, told):
    return sorted((r for r in rows if (r["task"], r["arm"], r["told"]) == (task, arm, told) and r.get("test")), key=lambda r: r["seed"])


def best(rows, task, attention):
    """The arm, with attention or without, whose chosen rate has the highest mean validation accuracy."""
    arms = [a for a in ARMS[task] if ("attention" in a[0]) == attention]
    return max(arms, key=lambda a: np.mean([float(r["valid"]) for r in tested(rows, task, *a)]))


def right_by_sentence(told_of, arm):
    """Which sentences that are good or bad each seed of an arm has right (seeds, sentences)."""
    clear, good, _ = labelled()
    return np.array([(told_of[f"{arm}_{seed}"][:len(clear)][clear] > 0) == good for seed in range(SEEDS)])


def right_by_review(told_of, arm):
    """Which test reviews with new opinion words each seed of an arm has right (seeds, reviews)."""
    found = frozen_reviews("test")
    return np.array([CHAPTER.right(told_of[f"{arm}_{seed}"][-len(found):], found) for seed in range(SEEDS)])


def deciding_words(found):
    """The opinion word that decides each review."""
    return np.array([next(t.text for t in r.tokens if t.decides and t.part == "opinion") for r in found])


ASKED = {"whole": ("sentiment of a review", "grammar, 1,500 reviews, 250 steps"),
         "aspect": ("sentiment of the thing asked about", "grammar, 1,500 reviews, 400 steps"),
         "frozen": ("sentiment over a pretrained encoder", "grammar, 400 reviews, new opinion words")}
NOTES = {"aspect": "attention bought time, not power", "ordinary": "VADER's rules, which learn nothing, do as well there"}
ELSEWHERE = {"hard": "sentences written to mislead", "ordinary": "sentences by customers"}


def people_ledger():
    """Attention against the mean on people's sentences, from the shipped tables; the second row is of a kind not trained on."""
    answers, runs = (common.read_table(data_path("42", f"people_{name}.csv")) for name in ("answers", "runs"))
    last = [r for r in runs if r["split"] == "test" and r["arm"] == "attention"]
    good, kinds = (np.array([r[name] for r in people_part("test")]) for name in ("good", "kind"))
    ok = [np.array([(np.array([r[f"{arm}_{seed}"] for r in answers], float) > 0) == good for seed in range(PEOPLE_SEEDS)], float)
          for arm in HEADS]
    for data, these in (("600 sentences of films, products and tweets, rated by people", kinds != "newspaper"),
                        ("200 newspaper sentences rated by people, none trained on", kinds == "newspaper")):
        plain, attention = (x[:, these] for x in ok)
        low, high = CHAPTER.interval(attention - plain)
        yield {"task": "sentiment of a sentence", "data": data, "measure": "accuracy", "baseline": HEADS[0], "attention": HEADS[1],
               "baseline_score": plain.mean(), "attention_score": attention.mean(), "difference_low": low, "difference_high": high,
               "interval": f"{PEOPLE_SEEDS} seeds and the sentences drawn again", "map_measure": "weight on deciding words of the grammar",
               "map_score": np.mean([float(r["mass"]) for r in last]), "note": "",
               "cpu_seconds": f"{np.mean([float(r['cpu_seconds']) for r in last]):.1f}"}


def ledger_rows(rows, told_of):
    """Attention against the best arm without it, both chosen on the validation reviews, on each kind of test."""
    yield from people_ledger()
    for task, (asked, data) in ASKED.items():
        base, with_ = best(rows, task, attention=False), best(rows, task, attention=True)
        pair = [tested(rows, task, *a) for a in (base, with_)]
        seconds = np.mean([float(r["cpu_seconds"]) for r in pair[1]])
        scores = [[float(r["test"]) for r in arm] for arm in pair]
        named = base[0] + {"never": "", "after": ", told after reading", "before": ", told before reading"}[base[1]]
        shared = {"task": asked, "measure": "accuracy", "baseline": named, "attention": with_[0], "note": NOTES.get(task, ""),
                  "map_measure": "weight on deciding words", "cpu_seconds": f"{seconds:.1f}"}
        bounds, interval = ledger.over_seeds([b - a for a, b in zip(*scores)]), f"{SEEDS} seeds, Student's t"
        if task == "frozen":
            ok = [right_by_review(told_of, a[0]) for a in (base, with_)]
            words = deciding_words(frozen_reviews("test"))
            bounds = CHAPTER.interval(ok[1] - 1.0 * ok[0], words)
            interval = f"{SEEDS} seeds and {len(set(words))} words drawn again"
        yield shared | {"data": data, "baseline_score": np.mean(scores[0]), "attention_score": np.mean(scores[1]),
                        "difference_low": bounds[0], "difference_high": bounds[1], "interval": interval,
                        "map_score": np.mean([float(r["mass"]) for r in pair[1]])}
    ok, difficulty = [right_by_sentence(told_of, a[0]) for a in (base, with_)], labelled()[2]
    for name, what in ELSEWHERE.items():
        plain, attention = (x[:, difficulty == name].astype(float) for x in ok)
        low, high = CHAPTER.interval(attention - plain)
        yield shared | {"data": f"{plain.shape[1]} {what}", "baseline_score": plain.mean(), "attention_score": attention.mean(),
                        "difference_low": low, "difference_high": high, "interval": f"{SEEDS} seeds and the sentences drawn again",
                        **({"map_score": np.mean([float(r["hard_mass"]) for r in pair[1]])} if name == "hard" else
                           {"map_measure": "", "map_score": "", "note": NOTES[name]})}


def earlier(tasks, told_of):
    """The rows of the tables that are not made anew."""
    if set(tasks) >= set(ARMS):
        return []
    if "frozen" not in tasks:
        answers = common.read_table(data_path("42", "answers.csv"))
        told_of |= {name: np.array([r[name] for r in answers], float) for name in answers[0] if name != "id"}
    return [{k: v for k, v in r.items() if k in COLUMNS} for r in common.read_table(data_path("42", "runs.csv")) if r["task"] not in tasks]


def main(tasks):
    """Train and test the arms of the named tasks, of all if none is named."""
    told_of, tasks = {}, tasks or [*ARMS, "people"]
    rows = earlier(tasks, told_of)
    reproducible(0)
    if "people" in tasks:
        people_tables()
        tasks = [task for task in tasks if task != "people"]
    for task in tasks:
        rows += [vader_row(task, told_of)] if task != "aspect" else []
        rows += [r for arm, told in ARMS[task] for r in arm_rows(task, arm, told)]
    rows += long_rows(rows, tasks)
    told_of |= {f"{r['arm']}_{r['seed']}": np.array(r.pop("scores")) for r in rows if "scores" in r}
    rows.sort(key=lambda r: ("long" in r["arm"], r["arm"] != "vader", list(ARMS).index(r["task"])))
    names = [*(r["id"] for r in natural()), *(f"g{i:03}" for i in range(len(frozen_reviews("test"))))]
    answers = [{"id": name, **{arm: f"{scores[i]:.3f}" for arm, scores in told_of.items()}} for i, name in enumerate(names)]
    common.write_table(data_path("42", "answers.csv"), answers)
    common.write_table(data_path("42", "runs.csv"), rows, COLUMNS)
    ledger.record("42_sentiment", [{k: float(v) if isinstance(v, np.floating) else v for k, v in r.items()}
                                   for r in ledger_rows(rows, told_of)])


if __name__ == "__main__":
    {"customers": write_customers, "draw": write_people}[sys.argv[1]](sys.argv[2]) if len(sys.argv) == 3 else main(sys.argv[1:])
