"""Measure 44_question_answering and write notebooks/data/44_question_answering/runs.csv: python experiments/44_question_answering.py

Models, stories and scores are the chapter's own: their text is read out of the notebook.  A row of the table is one number: which
part of the chapter, which arm and setting, which seed, on which questions, and what was measured.  About fifteen minutes on one core.

stories   three rates an arm on validation stories with a seed of their own (four weights of the labelled hops at the rate that
          answers alone have chosen), then five seeds of what was chosen, on the test stories; then what makes answers alone enough
faq       the questions that people asked: BM25, means of word vectors, the pretrained encoder, with and without a look at each passage;
          then a learnt turn of the vectors, trained on the dev questions, six seeds; passage vectors go to faq.safetensors
documents BM25, with stems and without, and the pretrained encoder over passages.csv of the chapter's data; nothing is trained
spans     readers trained on questions that `cloze` makes from passages that no written question asks for; rate and longest span
          chosen on the written dev questions; the predictions on the test questions go to spans.csv, passage
          vectors and the reader of seed 0 to question_answering.npz
"""

import re
import sys
import time
from functools import cache
from itertools import product
from types import SimpleNamespace

import common
import fair_play
import ledger
import numpy as np
import torch
from safetensors.torch import save
from torch.nn import functional as F

from attnlib import pretrained, train
from attnlib.data import data_path

COLUMNS = ("part", "arm", "setting", "seed", "questions", "measure", "value")
SEEDS, TUNING = (0, 1, 2, 3, 4), 100
RATES = (0.005, 0.01, 0.02)
HINTS = (0.03, 0.1, 0.3, 1.0)
STEPS = {"one hop": 1000, "two hops": 1000, "three hops": 800, "GRU": 400, "GRU, two layers, both ways": 250, "mean": 700}


BEFORE = torch.get_default_dtype()
torch.set_default_dtype(torch.float64)  # before the tables of words are made
CHAPTER = common.taught(
    "44",
    "FACTS", "Turn", "turn_fit", "mean_vectors", "surprise", "word_means",
    "FACTS", "GruReader", "MeanReader", "MemoryNet", "PLACES", "QUESTIONS", "SpanReader", "best_sentence",
    "bm25_scores", "bootstrap", "exact", "f1", "fit", "new_words", "padded", "ranks", "rarity", "read_table", "right",
    "sentences", "spans", "stems", "stories", "titled", "tokens_of")
torch.set_default_dtype(BEFORE)  # an import leaves the importer's dtype alone
TABLE = []


def note(part, arm, setting, seed, questions, **measures):
    """One number a row, four digits."""
    for measure, value in measures.items():
        TABLE.append(dict(zip(COLUMNS, (part, arm, setting, seed, questions, measure, f"{value:.4f}".rstrip("0").rstrip(".")))))


# ---- stories ---------------------------------------------------------------------------------------------------------
DRAWN = {"train": (30_000, 0), "valid": (1_500, 1), "test": (1_500, 2), "train, three hops": (30_000, 3, (3,))}      # number, seed, hops


@cache
def drawn(part):
    return CHAPTER.stories(*DRAWN[part])


def reader(arm):
    hops = {"one hop": 1, "two hops": 2, "three hops": 3, "three hops, without time": 3}
    if arm in hops:
        return CHAPTER.MemoryNet(hops[arm], timed="without" not in arm)
    return CHAPTER.MeanReader() if arm == "mean" else CHAPTER.GruReader(layers=1 + ("two" in arm))


@common.kept
def story_scores(split, arm, rate, seed, steps, how, lessons):
    """Train one reader on the stories `lessons`, score it on those of `split`."""
    train.reproducible(seed)
    model = reader(arm)
    start = time.process_time()
    CHAPTER.fit(model, drawn(lessons), steps, seed=seed, rate=rate, **how)
    seconds = time.process_time() - start
    ok, hit = CHAPTER.right(model, drawn(split))
    hops = drawn(split).hops.numpy()
    scores = {"right": ok.mean(), **{f"right_{d}": ok[hops == d].mean() for d in (1, 2, 3)},
              **{f"hit_{h + 1}": hit[hops == 3, h].mean() for h in range(hit.shape[1])}}
    return {name: float(x) for name, x in scores.items()} | {"parameters": train.parameters(model), "steps": steps, "cpu_seconds": seconds}


def story_run(split, arm, setting, rate, seed, steps=None, how=None, lessons="train"):
    """Note the scores of one reader; -> them."""
    scores = story_scores(split, arm, rate, seed, steps or STEPS[arm], how or {}, lessons)
    note("stories", arm.removesuffix(", without time"), setting, seed, split, **scores)
    return scores


def right(rows):
    return sum(r["right"] for r in rows)


def stories():
    best, score, valid = {}, {}, {}
    for arm in STEPS:
        tried = {rate: [story_run("valid", arm, f"rate {rate}", rate, TUNING)] for rate in RATES}
        best[arm] = fair_play.chosen(tried, right)
        valid[arm] = right(tried[best[arm]])
    for arm, rate in best.items():  # at an end of the grid: one rate beyond it, as a check; the choice stays
        if rate != RATES[1]:
            beyond = rate / 2 if rate == RATES[0] else 2 * rate
            story_run("valid", arm, f"rate {beyond}", beyond, TUNING)
    for arm in STEPS:
        score[arm] = [story_run("test", arm, "answers", best[arm], seed) for seed in SEEDS]
    for arm in ("three hops", "GRU", "mean"):
        def run(split, hint, seed, arm=arm):
            setting = f"hint {hint}" if split == "valid" else "answers and hops"
            return story_run(split, arm, setting, best[arm], seed, how={"hint": hint})
        fair_play.sweep(run, HINTS, right, SEEDS, (TUNING,))
    rate = best["three hops"]
    for seed in SEEDS[:3]:
        story_run("valid", "three hops", "softmax from step 240", rate, seed, how={"linear": 0.3})
        story_run("valid", "three hops", "easy questions first", rate, seed, how={"easy_first": 0.6})
        story_run("valid", "three hops, without time", "without time", rate, seed, STEPS["three hops"])
        for steps in (100, 200, 400, 1600):
            story_run("valid", "three hops", f"{steps} steps", rate, seed, steps)
        story_run("valid", "three hops", "softmax from step 480 of 1600", rate, seed, 1600, {"linear": 0.3})
        story_run("valid", "three hops", "easy questions first, 1600 steps", rate, seed, 1600, {"easy_first": 0.6})
    for seed in SEEDS[:3]:
        def alone(setting, rate=rate, seed=seed, steps=None, **how):
            story_run("valid", "three hops", setting, rate, seed, steps, how, "train, three hops")
        alone("only three-hop questions")
        alone("only three-hop, softmax from step 240", linear=0.3)
        alone("only three-hop, hops told", hint=1.0)
        alone("only three-hop questions, 1600 steps", steps=1600)
        for steps in (1600, 6400):  # the rate was chosen for the mixture
            alone(f"only three-hop questions, half the rate, {steps} steps", rate / 2, steps=steps)
    for arm in ("GRU", "mean"):
        story_run("valid", arm, "ten times the steps", best[arm], 0, 10 * STEPS[arm])
    strongest = max(("GRU", "GRU, two layers, both ways", "mean"), key=valid.get)
    plain, attention = ([r["right"] for r in score[arm]] for arm in (strongest, "three hops"))
    low, high = ledger.over_seeds([a - b for a, b in zip(attention, plain)])
    return {
        "task": "stories with known supporting facts, answers only",
        "data": "generated, 1500 test stories",
        "measure": "accuracy",
        "baseline": strongest,
        "baseline_score": float(np.mean(plain)),
        "attention": "memory network, three hops",
        "attention_score": float(np.mean(attention)),
        "difference_low": low,
        "difference_high": high,
        "interval": "95 %, Student's t over 5 seeds",
        "map_measure": "largest weight on the supporting fact, three-hop questions",
        "map_score": float(np.mean([x for r in score["three hops"] for name, x in r.items() if name.startswith("hit")])),
        "cpu_seconds": f"{np.mean([r['cpu_seconds'] for r in score['three hops']]):.1f}",
    }


# ---- the questions that people asked -----------------------------------------------------------------------------------
K1, B = (0.9, 1.2, 1.5, 2.0), (0.4, 0.75, 1.0)
TAUS = [float(f"{x:.3g}") for x in np.geomspace(0.01, 0.5, 30)]
TURNS = (0.0003, 0.001, 0.003, 0.01)


@cache
def asked_by_people():
    """Questions and passages of the FAQ with their vectors, and which passage belongs to which answer."""
    people, texts = CHAPTER.read_table("faq_questions.csv"), CHAPTER.read_table("faq_passages.csv")
    questions, passages = people["question"].tolist(), texts["text"].tolist()
    member = (texts["id"].to_numpy()[:, None] == people["id"].to_numpy()).astype(float)
    same = people["question"].to_numpy()[:, None] == people["question"].to_numpy()
    start = time.process_time()
    torch.set_default_dtype(torch.float32)
    pretrained.pretrained.cache_clear()
    order, keys = sorted(range(len(passages)), key=lambda i: len(passages[i])), np.zeros((len(passages), 384))
    for first in range(0, len(order), 32):
        keys[order[first:first + 32]] = CHAPTER.mean_vectors([passages[i] for i in order[first:first + 32]])
    seconds = time.process_time() - start
    train.reproducible(0)
    pretrained.pretrained.cache_clear()
    queries = np.concatenate([CHAPTER.mean_vectors(questions[i:i + 29]) for i in range(0, len(questions), 29)])
    return SimpleNamespace(
        questions=questions, passages=passages, member=member, same=same, keys=keys.astype(np.float16), queries=queries, cpu=seconds,
        dev=(people["split"] == "dev").to_numpy(), whole=[" ".join(texts["text"][rows > 0]) for rows in member.T],
        words=(CHAPTER.word_means(questions), CHAPTER.word_means(passages)))


def one_mean(keys, member):
    means = member.T @ keys
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def faq():
    lib = asked_by_people()
    wanted, dev, test = [np.flatnonzero(row) for row in lib.same], lib.dev, ~lib.dev
    found, tried = {}, {}
    for k1, b in product(K1, B):
        rank = CHAPTER.ranks(CHAPTER.bm25_scores(lib.whole, lib.questions, k1=k1, b=b), wanted)
        tried[f"k1 {k1}, b {b}"] = (1 / rank[dev]).mean(), rank
        note("faq", "BM25", f"k1 {k1}, b {b}", "", "dev", mrr=(1 / rank[dev]).mean())
    best = max(tried, key=lambda setting: tried[setting][0])
    found["BM25", best] = tried[best][1]
    alone, looks = np.eye(len(lib.questions)), {}
    keys = lib.keys.astype(float)
    for arm, q, own in (("words", *lib.words), ("encoder", lib.queries, keys)):
        for how, k, member in (("one mean", one_mean(own, lib.member), alone), ("each passage", own, lib.member)):
            answering, scores = lib.same @ member.T, q @ k.T
            tau = min(TAUS, key=lambda t: CHAPTER.surprise(scores[dev], t, answering[dev]))
            weights = F.softmax(torch.tensor(scores / tau), dim=-1).numpy()
            found[arm, how] = CHAPTER.ranks(weights @ member, wanted)
            looks[arm, how] = q, k, member, tau
            peak = answering[np.arange(len(weights)), weights.argmax(axis=1)]
            mass = (weights * answering).sum(axis=1)
            note("faq", arm, how, "", "dev", tau=tau)
            note("faq", arm, how, "", "test", tau=tau, hit=peak[test].mean(), mass=mass[test].mean())
            if (arm, how) == ("encoder", "each passage"):
                hits = peak[test].mean()
    for (arm, how), rank in found.items():
        for name, rows in (("dev", dev), ("test", test)):
            r = rank[rows]
            note("faq", arm, how, "", name, count=len(r), recall_1=(r <= 1).mean(), recall_5=(r <= 5).mean(), mrr=(1 / r).mean())
    for (arm, how), look in looks.items():
        turned(arm, how, look, lib, wanted)
    data_path("44", "faq.safetensors").write_bytes(save({"passages": torch.tensor(lib.keys)}))
    rr = {name: 1 / rank[test] for name, rank in found.items()}
    rows = []
    for baseline, against in ((("BM25", best), "BM25 over stems"), (("encoder", "one mean"), "the same encoder, one mean an answer")):
        low, high = CHAPTER.bootstrap(rr["encoder", "each passage"] - rr[baseline])
        rows.append({
            "task": "find the passage that answers, asked by people" + ", beside one mean" * (baseline[0] == "encoder"),
            "data": f"Python's FAQ, {test.sum()} questions that people asked",
            "measure": "MRR",
            "baseline": against,
            "baseline_score": float(rr[baseline].mean()),
            "attention": "pretrained encoder, a look at each passage",
            "attention_score": float(rr["encoder", "each passage"].mean()),
            "difference_low": low,
            "difference_high": high,
            "interval": "95 %, bootstrap over questions",
            "map_measure": "largest weight on a passage of the answer",
            "map_score": float(hits),
            "cpu_seconds": f"{lib.cpu:.1f}",
            "note": "" if baseline[0] == "BM25" else "one vector an answer does as well",
        })
    return rows


def turned(arm, how, look, lib, wanted):
    """A learnt turn of both vectors: rate and steps by 20 of the dev questions, then six seeds with all 60."""
    q, k, member, tau = (torch.tensor(x) for x in look)
    rows = np.flatnonzero(lib.dev)
    first, last = rows[:40], rows[40:]

    def mrr(model, these):
        with torch.no_grad():
            scores = ((model(q[these]) @ model(k).T / tau).softmax(dim=-1) @ member).numpy()
        return (1 / CHAPTER.ranks(scores, [wanted[i] for i in these])).mean()
    tried = {}
    for rate, steps in product(TURNS, (50, 200)):
        model = CHAPTER.turn_fit(q, k, member, tau, first, steps, rate, TUNING)
        tried[rate, steps] = mrr(model, last)
        note("faq", f"{arm}, learnt turn", f"{how}, rate {rate}, {steps} steps", TUNING, "dev", mrr=tried[rate, steps])
    rate, steps = max(tried, key=tried.get)
    for seed in (*SEEDS, 5):
        start = time.process_time()
        model = CHAPTER.turn_fit(q, k, member, tau, rows, steps, rate, seed)
        seconds = time.process_time() - start
        note("faq", f"{arm}, learnt turn", f"{how}, chosen: rate {rate}, {steps} steps", seed, "test",
             mrr=mrr(model, np.flatnonzero(~lib.dev)), mrr_learnt=mrr(model, rows), cpu_seconds=seconds)


# ---- documents and spans ---------------------------------------------------------------------------------------------
@cache
def library():
    """Passages, questions, where the passages of each question stand, and every passage's tokens, read once in float32."""
    passages, questions = (CHAPTER.read_table(name).to_dict("records") for name in ("passages.csv", "questions.csv"))
    place = {passage["id"]: i for i, passage in enumerate(passages)}
    wanted = [[place[p] for p in question["passages"].split()] for question in questions]
    start = time.process_time()
    torch.set_default_dtype(torch.float32)
    pretrained.pretrained.cache_clear()
    texts = [CHAPTER.titled(p) for p in passages]
    order, tokens = sorted(range(len(texts)), key=lambda i: len(texts[i])), {}
    for first in range(0, len(order), 32):
        batch = order[first : first + 32]
        for i, vectors, mask in zip(batch, *pretrained.token_vectors([texts[i] for i in batch])[:2]):
            tokens[i] = vectors[mask]
    asked = [CHAPTER.tokens_of(q["question"]) for q in questions]
    mean = [F.normalize(pretrained.token_vectors([q["question"]])[0][0].mean(dim=0), dim=0).numpy() for q in questions]
    train.reproducible(0)
    vectors = np.stack([F.normalize(tokens[i].mean(dim=0), dim=0).numpy() for i in range(len(texts))])
    row = pretrained.pretrained()[0]
    read = [(tokens[i][1:-1].double(), row.encode(texts[i]).offsets[1:-1], row.encode(texts[i]).ids[1:-1]) for i in range(len(texts))]
    return SimpleNamespace(
        passages=passages,
        questions=questions,
        wanted=wanted,
        texts=texts,
        vectors=vectors,
        asked=np.stack(mean),
        read=read,
        ask=[(x.double(), *rest) for x, *rest in asked],
        dev=np.array([q["split"] == "dev" for q in questions]),
        cpu=time.process_time() - start,
    )


def documents():
    lib = library()
    plain, found, settings = [p["text"] for p in lib.passages], {}, {"encoder": "source and text"}
    asked = [q["question"] for q in lib.questions]
    for arm, stemmer in (("BM25", CHAPTER.stems), ("BM25, no stems", None)):
        tried = {}
        for (name, texts), k1, b in product((("text", plain), ("source and text", lib.texts)), (0.9, 1.2, 1.5), (0.4, 0.75)):
            rank = CHAPTER.ranks(CHAPTER.bm25_scores(texts, asked, stemmer, k1=k1, b=b), lib.wanted)
            setting = f"{name}, k1 {k1}, b {b}"
            tried[setting] = (1 / rank[lib.dev]).mean(), rank
            note("documents", arm, setting, "", "dev", mrr=tried[setting][0])
        settings[arm] = max(tried, key=lambda s: tried[s][0])
        found[arm] = tried[settings[arm]][1]
    kinds = np.array([q["kind"] for q in lib.questions])
    found["encoder"] = CHAPTER.ranks(lib.asked.astype(float) @ lib.vectors.astype(np.float16).astype(float).T, lib.wanted)
    for arm, rank in found.items():
        for kind in ("dev", "test", "words", "paraphrase", "far"):
            r = rank[lib.dev if kind == "dev" else ~lib.dev & ((kinds == kind) | (kind == "test"))]
            note(
                "documents",
                arm,
                settings[arm],
                "",
                kind,
                count=len(r),
                recall_1=(r <= 1).mean(),
                recall_5=(r <= 5).mean(),
                recall_10=(r <= 10).mean(),
                mrr=(1 / r).mean(),
            )
    hit = CHAPTER.ranks(lib.asked.astype(float) @ lib.vectors.astype(float).T, lib.wanted) == 1
    compared = {
        "test": ("", "how many questions of each kind were written was our choice"),
        "words": (", asked in its own words", ""),
        "paraphrase": (", asked in a paraphrase", ""),
        "far": (", asked from far away", ""),
    }
    ledger_rows = []
    for kind, (asked_how, reservation) in compared.items():
        rows = ~lib.dev & ((kinds == kind) | (kind == "test"))
        rr = {arm: 1 / rank[rows] for arm, rank in found.items()}
        low, high = CHAPTER.bootstrap(rr["encoder"] - rr["BM25"])
        ledger_rows.append(
            {
                "task": f"find the passage that answers{asked_how}",
                "data": f"Python's documentation, {rows.sum()} written questions",
                "measure": "MRR",
                "baseline": "BM25 over stems",
                "baseline_score": float(rr["BM25"].mean()),
                "attention": "pretrained encoder, mean vectors",
                "attention_score": float(rr["encoder"].mean()),
                "difference_low": low,
                "difference_high": high,
                "interval": "95 %, bootstrap over questions",
                "map_measure": "largest weight on a passage that answers",
                "map_score": float(hit[rows].mean()),
                "cpu_seconds": f"{lib.cpu:.1f}",
                "note": reservation,
            }
        )
    return ledger_rows


SAYS = re.compile(
    r"([A-Z\"(][^.;:]{2,70}?) (is|are|was|returns?|raises?|must|may|can|cannot|contains?|means|defaults? to|holds|"
    r"specifies|creates?|should|will|does not|do not|uses?|has|have|gives?|becomes?|takes?|allows?) ([^.;:]{4,90})[.;:]"
)
QUOTED = re.compile(r'"[^"]{2,30}"|\b[A-Z]\w+(?:Error|Exception|Warning)\b|\b\d+(?:\.\d+)?\b')


def cloze(text, rng):
    """Questions (words, start, end) made from the sentences of a passage: one part is asked for, three words in ten are dropped."""
    made, at = [], 0
    for sentence in CHAPTER.sentences(text):
        at, begin = text.index(sentence, at) + len(sentence), text.index(sentence, at)
        said = SAYS.match(sentence)
        if said and len(said[3].split()) <= 14:
            made.append((f"what {said[2]} {said[1]}".split(), begin + said.start(3), begin + said.end(3)))
        for part in list(QUOTED.finditer(sentence))[: rng.random() < 0.2]:
            rest = (sentence[: part.start()] + " what " + sentence[part.end() :]).split()
            middle = rest.index("what") if "what" in rest else 8
            made.append((rest[max(0, middle - 8) : middle + 8], begin + part.start(), begin + part.end()))
    return [(" ".join(w for w in words if w == "what" or rng.random() > 0.3), a, b) for words, a, b in made]


def to_tokens(offsets, start, end):
    """First and last token of the letters start to end; None where the passage was cut before them."""
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
    return (inside[0], inside[-1]) if inside and offsets[-1][1] >= end else None


def examples(lib):
    """Made training questions as (question, passage, start, end), none from a passage that a written question asks for."""
    rng, asked_for, made = np.random.default_rng(44), {i for row in lib.wanted for i in row}, []
    for i, passage in enumerate(lib.passages):
        if i not in asked_for:
            shift = len(lib.texts[i]) - len(passage["text"])
            for words, a, b in cloze(passage["text"], rng):
                span = to_tokens(lib.read[i][1], shift + a, shift + b)
                made += [(words, i, *span)] if span else []
    made = [made[i] for i in rng.permutation(len(made))[:2000]]
    torch.set_default_dtype(torch.float32)
    pretrained.pretrained.cache_clear()
    vectors, mask, _ = zip(*(pretrained.token_vectors([m[0] for m in made[j : j + 100]]) for j in range(0, len(made), 100)))
    train.reproducible(0)
    rows = [v[m][1:-1].double() for vs, ms in zip(vectors, mask) for v, m in zip(vs, ms)]
    encode = pretrained.pretrained()[0].encode
    return [((rows[n], None, encode(words).ids[1:-1]), i, a, b) for n, (words, i, a, b) in enumerate(made)]


def learn_spans(lib, made, seed, rate, steps=300, blind=False):
    train.reproducible(seed)
    model, rng = CHAPTER.SpanReader(), np.random.default_rng([44, seed])
    question = [(torch.zeros(1, 384), None, [0])] * len(made) if blind else [m[0] for m in made]

    def batch_loss(step):
        batch = rng.choice(len(made), 16)
        p, q, same, *masks = CHAPTER.padded([(question[n], lib.read[made[n][1]]) for n in batch])
        logs = model(F.dropout(p, 0.2), F.dropout(q, 0.2), same, *masks)
        return F.nll_loss(logs[:, 0], torch.tensor([made[n][2] for n in batch])) + F.nll_loss(
            logs[:, 1], torch.tensor([made[n][3] for n in batch])
        )

    start = time.process_time()
    train.fit(model, batch_loss, steps, rate)
    return model, time.process_time() - start


@torch.no_grad()
def say(model, lib, where, longest, blind=False, inside=None):
    """The answer to each question, read out of the passage with number `where`, within the sentence that `inside` names if it does."""
    said = []
    for n, (ask, i) in enumerate(zip(lib.ask, where)):
        logs = model(*CHAPTER.padded([((torch.zeros(1, 384), None, [0]) if blind else ask, lib.read[i])]))
        if inside:
            begin = lib.texts[i].index(inside[n])
            within = torch.tensor([begin <= a and b <= begin + len(inside[n]) for a, b in lib.read[i][1]])
            logs = torch.where(within | ~within.any(), logs, -1e9)
        a, b = CHAPTER.spans(logs, longest)[0].tolist()
        said.append(lib.texts[i][lib.read[i][1][a][0] : lib.read[i][1][b][1]])
    return said


def marks(lib, said):
    exact = np.array([CHAPTER.exact(s, q["answer"]) for s, q in zip(said, lib.questions)])
    return exact, np.array([CHAPTER.f1(s, q["answer"]) for s, q in zip(said, lib.questions)])


def spans():
    lib = library()
    made, rare = examples(lib), CHAPTER.rarity(lib.texts)
    note("spans", "reader", "made questions", "", "train", count=len(made))
    gold = [row[0] for row in lib.wanted]
    texts, asked = [lib.passages[i]["text"] for i in gold], [q["question"] for q in lib.questions]
    near = [CHAPTER.best_sentence(q, t, rare) for q, t in zip(asked, texts)]
    answers = {
        "sentence": near,
        "passage": texts,
        "sentence, oracle": [max(CHAPTER.sentences(t), key=lambda s: CHAPTER.f1(s, q["answer"])) for t, q in zip(texts, lib.questions)],
    }
    answers |= {f"new words, {n}": [CHAPTER.new_words(q, s, n) for q, s in zip(asked, near)] for n in (6, 10, 15, 25)}
    score = {name: marks(lib, said) for name, said in answers.items()}
    for name, (exact, f) in score.items():
        for part, rows in (("dev", lib.dev), ("test", ~lib.dev)):
            note("spans", "baseline", name, "", part, exact=exact[rows].mean(), f1=f[rows].mean())
    base = max((n for n in answers if n not in ("sentence, oracle",)), key=lambda n: score[n][1][lib.dev].mean())
    tried = {}
    for rate in (0.001, 0.003):
        model, cpu = learn_spans(lib, made, TUNING, rate)
        for longest, inside in product((10, 15, 25), (None, near)):
            exact, f = marks(lib, say(model, lib, gold, longest, inside=inside))
            tried[rate, longest, inside is None] = f[lib.dev].mean()
            note(
                "spans",
                "reader",
                f"rate {rate}, at most {longest}{', in the best sentence' * bool(inside)}",
                TUNING,
                "dev",
                exact=exact[lib.dev].mean(),
                f1=f[lib.dev].mean(),
                cpu_seconds=cpu,
            )
    rate, longest, free = max(tried, key=tried.get)
    every, spent, hit, test, inside = [], 0, [], ~lib.dev, None if free else near
    setting = f"rate {rate}, at most {longest}{', in the best sentence' * (not free)}"
    first = [int(np.argmax(row)) for row in lib.asked @ lib.vectors.T]
    for seed in SEEDS:
        model, cpu = learn_spans(lib, made, seed, rate)
        said = say(model, lib, gold, longest, inside=inside)
        exact, f = marks(lib, said)
        every.append((exact, f))
        spent += cpu
        at = [
            to_tokens(lib.read[i][1], lib.texts[i].find(q["answer"]), lib.texts[i].find(q["answer"]) + len(q["answer"]))
            if q["answer"] in lib.texts[i]
            else None
            for i, q in zip(gold, lib.questions)
        ]
        with torch.no_grad():
            logs = [model(*CHAPTER.padded([(ask, lib.read[i])]))[0] for ask, i in zip(lib.ask, gold)]
        hits = np.array([[float(log[h].argmax() == a[h]) for h in (0, 1)] for log, a, t in zip(logs, at, test) if a and t])
        hit.append(hits.mean())
        mass = np.array([[log[h].exp()[a[0] : a[1] + 1].sum().item() for h in (0, 1)] for log, a, t in zip(logs, at, test) if a and t])
        note(
            "spans",
            "reader",
            setting,
            seed,
            "test",
            exact=exact[test].mean(),
            f1=f[test].mean(),
            hit_start=hits[:, 0].mean(),
            hit_end=hits[:, 1].mean(),
            mass_start=mass[:, 0].mean(),
            mass_end=mass[:, 1].mean(),
            parameters=train.parameters(model),
            cpu_seconds=cpu,
        )
        if seed == 0:
            keep = model
            pipeline = say(
                model,
                lib,
                first,
                longest,
                inside=None
                if free
                else [CHAPTER.best_sentence(q["question"], lib.passages[i]["text"], rare) for i, q in zip(first, lib.questions)],
            )
            exact, f = marks(lib, pipeline)
            note("spans", "reader", "in the passage found first", seed, "test", exact=exact[test].mean(), f1=f[test].mean())
            write_spans(lib, said, pipeline, answers[base])
        if seed < 3:
            blind, cpu = learn_spans(lib, made, seed, rate, blind=True)
            exact, f = marks(lib, say(blind, lib, gold, longest, blind=True, inside=inside))
            note("spans", "reader", "without the question", seed, "test", exact=exact[test].mean(), f1=f[test].mean(), cpu_seconds=cpu)
    np.savez_compressed(
        data_path("44", "model.npz"),
        passages=lib.vectors.astype(np.float16),
        **{k: v.numpy().astype(np.float32) for k, v in keep.state_dict().items()},
    )
    f = np.mean([f for _, f in every], axis=0)[test]
    low, high = CHAPTER.bootstrap(f - score[base][1][test])
    return {
        "task": "mark the answer in a passage",
        "data": f"Python's documentation, {test.sum()} written questions",
        "measure": "token F1",
        "baseline": base,
        "baseline_score": float(score[base][1][test].mean()),
        "attention": "two attentions over a pretrained encoder",
        "attention_score": float(f.mean()),
        "difference_low": low,
        "difference_high": high,
        "interval": "95 %, bootstrap over questions",
        "map_measure": "largest weight on the first or the last token",
        "map_score": float(np.mean(hit)),
        "cpu_seconds": f"{spent / len(SEEDS):.1f}",
        "note": "from the question it has learnt nothing that carries over",
    }


def write_spans(lib, said, pipeline, baseline):
    columns = "id", "reader", "reader_in_first", "baseline"
    rows = [dict(zip(columns, (q["id"], *rest))) for q, *rest in zip(lib.questions, said, pipeline, baseline)]
    common.write_table(data_path("44", "spans.csv"), rows)


def main(parts):
    """Measure the named parts, all of them if none is named; what was measured of the others before stays."""
    train.reproducible(0)
    every = {"faq": faq, "stories": lambda: [stories()], "documents": documents, "spans": lambda: [spans()]}
    path, new = data_path("44", "runs.csv"), [row for part in parts or every for row in every[part]()]
    found = {row["task"]: row for row in ledger.rows() if row["chapter"].startswith("44")} if parts else {}
    found |= {row["task"]: row for row in new}
    if parts and path.exists():
        TABLE.extend(row for row in common.read_table(path) if row["part"] not in parts)
    common.write_table(path, sorted(TABLE, key=lambda row: list(every).index(row["part"])), COLUMNS)
    order = sorted(found.values(), key=lambda row: (
        "by people" not in row["task"], ("stories", "find", "mark").index(row["task"].split()[0])))
    ledger.record("44_question_answering", [ledger.as_recorded(row) if "verdict" in row else row for row in order])


if __name__ == "__main__":
    main(sys.argv[1:])
