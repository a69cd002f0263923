"""Compute the tables of 43_summarization, runs.csv and lines.csv, and its comparisons: python experiments/43_summarization.py

The notebook is the one place where data, models and measures are defined: this script takes the definitions that it needs
from its cells and runs none of its other lines.  Settings are chosen on the validation split (rows `valid`), for the writers
without a pointer from more rates than for those with one; the test split is looked at with several seeds (rows `test`).  Three arms
are trained once more with five times the steps (`long`).  The notebook says which test scores were known before a choice was made.
About half an hour on one core.  `python experiments/43_summarization.py ship` trains one picker alone, attention without places, seed 0, at
the rate that the table chose, and writes its weights, rounded to float32, to model.safetensors.
"""
import hashlib
import sys
from collections import Counter
from functools import cache

import common
import fair_play
import ledger
import numpy as np
from safetensors.torch import save
from sklearn.feature_extraction.text import TfidfVectorizer

from attnlib.data import data_path
from attnlib.train import parameters

CHAPTER = common.taught(
    "43",
    "CHOICES", "CONSTANT", "SHOWN", "add_gains", "add_tokens", "add_vectors", "begins", "centrality", "copy_hits",
    "gains", "interval", "lettered", "load", "name_words", "numbered", "part", "picks",
    "repeated", "rouge", "train_picker", "train_summarizer", "vocabulary", "write")
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


def picked(documents, chosen):
    """Scores of one sentence a document, and whether it was the best."""
    texts = [row["body"][i] for row, i in zip(documents, chosen)]
    result = {kind: np.mean([CHAPTER.rouge(row["summary"], t, kind) for row, t in zip(documents, texts)]) for kind in KINDS}
    return result | {"best_hit": np.mean([row["gain"][i] == row["gain"].max() for row, i in zip(documents, chosen)])}


def untrained(documents):
    """What needs no training: arm -> the sentence of each document, by gain of the walk where there is one."""
    tfidf = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit(s for r in CHAPTER.part(documents, "train") for s in r["body"])
    for row in documents:
        row["tfidf"] = tfidf.transform(row["body"]).toarray()
        row["unit"] = row["x"] / np.linalg.norm(row["x"], axis=1, keepdims=True)
    arms = {"lead": lambda row: 0, "best possible": lambda row: row["gain"].argmax(),
            "name asks": lambda row: (row["x"] @ row["name_x"]).argmax()}
    for gain in GAINS:
        arms[f"walk, TF-IDF {gain}"] = lambda row, g=gain: CHAPTER.centrality(row["tfidf"], g).round(12).argmax()
        arms[f"walk, encoder {gain}"] = lambda row, g=gain: CHAPTER.centrality(row["unit"], g).round(12).argmax()
    return arms


@cache
def documents():
    """{split: its docstrings}, with the gain of each sentence and the vectors of the encoder."""
    found = CHAPTER.load("summaries.csv")
    CHAPTER.add_gains(found)
    CHAPTER.add_vectors(found)
    return {split: CHAPTER.part(found, split) for split in ("train", "valid", "test")}, found


@common.kept
def picker_row(split, attend, places, rate, seed):
    """One picker, trained; `gains` are those of each document of the split."""
    parts, _ = documents()
    picker, seconds = CHAPTER.train_picker(parts["train"], attend, places, rate, seed)
    chosen = CHAPTER.picks(picker, parts[split])
    return {"task": "pick", "split": split, "arm": f"trained, {ATTENDS[attend]}, {'places' if places else 'no places'}", "setting": rate,
            "seed": seed, "parameters": parameters(picker), "cpu_seconds": seconds} | floats(picked(parts[split], chosen)) | {
            "gains": CHAPTER.gains(parts[split], chosen).tolist()}


def floats(scores):
    """NumPy's numbers as Python's, which JSON holds."""
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in scores.items()}


def rouge1(rows):
    return np.mean([r["rouge1"] for r in rows])


def extract(rows):
    """Every way to pick a sentence; -> gains (documents,) of the test by arm, means over seeds."""
    parts, every = documents()
    valid, test = parts["valid"], parts["test"]
    arms, kept = untrained(every), {}
    for split, those in (("valid", valid), ("test", test)):
        rows.append({"task": "pick", "split": split, "arm": "random", "rouge1": np.mean([r["gain"].mean() for r in those]),
                     "best_hit": np.mean([(r["gain"] == r["gain"].max()).mean() for r in those])})
    for kind in ("lead", "best possible", "name asks", "walk, TF-IDF", "walk, encoder"):
        def run(split, setting, seed, kind=kind):
            chosen = [arms[f"{kind} {setting}".strip()](row) for row in parts[split]]
            return {"task": "pick", "split": split, "arm": kind, "setting": setting} | picked(parts[split], chosen) | {
                    "gains": CHAPTER.gains(parts[split], chosen)}
        settings = [s for s in ("", *map(str, GAINS)) if f"{kind} {s}".strip() in arms]
        kept[kind] = swept(rows, run, settings, (0,), (0,))
    for places in (False, True):
        for attend in (None, "gain", "matrix"):
            def run(split, rate, seed, attend=attend, places=places):
                return picker_row(split, attend, places, rate, seed)
            measured = swept(rows, run, PICK_RATES, PICK_SEEDS, PICK_SEEDS[:3])
            kept[rows[-1]["arm"]] = measured
    return kept


def swept(rows, run, settings, seeds, tuning):
    """Add the rows of an arm; -> its measure of each document of the test, the mean over the seeds."""
    tried, tested = fair_play.sweep(run, settings, rouge1, seeds, tuning)
    found = [*(r for some in tried.values() for r in some), *tested]
    rows += [{k: v for k, v in r.items() if k in COLUMNS} for r in found]
    return np.mean([r["gains"] for r in tested], axis=0)


def written(model, rows, words):
    """Scores of what a model writes, and of its map; then ROUGE-1 of each row, and the lines."""
    numbers, weights, share = CHAPTER.write(model, CHAPTER.numbered(rows, words)[0])
    texts = [CHAPTER.lettered(n, row, words) for n, row in zip(numbers, rows)]
    each = {kind: np.array([CHAPTER.rouge(row["summary"], " ".join(t), kind) for row, t in zip(rows, texts)]) for kind in KINDS}
    result = {kind: values.mean() for kind, values in each.items()}
    result |= {f"repeated_{n}": CHAPTER.repeated(texts, n) for n in (1, 2, 3)}
    rare = [[w for w in dict.fromkeys(row["target"]) if w not in words and w in row["source"]] for row in rows]
    result["new_words"] = sum(w in text for ws, text in zip(rare, texts) for w in ws) / sum(map(len, rare))
    if model.decoder.attention is not None:
        result |= dict(zip(("copy_hit", "copied_share"), CHAPTER.copy_hits(rows, texts, weights, share)))
    return result, each["rouge1"], texts


def alike(texts):
    """How long the lines are, how many different ones there are, and the share of the commonest."""
    lines = Counter(" ".join(t) for t in texts)
    return {"length": np.mean([len(t) for t in texts]), "different": len(lines), "commonest": lines.most_common(1)[0][1] / len(texts)}


@cache
def headlines():
    """{split: its beginnings}, and the words that the writers know."""
    found = CHAPTER.load("headlines.csv")
    CHAPTER.add_tokens(found)
    parts = {split: CHAPTER.part(found, split) for split in ("train", "valid", "test")}
    return parts | {"valid": parts["valid"][::2]}, CHAPTER.vocabulary(parts["train"])


@common.kept
def writer_row(split, arm, rate, seed):
    """One writer, trained; `gains` are the ROUGE-1 of each row of the split, `lines` some that were written."""
    parts, words = headlines()
    model, seconds = CHAPTER.train_summarizer(parts["train"], words, arm.removesuffix(", long"), rate, seed, TIMES if "long" in arm else 1)
    scores, each, texts = written(model, parts[split], words)
    row = {"task": "write", "split": split, "arm": arm, "setting": rate, "seed": seed, "parameters": parameters(model),
           "cpu_seconds": seconds} | floats(scores)
    if split == "test":
        row |= floats(alike(texts)) | {"lines": [[r["name"], " ".join(t)] for r, t in list(zip(parts["test"], texts))[CHAPTER.SHOWN]]}
    return row | {"gains": each.tolist()}


def abstract(rows, lines):
    """Every way to write a summary; -> ROUGE-1 (rows,) of the test by arm, means over seeds; fills `lines` with some that were written."""
    parts, _ = headlines()
    kept = {}
    fixed = {"body": lambda r: r["body"][0], "name": lambda r: " ".join(CHAPTER.name_words(r["name"])),
             "constant": lambda r: CHAPTER.CONSTANT}

    def begun(rows, k):
        return np.array([CHAPTER.rouge(r["summary"], CHAPTER.begins(r, k)) for r in rows])
    best = max(KEEP, key=lambda k: begun(parts["valid"], k).mean())
    arm = {"task": "write", "arm": "name and beginning"}
    rows += [arm | {"split": "valid", "setting": k, "rouge1": begun(parts["valid"], k).mean()} for k in KEEP]
    rows.append(arm | {"split": "test", "setting": best} | {
        k: np.mean([CHAPTER.rouge(r["summary"], CHAPTER.begins(r, best), k) for r in parts["test"]]) for k in KINDS})
    kept["name and beginning"] = begun(parts["test"], best)
    for split in ("valid", "test"):
        for arm, text in fixed.items():
            each = {k: np.array([CHAPTER.rouge(r["summary"], text(r), k) for r in parts[split]]) for k in KINDS}
            rows.append({"task": "write", "split": split, "arm": arm} | {k: v.mean() for k, v in each.items()})
            kept[arm] = each["rouge1"]
    for arm, rates in WRITE_RATES.items():
        def run(split, rate, seed, arm=arm):
            row = writer_row(split, arm, rate, seed)
            lines.extend({"arm": arm, "seed": seed, "name": name, "line": line} for name, line in row.get("lines", []))
            return row
        kept[arm] = swept(rows, run, rates, WRITE_SEEDS, (0,))
    return kept


def comparison(rows, kept, task, texts, baseline, attention, map_, note, void):
    """One row of the ledger: attention minus baseline, bootstrapped over the documents of the test."""
    mine = [r for r in rows if r["task"] == texts and r["split"] == "test" and r["arm"] == attention]
    _, low, high = CHAPTER.interval(kept[attention] - kept[baseline])
    return {"task": task, "data": DATA[texts], "measure": "ROUGE-1", "baseline": LEDGER_NAMES.get(baseline, baseline),
            "baseline_score": float(kept[baseline].mean()), "attention": attention, "attention_score": float(kept[attention].mean()),
            "difference_low": float(low), "difference_high": float(high), "interval": f"95 %, documents, mean of {len(mine)} seeds",
            "map_measure": map_[0], "map_score": float(np.mean([r[map_[1]] for r in mine])),
            "cpu_seconds": f"{np.mean([r['cpu_seconds'] for r in mine]):.2g}", "note": note, "void": void}


def ship():
    rate = next(float(r["setting"]) for r in common.read_table(data_path("43", "runs.csv"))
                if (r["arm"], r["split"]) == ("trained, attention, no places", "test"))
    parts, _ = documents()
    picker, _ = CHAPTER.train_picker(parts["train"], "gain", False, rate, 0)
    content = save({name: value.float().contiguous() for name, value in picker.state_dict().items()})
    data_path("43", "model.safetensors").write_bytes(content)
    print("model.safetensors", hashlib.sha256(content).hexdigest(), file=sys.stderr)


def main():
    if sys.argv[1:] == ["ship"]:
        return ship()
    rows, lines = [], []
    kept = {"pick": extract(rows), "write": abstract(rows, lines)}
    digits = {"setting": "", "cpu_seconds": ".1f"}
    texted = [{k: format(v, digits.get(k, ".4f")) if isinstance(v, float) else v for k, v in row.items()} for row in rows]
    common.write_table(data_path("43", "lines.csv"), lines)
    common.write_table(data_path("43", "runs.csv"), texted, COLUMNS)
    ledger.record("43_summarization", [comparison(rows, kept[row[1]], *row) for row in COMPARED])
    return ship()


if __name__ == "__main__":
    main()
