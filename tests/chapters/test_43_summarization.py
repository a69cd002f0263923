"""The table of 43_summarization: each way to choose, write and score does on small texts what can be told by hand."""
import csv
import importlib
from types import SimpleNamespace

import common
import numpy as np
import pytest

torch = pytest.importorskip("torch")
summarization = importlib.import_module("43_summarization")

from attnlib.data import data_path  # noqa: E402

CHAPTER = common.taught("43", "CHOICES", "Summarizer", "add_gains", "centrality", "copy_hits", "lettered", "numbered", "part", "repeated",
                      "rouge", "write")
ROW = {"name": "pack.sort", "summary": "Sort a list in place.",
       "target": ["sort", "a", "list", "in", "place"], "source": ["sort", ":", "equal", "items"],
       "body": ["Equal items keep their order.", "Sort a list in place now.", "Strings come first in a list."]}
WORDS = {w: i for i, w in enumerate(["<pad>", "<begin>", "<end>", "<unknown>", "a", "in", "list"])}


@pytest.mark.parametrize("gain", [0.5, 3, 10])
def test_shares_are_those_of_a_long_walk(gain):
    rng = np.random.default_rng(int(gain))
    x = rng.standard_normal((5, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    scores = gain * x @ x.T
    steps = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    walked = np.linalg.matrix_power(steps, 10**8)[0]
    np.testing.assert_allclose(CHAPTER.centrality(x, gain), walked, rtol=1e-6)
    order = rng.permutation(5)
    np.testing.assert_allclose(CHAPTER.centrality(x[order], gain), CHAPTER.centrality(x, gain)[order])


def test_a_pick_is_scored_by_its_words_and_by_being_the_best():
    documents = [dict(ROW), dict(ROW)]
    CHAPTER.add_gains(documents)
    assert [g.argmax() for g in (row["gain"] for row in documents)] == [1, 1]
    both = summarization.picked(documents, [1, 2])
    assert both["best_hit"] == 0.5
    assert both["rouge1"] == pytest.approx((10 / 11 + 6 / 11) / 2), "five and three words of six are the summary's five"
    assert both["rouge2"] == pytest.approx((8 / 9 + 2 / 9) / 2)


def test_ways_without_training():
    near, far = np.array([1.0, 0.1]), np.array([0.0, 2.0])
    row = dict(ROW, split="train", x=np.stack([far, near, near]), name_x=far)
    CHAPTER.add_gains([row])
    arms = summarization.untrained([row])
    assert arms["lead"](row) == 0 and arms["best possible"](row) == 1 and arms["name asks"](row) == 0
    assert all(arms[f"walk, encoder {gain}"](row) == 1 for gain in summarization.GAINS), "of equal shares the first counts"
    np.testing.assert_allclose(np.linalg.norm(row["unit"], axis=1), 1)


def test_what_is_written_is_scored(monkeypatch):
    """A writer that says `a list equal equal equal` whatever it is given, and looks at the third word of the source from there on."""
    texts = ["a", "list", "equal", "equal", "equal"]
    own = WORDS | {"sort": 7, ":": 8, "equal": 9}
    weights = torch.eye(5)[[4, 4, 2, 2, 2]][None]
    written = torch.tensor([[1.0, 1.0, 0.2, 0.2, 0.2]])
    monkeypatch.setattr(summarization.CHAPTER, "write", lambda model, source: (torch.tensor([[own[w] for w in texts]]), weights, written))
    row = dict(ROW, target=ROW["target"] + ["equal"])
    attending = SimpleNamespace(decoder=SimpleNamespace(attention=True))
    scores, each, lines = summarization.written(attending, [row], WORDS)
    assert each[0] == scores["rouge1"] == pytest.approx(2 * 0.4 * 0.4 / 0.8), "`a` and `list`: two of five words on either side"
    assert (scores["repeated_1"], scores["repeated_2"], scores["repeated_3"]) == (2 / 5, 1 / 4, 0)
    assert scores["new_words"] == 1 / 2, "of `sort` and `equal`, which the source holds and the vocabulary does not, one was written"
    assert (scores["copy_hit"], scores["copied_share"]) == (1, 3 / 5)
    assert lines == [texts]
    plain = SimpleNamespace(decoder=SimpleNamespace(attention=None))
    assert "copy_hit" not in summarization.written(plain, [row], WORDS)[0]


@pytest.mark.parametrize("arm", list(CHAPTER.CHOICES))
def test_a_writer_runs_where_its_source_lies(arm):
    """PyTorch's `meta` device knows shapes and no numbers: a tensor made on the CPU by mistake meets one of it and raises.

    What the encoder finds is put there by hand, for it packs by lengths, which `meta` has not
    (tests/library/test_devices.py asks it alone).
    """
    model = CHAPTER.Summarizer(len(WORDS), hidden_dim=4, **CHAPTER.CHOICES[arm]).to("meta")
    source, target = torch.tensor([[4, 7, 5, 2], [5, 6, 2, 0]], device="meta"), torch.tensor([[4, 2], [7, 2]], device="meta")
    memory, summary = torch.zeros(2, 4, 8, device="meta"), torch.zeros(2, 8, device="meta")
    model.read = lambda source: (model.decoder.begin(summary), memory, summary, source != 0)
    p, weights, coverage = model(source, target)
    assert p.device.type == weights.device.type == coverage.device.type == "meta" and p.shape == (2, 2)


def test_what_writing_makes_is_asked_for_its_device(monkeypatch):
    made, original = [], torch.zeros
    model = CHAPTER.Summarizer(len(WORDS), hidden_dim=4, coverage=True)

    def told(*shape, **how):
        made.append("device" in how)
        return original(*shape, **how)
    monkeypatch.setattr(torch, "zeros", told)
    CHAPTER.write(model, torch.tensor([[4, 7, 5, 2]]), limit=2)
    assert made and all(made)


def test_lines_that_are_alike_are_counted():
    found = summarization.alike([["the"], ["a", "list"], ["the"], ["the", "a"]])
    assert found == {"length": 6 / 4, "different": 3, "commonest": 1 / 2}


def test_the_lines_kept_are_those_of_all_writers():
    """Five documents of the test, seven arms, three seeds; no more different ones than the table counts over all documents."""
    with open(data_path("43", "lines.csv"), newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    with open(data_path("43", "runs.csv"), newline="", encoding="utf-8") as file:
        runs = [r for r in csv.DictReader(file) if r["task"] == "write" and r["split"] == "test" and r["arm"] in summarization.WRITE_RATES]
    kept = {(r["arm"], r["seed"]): [x["line"] for x in lines if (x["arm"], x["seed"]) == (r["arm"], r["seed"])] for r in runs}
    assert len(kept) == 7 * 3 and {len(those) for those in kept.values()} == {5} and len(lines) == 105
    for r in runs:
        assert len(set(kept[r["arm"], r["seed"]])) <= int(r["different"])


def test_settings_were_chosen_on_validation_texts():
    with open(data_path("43", "runs.csv"), newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert tuple(table[0]) == summarization.COLUMNS
    settled = 0
    for task, seeds in (("pick", summarization.PICK_SEEDS), ("write", summarization.WRITE_SEEDS)):
        for arm in dict.fromkeys(r["arm"] for r in table if r["task"] == task and r["setting"]):
            valid, test = ([r for r in table if (r["task"], r["arm"], r["split"]) == (task, arm, split)] for split in ("valid", "test"))
            tried = dict.fromkeys(r["setting"] for r in valid)
            found = {s: np.mean([float(r["rouge1"]) for r in valid if r["setting"] == s]) for s in tried}
            assert len(found) >= 2 and {r["setting"] for r in test} == {max(found, key=found.get)}
            assert [r["seed"] for r in test] in ([""], [str(s) for s in seeds])
            settled += 1
    assert settled == 2 + 6 + 1 + len(summarization.WRITE_RATES) and set(CHAPTER.CHOICES) < set(summarization.WRITE_RATES)
