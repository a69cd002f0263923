"""Train the readers of 74_interpretability, ask every method, and try other weights: runs.csv and model.safetensors in its data.

python experiments/74_interpretability.py         whole: about eight minutes on one core

Readers, methods, measures, rival and guided reader are the chapter's own: their text is read out of the notebook.

reader         three readers, a rate each by one seed on the validation reviews, then six seeds on the test reviews
training       how even the pooling's weights are along each training
method         each attribution of 200 test reviews: deciding words found, which of two opinion words, rank correlations
curve          the probability of the answer after words are deleted, or alone kept, in the order of an attribution
case           right and wrong answers with right and wrong maps
cut            plain reviews alone: an LSTM reader, and the same one in which each word passes the LSTM alone
other weights  shuffled, even and searched weights; two seeds
trained even   an LSTM reader that was trained under even weights, one seed
rival          readers trained to answer as the LSTM does with other maps
guided         readers that mix nothing, under the weights that others give
head           each head of the two layers taken away alone, three trainings
pretrained     two heads over a pretrained encoder: grammar with new opinion words, customers' sentences
"""
import time
from functools import cache

import common
import fair_play
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from attnlib.data import data_path
from attnlib.pretrained import pretrained
from attnlib.seq2seq import PAD
from attnlib.tasks import sentiment
from attnlib.train import fit, reproducible

reproducible(0)
CHAPTER = common.taught("74", "Reader", "Head", "encode", "batches", "batch_loss", "STEPS", "attributions", "for_answer",
                        "share_found", "exchange", "followed", "tau", "curves", "jsd", "search", "shuffled", "guided", "rival",
                        "evenness", "gradient", "integrated", "rollout", "SIGNED")
SEEDS, RIVALS, STEPS = range(6), range(3), CHAPTER.STEPS
RATES = {"nothing": (0.01, 0.02, 0.05), "LSTM": (0.005, 0.01, 0.02), "layers": (0.003, 0.01, 0.02)}
LOOKED, REVIEWS, STRENGTH, WEAK = (0, 20, 100, 300), 200, 0.03, 0.003
HEADS, TEXTS, IG_STEPS = 2, 16, 16


def part(name, size=None):
    return sentiment.part("whole", name)[:size]


@cache
def encoded(name, size=None):
    words, good = CHAPTER.encode(part(name, size))
    return words, words != PAD, good


def accuracies(model, name, weights=None):
    words, mask, good = encoded(name)
    with torch.no_grad():
        right = ((model(model.embed(words), mask, weights)[0] > 0) == (good > 0)).numpy()
    kind = np.array([r.kind for r in part(name)])
    return {"all": right.mean()} | {k: right[kind == k].mean() for k in sentiment.KINDS}


def evenness(model, words, mask):
    """Mean evenness of the pooling's weights, each review among its own words."""
    with torch.no_grad():
        weights = model(model.embed(words), mask)[1]
    return np.mean([CHAPTER.evenness(w[m]).item() for w, m in zip(weights, mask)])


def turned_even(model, words, mask):
    """Share of answers that turn under even weights."""
    with torch.no_grad():
        x = model.embed(words)
        return ((model(x, mask)[0] > 0) != (model(x, mask, mask / mask.sum(dim=1, keepdim=True))[0] > 0)).double().mean().item()


@cache
def trained(mixer, rate, seed):
    """-> reader, how even its weights were along the training, CPU seconds."""
    reproducible(seed)
    model, along, start = CHAPTER.Reader(mixer), {}, time.process_time()
    inner = CHAPTER.batch_loss(model, seed, STEPS[mixer])
    words, mask, _ = encoded("valid", 100)

    def loss(step):
        if step in LOOKED:
            along[f"s{step}"] = evenness(model, words, mask)
        return inner(step)
    fit(model, loss, STEPS[mixer], rate)
    along["last"] = evenness(model, words, mask)
    return model.requires_grad_(False), along, time.process_time() - start


def rounded(row):
    return {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}


@common.kept
def reader(split, mixer, rate, seed):
    model, along, seconds = trained(mixer, rate, seed)
    words, mask, _ = encoded("valid", 100)
    row = {"part": "reader", "mixer": mixer, "rate": rate, "seed": seed, "split": split, "steps": STEPS[mixer],
           "cpu_seconds": round(seconds, 1),
           "valid": accuracies(model, "valid")["all"], "evenness": along["last"], "turned_even": turned_even(model, words, mask)}
    row["along"] = [along[name] for name in (*(f"s{n}" for n in LOOKED), "last")]
    if split == "test":
        row |= accuracies(model, "test")
    return row


def reader_rows():
    """All readers, and their chosen rates."""
    chosen = {}
    for mixer in STEPS:
        tried, tested = fair_play.sweep(lambda split, rate, seed: reader(split, mixer, rate, seed),  # noqa: B023 (called here)
                                        RATES[mixer],
                                        lambda rows: np.mean([r["valid"] for r in rows]), SEEDS)
        chosen[mixer] = tested[0]["rate"]
        for row in [r for rows in (*tried.values(), tested) for r in rows]:
            along = row["along"]
            yield {k: v for k, v in row.items() if k != "along"}
            if row["split"] == "test":
                yield {"part": "training", "mixer": mixer, "seed": row["seed"], **dict(zip([*(f"s{n}" for n in LOOKED), "last"], along))}
    yield chosen


@common.kept
def asked(mixer, rate, seed):
    """Every method on 200 test reviews; the rows of `method`, `curve` and `case`, as lists."""
    model, rng = trained(mixer, rate, seed)[0], np.random.default_rng(seed)
    sums, lines, cases, followed_by_grammar = {}, {}, [], []
    for review in part("test", REVIEWS):
        words, deciding = CHAPTER.encode([review])[0][0], review.deciding
        found, s = CHAPTER.attributions(model, words)
        found["random"] = rng.random(len(words))
        turned, two = CHAPTER.for_answer(found, s), CHAPTER.followed(model, review)
        if two:
            followed_by_grammar.append(float(review.tokens[two[0]].clause == review.clause))
        cases.append(2 * ((s > 0) == review.good) + deciding[found["weights"].argmax()])
        for name, a in found.items():
            sums.setdefault(name, []).append([
                CHAPTER.share_found(a, deciding), CHAPTER.tau(np.abs(a), np.abs(found["left out"])),
                CHAPTER.tau(np.abs(a), np.abs(found["integrated"])), float(turned[name][two[0]] > turned[name][two[1]]) if two else np.nan])
        for way in ("deletion", "insertion"):
            for name, points in CHAPTER.curves(model, words, turned, way).items():
                lines.setdefault((way, name), []).append(points)
    return {"part": "asked", "mixer": mixer, "seed": seed, "pairs": len(followed_by_grammar),
            "by_grammar": float(np.mean(followed_by_grammar)),
            "methods": [[name, *np.nanmean(v, axis=0).tolist()] for name, v in sums.items()],
            "curves": [[way, name, *np.mean(v, axis=0).tolist()] for (way, name), v in lines.items()],
            "cases": [float(np.mean(np.array(cases) == c)) for c in (3, 2, 1, 0)]}


CASES = ("both right", "answer right, map wrong", "answer wrong, map right", "both wrong")


def asked_rows(chosen):
    for mixer, rate in chosen.items():
        for seed in SEEDS:
            row = asked(mixer, rate, seed)
            here = {"mixer": mixer, "seed": seed}
            yield {"part": "case", **here, **dict(zip(CASES, row["cases"]))}
            for name, found, left_out, integrated, pick in row["methods"]:
                yield {"part": "method", **here, "method": name, "found": found, "tau_left_out": left_out, "tau_integrated": integrated,
                       "pick": pick, "pairs": row["pairs"], "by_grammar": row["by_grammar"]}
            for way, name, *points in row["curves"]:
                yield {"part": "curve", **here, "way": way, "method": name, **{f"k{k}": p for k, p in enumerate(points, 1)},
                       "mean": float(np.mean(points))}


class Alone(CHAPTER.Reader):
    """The LSTM reader without its mixing: every word passes the LSTM as if it were the whole review."""

    def mix(self, x, mask):
        b, n, d = x.shape
        return self.lstm(x.reshape(b * n, 1, d))[0].reshape(b, n, d), []


@common.kept
def cut(way, seed, steps=250, rate=0.005):
    """Train on plain reviews, which either reader learns whole; what weights and leaving out say of 100 plain test reviews."""
    reproducible(seed)
    model = {"mixed": CHAPTER.Reader, "alone": Alone}[way]("LSTM")
    train, test = ([r for r in part(name) if r.kind == "plain"] for name in ("train", "test"))
    (words, good), rows, found = CHAPTER.encode(train), CHAPTER.batches(seed, steps, len(train)), []

    def loss(step):
        w = words[rows[step]]
        w = w[:, :int((w != PAD).sum(dim=1).max())]
        return nn.functional.binary_cross_entropy_with_logits(model(model.embed(w), w != PAD)[0], good[rows[step]])
    fit(model, loss, steps, rate)
    model.requires_grad_(False)
    for review in test[:100]:
        a, s = CHAPTER.attributions(model, CHAPTER.encode([review])[0][0])
        found.append([(s > 0) == review.good, CHAPTER.tau(a["weights"], np.abs(a["left out"])),
                      CHAPTER.share_found(a["weights"], review.deciding), CHAPTER.share_found(a["left out"], review.deciding)])
    right, tau, by_weight, by_left_out = np.nanmean(np.array(found, float), axis=0).tolist()
    return {"part": "cut", "mixer": "LSTM", "way": way, "seed": seed, "steps": steps, "rate": rate, "plain": right,
            "tau_left_out": tau, "found": by_weight, "found_left_out": by_left_out}


@common.kept
def trained_even(rate, seed):
    """An LSTM reader trained and tested under even weights."""
    reproducible(seed)
    model, rows = CHAPTER.Reader("LSTM"), CHAPTER.batches(seed, STEPS["LSTM"])
    words, _, good = encoded("train")

    def even(mask):
        return mask / mask.sum(dim=1, keepdim=True)

    def loss(step):
        w = words[rows[step]]
        w = w[:, :int((w != PAD).sum(dim=1).max())]
        scores = model(model.embed(w), w != PAD, even(w != PAD))[0]
        return nn.functional.binary_cross_entropy_with_logits(scores, good[rows[step]])
    fit(model, loss, STEPS["LSTM"], rate)
    return {"part": "trained even", "mixer": "LSTM", "seed": seed, "steps": STEPS["LSTM"], "rate": rate,
            **accuracies(model, "test", even(encoded("test")[1]))}


@common.kept
def other_weights(mixer, rate, seed):
    model, other = trained(mixer, rate, seed)[0], trained(mixer, rate, (seed + 1) % len(SEEDS))[0]
    words, mask, _ = encoded("test", REVIEWS)
    with torch.no_grad():
        own, others = (m(m.embed(words), mask)[1] for m in (model, other))
    return {"part": "other weights", "mixer": mixer, "seed": seed, "shuffled": CHAPTER.shuffled(model, words, seed),
            "even": turned_even(model, words, mask), "searched": CHAPTER.search(model, words, seed)[1].mean().item(),
            "seeds": CHAPTER.jsd(own, others).mean().item()}


@cache
def trained_rival(rate, seed, strength):
    return CHAPTER.rival(trained("LSTM", rate, seed)[0], seed, strength, STEPS["LSTM"], rate).requires_grad_(False)


@common.kept
def rival(rate, seed, strength):
    base, model = trained("LSTM", rate, seed)[0], trained_rival(rate, seed, strength)
    words, mask, _ = encoded("test")
    with torch.no_grad():
        (s, own, _), (t, other, _) = (m(m.embed(words), mask) for m in (base, model))
    found = [CHAPTER.share_found(w[:len(r.tokens)].numpy(), r.deciding) for w, r in zip(other, part("test"))]
    return {"part": "rival", "mixer": "LSTM", "seed": seed, "strength": strength, "agree": ((s > 0) == (t > 0)).double().mean().item(),
            "searched": CHAPTER.jsd(own, other).mean().item(), "found": float(np.mean(found)), **accuracies(model, "test")}


def giver(way, chosen, seed, strength):
    """The function that gives each review its weights."""
    if way == "even":
        return lambda words: (words != PAD) / (words != PAD).sum(dim=1, keepdim=True)
    model = trained_rival(chosen["LSTM"], seed, strength) if way == "rival" else trained(way, chosen[way], seed)[0]
    return lambda words: model(model.embed(words), words != PAD)[1]


@common.kept
def guided(way, chosen, seed, strength):
    weights_of = giver(way, chosen, seed, strength)
    model = CHAPTER.guided(weights_of, seed)
    with torch.no_grad():
        given = weights_of(encoded("test")[0])
    return {"part": "guided", "way": way, "seed": seed, **accuracies(model, "test", given)}


@common.kept
def head(rate, seed, layer, h):
    """One head taken away: the answers that turn, and the mean of its largest weight."""
    model = trained("layers", rate, seed)[0]
    words, mask, _ = encoded("test", REVIEWS)
    with torch.no_grad():
        x = model.embed(words)
        s, _, maps = model(x, mask)
        out = model.layers[layer].attention.W_o.weight
        saved = out.clone()
        out[:, 8 * h:8 * h + 8] = 0
        t = model(x, mask)[0]
        out.copy_(saved)
    return {"part": "head", "mixer": "layers", "seed": seed, "way": f"L{layer}H{h}",
            "confidence": maps[layer][:, h].amax(dim=-1)[mask].mean().item(),
            "turned": ((s > 0) != (t > 0)).double().mean().item()}


@cache
def judges():
    """Heads over the encoder, of two seeds, on the same 600 reviews."""
    found = sentiment.frozen_reviews("train", 0)
    x, mask, _ = sentiment.read([r.text for r in found])
    good, models = torch.tensor([float(r.good) for r in found]), []
    for seed in range(HEADS):
        reproducible(seed)
        model, rows = CHAPTER.Head(), CHAPTER.batches(seed, 300, len(found))

        def loss(step):
            pooled, _ = model.attention(x[rows[step]], mask[rows[step]])  # noqa: B023 (called here)
            return nn.functional.binary_cross_entropy_with_logits(model.out(pooled).squeeze(-1), good[rows[step]])  # noqa: B023
        fit(model, loss, 300, 0.003)
        models.append(model.requires_grad_(False))
    return models


def cover(deciding, row):
    """For each piece of the tokenizer: does it belong to a word that decides?"""
    return np.array([w is not None and bool(deciding[w]) for w in row.word_ids])


@common.kept
def over_encoder(way):
    """Two heads, texts of one kind; a row a head and method, as lists."""
    tokenizer, network = pretrained()
    network.set_attn_implementation("eager")
    network.requires_grad_(False)
    if way == "grammar":
        found = [(r.text, r.deciding) for r in sentiment.frozen_reviews("test")[:TEXTS]]
    else:
        customers = [r["text"] for r in sentiment.natural() if r["source"] == "customer"]
        found = [(text, None) for text in (customers[::2] + customers[1::2])[:TEXTS]]
    sums = {}
    for text, deciding in found:
        row = tokenizer.encode(text)
        ids = torch.tensor([row.ids])
        out = network(ids, output_attentions=True)
        places = [i for i, w in enumerate(row.word_ids) if w is not None]
        lacking = network(torch.stack([torch.cat([ids[0, :i], ids[0, i + 1:]]) for i in places])).last_hidden_state
        x, base = network.embeddings.word_embeddings(ids), network.embeddings.word_embeddings(torch.zeros_like(ids))
        for k, model in enumerate(judges()):
            s, weights = model(out.last_hidden_state)

            def f(x):
                return model(network(inputs_embeds=x).last_hidden_state)[0]  # noqa: B023 (called here)
            a = {"weights": weights[0], "rollout": CHAPTER.rollout(weights[0], [m[0] for m in out.attentions]),
                 "gradient × input": (CHAPTER.gradient(f, x) * x)[0].sum(dim=-1), "integrated": CHAPTER.integrated(f, x, base, IG_STEPS)}
            a = {name: np.abs(v.numpy())[places] for name, v in a.items()}
            a["left out"] = np.abs((s - model(lacking)[0]).numpy())
            a["random"] = np.random.default_rng(len(text)).random(len(places))
            for name, v in a.items():
                decides = cover(deciding, row)[places] if deciding is not None else None
                sums.setdefault((k, name), []).append([CHAPTER.share_found(v, decides) if deciding is not None else np.nan,
                                                       CHAPTER.tau(v, a["left out"])])
    return {"part": "over", "way": way, "rows": [[k, name, *np.mean(v, axis=0).tolist()] for (k, name), v in sums.items()]}


def pretrained_rows():
    for way in ("grammar", "customers"):
        for k, name, found, left_out in over_encoder(way)["rows"]:
            yield {"part": "pretrained", "way": way, "seed": k, "method": name, "tau_left_out": left_out} | (
                {"found": found} if way == "grammar" else {})


def save(chosen):
    """The first seed of each reader, and of the heads, in single precision."""
    models = {name: trained(name, rate, 0)[0] for name, rate in chosen.items()} | {"judge": judges()[0]}
    save_file({f"{name}.{key}": w.float().contiguous() for name, model in models.items() for key, w in model.state_dict().items()},
              data_path("74", "model.safetensors"))


COLUMNS = ("part", "mixer", "way", "method", "seed", "split", "rate", "steps", "strength", "cpu_seconds", "valid", "all",
           *sentiment.KINDS, "evenness", "turned_even", "found", "found_left_out", "pick",
           "pairs", "by_grammar", "tau_left_out", "tau_integrated",
           *(f"k{k}" for k in range(1, 6)), "mean", *CASES,
           "shuffled", "even", "searched", "seeds", "agree", "confidence", "turned", *(f"s{n}" for n in LOOKED), "last")

if __name__ == "__main__":
    *rows, chosen = reader_rows()
    rows += asked_rows(chosen)
    rows += [other_weights(mixer, chosen[mixer], seed) for mixer in ("nothing", "LSTM") for seed in SEEDS]
    rows += [rival(chosen["LSTM"], 0, WEAK), *(rival(chosen["LSTM"], seed, STRENGTH) for seed in RIVALS)]
    rows += [guided(way, chosen, seed, STRENGTH) for way in ("even", "LSTM") for seed in SEEDS]
    rows += [guided("rival", chosen, seed, STRENGTH) for seed in RIVALS]
    rows += [head(chosen["layers"], seed, layer, h) for seed in range(3) for layer in (0, 1) for h in range(4)]
    rows += [cut(way, seed) for way in ("mixed", "alone") for seed in SEEDS]
    rows += [trained_even(chosen["LSTM"], 0)]
    rows += pretrained_rows()
    save(chosen)
    common.write_table(data_path("74", "runs.csv"), [rounded(row) for row in rows], COLUMNS)
