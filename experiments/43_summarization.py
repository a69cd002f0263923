"""Compute the tables of 43_summarization, runs.csv and lines.csv, and its comparisons: python experiments/43_summarization.py

The notebook is the one place where data, models and measures are defined: this script takes the definitions that it needs
from its cells and runs none of its other lines.  Settings are chosen on the validation split (rows `valid`), for the writers
without a pointer from more rates than for those with one; the test split is looked at with several seeds (rows `test`).  Three arms
are trained once more with five times the steps (`long`).  The notebook says which test scores were known before a choice was made.
About half an hour on one core.
"""
import sys
from collections import Counter

import common
import numpy as np
from ledger import record
from sklearn.feature_extraction.text import TfidfVectorizer

from attnlib.data import data_path
from attnlib.train import parameters

GAINS = (1, 3, 10, 30)                                      # of the untrained walk
PICK_RATES, PICK_SEEDS = (0.001, 0.003, 0.01, 0.03), range(5)
WRITE_SEEDS, TIMES = range(3), 5
WRITE_RATES = {"no attention": (0.005, 0.01, 0.02), "attention": (0.0025, 0.005, 0.01, 0.02), "pointer": (0.01, 0.02),
               "pointer + coverage": (0.01, 0.02), "no attention, long": (0.0025, 0.005), "attention, long": (0.0025, 0.005),
               "pointer + coverage, long": (0.01, 0.02)}        # the long ones with five times the steps
KEEP = (2, 4, 6, 8, 10)                                     # words of the body that follow the name, untrained
ATTENDS = {None: "each alone", "gain": "attention", "matrix": "attention by a matrix"}
KINDS = ("rouge1", "rouge2", "rougeL")
HIT, COPY = ("largest weight on the best sentence", "best_hit"), ("copied token is in the summary", "copy_hit")
LEDGER_NAMES = {"attention": "attention, no pointer", "attention, long": "attention, no pointer, long"}
KNOWN = "the matrix was tried first, and its test scores were known when the one number was taken up"
UNFAIR = "not fair as a verdict on pointers: a system that writes against one that does not yet"
BELOW = "still score less than one constant line for all, in all six runs"
COMPARED = [  # task in the ledger, task in the table, baseline, attention, the map's score, note, void
    ("pick, order unknown", "pick", "trained, each alone, no places", "trained, attention, no places", HIT, KNOWN, True),
    ("pick, order unknown", "pick", "trained, each alone, no places", "trained, attention by a matrix, no places", HIT, "", False),
    ("pick, order known", "pick", "lead", "trained, attention, places", HIT, "", False),
    ("write a line", "write", "no attention", "pointer + coverage", COPY, UNFAIR, True),
    ("write a line", "write", "attention", "pointer + coverage", COPY, UNFAIR, True),
    ("write a line", "write", "pointer", "pointer + coverage", COPY, "the interval is over documents; over the seeds it holds zero", False),
    *[("write a line", "write", baseline, "pointer + coverage", COPY, "", False) for baseline in ("body", "name", "name and beginning")],
    *[("write a line, five times the steps", "write", f"{baseline}, long", "pointer + coverage, long", COPY, BELOW, True)
      for baseline in ("no attention", "attention")],
    ("write a line, five times the steps", "write", "name and beginning", "pointer + coverage, long", COPY, "", False)]
DATA = {"pick": "docstrings, 326 bodies", "write": "docstrings, 1107 beginnings"}
COLUMNS = ("task", "split", "arm", "setting", "seed", "parameters", "cpu_seconds", "rouge1", "rouge2", "rougeL", "best_hit", "repeated_1",
           "repeated_2", "repeated_3", "new_words", "copy_hit", "copied_share", "length", "different", "commonest")


def picked(chapter, documents, chosen):
    """Scores of one sentence a document, and whether it was the best."""
    texts = [row["body"][i] for row, i in zip(documents, chosen)]
    result = {kind: np.mean([chapter.rouge(row["summary"], t, kind) for row, t in zip(documents, texts)]) for kind in KINDS}
    return result | {"best_hit": np.mean([row["gain"][i] == row["gain"].max() for row, i in zip(documents, chosen)])}


def untrained(chapter, documents):
    """What needs no training: arm -> the sentence of each document, by gain of the walk where there is one."""
    tfidf = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit(s for r in chapter.part(documents, "train") for s in r["body"])
    for row in documents:
        row["tfidf"] = tfidf.transform(row["body"]).toarray()
        row["unit"] = row["x"] / np.linalg.norm(row["x"], axis=1, keepdims=True)
    arms = {"lead": lambda row: 0, "best possible": lambda row: row["gain"].argmax(),
            "name asks": lambda row: (row["x"] @ row["name_x"]).argmax()}
    for gain in GAINS:
        arms[f"walk, TF-IDF {gain}"] = lambda row, g=gain: chapter.centrality(row["tfidf"], g).round(12).argmax()
        arms[f"walk, encoder {gain}"] = lambda row, g=gain: chapter.centrality(row["unit"], g).round(12).argmax()
    return arms


def extract(chapter, rows):
    """Every way to pick a sentence; -> gains (documents,) of the test by arm, means over seeds."""
    documents = chapter.load("summaries.csv")
    chapter.add_gains(documents)
    chapter.add_vectors(documents)
    train, valid, test = (chapter.part(documents, split) for split in ("train", "valid", "test"))
    arms, kept = untrained(chapter, documents), {}
    for split, those in (("valid", valid), ("test", test)):
        rows.append({"task": "pick", "split": split, "arm": "random", "rouge1": np.mean([r["gain"].mean() for r in those]),
                     "best_hit": np.mean([(r["gain"] == r["gain"].max()).mean() for r in those])})
    for kind in ("lead", "best possible", "name asks", "walk, TF-IDF", "walk, encoder"):
        settings = [s for s in ("", *map(str, GAINS)) if f"{kind} {s}".strip() in arms]
        scored = {}
        for s in settings:
            chosen = [arms[f"{kind} {s}".strip()](row) for row in valid]
            rows.append({"task": "pick", "split": "valid", "arm": kind, "setting": s} | picked(chapter, valid, chosen))
            scored[s] = rows[-1]["rouge1"]
        best = max(scored, key=scored.get)
        chosen = [arms[f"{kind} {best}".strip()](row) for row in test]
        rows.append({"task": "pick", "split": "test", "arm": kind, "setting": best} | picked(chapter, test, chosen))
        kept[kind] = chapter.gains(test, chosen)
    for places in (False, True):
        for attend in (None, "gain", "matrix"):
            arm, found = f"trained, {ATTENDS[attend]}, {'places' if places else 'no places'}", {}
            for rate in PICK_RATES:
                for seed in PICK_SEEDS[:3]:
                    picker, seconds = chapter.train_picker(train, attend, places, rate, seed)
                    scores = picked(chapter, valid, chapter.picks(picker, valid))
                    rows.append({"task": "pick", "split": "valid", "arm": arm, "setting": rate, "seed": seed,
                                 "parameters": parameters(picker), "cpu_seconds": seconds} | scores)
                    found.setdefault(rate, []).append(scores["rouge1"])
            rate, runs = max(found, key=lambda r: np.mean(found[r])), []
            for seed in PICK_SEEDS:
                picker, seconds = chapter.train_picker(train, attend, places, rate, seed)
                chosen = chapter.picks(picker, test)
                rows.append({"task": "pick", "split": "test", "arm": arm, "setting": rate, "seed": seed,
                             "parameters": parameters(picker), "cpu_seconds": seconds} | picked(chapter, test, chosen))
                runs.append(chapter.gains(test, chosen))
            kept[arm] = np.mean(runs, axis=0)
    return kept


def written(chapter, model, rows, words):
    """Scores of what a model writes, and of its map; then ROUGE-1 of each row, and the lines."""
    numbers, weights, share = chapter.write(model, chapter.numbered(rows, words)[0])
    texts = [chapter.lettered(n, row, words) for n, row in zip(numbers, rows)]
    each = {kind: np.array([chapter.rouge(row["summary"], " ".join(t), kind) for row, t in zip(rows, texts)]) for kind in KINDS}
    result = {kind: values.mean() for kind, values in each.items()}
    result |= {f"repeated_{n}": chapter.repeated(texts, n) for n in (1, 2, 3)}
    rare = [[w for w in dict.fromkeys(row["target"]) if w not in words and w in row["source"]] for row in rows]
    result["new_words"] = sum(w in text for ws, text in zip(rare, texts) for w in ws) / sum(map(len, rare))
    if model.decoder.attention is not None:
        result |= dict(zip(("copy_hit", "copied_share"), chapter.copy_hits(rows, texts, weights, share)))
    return result, each["rouge1"], texts


def alike(texts):
    """How long the lines are, how many different ones there are, and the share of the commonest."""
    lines = Counter(" ".join(t) for t in texts)
    return {"length": np.mean([len(t) for t in texts]), "different": len(lines), "commonest": lines.most_common(1)[0][1] / len(texts)}


def abstract(chapter, rows, lines):
    """Every way to write a summary; -> ROUGE-1 (rows,) of the test by arm, means over seeds; fills `lines` with some that were written."""
    headlines = chapter.load("headlines.csv")
    chapter.add_tokens(headlines)
    train, valid, test = (chapter.part(headlines, split) for split in ("train", "valid", "test"))
    words, kept = chapter.vocabulary(train), {}
    fixed = {"body": lambda r: r["body"][0], "name": lambda r: " ".join(chapter.name_words(r["name"])),
             "constant": lambda r: chapter.CONSTANT}
    def begun(rows, k):
        return np.array([chapter.rouge(r["summary"], chapter.begins(r, k)) for r in rows])
    best = max(KEEP, key=lambda k: begun(valid[::2], k).mean())
    arm = {"task": "write", "arm": "name and beginning"}
    rows += [arm | {"split": "valid", "setting": k, "rouge1": begun(valid[::2], k).mean()} for k in KEEP]
    rows.append(arm | {"split": "test", "setting": best} | {
        k: np.mean([chapter.rouge(r["summary"], chapter.begins(r, best), k) for r in test]) for k in KINDS})
    kept["name and beginning"] = begun(test, best)
    for split, those in (("valid", valid[::2]), ("test", test)):
        for arm, text in fixed.items():
            each = {k: np.array([chapter.rouge(r["summary"], text(r), k) for r in those]) for k in KINDS}
            rows.append({"task": "write", "split": split, "arm": arm} | {k: v.mean() for k, v in each.items()})
            kept[arm] = each["rouge1"]
    for arm, rates in WRITE_RATES.items():
        trained, found, how = {}, {}, (arm.removesuffix(", long"), TIMES if "long" in arm else 1)
        for rate in rates:
            model, seconds = trained[rate] = chapter.train_summarizer(train, words, how[0], rate, 0, how[1])
            rows.append({"task": "write", "split": "valid", "arm": arm, "setting": rate, "seed": 0, "parameters": parameters(model),
                         "cpu_seconds": seconds} | written(chapter, model, valid[::2], words)[0])
            found[rate] = rows[-1]["rouge1"]
            print(rows[-1], file=sys.stderr, flush=True)
        rate, runs = max(found, key=found.get), []
        for seed in WRITE_SEEDS:
            model, seconds = chapter.train_summarizer(train, words, how[0], rate, seed, how[1]) if seed else trained[rate]
            scores, each, texts = written(chapter, model, test, words)
            rows.append({"task": "write", "split": "test", "arm": arm, "setting": rate, "seed": seed, "parameters": parameters(model),
                         "cpu_seconds": seconds} | scores | alike(texts))
            runs.append(each)
            shown = list(zip(test, texts))[chapter.SHOWN]
            lines += [{"arm": arm, "seed": seed, "name": row["name"], "line": " ".join(text)} for row, text in shown]
            print(rows[-1], file=sys.stderr, flush=True)
        kept[arm] = np.mean(runs, axis=0)
    return kept


def comparison(chapter, rows, kept, task, texts, baseline, attention, map_, note, void):
    """One row of the ledger: attention minus baseline, bootstrapped over the documents of the test."""
    mine = [r for r in rows if r["task"] == texts and r["split"] == "test" and r["arm"] == attention]
    _, low, high = chapter.interval(kept[attention] - kept[baseline])
    return {"task": task, "data": DATA[texts], "measure": "ROUGE-1", "baseline": LEDGER_NAMES.get(baseline, baseline),
            "baseline_score": float(kept[baseline].mean()), "attention": attention, "attention_score": float(kept[attention].mean()),
            "difference_low": float(low), "difference_high": float(high), "interval": f"95 %, documents, mean of {len(mine)} seeds",
            "map_measure": map_[0], "map_score": float(np.mean([r[map_[1]] for r in mine])),
            "cpu_seconds": f"{np.mean([r['cpu_seconds'] for r in mine]):.0f}", "note": note, "void": void}


def main():
    chapter, rows = common.taught(
        "43",
        "CHOICES", "CONSTANT", "SHOWN", "add_gains", "add_tokens", "add_vectors", "begins", "centrality", "copy_hits",
        "gains", "interval", "lettered", "load", "name_words", "numbered", "part", "picks",
        "repeated", "rouge", "train_picker", "train_summarizer", "vocabulary", "write"), []
    picks = extract(chapter, rows)
    for r in rows:
        if r["split"] == "test" and not r.get("seed"):
            print(r["arm"], r.get("setting"), round(float(r["rouge1"]), 4), file=sys.stderr)
    lines = []
    texts = abstract(chapter, rows, lines)
    digits = {"setting": "", "cpu_seconds": ".1f"}
    texted = [{k: format(v, digits.get(k, ".4f")) if isinstance(v, float) else v for k, v in row.items()} for row in rows]
    common.write_table(data_path("43", "runs.csv"), texted, COLUMNS)
    common.write_table(data_path("43", "lines.csv"), lines)
    kept = {"pick": picks, "write": texts}
    record("43_summarization", [comparison(chapter, rows, kept[row[1]], *row) for row in COMPARED])


if __name__ == "__main__":
    main()
